"""The gateway: the process that pppd starts. GRE packets on one side, pppd's pty on standard input and
output.

Its life: resolve the server's name, open the raw GRE socket, ask the call manager for a call (starting one
if there is none), move frames, hang up. Hanging up means to shut the Unix socket down and wait, for a
bounded time, until the call manager closes it, since then nothing is left behind; pppd waits some seconds
for its pty command, and systemd kills what is left when pppd has gone.
"""

import os
import select
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, ip_address

from pptpengine.causes import Cause
from pptpengine.errors import Refused
from pptpengine.net import callmgr, dialogue, rawgre, tcp, unixsock
from pptpengine.net.hostroute import HostRoute
from pptpengine.net.log import Log
from pptpengine.net.loop import READ, Loop, Signals
from pptpengine.net.options import Options
from pptpengine.net.process import set_title
from pptpengine.net.pump import Pump
from pptpengine.net.report import Call, Peer, Report, Server, State, Status
from pptpengine.session import DataSession

NO_GRE_AFTER = 10.0
"Seconds with a call but without any GRE packet after which the report says so."
HANG_UP_LIMIT = 3.0
"How long the call manager gets to end the call; pppd waits five seconds for its children."
CLOSE_GRACE = 2.0
"""How long frames still move after a signal.

pppd passes SIGTERM, SIGINT and SIGHUP on to its pty command at once, and only then takes leave of the peer
(LCP Terminate-Request). It closes the pty when it is done.
"""
_REPORT_INTERVAL = 15.0
_ATTEMPTS = 3
_NEXT_ADDRESS = ("network-unreachable", "connect-refused", "connect-timeout")
_PTY_IN = 0
_PTY_OUT = 1


@dataclass(slots=True)
class _Link:
    """What one attempt has open."""

    path: str
    "The manager's socket file."
    manager: socket.socket
    gre: socket.socket
    process: int | None = None
    "The manager as a descriptor that is readable once it has ended; None where there is no pidfd_open(2)."
    lines: dialogue.Lines | None = None
    "Set when the manager is one of ours."
    head: bytes = b""
    pump: Pump | None = None
    data: DataSession | None = None
    route: HostRoute | None = None
    cause: Cause | None = None
    "Why the manager says the call is over."

    @property
    def answered(self) -> bool:
        """The manager has said something."""
        return self.lines is not None or self.pump is not None


