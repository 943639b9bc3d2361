"""The gateway: GRE packets on one side, PPP frames on the other.

PPP is spoken by a pppd that has started this process, at standard input and output, or by one that is
started from here.

Its life: resolve the server's name, open the raw GRE socket, ask the call manager for a call (starting one
if there is none), give up every privilege, move frames, hang up. Hanging up means to shut the Unix socket
down and wait, for a bounded time, until the call manager and its keeper are done, since then nothing is left
behind; pppd waits some seconds for its pty command, and systemd kills what is left when pppd has gone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import IPv4Address

from pptpengine.causes import Cause
from pptpengine.errors import Refused
from pptpengine.net import dialogue, managerlink, privilege, rawgre, signals, sockets, tcp
from pptpengine.net.log import Log
from pptpengine.net.loop import Loop, Signals
from pptpengine.net.managerlink import ManagerLink
from pptpengine.net.options import Options
from pptpengine.net.process import set_title
from pptpengine.net.progress import Progress
from pptpengine.net.report import Call, Peer
from pptpengine.net.way import decode_route
from pptpengine.record import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pptpengine.net.launch import Pppd
    from pptpengine.net.pump import Pump
    from pptpengine.net.report import State
    from pptpengine.session.data import DataSession

HANG_UP_LIMIT = 3.0
"How long the call manager gets to end the call; pppd waits five seconds for its children."
CLOSE_GRACE = 2.0
"""How long frames still move after a signal.

