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
from pptpengine.net import managerlink, signals, tcp
from pptpengine.net.attempt import Attempt, load_data_path
from pptpengine.net.log import Log
from pptpengine.net.loop import Loop, Signals
from pptpengine.net.managerlink import ManagerLink
from pptpengine.net.options import Options
from pptpengine.net.process import set_title
from pptpengine.net.progress import Progress
from pptpengine.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpengine.net.launch import Pppd

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


class Gateway:
    """One run; `run` returns why it ended, None for a normal end.

    *pppd*: to be started when the call is up, which *on_call* is told. *patron*: the end of a pipe whose
    other end has whoever waits for the call; when that is closed before, nobody wants a call any more.
    """

    def __init__(
        self,
        options: Options,
        log: Log,
        pppd: Pppd | None = None,
        *,
        on_call: Callable[[], None] | None = None,
        patron: int | None = None,
    ) -> None:
        self._options = options
        self._log = log
        self._pppd = pppd
        self._on_call = on_call
        self._patron = patron
        self._pty = (0, 1) if pppd is None else (pppd.master, pppd.master)
        self._loop = Loop()
        self._progress = Progress(options, log)
        self._attempt: Attempt | None = None
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
            if self._patron is not None:
                self._loop.watch(self._patron, 0, lambda _events: self._end())
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
        """Try the server's addresses in turn; why the last one failed is left in ``_cause``."""
        for address in addresses:
            self._cause = None
            server = replace(self._progress.status.server, address=address)
            self._progress.say(server=server, state="connecting")
            try:
                self._try_address(address)
            except Refused as refused:
                self._cause = refused.cause
            if not self._another_may_do():
                return

    def _another_may_do(self) -> bool:
        """Whether the next address is worth a try: if this one could not be connected to, and not after a
        call, when no raw socket can be opened any more.
        """
        called = self._attempt is not None and self._attempt.pump is not None
        failed = self._cause is not None and self._cause.code in _NEXT_ADDRESS
        return failed and not (called or self._ended)

    def _try_address(self, address: IPv4Address) -> None:
        """One call; why it ended is left in ``_cause``. Raises Refused."""
        attempt = self._attempt = Attempt(
            self._options,
            self._log,
            self._loop,
            self._progress,
            address,
            pty=self._pty,
            pppd=self._pppd,
            on_call=self._call_is_there,
            on_end=self._end,
        )
        try:
            self._ask(address, attempt)
        finally:
            attempt.close()

    def _ask(self, address: IPv4Address, attempt: Attempt) -> None:
        """Find a call manager that gives the call, and see it to its end. Raises Refused."""
        for _ in range(_ATTEMPTS):
            attempt.over = False
            link = managerlink.reach(self._options, address, self._log, attempt.hear)
            attempt.link = link
            self._progress.say(call_manager_pid=link.pid)
            self._talk(attempt, link)
            if self._ended or attempt.over or link.answered:
                return
            # A manager that was about to end when we came closes without a word; the next one will answer.
        raise Refused(
            Cause.of("internal", "No call manager stayed alive long enough to be asked for a call")
        )

    # One call.

    def _talk(self, attempt: Attempt, link: ManagerLink) -> None:
        try:
            if not link.ask(self._loop):
                return
            load_data_path()
            while not (self._ended or attempt.over or link.gone):
                self._turn(attempt)
            self._conclude(attempt)
            self._hang_up(attempt, link)
        finally:
            link.close(self._loop)

    def _turn(self, attempt: Attempt) -> None:
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

    def _conclude(self, attempt: Attempt) -> None:
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
        self._progress.say(gre=counters)
        self._progress.log_statistics(counters)

    def _hang_up(self, attempt: Attempt, link: ManagerLink) -> None:
        """Let the manager end the call, and wait until nothing is left of it."""
        if link.gone and not attempt.over:
            if link.answered:
                self._cause = self._cause or Cause.of("internal", "The call manager died")
                link.wait_for_keeper(time.monotonic() + HANG_UP_LIMIT)
            return
        if not link.hang_up(self._loop, HANG_UP_LIMIT, returning=attempt.returning):
            self._log.line(f"the call manager was not done within {HANG_UP_LIMIT:g} s")

    def _call_is_there(self) -> None:
        if self._patron is not None:
            self._loop.unwatch(self._patron)
        if self._on_call is not None:
            self._on_call()

    def _end(self) -> None:
        self._ended = True
        for fd in (self._pty[0], self._patron):
            if fd is not None:
                self._loop.unwatch(fd)

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
            self._progress.say(gre=counters)
            self._progress.log_statistics(counters)

    def _child_ended(self) -> None:
        """A pppd that was started here went to the background, or failed."""
        cause = self._pppd.reap(time.monotonic()) if self._pppd is not None else None
        if cause is not None:
            self._cause = cause
            self._end()
