"""The control connection and its calls, without a socket.

The owner connects TCP, calls `start`, then feeds `receive` and `receive_eof`, sends what `data_to_send`
returns, calls `handle_timer` when `next_timer` is due, and reads `events`. When `finished` is true, and all
is sent, it closes TCP.

Colliding starts (RFC 2637 section 3.1.3): who listens while it dials gives the session of the connection
that the peer opened its own session as *rival*, and both of them their `Addresses`; the two then settle
which one lives.
"""

from collections.abc import Callable

from pptpengine.config import ControlConfig
from pptpengine.errors import DecodeError, LocalError
from pptpengine.events import Event
from pptpengine.fsm.control import State
from pptpengine.session.call import Role
from pptpengine.session.link import Link
from pptpengine.session.outbox import ControlStatistics
from pptpengine.session.start import Addresses
from pptpengine.wire.stream import Splitter


class ControlSession:
    """One control connection. *random* returns as many random octets as it is asked for.

    *originator* says whether we opened TCP, by default as a client does and a server does not. *addresses*
    and *rival* are only needed where both sides may open connections. Nothing that a peer sends makes a
    session raise.
    """

    def __init__(
        self,
        config: ControlConfig,
        role: Role,
        *,
        random: Callable[[int], bytes],
        originator: bool | None = None,
        addresses: Addresses | None = None,
        rival: "ControlSession | None" = None,
    ) -> None:
        self._splitter = Splitter()
        self._link = Link(
            config,
            role,
            random=random,
            originator=role is Role.PNS if originator is None else originator,
            addresses=addresses,
            rival=rival,
        )
        self._out = self._link.out
        self._calls = self._link.calls

    # What the owner asks.

    @property
    def state(self) -> State:
        """Where the control connection stands."""
        return self._link.state

    @property
    def established(self) -> bool:
        """Calls can be placed."""
        return self._link.state is State.ESTABLISHED

    @property
    def finished(self) -> bool:
        """TCP is to be closed once `data_to_send` is empty."""
        return self._link.state is State.CLOSED

    @property
    def calls(self) -> tuple[int, ...]:
        """Our IDs of the calls that are not over."""
        return self._calls.ids

    @property
    def statistics(self) -> ControlStatistics:
        """Counts of messages."""
        return self._out.statistics

    def data_to_send(self) -> bytes:
        """What must be written to TCP now; handed out once."""
        return self._out.take_data()

    def events(self) -> list[Event]:
        """What happened since the last time."""
        return self._out.take_events()

    def next_timer(self) -> float | None:
        """When `handle_timer` is due, in the caller's clock."""
        return self._out.timers.next()

    # What the owner does.

    def start(self, now: float) -> None:
        """TCP is connected. Raises LocalError the second time."""
        self._link.start(now)

    def place_call(self, now: float) -> int:
        """Client: ask for a call; returns our ID for it. Raises LocalError unless the connection is
        established.
        """
        if self._link.state is not State.ESTABLISHED or self._calls.stopping:
            raise LocalError("a call needs an established control connection")
        return self._calls.place(now)

    def accept_call(self, call_id: int, now: float) -> None:
        """Server: answer a `CallRequested`. Raises LocalError if there is none."""
        self._calls.accept(call_id, now)

    def reject_call(self, call_id: int, now: float, *, result: int = 7, error: int = 0) -> None:
        """Server: refuse a `CallRequested` with a result code of section 2.8."""
        self._calls.reject(call_id, now, result=result, error=error)

    def clear_call(self, call_id: int, now: float) -> None:
        """Hang up; `CallDown` follows. A call that is over already is fine."""
        self._calls.clear(call_id, now)

    def set_link_info(self, call_id: int, send_accm: int, receive_accm: int) -> None:
        """Tell the peer both async control character maps of a call that is up (section 2.15), or raise
        LocalError.
        """
        self._calls.set_link_info(call_id, send_accm, receive_accm)

    def stop(self, now: float) -> None:
        """End it all: clear the calls, then stop the control connection, waiting for the answers; never
        fails.
        """
        self._link.stop(now)

    def yield_to_peer(self, now: float) -> None:
        """The peer's own connection counts instead of this one, unless this one is established already."""
        self._link.overtaken(now)

    def receive(self, data: bytes, now: float) -> None:
        """Octets from TCP; those behind the end of the connection are dropped."""
        self._splitter.feed(data)
        while not self.finished:
            try:
                message = self._splitter.next_message()
            except DecodeError as error:
                self._link.out_of_step(str(error), now)
                break
            if message is None:
                return
            self._link.receive(message, now)
        self._splitter.clear()

    def receive_eof(self, now: float) -> None:
        """TCP ended, by either side or by an error."""
        self._link.lost(now)

    def handle_timer(self, now: float) -> None:
        """Do what is due."""
        for name in self._out.timers.due(now):
            self._link.timer(name, now)
