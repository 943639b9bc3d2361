"""A control connection from the inside: what messages, timers and wishes do to it (RFC 2637 section 3.1)."""

from collections.abc import Callable

from pptpengine import reasons
from pptpengine.causes import Cause
from pptpengine.config import ControlConfig
from pptpengine.events import ControlDown, ControlUp, Note
from pptpengine.fsm.control import Action, ControlMachine, Input, State
from pptpengine.session import closing, start
from pptpengine.session.call import Role
from pptpengine.session.calls import Calls
from pptpengine.session.outbox import Outbox
from pptpengine.session.start import Addresses
from pptpengine.wire import control as wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpengine.session.control import ControlSession


class Link:
    """The state of a connection between us and *peer* ("server" or "client"), and its `calls`.

    The parameters are those of `pptpengine.session.control.ControlSession`, whose inside it is.
    """

    def __init__(
        self,
        config: ControlConfig,
        role: Role,
        *,
        random: Callable[[int], bytes],
        originator: bool,
        addresses: Addresses | None,
        rival: "ControlSession | None",
    ) -> None:
        self._config = config
        self._role = role
        self._peer = "server" if role is Role.PNS else "client"
        self._originator = originator
        self._addresses = addresses
        self._rival = rival
        self._machine = ControlMachine()
        self.out = Outbox()
        self._timers = self.out.timers
        self.calls = Calls(config, role, self.out, random=random, on_over=self._stop_when_clear)
        self._echo = 0
        self._cause: Cause | None = None
        "Why the connection is being stopped, when it is not because the owner wants it."

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._machine.state

    def start(self, now: float) -> None:
        """TCP is connected. Raises LocalError the second time."""
        if self._originator:
            self._step(Input.OPEN, now)
        else:
            self._timers.set("answer", now + self._config.start_timeout)

    def stop(self, now: float) -> None:
        """Clear the calls, then stop the connection."""
        if self.calls.stopping:
            return
        self.calls.stopping = True
        for call_id in self.calls.ids:
            self.calls.clear(call_id, now)
        self._stop_when_clear(now)

    def overtaken(self, now: float) -> None:
        """The peer's own connection counts instead of this one, unless this one is established already."""
        self._step(Input.OVERTAKEN, now)

    def out_of_step(self, what: str, now: float) -> None:
        """Octets that are no message; *what* says why."""
        self._fail(Input.BAD_STREAM, now, reasons.nonsense(what, self._peer, early=self._early))

    def lost(self, now: float) -> None:
        """TCP ended."""
        self._fail(Input.LOST, now, reasons.lost(self._peer, early=self._early))

    def timer(self, name: object, now: float) -> None:
        """The timer *name* fell due; that of a call has its ID for a name."""
        if name == "answer":
            seconds = self._config.start_timeout
            cause = reasons.start_timeout(seconds, self._peer, originator=self._originator)
            self._fail(Input.TIMEOUT, now, cause)
        elif name == "echo":
            self._step(Input.ECHO_DUE, now)
        elif name == "silent":
            self._silent(now)
        elif isinstance(name, int):
            self.calls.timed_out(name, now)

    # Messages.

    def receive(self, message: wire.Message, now: float) -> None:
        """A message of the peer."""
        self.out.statistics.received += 1
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
                self.out.statistics.echo_requests += 1
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

    # Transitions.

    def _step(self, event: Input, now: float, message: wire.Message | None = None) -> None:
        before = self._machine.state
        action = self._machine.step(event)
        if self._machine.state is not before:
            self._timers.cancel("answer")
        match action:
            case Action.SEND_START_REQUEST:
                self.out.send(start.identify(wire.StartRequest, self._config))
                self._timers.set("answer", now + self._config.start_timeout)
            case Action.ACCEPT | Action.UP if isinstance(message, (wire.StartRequest, wire.StartReply)):
                self._up(message, now)
            case Action.SEND_STOP | Action.STOP_VERSION:
                self._send_stop(action, now)
            case Action.SEND_ECHO:
                self._echo += 1
                self.out.send(wire.EchoRequest(self._echo & 0xFFFFFFFF))
                self._timers.set("silent", now + self._config.echo_timeout)
            case Action.ANSWER_ECHO if isinstance(message, wire.EchoRequest):
                self.out.send(wire.EchoReply(message.identifier, 1))
            case Action.NOTE_ECHO:
                # Any control message, an Echo-Reply too, has moved the echo timer already.
                self.out.statistics.echo_replies += 1
            case Action.CALL if message is not None:
                self.calls.receive(message, now)
            case Action.NOTHING:
                self._nothing(event, now)
            case _:
                self._end(action, message, now)

    def _nothing(self, event: Input, now: float) -> None:
        if event is Input.RX_START_WEAKER:
            self._timers.set("answer", now + self._config.start_timeout)
            self._note("ignores a connection that the peer opened while ours is being answered")
        else:
            self.out.statistics.ignored += 1

    def _up(self, message: wire.StartRequest | wire.StartReply, now: float) -> None:
        if isinstance(message, wire.StartRequest):
            self.out.send(start.identify(wire.StartReply, self._config, result=1))
        self.out.tell(ControlUp(message.host_name, message.vendor, message.firmware))
        self._restart_echo(now)

    def _send_stop(self, action: Action, now: float) -> None:
        if action is Action.STOP_VERSION:
            self._cause = reasons.start_refused(5, 0)
            reason = 2
        else:
            # A client ends one connection, a server all that it has.
            reason = 1 if self._role is Role.PNS else 3
        self.out.send(wire.StopRequest(reason))
        self._timers.set("answer", now + self._config.stop_timeout)

    def _end(self, action: Action, message: wire.Message | None, now: float) -> None:
        answer = closing.answer(action, message, self._config)
        if answer is not None:
            self.out.send(answer)
        cause = closing.cause(action, message, self._peer)
        if isinstance(message, wire.StopRequest) and self.calls.stopping:
            cause = None
        if action is Action.YIELD:
            self._note("gave way to the connection that the peer opened at the same time")
        self._finish(cause, now)

    def _fail(self, event: Input, now: float, cause: Cause) -> None:
        wanted = self.calls.stopping
        action = self._machine.step(event)
        if action is not Action.NOTHING:
            self._finish(None if wanted or action is Action.DROP else cause, now)

    def _silent(self, now: float) -> None:
        if self._machine.state is State.ESTABLISHED:
            self.out.send(wire.StopRequest(1))
        self._fail(Input.SILENT, now, reasons.silent(self._config.echo_timeout, self._peer))

    def _finish(self, cause: Cause | None, now: float) -> None:
        cause = self._cause or cause
        self.calls.lose(cause, now)
        self._timers.clear()
        self.out.tell(ControlDown(cause))

    def _stop_when_clear(self, now: float) -> None:
        if self.calls.stopping and not len(self.calls) and self.state is not State.CLOSED:
            self._step(Input.CLOSE, now)

    # Helpers.

    @property
    def _early(self) -> bool:
        return self._machine.state is State.WAIT_START_REPLY

    def _restart_echo(self, now: float) -> None:
        self._timers.cancel("silent")
        if self._config.echo_interval and self._machine.state is State.ESTABLISHED:
            self._timers.set("echo", now + self._config.echo_interval)

    def _note(self, text: str | None) -> None:
        if text is not None:
            self.out.tell(Note(text))