class Gateway:
    """One run; `run` returns why it ended, None for a normal end."""

    def __init__(self, options: Options, log: Log) -> None:
        self._options = options
        self._log = log
        self._loop = Loop()
        self._report = Report(options.report, log.error)
        self._status = Status(server=Server(options.host, None, options.port), gateway_pid=os.getpid())
        self._ended = False
        "pppd or a signal wants the end."
        self._manager_gone = False
        self._cause: Cause | None = None
        self._over = False
        "The call is over, or cannot be had."
        self._limit: float | None = None
        "When to end although pppd has not closed its side."
        self._started = 0.0
        self._next_report = 0.0
        self._changed = 0

    def run(self) -> Cause | None:
        """Do everything; raises nothing."""
        set_title("pptpgw")
        self._write_report()
        signals = Signals(
            self._loop, (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1), self._on_signal
        )
        self._loop.watch(_PTY_IN, 0, lambda _events: self._end())
        try:
            self._try_addresses()
        except Refused as refused:
            self._cause = refused.cause
        except Exception:  # noqa: BLE001 - the report must say that we are gone, whatever it was
            from traceback import format_exc

            self._log.error(format_exc())
            self._cause = Cause.of("internal", "The gateway failed")
        gone = replace(self._status, host_route=None, call=None, call_manager_pid=None)
        self._show(replace(gone, state="down", cause=self._cause, up_since=None))
        signals.close()
        if self._cause is not None:
            hint = f" {self._cause.hint}" if self._cause.hint else ""
            self._log.error(f"{self._cause.message}.{hint}")
        return self._cause

    def _try_addresses(self) -> None:
        """Try the server's addresses in turn as long as they cannot be connected to."""
        for address in tcp.resolve(self._options.host):
            self._cause = None
            self._show(
                replace(
                    self._status, server=replace(self._status.server, address=address), state="connecting"
                )
            )
            gre = rawgre.open_socket(address, self._options.localbind)
            try:
                self._try_address(address, gre)
            except Refused as refused:
                self._cause = refused.cause
            finally:
                gre.close()
            if self._ended or self._cause is None or self._cause.code not in _NEXT_ADDRESS:
                return

    def _try_address(self, address: IPv4Address, gre: socket.socket) -> None:
        """One call; why it ended is left in ``_cause``."""
        for _ in range(_ATTEMPTS):
            self._over = self._manager_gone = False
            path = unixsock.path_for(self._options.localbind, address)
            link = _Link(path, self._reach_manager(path, address), gre)
            self._talk(link, address)
            if self._ended or self._over or link.answered:
                return
            # A manager that was about to end when we came closes without a word; the next one will answer.
        raise Refused(
            Cause.of("internal", "No call manager stayed alive long enough to be asked for a call")
        )

    def _reach_manager(self, path: str, address: IPv4Address) -> socket.socket:
        for _ in range(_ATTEMPTS):
            try:
                sock = unixsock.connect(path)
            except OSError as error:
                raise Refused(
                    Cause(
                        "internal", f"The call manager at {path} cannot be reached: {error.strerror}", None
                    )
                ) from None
            if sock is not None:
                self._show(replace(self._status, call_manager_pid=unixsock.peer_pid(sock)))
                return sock
            callmgr.spawn(self._options, address, self._log)
        raise Refused(
            Cause.of("internal", "No call manager stayed alive long enough to be asked for a call")
        )

    # One call.

    def _talk(self, link: _Link, address: IPv4Address) -> None:
        manager = link.manager
        try:
            link.process = _open_process(unixsock.peer_pid(manager))
            manager.sendall(dialogue.PIDS.pack(os.getpid(), dialogue.LINES_WANTED))
            manager.setblocking(False)
            self._loop.watch(manager.fileno(), READ, lambda _events: self._manager_ready(link))
            while not (self._ended or self._over or self._manager_gone):
                self._turn(link)
            self._conclude(link)
            self._hang_up(link, address)
        except OSError as error:
            self._log.detail(f"talking to the call manager: {error.strerror}")
        finally:
            self._loop.unwatch(manager.fileno())
            manager.close()
            if link.process is not None:
                os.close(link.process)

    def _turn(self, link: _Link) -> None:
        now = time.monotonic()
        due = [self._next_report] if link.pump is not None else []
        if self._limit is not None:
            due.append(self._limit)
        if link.data is not None and (timer := link.data.next_timer()) is not None:
            due.append(timer)
        self._loop.run_once(min(due) - now if due else None)
        if link.pump is None or link.data is None:
            return
        now = time.monotonic()
        link.pump.handle_timer(now)
        if self._limit is not None and now >= self._limit:
            self._end()
        if link.data.observer.changed != self._changed or now >= self._next_report:
            self._follow(link.data, link.pump, now)

    def _conclude(self, link: _Link) -> None:
        """Stop moving frames and settle why the call is over.

        What PPP said comes first, then a silent GRE, then what the server said, then a guess. What the manager
        says later, while it hangs up, is the echo of this end and not its reason.
        """
        self._cause = link.cause
        if link.pump is None or link.data is None:
            return
        link.pump.drain()
        link.pump.stop()
        counters = link.pump.counters
        observer = link.data.observer
        known = observer.cause or self._silence(counters, time.monotonic()) or link.cause
        self._cause = known or observer.cause_of_end()
        self._show(replace(self._status, gre=counters))
        self._log.line(_summary(counters))

    def _hang_up(self, link: _Link, address: IPv4Address) -> None:
        """Let the manager end the call and wait until it has; clean up in its place if it has died."""
        if self._manager_gone and not self._over:
            if link.answered:
                self._cause = self._cause or Cause.of("internal", "The call manager died")
                self._clean_up_after_manager(link, address)
            return
        with suppress(OSError):
            link.manager.shutdown(socket.SHUT_WR)
        limit = time.monotonic() + HANG_UP_LIMIT
        while not self._manager_gone and (left := limit - time.monotonic()) > 0:
            self._loop.run_once(left)
        if not (self._manager_gone and self._manager_exited(link, limit)):
            self._log.line(f"the call manager was not done within {HANG_UP_LIMIT:g} s")

    def _manager_exited(self, link: _Link, limit: float) -> bool:
        """Wait until the manager's process is gone, unless other calls keep it."""
        if link.lines is None or link.process is None or unixsock.alive(link.path):
            return True
        left = max(0.0, limit - time.monotonic())
        return bool(select.select([link.process], [], [], left)[0])

    def _clean_up_after_manager(self, link: _Link, address: IPv4Address) -> None:
        unixsock.remove_stale(link.path)
        if link.route is not None and address not in unixsock.served():
            with suppress(OSError):
                link.route.release()

    def _end(self) -> None:
        self._ended = True
        self._loop.unwatch(_PTY_IN)

    def _on_signal(self, number: int) -> None:
        if number == signal.SIGUSR1:
            self._next_report = 0.0
            self._log.line(_summary(dict(self._status.gre)))
        elif self._status.call is None or self._limit is not None:
            self._end()
        else:
            self._log.detail(f"signal {number}: the call ends")
            self._limit = time.monotonic() + CLOSE_GRACE

    # What the manager says.

    def _manager_ready(self, link: _Link) -> None:
        try:
            data = link.manager.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop.unwatch(link.manager.fileno())
            self._manager_gone = True
        elif link.lines is not None:
            self._on_lines(link, link.lines.feed(data))
        elif link.pump is None:
            link.head += data
            if len(link.head) >= dialogue.IDS.size:
                self._on_ids(link)

    def _on_ids(self, link: _Link) -> None:
        head, rest = link.head[: dialogue.IDS.size], link.head[dialogue.IDS.size :]
        if head == dialogue.LINES_FOLLOW:
            link.lines = dialogue.Lines()
            self._on_lines(link, link.lines.feed(rest))
        else:
            self._call_up(link, *dialogue.IDS.unpack(head))

    def _on_lines(self, link: _Link, lines: list[list[str]]) -> None:
        for words in lines:
            self._log.detail(f"call manager: {' '.join(words)}")
            match words:
                case ["state", ("connecting" | "control" | "call") as state]:
                    self._show(replace(self._status, state=_STATES[state]))
                case ["local", address]:
                    self._show(replace(self._status, local_address=IPv4Address(address)))
                case ["route", destination, gateway, interface, owned]:
                    via = None if gateway == "-" else ip_address(gateway)
                    link.route = HostRoute(IPv4Address(destination), via, interface, owned == "1")
                    self._show(replace(self._status, host_route=link.route))
                case ["peer", host_name, vendor, firmware]:
                    self._show(replace(self._status, peer=Peer(host_name, vendor, int(firmware))))
                case ["call", own, peer]:
                    self._call_up(link, int(own), int(peer))
                case ["down", *_]:
                    self._over = True
                    link.cause = dialogue.decode_cause(words)
                case _:
                    pass

    def _call_up(self, link: _Link, own: int, peer: int) -> None:
        link.data = DataSession(self._options.tunnel, own, peer)
        self._loop.unwatch(_PTY_IN)
        link.pump = Pump(self._loop, link.data, link.gre, pty_in=_PTY_IN, pty_out=_PTY_OUT, on_end=self._end)
        self._started = time.monotonic()
        self._next_report = self._started + NO_GRE_AFTER
        self._log.line(f"call {own} (the peer's {peer}) is up")
        self._show(replace(self._status, state="negotiating", call=Call(own, peer)))

    # The report.

    def _follow(self, data: DataSession, pump: Pump, now: float) -> None:
        """Put what is new into the report."""
        observer = data.observer
        self._changed = observer.changed
        self._next_report = now + _REPORT_INTERVAL
        counters = pump.counters
        cause = observer.cause or self._silence(counters, now)
        up_since = None if observer.up_since is None else time.time() - (now - observer.up_since)
        self._show(
            replace(
                self._status,
                state="negotiating" if observer.up_since is None else "up",
                # The wall clock may have been set meanwhile; what was said once stays.
                up_since=up_since
                if self._status.up_since is None or up_since is None
                else self._status.up_since,
                negotiated=observer.negotiated,
                gre=counters,
                cause=cause,
            )
        )

    def _silence(self, counters: dict[str, int], now: float) -> Cause | None:
        """The cause no-gre, if that is how it looks."""
        heard = counters["received"] or counters["acks_received"]
        if heard or not counters["sent"] or now - self._started < NO_GRE_AFTER:
            return None
        return Cause.of("no-gre", "The server accepted the call, but no GRE packet came back from it")

    def _show(self, status: Status) -> None:
        self._status = status
        self._write_report()

    def _write_report(self) -> None:
        self._report.write(self._status, time.time())


_STATES: dict[str, State] = {"connecting": "connecting", "control": "control", "call": "call"}


def _open_process(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _summary(counters: dict[str, int]) -> str:
    return "GRE packets: " + ", ".join(f"{value} {name}" for name, value in counters.items() if value)
