"""The calls of one control connection (RFC 2637 section 3.2), client and server alike."""

from collections.abc import Callable

from pptpengine import reasons
from pptpengine.causes import Cause
from pptpengine.config import ControlConfig
from pptpengine.errors import LocalError
from pptpengine.events import CallDown, CallRequested, CallUp, LinkInfo, Note
from pptpengine.fsm.call import Action, Input, State
from pptpengine.session.call import Call, Role
from pptpengine.session.outbox import Outbox
from pptpengine.wire import control as wire

_REFUSED_NO_RESOURCES = (2, 4)
"Result and error code (sections 2.8 and 2.16) for one call too many."
_REFUSED_BAD_CALL_ID = (2, 5)


class Calls:
    """All calls that are not over. *random* returns as many random octets as it is asked for; *on_over* is
    called after each call's end.
    """

    __slots__ = ("_calls", "_config", "_on_over", "_out", "_random", "_role", "_serial", "stopping")

    def __init__(
        self,
        config: ControlConfig,
        role: Role,
        out: Outbox,
        *,
        random: Callable[[int], bytes],
        on_over: Callable[[float], None],
    ) -> None:
        self._config = config
        self._role = role
        self._out = out
        self._random = random
        self._on_over = on_over
        self._calls: dict[int, Call] = {}
        self._serial = 0
        self.stopping = False
        "The whole connection is being shut down."

    @property
    def ids(self) -> tuple[int, ...]:
        """Our IDs."""
        return tuple(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def place(self, now: float) -> int:
        """Client: ask for a call; returns our ID for it."""
        if self._role is not Role.PNS:
            raise LocalError("only a client asks for calls")
        if len(self._calls) >= self._config.max_calls:
            raise LocalError(f"{len(self._calls)} calls are open, which is the limit")
        call = Call(self._new_id())
        self._calls[call.id] = call
        self._step(call, Input.PLACE, now)
        return call.id

    def accept(self, call_id: int, now: float) -> None:
        """Server: answer a request. Raises LocalError if there is none."""
        self._step(self._known(call_id), Input.ACCEPT, now)

    def reject(self, call_id: int, now: float, *, result: int, error: int) -> None:
        """Server: refuse a request. Raises LocalError if there is none."""
        call = self._known(call_id)
        call.refusal = (result, error)
        self._step(call, Input.REJECT, now)

    def clear(self, call_id: int, now: float) -> None:
        """Hang up. A call that is over already is fine."""
        call = self._calls.get(call_id)
        if call is None:
            return
        if self._role is Role.PNS:
            self._step(call, Input.CLEAR, now)
        elif call.machine.state is State.IDLE:
            # Nobody has answered the request yet, and now nobody will.
            self.reject(call_id, now, result=7, error=0)
        else:
            self._step(call, Input.DISCONNECT, now)

    def set_link_info(self, call_id: int, send_accm: int, receive_accm: int) -> None:
        """Send Set-Link-Info for a call that is up. Raises LocalError if there is none."""
        call = self._known(call_id)
        if call.machine.state is not State.ESTABLISHED:
            raise LocalError(f"call {call_id} is not up")
        self._out.send(wire.SetLinkInfo(call.peer_id or 0, send_accm, receive_accm))

    def timed_out(self, call_id: int, now: float) -> None:
        """The timer of that name fell due."""
        call = self._calls.get(call_id)
        if call is not None:
            self._step(call, Input.TIMEOUT, now)

    def lose(self, cause: Cause | None, now: float) -> None:
        """The control connection is gone, and every call with it."""
        for call in tuple(self._calls.values()):
            self._step(call, Input.LOST, now, cause=cause)

    def receive(self, message: wire.Message, now: float) -> None:
        """Any message that belongs to a call."""
        match message:
            case wire.OutgoingCallRequest() if self._role is Role.PAC:
                self._requested(message)
            case wire.OutgoingCallReply():
                self._replied(message, now)
            case wire.IncomingCallRequest():
                self._out.send(wire.IncomingCallReply(0, message.call_id, 3))
                self._out.tell(Note("refused an incoming call"))
            case wire.CallClearRequest():
                call = self._by_peer_id(message.call_id)
                if call is not None:
                    # None is how the end looks that the other side of the call may ask for.
                    cause = reasons.cleared() if self._role is Role.PNS else None
                    self._step(call, Input.RX_CLEAR, now, cause=cause)
                else:
                    self._ignore(f"asked to clear a call that is not there ({message.call_id})")
            case wire.CallDisconnectNotify():
                self._notified(message, now)
            case wire.SetLinkInfo():
                self._link_info(message)
            case wire.WanErrorNotify():
                self._wan_errors(message)
            case _:
                self._ignore(f"ignored {type(message).__name__}")

    # Messages.

    def _requested(self, message: wire.OutgoingCallRequest) -> None:
        refusal = None
        if self._by_peer_id(message.call_id) is not None:
            refusal = _REFUSED_BAD_CALL_ID
        elif self.stopping or len(self._calls) >= self._config.max_calls:
            refusal = _REFUSED_NO_RESOURCES
        if refusal is not None:
            self._out.send(wire.OutgoingCallReply(0, message.call_id, *refusal))
            self._ignore(f"refused the peer's call {message.call_id}: it has too many, or this one already")
            return
        call = Call(self._new_id(), message.call_id, window=message.window)
        self._calls[call.id] = call
        self._out.tell(CallRequested(call.id, message.call_id))

    def _replied(self, message: wire.OutgoingCallReply, now: float) -> None:
        call = self._calls.get(message.peer_call_id)
        if call is None:
            self._ignore(f"an answer for a call that is not ours ({message.peer_call_id})")
        elif message.result == 1:
            # Only the first answer counts: a second one must not change where GRE goes.
            if call.peer_id is None:
                call.peer_id, call.window = message.call_id, message.window
            self._step(call, Input.RX_REPLY_CONNECTED, now)
        else:
            cause = reasons.call_refused(message.result, message.error, message.cause)
            self._step(call, Input.RX_REPLY_REFUSED, now, cause=cause)

    def _notified(self, message: wire.CallDisconnectNotify, now: float) -> None:
        # Section 2.13 has the sender's ID here; accel-ppp before 2026 sent the receiver's, so either will
        # do.
        call = self._by_peer_id(message.call_id) or self._calls.get(message.call_id)
        if call is None and len(self._calls) == 1:
            # A call that we cleared before its answer came: we never learnt the peer's ID.
            only = next(iter(self._calls.values()))
            call = only if only.peer_id is None else None
        if call is None:
            self._ignore(f"the end of a call that is not there ({message.call_id})")
            return
        cause = reasons.disconnected(message.result, message.error, message.cause)
        self._step(call, Input.RX_NOTIFY, now, cause=cause)

    def _link_info(self, message: wire.SetLinkInfo) -> None:
        call = self._calls.get(message.peer_call_id)
        if call is None or call.machine.state is not State.ESTABLISHED:
            self._ignore(f"Set-Link-Info for a call that is not up ({message.peer_call_id})")
            return
        info = LinkInfo(call.id, message.send_accm, message.receive_accm)
        if info != call.link_info:
            call.link_info = info
            self._out.tell(info)

    def _wan_errors(self, message: wire.WanErrorNotify) -> None:
        if message.peer_call_id not in self._calls:
            self._ignore(f"WAN-Error-Notify for a call that is not there ({message.peer_call_id})")
            return
        self._out.statistics.wan_errors += 1
        counts = {
            "CRC": message.crc,
            "framing": message.framing,
            "hardware": message.hardware,
            "buffer": message.buffer,
            "time-out": message.timeout,
            "alignment": message.alignment,
        }
        self._out.tell(Note(reasons.wan_errors(counts)))

    # Transitions.

    def _step(self, call: Call, event: Input, now: float, *, cause: Cause | None = None) -> None:
        before = call.machine.state
        action = call.machine.step(event)
        if call.machine.state is not before:
            self._out.timers.cancel(call.id)
        match action:
            case Action.SEND_REQUEST:
                self._out.send(self._request(call))
                self._out.timers.set(call.id, now + self._config.call_timeout)
            case Action.SEND_CLEAR:
                self._out.send(wire.CallClearRequest(call.id))
                self._out.timers.set(call.id, now + self._config.clear_timeout)
            case Action.UP | Action.SEND_ACCEPT:
                self._up(call, answer=action is Action.SEND_ACCEPT)
            case Action.NOTHING:
                self._out.statistics.ignored += 1
            case _:
                self._over(call, action, cause, now)

    def _up(self, call: Call, *, answer: bool) -> None:
        config = self._config
        peer_id = call.peer_id or 0
        if answer:
            reply = wire.OutgoingCallReply(call.id, peer_id, 1, speed=config.max_bps, window=config.window)
            self._out.send(reply)
        elif config.link_info_accm is not None:
            self._out.send(wire.SetLinkInfo(peer_id, config.link_info_accm, config.link_info_accm))
        self._out.tell(CallUp(call.id, peer_id, call.window))

    def _over(self, call: Call, action: Action, cause: Cause | None, now: float) -> None:
        if action is Action.SEND_REJECT:
            self._out.send(wire.OutgoingCallReply(0, call.peer_id or 0, *call.refusal))
        elif action is Action.SEND_NOTIFY:
            self._out.send(wire.CallDisconnectNotify(call.id, 3 if self.stopping else 4))
        elif action is Action.TIMED_OUT:
            self._out.send(wire.CallClearRequest(call.id))
            text = f"The server did not answer the call request within {self._config.call_timeout:g} s"
            cause = Cause.of("call-timeout", text)
        elif action is Action.CLEARED:
            cause = None
        del self._calls[call.id]
        self._out.tell(CallDown(call.id, cause))
        self._on_over(now)

    # Helpers.

    def _known(self, call_id: int) -> Call:
        try:
            return self._calls[call_id]
        except KeyError:
            raise LocalError(f"there is no call {call_id}") from None

    def _by_peer_id(self, peer_id: int) -> Call | None:
        return next((each for each in self._calls.values() if each.peer_id == peer_id), None)

    def _ignore(self, text: str) -> None:
        self._out.statistics.ignored += 1
        self._out.tell(Note(text))

    def _new_id(self) -> int:
        fixed = self._config.fixed_call_id
        if fixed is not None and fixed not in self._calls:
            return fixed
        while True:
            call_id = int.from_bytes(self._random(2), "big")
            # 0 is what broken peers send for "none"; the ID must be unique within the connection.
            if call_id and call_id not in self._calls:
                return call_id

    def _request(self, call: Call) -> wire.OutgoingCallRequest:
        config = self._config
        serial, self._serial = self._serial, self._serial + 1 & 0xFFFF
        return wire.OutgoingCallRequest(
            call.id,
            serial if config.fixed_serial is None else config.fixed_serial,
            config.min_bps,
            config.max_bps,
            bearer=config.call_bearer,
            framing=config.call_framing,
            window=config.window,
            phone_length=len(config.phone),
            phone=config.phone,
        )
