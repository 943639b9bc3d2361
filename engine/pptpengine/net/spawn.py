"""How a call manager comes into being: bound to its socket, and parted from its keeper.

A call waits for this, so each process loads what it needs when it is on its own, beside the others.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address

from pptpengine.causes import Cause
from pptpengine.errors import Refused
from pptpengine.net import dialogue, signals, sockets, unixsock
from pptpengine.net.log import Log
from pptpengine.net.options import Options
from pptpengine.net.process import daemonise, set_title

_READY = b"ready\n"


def spawn(options: Options, server: IPv4Address, log: Log) -> None:
    """Start a call manager and return when its socket can be connected to, by whoever got there first.

    Raises Refused when it cannot serve.
    """
    _wait(_start(options, server, log))


def _start(options: Options, server: IPv4Address, log: Log) -> int:
    """Start a call manager; returns a pipe on which it says that it is ready, or why not."""
    log.close()
    return daemonise(lambda ready: _guarded(options, server, log, ready), keep_stderr=options.debug)


def _wait(read: int) -> None:
    """Until the end of what is said on the pipe of `_start`."""
    with os.fdopen(read, "rb") as pipe:
        answer = pipe.read()
    if answer != _READY:
        lines = dialogue.Lines().feed(answer)
        cause = dialogue.decode_cause(lines[0]) if lines else None
        raise Refused(cause or Cause.of("internal", "The call manager died at its start"))


def spawn_early(options: Options, log: Log) -> Callable[[], None]:
    """If the server was given as an address, start its call manager now, before everything else is loaded.

    Returns what waits for it. It does nothing before a gateway asks it for a call. What goes wrong will go
    wrong again then, and is told.
    """
    try:
        server = IPv4Address(options.host)
    except ValueError:
        return _nothing
    if unixsock.alive(unixsock.path_for(options.localbind, server, options.instance)):
        return _nothing
    read = _start(options, server, log)

    def settle() -> None:
        with suppress(Refused):
            _wait(read)

    return settle


def _nothing() -> None:
    """There is nobody to wait for."""


def _guarded(options: Options, server: IPv4Address, log: Log, ready: int) -> None:
    try:
        _main(options, server, log, ready)
    except Exception as error:  # noqa: BLE001 - the process ends here, and nobody else would say why
        log.fault(error)


def _main(options: Options, server: IPv4Address, log: Log, ready: int) -> None:
    """Bind the socket, then part: the child serves, the parent keeps."""
    log.reopen()
    path = unixsock.path_for(options.localbind, server, options.instance)
    try:
        listener = unixsock.bind(path)
    except OSError as error:
        cause = Cause(
            "internal", f"No call manager socket can be made at {path}: {error.strerror}", "Run it as root."
        )
        os.write(ready, dialogue.encode_cause(cause))
        return
    if listener is None:
        os.write(ready, _READY)
        return
    ours, theirs = sockets.socketpair(sockets.AF_UNIX, sockets.SOCK_SEQPACKET)
    # A terminal's Ctrl-C and a service manager's SIGTERM are for the manager, whose end is the keeper's.
    for number in (signals.SIGTERM, signals.SIGINT, signals.SIGHUP, signals.SIGUSR1, signals.SIGPIPE):
        signals.signal(number, signals.SIG_IGN)
    manager = os.fork()
    if manager == 0:
        ours.close()
        log.reopen()
        set_title("pptpcm")
        unixsock.listen(listener)
        os.write(ready, _READY)
        os.close(ready)
        _manage(options, server, log, listener, theirs)
        return
    for end in (theirs, listener):
        end.close()
    os.close(ready)
    set_title("pptpkeep")
    _keep(options, server, log, ours, manager)


def _manage(
    options: Options, server: IPv4Address, log: Log, listener: sockets.socket, channel: sockets.socket
) -> None:
    from pptpengine.net.callmgr import CallManager
    from pptpengine.net.custody import Custody

    CallManager(options, server, log, listener, Custody(channel)).run()


def _keep(options: Options, server: IPv4Address, log: Log, channel: sockets.socket, manager: int) -> None:
    from pptpengine.net.keeper import Keeper

    keeper = Keeper(options, server, log, channel)
    try:
        keeper.serve()
        os.waitpid(manager, 0)
    finally:
        keeper.take_back()
