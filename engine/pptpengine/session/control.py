"""The control connection and its calls, without a socket.

The owner connects TCP, calls `start`, then feeds `receive` and `receive_eof`, sends what `data_to_send`
returns, calls `handle_timer` when `next_timer` is due, and reads `events`. When `finished` is true, and all
is sent, it closes TCP.

Colliding starts (RFC 2637 section 3.1.3): who listens while it dials gives the session of the connection
that the peer opened its own session as *rival*, and both of them their `Addresses`; the two then settle
which one lives.
"""

from collections.abc import Callable

from pptpengine import reasons
from pptpengine.causes import Cause
from pptpengine.config import ControlConfig
from pptpengine.errors import DecodeError, LocalError
from pptpengine.events import ControlDown, ControlUp, Event, Note
from pptpengine.fsm.control import Action, ControlMachine, Input, State
from pptpengine.session import closing, start
from pptpengine.session.call import Role
from pptpengine.session.calls import Calls
from pptpengine.session.outbox import ControlStatistics, Outbox
from pptpengine.session.start import Addresses
from pptpengine.wire import control as wire
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
        self._config = config
        self._peer = "server" if role is Role.PNS else "client"
        self._role = role
        self._originator = role is Role.PNS if originator is None else originator
        self._addresses = addresses
        self._rival = rival
        self._machine = ControlMachine()
        self._splitter = Splitter()
        self._out = Outbox()
        self._timers = self._out.timers
        self._calls = Calls(config, role, self._out, random=random, on_over=self._stop_when_clear)
        self._echo = 0
        self._cause: Cause | None = None
        "Why the connection is being stopped, when it is not because the owner wants it."

    # What the owner asks.

    @property
    def state(self) -> State:
        """Where the control connection stands."""
        return self._machine.state

    @property
    def established(self) -> bool:
        """Calls can be placed."""
        return self._machine.state is State.ESTABLISHED

    @property
    def finished(self) -> bool:
        """TCP is to be closed once `data_to_send` is empty."""
        return self._machine.state is State.CLOSED

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
        return self._timers.next()

    # What the owner does.

    def start(self, now: float) -> None:
        """TCP is connected. Raises LocalError the second time."""
        if self._originator:
            self._step(Input.OPEN, now)
        else:
            self._timers.set("answer", now + self._config.start_timeout)

    def place_call(self, now: float) -> int:
        """Client: ask for a call; returns our ID for it. Raises LocalError unless the connection is
        established.
        """
        if self._machine.state is not State.ESTABLISHED or self._calls.stopping:
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
        if self._calls.stopping:
            return
        self._calls.stopping = True
        for call_id in self.calls:
            self.clear_call(call_id, now)
        self._stop_when_clear(now)

    def receive(self, data: bytes, now: float) -> None:
        """Octets from TCP; those behind the end of the connection are dropped."""
        if not self.finished:
            self._splitter.feed(data)
        while not self.finished:
            try:
                message = self._splitter.next_message()
            except DecodeError as error:
                early = self._machine.state is State.WAIT_START_REPLY
                self._fail(Input.BAD_STREAM, now, reasons.nonsense(str(error), self._peer, early=early))
                return
            if message is None:
                return
            self._receive_message(message, now)

    def receive_eof(self, now: float) -> None:
        """TCP ended, by either side or by an error."""
        cause = reasons.lost(self._peer, early=self._machine.state is State.WAIT_START_REPLY)
        self._fail(Input.LOST, now, cause)

    def handle_timer(self, now: float) -> None:
        """Do what is due."""
        for name in self._timers.due(now):
            if name == "answer":
                self._timeout(now)
            elif name == "echo":
                self._step(Input.ECHO_DUE, now)
            elif name == "silent":
                self._silent(now)
            elif isinstance(name, int):
                self._calls.timed_out(name, now)

    # Messages.

    def _receive_message(self, message: wire.Message, now: float) -> None:
        self._out.statistics.received += 1
        self._restart_echo(now)
        match message:
            case wire.StartRequest():
                self._receive_start_request(message, now)
            case wire.StartReply():
                self._step(start.replied(message), now, message)
            case wire.StopRequest():
                self._step(Input.RX_STOP_REQUEST, now, message)
            case wire.StopReply():
                self._note(reasons.stop_reply(message.result, message.error))
                self._step(Input.RX_STOP_REPLY, now)
            case wire.EchoRequest():
                self._out.statistics.echo_requests += 1
                self._step(Input.RX_ECHO_REQUEST, now, message)
            case wire.EchoReply():
                self._note(reasons.echo_reply(message.result, message.error))
                self._step(Input.RX_ECHO_REPLY, now)
            case _:
                self._step(Input.RX_CALL, now, message)

    def _receive_start_request(self, message: wire.StartRequest, now: float) -> None:
        # Section 3.1.2: a later version gets ours for an answer and decides itself; there is none earlier.
        if message.version < wire.VERSION:
            self._step(Input.RX_START_VERSION, now, message)
        else:
            self._step(self._collision(now), now, message)

    def _collision(self, now: float) -> Input:
        """What a request means in the light of a request of our own to the same peer."""
        if self._originator:
            return start.originated(self._addresses)
        rival = self._rival
        if rival is None or self._machine.state is not State.IDLE:
            return Input.RX_START_REQUEST
        event = start.accepted(rival.state, self._addresses)
        if event is Input.RX_START_REQUEST:
            rival.yield_to_peer(now)
        return event

    def yield_to_peer(self, now: float) -> None:
        """The peer's own connection counts instead of this one, unless this one is established already."""
        self._step(Input.OVERTAKEN, now)

    # Transitions.

    def _step(self, event: Input, now: float, message: wire.Message | None = None) -> None:
        before = self._machine.state
        action = self._machine.step(event)
        if self._machine.state is not before:
            self._timers.cancel("answer")
        match action:
            case Action.SEND_START_REQUEST:
                self._out.send(start.identify(wire.StartRequest, self._config))
                self._timers.set("answer", now + self._config.start_timeout)
            case Action.ACCEPT | Action.UP if isinstance(message, (wire.StartRequest, wire.StartReply)):
                self._up(message, now)
            case Action.SEND_STOP | Action.STOP_VERSION:
                self._send_stop(action, now)
            case Action.SEND_ECHO:
                self._echo += 1
                self._out.send(wire.EchoRequest(self._echo & 0xFFFFFFFF))
                self._timers.set("silent", now + self._config.echo_timeout)
            case Action.ANSWER_ECHO if isinstance(message, wire.EchoRequest):
                self._out.send(wire.EchoReply(message.identifier, 1))
            case Action.NOTE_ECHO:
                # Any control message, an Echo-Reply too, has moved the echo timer already.
                self._out.statistics.echo_replies += 1
            case Action.CALL if message is not None:
                self._calls.receive(message, now)
            case Action.NOTHING:
                self._nothing(event, now)
            case _:
                self._end(action, message, now)

    def _nothing(self, event: Input, now: float) -> None:
        if event is Input.RX_START_WEAKER:
            self._timers.set("answer", now + self._config.start_timeout)
            self._note("ignores a connection that the peer opened while ours is being answered")
        else:
            self._out.statistics.ignored += 1

    def _up(self, message: wire.StartRequest | wire.StartReply, now: float) -> None:
        if isinstance(message, wire.StartRequest):
            self._out.send(start.identify(wire.StartReply, self._config, result=1))
        self._out.tell(ControlUp(message.host_name, message.vendor, message.firmware))
        self._restart_echo(now)

    def _send_stop(self, action: Action, now: float) -> None:
        if action is Action.STOP_VERSION:
            self._cause = reasons.start_refused(5, 0)
            reason = 2
        else:
            # A client ends one connection, a server all that it has.
            reason = 1 if self._role is Role.PNS else 3
        self._out.send(wire.StopRequest(reason))
        self._timers.set("answer", now + self._config.stop_timeout)

    def _end(self, action: Action, message: wire.Message | None, now: float) -> None:
        answer = closing.answer(action, message, self._config)
        if answer is not None:
            self._out.send(answer)
        cause = closing.cause(action, message, self._peer)
        if isinstance(message, wire.StopRequest) and self._calls.stopping:
            cause = None
        if action is Action.YIELD:
            self._note("gave way to the connection that the peer opened at the same time")
        self._finish(cause, now)

    def _fail(self, event: Input, now: float, cause: Cause) -> None:
        wanted = self._calls.stopping
        action = self._machine.step(event)
        if action is not Action.NOTHING:
            self._finish(None if wanted or action is Action.DROP else cause, now)

    def _timeout(self, now: float) -> None:
        seconds = self._config.start_timeout
        cause = reasons.start_timeout(seconds, self._peer, originator=self._originator)
        self._fail(Input.TIMEOUT, now, cause)

    def _silent(self, now: float) -> None:
        if self._machine.state is State.ESTABLISHED:
            self._out.send(wire.StopRequest(1))
        self._fail(Input.SILENT, now, reasons.silent(self._config.echo_timeout, self._peer))

    def _finish(self, cause: Cause | None, now: float) -> None:
        cause = self._cause or cause
        self._calls.lose(cause, now)
        self._timers.clear()
        self._splitter.clear()
        self._out.tell(ControlDown(cause))

    def _stop_when_clear(self, now: float) -> None:
        if self._calls.stopping and not len(self._calls) and not self.finished:
            self._step(Input.CLOSE, now)

    # Helpers.

    def _restart_echo(self, now: float) -> None:
        self._timers.cancel("silent")
        if self._config.echo_interval and self._machine.state is State.ESTABLISHED:
            self._timers.set("echo", now + self._config.echo_interval)

    def _note(self, text: str | None) -> None:
        if text is not None:
            self._out.tell(Note(text))