pppd passes SIGTERM, SIGINT and SIGHUP on to its pty command at once, and only then takes leave of the peer
(LCP Terminate-Request). It closes the pty when it is done.
"""
_ATTEMPTS = 3
_NEXT_ADDRESS = ("network-unreachable", "connect-refused", "connect-timeout")
_SIGNALS = (signals.SIGTERM, signals.SIGINT, signals.SIGHUP, signals.SIGUSR1, signals.SIGCHLD)
_STATES: dict[str, State] = {"connecting": "connecting", "control": "control", "call": "call"}


def _load_data_path() -> None:
    """What is needed once the call is up, loaded while the call manager gets it."""
    import pptpengine.net.pump
    import pptpengine.session.data  # noqa: F401


@dataclass(slots=True)
class _Attempt:
    """What one attempt at one address has open, and what became of it."""

    gre: sockets.socket
    "Another one after the uplink has changed."
    link: ManagerLink | None = None
    pump: Pump | None = None
    data: DataSession | None = None
    over: bool = False
    "The call is over, or cannot be had."
    returning: bool = False
    "pppd will call again at once: only the uplink changed."
    cause: Cause | None = None
    "Why the manager says the call is over."


class Gateway:
    """One run; `run` returns why it ended, None for a normal end.

    *pppd*: to be started when the call is up, which *on_call* is told.
    """

    def __init__(
        self,
        options: Options,
        log: Log,
        pppd: Pppd | None = None,
        *,
        on_call: Callable[[], None] | None = None,
    ) -> None:
        self._options = options
        self._log = log
        self._pppd = pppd
        self._on_call = on_call
        self._pty = (0, 1) if pppd is None else (pppd.master, pppd.master)
        self._loop = Loop()
        self._progress = Progress(options, log)
        self._attempt: _Attempt | None = None
        self._ended = False
        "pppd or a signal wants the end."
        self._cause: Cause | None = None
        self._limit: float | None = None
        "When to end although pppd has not closed its side."

    def run(self) -> Cause | None:
        """Do everything; raises nothing."""
        set_title("pptpgw")
        self._progress.show(self._progress.status)
        signals: Signals | None = None
        try:
            # Nothing is held yet: until the name is known, a signal simply ends the process.
            addresses = tcp.resolve(self._options.host)
            signals = Signals(self._loop, _SIGNALS, self._on_signal)
            if self._pppd is None:
                self._loop.watch(self._pty[0], 0, lambda _events: self._end())
            self._try_addresses(addresses)
        except Refused as refused:
            self._cause = refused.cause
        except Exception as error:  # noqa: BLE001 - the report must say that we are gone, whatever it was
            self._log.fault(error)
            self._cause = Cause.of("internal", "The gateway failed")
        self._progress.end(self._cause)
        if signals is not None:
            signals.close()
        if self._cause is not None:
            hint = f" {self._cause.hint}" if self._cause.hint else ""
            self._log.error(f"{self._cause.message}.{hint}")
        return self._cause

    @property
    def call_is_up(self) -> bool:
        """Whether there is a call at present."""
        return self._progress.status.call is not None

    def _try_addresses(self, addresses: list[IPv4Address]) -> None:
        """Try the server's addresses in turn as long as they cannot be connected to."""
        for address in addresses:
            self._cause = None
            self._say(server=replace(self._progress.status.server, address=address), state="connecting")
            gre = rawgre.open_socket(address, self._options.localbind, self._options.rtmark)
            attempt = self._attempt = _Attempt(gre)
            try:
                self._try_address(address, attempt)
            except Refused as refused:
                self._cause = refused.cause
            finally:
                attempt.gre.close()
            if self._ended or self._cause is None or self._cause.code not in _NEXT_ADDRESS:
                return

    def _try_address(self, address: IPv4Address, attempt: _Attempt) -> None:
        """One call; why it ended is left in ``_cause``."""
        for _ in range(_ATTEMPTS):
            attempt.over = False
            link = managerlink.reach(self._options, address, self._log, self._hear)
            attempt.link = link
            self._say(call_manager_pid=link.pid)
            self._talk(attempt, link)
            if self._ended or attempt.over or link.answered:
                return
            # A manager that was about to end when we came closes without a word; the next one will answer.
        raise Refused(
            Cause.of("internal", "No call manager stayed alive long enough to be asked for a call")
        )

    # One call.

    def _talk(self, attempt: _Attempt, link: ManagerLink) -> None:
        try:
            if not link.ask(self._loop):
                return
            _load_data_path()
            while not (self._ended or attempt.over or link.gone):
                self._turn(attempt)
            self._conclude(attempt)
            self._hang_up(attempt, link)
        finally:
            link.close(self._loop)

    def _turn(self, attempt: _Attempt) -> None:
        now = time.monotonic()
        data, pump, pppd = attempt.data, attempt.pump, self._pppd
        due = [] if self._limit is None else [self._limit]
        if pppd is not None and pppd.due is not None:
            due.append(pppd.due)
        if data is not None and pump is not None:
            due.append(self._progress.next_timer())
            if (timer := data.next_timer()) is not None:
                due.append(timer)
        self._loop.run_once(min(due) - now if due else None)
        if data is None or pump is None:
            return
        now = time.monotonic()
        pump.handle_timer(now)
        if self._limit is not None and now >= self._limit:
            self._end()
        self._progress.follow(data, pump, now)
        if pppd is not None and (data.observer.opened or (pppd.due is not None and now >= pppd.due)):
            pppd.release()

    def _conclude(self, attempt: _Attempt) -> None:
        """Stop moving frames and settle why the call is over.

        What PPP said comes first, then a silent GRE, then what the server said, then a guess. What the
        manager says later, while it hangs up, is the echo of this end and not its reason.
        """
        self._cause = self._cause or attempt.cause
        if attempt.pump is None or attempt.data is None:
            return
        attempt.pump.drain()
        attempt.pump.stop()
        counters = attempt.pump.counters
        observer = attempt.data.observer
        known = observer.cause or self._progress.silence(counters, time.monotonic()) or self._cause
        self._cause = known or observer.cause_of_end()
        self._say(gre=counters)
        self._progress.log_statistics(counters)

    def _hang_up(self, attempt: _Attempt, link: ManagerLink) -> None:
        """Let the manager end the call, and wait until nothing is left of it."""
        if link.gone and not attempt.over:
            if link.answered:
                self._cause = self._cause or Cause.of("internal", "The call manager died")
                link.wait_for_keeper(time.monotonic() + HANG_UP_LIMIT)
            return
        if not link.hang_up(self._loop, HANG_UP_LIMIT, returning=attempt.returning):
            self._log.line(f"the call manager was not done within {HANG_UP_LIMIT:g} s")

    def _end(self) -> None:
        self._ended = True
        self._loop.unwatch(self._pty[0])

    def _on_signal(self, number: int) -> None:
        if number == signals.SIGUSR1:
            self._show_statistics()
        elif number == signals.SIGCHLD:
            self._child_ended()
        elif not self.call_is_up or self._limit is not None or self._pppd is not None:
            self._end()
        else:
            self._log.detail(f"signal {number}: the call ends")
            self._limit = time.monotonic() + CLOSE_GRACE

    def _show_statistics(self) -> None:
        attempt = self._attempt
        if attempt is not None and attempt.pump is not None:
            counters = attempt.pump.counters
            self._say(gre=counters)
            self._progress.log_statistics(counters)

    def _child_ended(self) -> None:
        """A pppd that was started here went to the background, or failed."""
        cause = self._pppd.reap(time.monotonic()) if self._pppd is not None else None
        if cause is not None:
            self._cause = cause
            self._end()

    # What the manager says.

    def _hear(self, words: list[str]) -> None:
        self._log.detail(f"call manager: {' '.join(words)}")
        attempt = self._attempt
        if attempt is None:
            return
        match words:
            case ["processes", manager, _]:
                self._say(call_manager_pid=int(manager))
            case ["state", ("connecting" | "control" | "call") as state]:
                self._state(attempt, _STATES[state])
            case ["local", address]:
                self._say(local_address=IPv4Address(address))
                self._leave_by(attempt, address)
            case ["route", *_]:
                self._say(host_route=decode_route(words))
            case ["peer", host_name, vendor, firmware]:
                self._say(peer=Peer(host_name, vendor, int(firmware)))
            case ["call", own, peer]:
                self._call_up(attempt, int(own), int(peer))
            case ["link-info", send_accm, receive_accm] if attempt.data is not None:
                attempt.data.link_info(int(send_accm), int(receive_accm))
            case ["down", *_]:
                attempt.over = True
                attempt.cause = dialogue.decode_cause(words)

    def _state(self, attempt: _Attempt, state: State) -> None:
        if state == "connecting" and attempt.data is not None:
            # The uplink changed, and the call is being made again: for the server it is a new one. pppd
            # negotiates anew on the same terminal, but one with MPPE gives up when its link is taken away.
            if attempt.data.observer.negotiated.encryption is not None:
                attempt.over = attempt.returning = True
                attempt.cause = Cause.of("uplink-changed", "This machine's way to the server changed")
                return
            self._log.line("the uplink changed: the call is made again")
        self._say(state=state)

    def _leave_by(self, attempt: _Attempt, address: str) -> None:
        """Send GRE from the control connection's address, the only one that the server knows.

        Our socket was connected, and so given its address, before the host route was there. Dialling on
        demand, the way led into the tunnel then.
        """
        server = self._progress.status.server.address
        if server is None or attempt.pump is not None or attempt.gre.getsockname()[0] == address:
            return
        # The old one stays until the new one is there: without any, the kernel would refuse GRE.
        before = attempt.gre
        attempt.gre = rawgre.open_socket(server, self._options.localbind, self._options.rtmark)
        before.close()

    def _call_up(self, attempt: _Attempt, own: int, peer: int) -> None:
        self._log.line(f"call {own} (the peer's {peer}) is up")
        if attempt.pump is None:
            self._first_call(attempt, own, peer)
        elif attempt.link is not None and (sock := attempt.link.take_socket()) is not None:
            attempt.pump.drain()
            attempt.pump.rebind(sock, own, peer)
            attempt.gre.close()
            attempt.gre = sock
        self._progress.call_is_up()
        self._say(state="negotiating", call=Call(own, peer))

    def _first_call(self, attempt: _Attempt, own: int, peer: int) -> None:
        from pptpengine.net.pump import Pump
        from pptpengine.session.data import DataSession

        attempt.data = DataSession(self._options.tunnel, own, peer)
        self._loop.unwatch(self._pty[0])
        pty_in, pty_out = self._pty
        attempt.pump = Pump(
            self._loop, attempt.data, attempt.gre, pty_in=pty_in, pty_out=pty_out, on_end=self._end
        )
        if self._pppd is not None:
            self._pppd.start()
        if self._on_call is not None:
            self._on_call()
        for what in privilege.drop(self._options.user):
            self._log.line(f"the gateway could not give up {what}")

    def _say(self, **changes: Any) -> None:
        """Change these fields of the report's status."""
        self._progress.show(replace(self._progress.status, **changes))
