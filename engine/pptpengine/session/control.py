"""The control connection and its calls, without a socket.

The owner connects TCP, calls `start`, then feeds `receive` and `receive_eof`, sends what `data_to_send`
returns, calls `handle_timer` when `next_timer` is due, and reads `events`. When `finished` is true, and all
is sent, it closes TCP.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TypeVar

from pptpengine import reasons
from pptpengine.causes import Cause
from pptpengine.config import ControlConfig
from pptpengine.errors import DecodeError, LocalError
from pptpengine.events import CallDown, CallRequested, CallUp, ControlDown, ControlUp, Event, Note
from pptpengine.fsm import call as call_fsm
from pptpengine.fsm import control as control_fsm
from pptpengine.fsm.call import CallMachine
from pptpengine.fsm.control import ControlMachine
from pptpengine.timers import Timers
from pptpengine.wire import control as wire
from pptpengine.wire.stream import Splitter

_In = control_fsm.Input
_Do = control_fsm.Action
_CallIn = call_fsm.Input
_CallDo = call_fsm.Action
_Start = TypeVar("_Start", wire.StartRequest, wire.StartReply)


class Role(Enum):
    """Who we are in RFC 2637's words."""

    PNS = auto()
    "The client."
    PAC = auto()
    "The server."


@dataclass(slots=True)
class _Call:
    id: int
    "Ours."
    peer_id: int | None = None
    machine: CallMachine = field(default_factory=CallMachine)
    window: int = 0


