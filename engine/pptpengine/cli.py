"""The command ``pptpengine``, a drop-in for pptp(8)."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress

from pptpengine.arguments import parse
from pptpengine.interrupt import end_on_interrupt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import SimpleNamespace

    from pptpengine.net.log import Log
    from pptpengine.net.options import Options


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    end_on_interrupt()
    args = parse(sys.argv[1:] if argv is None else argv)
    if args.release_routes:
        return _release_routes()
    if args.sync:
        from pptpengine.net.pump import sync_refusal

        print(f"pptpengine: {sync_refusal()}", file=sys.stderr)
        return 2
    from pptpengine.net import signals

    # Whoever started us may have ignored it, and that is inherited; but we wait for children.
    signals.signal(signals.SIGCHLD, signals.SIG_DFL)
    options = options_from(args)
    if options.pppd is not None:
        return _launch(options)
    from pptpengine.errors import exit_status
    from pptpengine.net.refusal import standing
    from pptpengine.net.spawn import spawn_early

    log = _log(options)
    refused = standing(options.report, options.parent, time.time())
    if refused is not None:
        log.error(f"{refused.message}. {refused.hint}")
        return exit_status(refused)
    settle = spawn_early(options, log)
    # Loaded while the call manager starts.
    from pptpengine.net.gateway import Gateway

    settle()
    return exit_status(Gateway(options, log).run())


def options_from(args: SimpleNamespace) -> Options:
    """What *args* say, for the processes."""
    from pptpengine.config import ControlConfig, TunnelConfig
    from pptpengine.net.options import Options

    control = ControlConfig(
        echo_interval=args.idle_wait,
        echo_timeout=args.max_echo_wait or args.idle_wait,
        host_name=args.client_hostname,
        phone=args.phone,
    )
    if args.quirks is not None:
        from pptpengine import quirks

        control = quirks.apply(args.quirks, control)
    return Options(
        host=args.host,
        port=args.port,
        instance=args.instance or "",
        localbind=args.localbind,
        rtmark=args.rtmark,
        hostroute=not args.nohostroute,
        connect_timeout=args.connect_timeout,
        user=args.user,
        pppd=None if args.nolaunchpppd else args.pppd,
        parent=os.getppid() if args.nolaunchpppd else None,
        logstring=args.logstring,
        loglevel=args.loglevel,
        debug=args.debug,
        json=args.json,
        report=args.report,
        control=control,
        tunnel=TunnelConfig(
            reorder_timeout=args.timeout,
            buffer=not args.nobuffer,
            missing_window=args.missing_window,
            test_type=args.test_type,
            test_rate=args.test_rate,
        ),
    )


def _log(options: Options) -> Log:
    from pptpengine.net.log import Log

    return Log(options.logstring, options.loglevel, debug=options.debug)


def _launch(options: Options) -> int:
    """Start pppd from here, and return once the call is up or has failed; with --debug, when it is over."""
    if options.debug:
        return _run_with_pppd(options, lambda: None)
    from pptpengine.net.process import daemonise

    with os.fdopen(daemonise(lambda ready: _in_background(options, ready), keep_stderr=True), "rb") as pipe:
        answer = pipe.read(1)
    return answer[0] if answer else 1


def _in_background(options: Options, ready: int) -> None:
    """Tell the waiting parent its exit status through *ready*: 0 when the call is up."""
    from pptpengine.net import signals

    signals.signal(signals.SIGPIPE, signals.SIG_IGN)  # the parent may have been interrupted
    told = False

    def tell(status: int) -> None:
        nonlocal told
        told = True
        with suppress(OSError):
            os.write(ready, bytes([status]))
        os.close(ready)

    def call_is_up() -> None:
        tell(0)
        os.dup2(1, 2)  # /dev/null, where standard output has gone already

    status = _run_with_pppd(options, call_is_up, ready)
    if not told:
        tell(status)


def _run_with_pppd(options: Options, on_call: Callable[[], None], patron: int | None = None) -> int:
    from pptpengine.errors import Refused, exit_status
    from pptpengine.net.gateway import Gateway
    from pptpengine.net.launch import Pppd
    from pptpengine.net.log import ERROR

    log = _log(options)
    try:
        pppd = Pppd(options.pppd or ())
    except Refused as refused:
        log.line(f"{refused.cause.message}. {refused.cause.hint or ''}", ERROR)
        return exit_status(refused.cause)
    except OSError as error:
        log.line(f"There is no terminal for pppd: {error.strerror}.", ERROR)
        return 1
    try:
        return exit_status(Gateway(options, log, pppd, on_call=on_call, patron=patron).run())
    finally:
        pppd.close()


def _release_routes() -> int:
    from pptpengine.net import unixsock
    from pptpengine.net.hostroute import RouteUnsupportedError, release_stale

    try:
        for server in release_stale(unixsock.served()):
            print(f"removed the host route to {server}")
    except (OSError, RouteUnsupportedError) as error:
        print(f"pptpengine: the host routes could not be looked at: {error}", file=sys.stderr)
        return 1
    return 0
