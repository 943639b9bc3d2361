"""Where fuzzing begins: inputs that reach far into each target."""

from typing import Final

from pptpengine.wire import control, gre, hdlc

MESSAGES: Final = (
    control.StartRequest(host_name=b"local", vendor=b"cananian"),
    control.StartReply(result=1, host_name=b"local"),
    control.StopRequest(1),
    control.StopReply(1),
    control.EchoRequest(1),
    control.EchoReply(1, 1),
    control.OutgoingCallRequest(1, 0, 2400, 10_000_000, 3, 3, 3),
    control.OutgoingCallReply(2, 1, 1, window=3),
    control.IncomingCallRequest(1),
    control.IncomingCallReply(1, 2, 1),
    control.IncomingCallConnected(1),
    control.CallClearRequest(1),
    control.CallDisconnectNotify(1, 4),
    control.WanErrorNotify(1),
    control.SetLinkInfo(1),
)
"One of each type, in the RFC's order."


def _frames(*frames: tuple[int, bytes]) -> bytes:
    return b"".join(bytes((how, len(body))) + body for how, body in frames)


def _packet(code: int, identifier: int, options: str = "") -> bytes:
    body = bytes.fromhex(options)
    return bytes((code, identifier)) + (4 + len(body)).to_bytes(2, "big") + body


_LCP: Final = "0206 00000000 0305 c223 81 0506 01020304 0702 0802"
_IPCP: Final = "0306 0a000001 8106 0a000002"
_MPPE: Final = "1206 01000040"
_NEGOTIATION: Final = _frames(
    # Low bits of the first octet choose the protocol: 0 LCP, 1 IPCP, 2 CCP, 3 CHAP, 4 PAP; 0x80 is ours.
    (0x80 + 4, _packet(1, 1, "0101")),
    *((first, _packet(code, 1, _LCP)) for first, code in ((0x84, 1), (0x00, 2), (0x00, 1), (0x84, 2))),
    (3, _packet(1, 1, "08" + "00" * 8)),
    (3, _packet(3, 1)),
    (3, _packet(4, 1) + b"E=691 R=0"),
    *((first, _packet(code, 1, _IPCP)) for first, code in ((0x85, 1), (0x01, 2), (0x01, 1), (0x85, 2))),
    *((first, _packet(code, 1, _MPPE)) for first, code in ((0x80, 1), (0x02, 3), (0x02, 4), (0x80, 2))),
    (0, _packet(5, 1, "4661696c6564")),
)
_CALL: Final = bytes((0x41, 0, 1, 3, 1, 0, 1, 7, 0, 7, 8, 2, 0, 1, 1))
"Client: start reply with result 1, a call, its reply."
_DATA: Final = bytes(
    (0, 70, 4, 0, 33, 69, 69, 130, 3, 1, 2, 3, 140, 0, 250, 0, 129, 1, 9, 0, 0, 8, 0, 255, 0)
)

SEEDS: Final[dict[str, list[bytes]]] = {
    "control_message": [message.encode() for message in MESSAGES],
    "control_stream": [
        b"\x03\x05\x0b\x0c" + b"".join(message.encode() for message in MESSAGES),
        b"\0" + MESSAGES[2].encode() + b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
    "control_split": [
        b"\x03\x05\x0b\x0c" + b"".join(message.encode() for message in (*MESSAGES[7:], *MESSAGES[4:7])),
        b"\1\x10" + MESSAGES[7].encode() + MESSAGES[14].encode() + MESSAGES[2].encode() + b"rubbish",
    ],
    "enhanced_gre": [
        gre.pack(1, 2, 3, b"payload"),
        gre.pack(1, 2, None, b"payload"),
        gre.pack(1, None, 3),
        gre.pack(1, None, None),
    ],
    "hdlc_stream": [
        b"\x06\xff\xff\xff\xff" + hdlc.encode(bytes(range(256))) + b"\x7e\x7d\x7e\x7d\x7d\x5d\x7e",
        b"\x40\0\0\0\0" + hdlc.encode(b"\xff\x03\xc0\x21\x01\x01\0\4", hdlc.MINIMAL_ESCAPES),
    ],
    "ppp_frame": [b"\xff\x03\xc0\x21" + _packet(1, 1, _LCP), b"\x21abc", b"\x80\x21" + _packet(1, 1, _IPCP)],
    "observer": [_NEGOTIATION],
    "manager_dialogue": [
        b"\x05state\tcall\ncall\t1\t2\ndown\tpeer-closed\tThe server stopped\tTry again\n",
        b"\0\xff\xfe\n\n\t\t\ndown\n",
    ],
    "control_session": [
        _CALL,
        _CALL + bytes((6, 6, 6, 11, 1, 6, 6)),
        bytes((0x48, 0, 0, 4, 1, 0, 0, 0, 0, 6, 2, 0, 9, 9, 0, 11, 2, 0, 9, 11, 1)),
        bytes((0x31, 0, 0, 2, 1, 0, 0, 2, 0)),
        bytes((0xB0, 0, 0, 2, 1, 0, 0, 0, 2, 1, 0)),
        bytes((0xA0, 0, 0, 2, 1, 0, 0, 0, 2, 1, 0)),
    ],
    "data_session": [_DATA, b"\x01" + _DATA[1:] * 3],
    "data_batch": [
        bytes((0, 20, 0, 0, 0, 0, 8, 0, 0, 0, 7, 2, 0, 16, 9, 1, 0x80, 0, 0, 0, 0, 0, 0xF0, 1, 2, 3)),
        bytes((1, 0, 1, 0xFF, 0xFF, 0xFF, 0xFE, 0, 0, 0, 6, 2, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x30)),
    ],
}
"By target."


def seeds(name: str) -> list[bytes]:
    """Those of one target, or of ``everything``."""
    if name in SEEDS:
        return SEEDS[name]
    return [bytes((number,)) + seed for number, each in enumerate(SEEDS) for seed in SEEDS[each]]