class ControlSession:
    """One control connection. *random* returns as many random octets as it is asked for."""

    def __init__(self, config: ControlConfig, role: Role, *, random: Callable[[int], bytes]) -> None:
        self._config = config
        self._role = role
        self._random = random
        self._machine = ControlMachine()
        self._splitter = Splitter()
        self._timers = Timers()
        self._calls: dict[int, _Call] = {}
        self._events: deque[Event] = deque()
        self._out: list[bytes] = []
        self._serial = 0
        self._echo = 0
        self._stopping = False

    # What the owner asks.

    @property
    def state(self) -> control_fsm.State:
        """Where the control connection stands."""
        return self._machine.state

    @property
    def finished(self) -> bool:
        """TCP is to be closed once `data_to_send` is empty."""
        return self._machine.state is control_fsm.State.CLOSED

    @property
    def calls(self) -> tuple[int, ...]:
        """Our IDs of the calls that are not over."""
        return tuple(self._calls)

    def data_to_send(self) -> bytes:
        """What must be written to TCP now; handed out once."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def events(self) -> list[Event]:
        """What happened since the last time."""
        events = list(self._events)
        self._events.clear()
        return events

    def next_timer(self) -> float | None:
        """When `handle_timer` is due, in the caller's clock."""
        return self._timers.next()

    # What the owner does.

    def start(self, now: float) -> None:
        """TCP is connected. Raises LocalError the second time."""
        if self._role is Role.PNS:
            self._step(_In.OPEN, now)
        else:
            self._timers.set("answer", now + self._config.start_timeout)

    def place_call(self, now: float) -> int:
        """Client: ask for a call; returns our ID for it. Raises LocalError unless the connection is
        established.
        """
        if self._machine.state is not control_fsm.State.ESTABLISHED or self._stopping:
            raise LocalError("a call needs an established control connection")
        call = _Call(self._new_call_id())
        self._calls[call.id] = call
        self._call_step(call, _CallIn.PLACE, now)
        return call.id

    def accept_call(self, call_id: int, now: float) -> None:
        """Server: answer a `CallRequested`. Raises LocalError if there is none."""
        self._call_step(self._known(call_id), _CallIn.ACCEPT, now)

    def reject_call(self, call_id: int, now: float, *, result: int = 7, error: int = 0) -> None:
        """Server: refuse a `CallRequested` with a result code of section 2.8."""
        call = self._known(call_id)
        self._call_step(call, _CallIn.REJECT, now)
        self._send(wire.OutgoingCallReply(0, call.peer_id or 0, result, error))

    def clear_call(self, call_id: int, now: float) -> None:
        """Hang up; `CallDown` follows. A call that is over already is fine."""
        call = self._calls.get(call_id)
        if call is not None:
            self._call_step(call, _CallIn.CLEAR if self._role is Role.PNS else _CallIn.DISCONNECT, now)

    def stop(self, now: float) -> None:
        """End it all: clear the calls, then stop the control connection, waiting for the answers; never
        fails.
        """
        if self._stopping:
            return
        self._stopping = True
        for call_id in self.calls:
            self.clear_call(call_id, now)
        self._stop_when_clear(now)

    def receive(self, data: bytes, now: float) -> None:
        """Octets from TCP."""
        self._splitter.feed(data)
        while not self.finished:
            try:
                message = self._splitter.next_message()
            except DecodeError as error:
                self._fail(_In.BAD_STREAM, now, self._bad_stream(error))
                return
            if message is None:
                return
            self._receive_message(message, now)

    def receive_eof(self, now: float) -> None:
        """TCP ended, by either side or by an error."""
        if self._machine.state is control_fsm.State.WAIT_START_REPLY:
            cause = Cause.of("control-refused", "The server closed the connection instead of answering")
        else:
            cause = Cause.of("peer-closed", "The server closed the connection")
        self._fail(_In.LOST, now, cause)

    def handle_timer(self, now: float) -> None:
        """Do what is due."""
        for name in self._timers.due(now):
            if name == "answer":
                self._timeout(now)
            elif name == "echo":
                self._step(_In.ECHO_DUE, now)
            elif name == "silent":
                self._silent(now)
            elif isinstance(name, int) and name in self._calls:
                self._call_step(self._calls[name], _CallIn.TIMEOUT, now)

    # The control connection.

    def _receive_message(self, message: wire.Message, now: float) -> None:
        self._restart_echo(now)
        match message:
            case wire.StartRequest():
                good = message.version == wire.VERSION
                self._step(_In.RX_START_REQUEST if good else _In.RX_START_VERSION, now, message)
            case wire.StartReply():
                self._receive_start_reply(message, now)
            case wire.StopRequest():
                self._step(_In.RX_STOP_REQUEST, now, message)
            case wire.StopReply():
                self._step(_In.RX_STOP_REPLY, now)
            case wire.EchoRequest():
                self._step(_In.RX_ECHO_REQUEST, now, message)
            case wire.EchoReply():
                self._step(_In.RX_ECHO_REPLY, now)
            case _:
                self._step(_In.RX_CALL, now, message)

    def _receive_start_reply(self, message: wire.StartReply, now: float) -> None:
        # Some ADSL modems answer with result 0, which pptp(8) accepts as well.
        if message.result in (0, 1) and message.version == wire.VERSION:
            self._step(_In.RX_START_ACCEPT, now, message)
        else:
            self._step(_In.RX_START_REFUSE, now, message)

    def _step(self, event: control_fsm.Input, now: float, message: wire.Message | None = None) -> None:
        before = self._machine.state
        action = self._machine.step(event)
        if self._machine.state is not before:
            self._timers.cancel("answer")
        match action:
            case _Do.SEND_START_REQUEST:
                self._send(self._identify(wire.StartRequest))
                self._timers.set("answer", now + self._config.start_timeout)
            case _Do.ACCEPT | _Do.UP if isinstance(message, (wire.StartRequest, wire.StartReply)):
                self._up(message, now)
            case _Do.SEND_STOP:
                self._send(wire.StopRequest(1))
                self._timers.set("answer", now + self._config.stop_timeout)
            case _Do.SEND_ECHO:
                self._echo += 1
                self._send(wire.EchoRequest(self._echo & 0xFFFFFFFF))
                self._timers.set("silent", now + self._config.echo_timeout)
            case _Do.ANSWER_ECHO if isinstance(message, wire.EchoRequest):
                self._send(wire.EchoReply(message.identifier, 1))
            case _Do.CALL if message is not None:
                self._receive_call(message, now)
            case _Do.NOTHING | _Do.NOTE_ECHO:
                # Any control message, an Echo-Reply too, has moved the echo timer already.
                pass
            case _:
                self._end(message, now)

    def _up(self, message: wire.StartRequest | wire.StartReply, now: float) -> None:
        if isinstance(message, wire.StartRequest):
            self._send(self._identify(wire.StartReply, result=1))
        self._events.append(ControlUp(message.host_name, message.vendor, message.firmware))
        self._restart_echo(now)

    def _end(self, message: wire.Message | None, now: float) -> None:
        cause: Cause | None = None
        match message:
            case wire.StopRequest():
                self._send(wire.StopReply(1))
                cause = None if self._stopping else reasons.stopped(message.reason)
            case wire.StartReply():
                result = message.result if message.result not in (0, 1) else 5
                cause = reasons.start_refused(result, message.error)
            case wire.StartRequest():
                self._send(self._identify(wire.StartReply, result=5))
                cause = Cause.of("control-refused", "The client speaks another version of PPTP")
        self._finish(cause, now)

    def _fail(self, event: control_fsm.Input, now: float, cause: Cause) -> None:
        wanted = self._stopping
        action = self._machine.step(event)
        if action is not _Do.NOTHING:
            self._finish(None if wanted or action is _Do.DROP else cause, now)

    def _timeout(self, now: float) -> None:
        text = f"The server did not answer the PPTP start request within {self._config.start_timeout:g} s"
        self._fail(_In.TIMEOUT, now, Cause.of("control-timeout", text))

    def _silent(self, now: float) -> None:
        self._send(wire.StopRequest(1))
        text = f"The server did not answer an Echo-Request within {self._config.echo_timeout:g} s"
        self._fail(_In.SILENT, now, Cause.of("peer-silent", text))

    def _finish(self, cause: Cause | None, now: float) -> None:
        for call in tuple(self._calls.values()):
            self._call_step(call, _CallIn.LOST, now, cause=cause)
        self._timers.clear()
        self._events.append(ControlDown(cause))

    def _stop_when_clear(self, now: float) -> None:
        if self._stopping and not self._calls and not self.finished:
            self._step(_In.CLOSE, now)

    def _restart_echo(self, now: float) -> None:
        self._timers.cancel("silent")
        if self._config.echo_interval and self._machine.state is control_fsm.State.ESTABLISHED:
            self._timers.set("echo", now + self._config.echo_interval)

    # Calls.

    def _receive_call(self, message: wire.Message, now: float) -> None:
        match message:
            case wire.OutgoingCallRequest() if self._role is Role.PAC:
                call = _Call(self._new_call_id(), message.call_id, window=message.window)
                self._calls[call.id] = call
                self._events.append(CallRequested(call.id, message.call_id))
            case wire.OutgoingCallReply():
                self._receive_call_reply(message, now)
            case wire.IncomingCallRequest():
                self._send(wire.IncomingCallReply(0, message.call_id, 3))
                self._events.append(Note("refused an incoming call"))
            case wire.CallClearRequest():
                for call in [each for each in self._calls.values() if each.peer_id == message.call_id]:
                    self._call_step(call, _CallIn.RX_CLEAR, now)
            case wire.CallDisconnectNotify():
                self._receive_notify(message, now)
            case wire.WanErrorNotify() | wire.SetLinkInfo():
                self._events.append(Note(f"{type(message).__name__}: {message}"))
            case _:
                self._events.append(Note(f"ignored {type(message).__name__}"))

    def _receive_call_reply(self, message: wire.OutgoingCallReply, now: float) -> None:
        call = self._calls.get(message.peer_call_id)
        if call is None:
            self._events.append(Note(f"an answer for a call that is not ours ({message.peer_call_id})"))
        elif message.result == 1:
            call.peer_id, call.window = message.call_id, message.window
            self._call_step(call, _CallIn.RX_REPLY_CONNECTED, now)
        else:
            cause = reasons.call_refused(message.result, message.error, message.cause)
            self._call_step(call, _CallIn.RX_REPLY_REFUSED, now, cause=cause)

    def _receive_notify(self, message: wire.CallDisconnectNotify, now: float) -> None:
        # Section 2.13 has the sender's ID here; accel-ppp before 2026 sent the receiver's, so either will
        # do.
        call = next((each for each in self._calls.values() if each.peer_id == message.call_id), None)
        call = call or self._calls.get(message.call_id)
        if call is None and len(self._calls) == 1:
            # A call that we cleared before its answer came: we never learnt the peer's ID.
            only = next(iter(self._calls.values()))
            call = only if only.peer_id is None else None
        if call is not None:
            cause = reasons.disconnected(message.result, message.error, message.cause)
            self._call_step(call, _CallIn.RX_NOTIFY, now, cause=cause)

    def _call_step(
        self, call: _Call, event: call_fsm.Input, now: float, *, cause: Cause | None = None
    ) -> None:
        before = call.machine.state
        action = call.machine.step(event)
        if call.machine.state is not before:
            self._timers.cancel(call.id)
        match action:
            case _CallDo.SEND_REQUEST:
                self._send(self._call_request(call))
                self._timers.set(call.id, now + self._config.call_timeout)
            case _CallDo.SEND_CLEAR:
                self._send(wire.CallClearRequest(call.id))
                self._timers.set(call.id, now + self._config.clear_timeout)
            case _CallDo.UP | _CallDo.SEND_ACCEPT:
                self._call_up(call, answer=action is _CallDo.SEND_ACCEPT)
            case _CallDo.NOTHING:
                pass
            case _:
                self._call_over(call, action, cause, now)

    def _call_up(self, call: _Call, *, answer: bool) -> None:
        peer_id = call.peer_id or 0
        if answer:
            self._send(
                wire.OutgoingCallReply(
                    call.id, peer_id, 1, speed=self._config.max_bps, window=self._config.window
                )
            )
        self._events.append(CallUp(call.id, peer_id, call.window))

    def _call_over(self, call: _Call, action: call_fsm.Action, cause: Cause | None, now: float) -> None:
        if action is _CallDo.SEND_NOTIFY:
            self._send(wire.CallDisconnectNotify(call.id, 3 if self._stopping else 4))
        elif action is _CallDo.TIMED_OUT:
            self._send(wire.CallClearRequest(call.id))
            text = f"The server did not answer the call request within {self._config.call_timeout:g} s"
            cause = Cause.of("call-timeout", text)
        elif action is _CallDo.CLEARED:
            cause = None
        del self._calls[call.id]
        self._events.append(CallDown(call.id, cause))
        self._stop_when_clear(now)

    # Helpers.

    def _known(self, call_id: int) -> _Call:
        try:
            return self._calls[call_id]
        except KeyError:
            raise LocalError(f"there is no call {call_id}") from None

    def _new_call_id(self) -> int:
        while True:
            call_id = int.from_bytes(self._random(2), "big")
            # 0 is what broken peers send for "none"; the ID must be unique within the connection.
            if call_id and call_id not in self._calls:
                return call_id

    def _call_request(self, call: _Call) -> wire.OutgoingCallRequest:
        serial, self._serial = self._serial, self._serial + 1 & 0xFFFF
        config = self._config
        return wire.OutgoingCallRequest(
            call.id, serial, config.min_bps, config.max_bps, bearer=3, framing=3, window=config.window
        )

    def _identify(self, kind: type[_Start], result: int = 0) -> _Start:
        config = self._config
        return kind(
            result=result,
            max_channels=config.max_channels,
            firmware=config.firmware,
            host_name=config.host_name,
            vendor=config.vendor,
        )

    def _bad_stream(self, error: DecodeError) -> Cause:
        if self._machine.state is control_fsm.State.WAIT_START_REPLY:
            hint = "Something else than PPTP answers on this port; check the server's name."
            return Cause("control-refused", f"The server's answer is not PPTP: {error}", hint)
        return Cause.of(
            "peer-closed", f"The connection was closed because the server sent nonsense: {error}"
        )

    def _send(self, message: wire.Message) -> None:
        self._out.append(message.encode())
