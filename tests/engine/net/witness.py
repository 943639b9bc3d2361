"""A server that tells all it is told: ``python -m tests.engine.net.witness ADDRESS [modem] [deaf]``.

One call is served, and every control message and the number of every data packet printed, a line each. A
frame of the client's that holds words has them obeyed: ``say NUMBER...`` sends data packets with these
numbers, ``link-info SEND RECEIVE`` a Set-Link-Info with these maps in hexadecimal. Other frames go back.

*modem*: the server's call ID is 0, like that of the modem that BEZEQ_ISRAEL is for. *deaf*: no Echo-Request
is answered.
"""

import select
import sys
from typing import Final

from pptpengine.wire import control, gre
from tests.engine.net.hostile import CALL_ID, FRAME, Server

_IP_HEADER: Final = 20


class Witness(Server):
    """One connection, and one call on it."""

    def __init__(self, address: str, habits: set[str]) -> None:
        super().__init__(address)
        self.own_id = 0 if "modem" in habits else CALL_ID
        self._deaf = "deaf" in habits
        self._sequence = 0

    def expect(self, kind: type[control.Message]) -> control.Message:
        """The next message, told in full."""
        message = super().expect(kind)
        self.say(message)
        return message

    def serve(self) -> None:
        """Until the client closes the connection."""
        self.gre.setblocking(True)
        while True:
            ready, _, _ = select.select([self.tcp, self.gre], [], [])
            if self.gre in ready:
                self.take_packet(self.gre.recv(65536)[_IP_HEADER:])
            if self.tcp in ready:
                self.answer(self.expect(control.Message))

    def answer(self, message: control.Message) -> None:
        """As a server should."""
        match message:
            case control.StartRequest():
                self.send(control.StartReply(result=1))
            case control.OutgoingCallRequest():
                self.call_id = message.call_id
                self.send(control.OutgoingCallReply(self.own_id, self.call_id, 1, window=64))
            case control.EchoRequest() if not self._deaf:
                self.send(control.EchoReply(message.identifier, 1))
            case control.CallClearRequest():
                self.send(control.CallDisconnectNotify(self.own_id, 4))
            case control.StopRequest():
                self.send(control.StopReply(1))

    def take_packet(self, packet: bytes) -> None:
        """A packet that came over GRE."""
        header, payload = gre.Header.decode(packet)
        if header.sequence is None:
            return
        self.say("data", header.sequence)
        match payload.removeprefix(FRAME).split():
            case [b"say", *numbers]:
                for number in numbers:
                    self.packet(int(number))
            case [b"link-info", send, receive]:
                self.send(control.SetLinkInfo(self.call_id, int(send, 16), int(receive, 16)))
            case _:
                self._sequence += 1
                back = gre.pack(self.call_id, self._sequence, None, payload)
                self.gre.sendto(back, (self.client, 0))


if __name__ == "__main__":
    Witness(sys.argv[1], set(sys.argv[2:])).serve()
