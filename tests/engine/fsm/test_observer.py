"""The observer against captures of real pppds and against sequences built by hand."""

import struct
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpengine.causes import Cause, printable
from pptpengine.fsm.negotiated import FULL_ASYNC_MAP, Encryption, LinkOptions, Negotiated
from pptpengine.fsm.observer import Observer
from pptpengine.wire.ppp import (
    ChapCode,
    Code,
    Frame,
    Option,
    Packet,
    PapCode,
    Protocol,
    encode_frame,
    encode_options,
    encode_packet,
)

VECTORS = Path(__file__).parents[2] / "vectors" / "ppp"
CLIENT = IPv4Address("198.51.100.2")


def captured(name: str) -> Iterator[tuple[bool, bytes, float]]:
    """(from the client, PPP frame, seconds) of each GRE packet with data in a libpcap file."""
    data = (VECTORS / f"{name}.pcap").read_bytes()
    assert struct.unpack_from("<I", data) == (0xA1B2C3D4,)
    at = 24
    while at < len(data):
        seconds, micros, length, _ = struct.unpack_from("<IIII", data, at)
        ip = data[at + 16 + 14 : at + 16 + length]
        at += 16 + length
        gre = ip[(ip[0] & 15) * 4 :]
        size = 8 + 4 * bool(gre[0] & 0x10) + 4 * bool(gre[1] & 0x80)
        payload = int.from_bytes(gre[4:6], "big")
        if payload:
            yield IPv4Address(ip[12:16]) == CLIENT, gre[size : size + payload], seconds + micros / 1e6


def replay(name: str) -> tuple[Observer, list[Negotiated]]:
    """The observer after a capture, and every state of `negotiated` on the way."""
    observer, states = Observer(), [Negotiated()]
    for from_client, frame, now in captured(name):
        (observer.sent if from_client else observer.received)(frame, now)
        if observer.negotiated != states[-1]:
            states.append(observer.negotiated)
    return observer, states


def full(states: list[Negotiated]) -> Negotiated:
    """The state in which the link carried IP."""
    return next(state for state in states if state.remote is not None)


def test_mppe_128_with_everything_agreed() -> None:
    observer, states = replay("mppe-128")
    link = full(states)
    assert (link.mru, link.asyncmap, link.authentication, link.authenticated) == (1400, 0, "mschap-v2", True)
    assert link.encryption == Encryption(128, stateful=False)
    assert (link.local, link.remote) == (IPv4Address("192.168.7.200"), IPv4Address("192.168.7.1"))
    assert link.dns == (IPv4Address("192.168.7.53"), IPv4Address("192.168.7.54"))
    assert link.theirs is not None
    assert (link.theirs.mru, link.theirs.protocol_compression, link.theirs.address_compression) == (
        1500,
        True,
        True,
    )
    assert link.ours is not None
    assert link.ours.magic not in {None, link.theirs.magic}
    assert observer.malformed == 0


def test_an_end_of_our_own_has_no_cause() -> None:
    for name in ("mppe-128", "pap-success", "chap-md5", "ccp-renegotiated"):
        observer, states = replay(name)
        assert observer.cause is None, name
        assert observer.cause_of_end() is None, name
        assert (observer.opened, observer.up_since) == (False, None), name
        assert states[-1] == Negotiated(), name


@pytest.mark.parametrize(
    ("name", "authentication"), [("pap-success", "pap"), ("chap-md5", "chap-md5"), ("mppe-128", "mschap-v2")]
)
def test_authentication_is_named(name: str, authentication: str) -> None:
    link = full(replay(name)[1])
    assert (link.authentication, link.authenticated) == (authentication, True)
    assert (link.encryption is None) == (authentication != "mschap-v2")


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("wrong-password", "auth-failed", 'user name or password is wrong (E=691); it says "Access denied"'),
        ("pap-wrong", "auth-failed", 'it says "Login incorrect"'),
        (
            "pap-not-allowed",
            "auth-failed",
            "asks for authentication by pap, which this tunnel does not allow",
        ),
        (
            "mppe-refused",
            "encryption-refused",
            "The server refused the MPPE encryption that this tunnel requires",
        ),
        (
            "mppe-not-offered",
            "encryption-refused",
            "The server requires MPPE encryption, which this tunnel does not",
        ),
        (
            "mppe-lengths-differ",
            "encryption-refused",
            "The server and this tunnel allow no common MPPE",
        ),
        ("mppe-without-mschap", "encryption-refused", "does not work with the login by pap"),
        ("mschap-v1-mppe-40", "encryption-refused", "does not work with the login by mschap"),
        ("peer-terminates", "peer-closed", "The server closed the link"),
        ("peer-silent", "peer-silent", "The server stopped answering"),
    ],
)
def test_the_cause_of_a_failure(name: str, code: str, words: str) -> None:
    observer, states = replay(name)
    assert observer.cause is not None
    assert observer.cause.code == code
    assert words in observer.cause.message
    assert observer.cause.hint
    assert observer.cause_of_end() == observer.cause
    assert states[-1] == Negotiated()


def test_up_since_is_the_time_when_ip_opened() -> None:
    observer = Observer()
    ups = set()
    for from_client, frame, now in captured("mppe-128"):
        (observer.sent if from_client else observer.received)(frame, now)
        ups.add(observer.up_since)
    opened = [
        now
        for from_client, frame, now in captured("mppe-128")
        if not from_client and frame.startswith(b"\x80\x21\x02")
    ]
    assert ups == {None, *opened}


# Sequences built by hand


def packet(protocol: int, code: int, identifier: int = 1, data: bytes = b"") -> bytes:
    return encode_frame(Frame(protocol, encode_packet(Packet(code, identifier, data))))


def agree(
    observer: Observer, protocol: int, *, ours: list[Option], theirs: list[Option], now: float = 0
) -> None:
    """Both sides ask and acknowledge."""
    mine, yours = encode_options(ours), encode_options(theirs)
    observer.sent(packet(protocol, Code.CONFIGURE_REQUEST, 1, mine), now)
    observer.received(packet(protocol, Code.CONFIGURE_REQUEST, 9, yours), now)
    observer.sent(packet(protocol, Code.CONFIGURE_ACK, 9, yours), now)
    observer.received(packet(protocol, Code.CONFIGURE_ACK, 1, mine), now)


CHAP_81 = Option(3, b"\xc2\x23\x81")
MAP_0 = Option(2, bytes(4))
STATELESS_128, STATEFUL_128, STATELESS_40 = (
    Option(18, bits.to_bytes(4, "big")) for bits in (0x01000040, 0x40, 0x01000020)
)
LOCAL, REMOTE = Option(3, IPv4Address("10.0.0.2").packed), Option(3, IPv4Address("10.0.0.1").packed)


def up(*, mppe: bool = True) -> Observer:
    observer = Observer()
    agree(observer, Protocol.LCP, ours=[MAP_0], theirs=[CHAP_81, MAP_0])
    observer.received(packet(Protocol.CHAP, ChapCode.SUCCESS, 1, b"S=00 M=hello"), 1)
    if mppe:
        agree(observer, Protocol.CCP, ours=[STATELESS_128], theirs=[STATELESS_128])
    agree(observer, Protocol.IPCP, ours=[LOCAL], theirs=[REMOTE], now=2)
    assert observer.up_since == 2
    return observer


def cause_of(observer: Observer) -> Cause:
    assert observer.cause is not None
    return observer.cause


def test_defaults_fill_in_what_nobody_asked_for() -> None:
    observer = Observer()
    agree(observer, Protocol.LCP, ours=[], theirs=[])
    assert observer.negotiated.ours == LinkOptions(mru=1500, asyncmap=FULL_ASYNC_MAP)
    assert observer.negotiated.authentication is None


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"\xc0\x23", "pap"),
        (b"\xc2\x23\x05", "chap-md5"),
        (b"\xc2\x23\x80", "mschap"),
        (b"\xc2\x23\x81", "mschap-v2"),
        (b"\xc2\x23\x07", "chap-0x07"),
        (b"\xc2\x27", "eap"),
        (b"\xc0\x27", "0xc027"),
        (b"", "0x0000"),
    ],
)
def test_every_authentication_option_has_a_name(value: bytes, name: str) -> None:
    observer = Observer()
    agree(observer, Protocol.LCP, ours=[], theirs=[Option(3, value)])
    assert observer.negotiated.authentication == name


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([STATELESS_128], [STATELESS_128], Encryption(128, stateful=False)),
        ([STATEFUL_128], [STATELESS_128], Encryption(128, stateful=True)),
        ([STATELESS_40], [STATELESS_128], Encryption(40, stateful=False)),
        ([STATELESS_128], [], None),
        ([], [STATELESS_128], None),
        ([STATELESS_128], [Option(18, bytes(4))], None),
        ([STATELESS_128], [Option(18, b"\x40")], None),
    ],
)
def test_encryption_needs_a_key_length_in_both_directions(
    ours: list[Option], theirs: list[Option], expected: Encryption | None
) -> None:
    observer = Observer()
    agree(observer, Protocol.LCP, ours=[], theirs=[])
    agree(observer, Protocol.CCP, ours=ours, theirs=theirs)
    assert observer.negotiated.encryption == expected


def test_one_direction_of_mppe_is_no_encryption() -> None:
    observer = Observer()
    agree(observer, Protocol.LCP, ours=[], theirs=[])
    data = encode_options([STATELESS_128])
    observer.sent(packet(Protocol.CCP, Code.CONFIGURE_REQUEST, 1, data), 0)
    observer.received(packet(Protocol.CCP, Code.CONFIGURE_ACK, 1, data), 0)
    assert observer.negotiated.encryption is None


def test_an_ack_must_answer_the_newest_request_octet_for_octet() -> None:
    observer = Observer()
    data = encode_options([MAP_0])
    observer.sent(packet(Protocol.LCP, Code.CONFIGURE_REQUEST, 1, data), 0)
    observer.received(packet(Protocol.LCP, Code.CONFIGURE_REQUEST, 1, b""), 0)
    observer.sent(packet(Protocol.LCP, Code.CONFIGURE_ACK, 1, b""), 0)
    observer.received(packet(Protocol.LCP, Code.CONFIGURE_ACK, 2, data), 0)
    observer.received(
        packet(Protocol.LCP, Code.CONFIGURE_ACK, 1, encode_options([Option(2, b"\xff" * 4)])), 0
    )
    assert (observer.opened, observer.malformed) == (False, 2)
    observer.received(packet(Protocol.LCP, Code.CONFIGURE_ACK, 1, data), 0)
    assert observer.opened


def test_a_new_lcp_request_takes_everything_down_and_it_can_come_up_again() -> None:
    for request_from_peer in (True, False):
        observer = up()
        see = observer.received if request_from_peer else observer.sent
        see(packet(Protocol.LCP, Code.CONFIGURE_REQUEST, 77, b""), 3)
        assert (observer.opened, observer.up_since, observer.negotiated) == (False, None, Negotiated())
        agree(observer, Protocol.LCP, ours=[], theirs=[])
        assert observer.negotiated.encryption is None
        assert not observer.negotiated.authenticated
        agree(observer, Protocol.IPCP, ours=[LOCAL], theirs=[REMOTE], now=8)
        assert observer.up_since == 8


def test_new_ip_addresses_replace_the_old_ones() -> None:
    observer = up()
    other = Option(3, IPv4Address("10.9.9.9").packed)
    agree(observer, Protocol.IPCP, ours=[other], theirs=[REMOTE], now=5)
    assert (observer.negotiated.local, observer.up_since) == (IPv4Address("10.9.9.9"), 5)


def test_encryption_that_ends_is_not_shown_any_more() -> None:
    observer = up()
    observer.received(packet(Protocol.CCP, Code.TERMINATE_REQUEST, 3), 3)
    assert observer.negotiated.encryption is None
    assert observer.up_since == 2
    observer.sent(packet(Protocol.LCP, Code.TERMINATE_REQUEST, 4, b"MPPE disabled"), 4)
    assert cause_of(observer).code == "encryption-refused"


def test_changed_grows_only_with_what_can_be_seen() -> None:
    observer = up()
    before = observer.changed
    observer.sent(packet(Protocol.LCP, Code.ECHO_REQUEST, 1, bytes(4)), 3)
    observer.received(packet(Protocol.LCP, Code.ECHO_REPLY, 1, bytes(4)), 3)
    observer.sent(b"\x00\xfd\x90\x00data", 3)
    assert observer.changed == before
    observer.received(packet(Protocol.LCP, Code.TERMINATE_REQUEST, 1, b"bye"), 4)
    assert observer.changed == before + 1


def test_the_asyncmap_for_the_pty_is_ours_and_holds_while_ip_is_open() -> None:
    observer = Observer()
    ours, theirs = Option(2, b"\x00\x0a\x00\x00"), Option(2, b"\xff\x00\x00\x00")
    agree(observer, Protocol.LCP, ours=[ours], theirs=[theirs])
    assert observer.agreed_asyncmap == FULL_ASYNC_MAP
    agree(observer, Protocol.IPCP, ours=[LOCAL], theirs=[REMOTE])
    assert observer.agreed_asyncmap == 0x000A0000
    assert observer.negotiated.theirs is not None
    assert observer.negotiated.theirs.asyncmap == 0xFF000000
    observer.received(packet(Protocol.LCP, Code.CONFIGURE_REQUEST, 5, b""), 3)
    assert observer.agreed_asyncmap == FULL_ASYNC_MAP


@pytest.mark.parametrize("number", [646, 647, 648, 649, 709])
def test_login_failures_that_only_an_administrator_can_cure(number: int) -> None:
    observer = Observer()
    observer.received(packet(Protocol.CHAP, ChapCode.FAILURE, 1, b"E=%d R=0 C=00 V=3 M=No" % number), 0)
    assert f"(E={number})" in cause_of(observer).message
    assert cause_of(observer).hint == "Ask the server's administrator about this account."


@pytest.mark.parametrize("message", [b"E=99999 R=0", b"E=", b"go away", b""])
def test_login_failures_without_a_known_code(message: bytes) -> None:
    observer = Observer()
    observer.received(packet(Protocol.CHAP, ChapCode.FAILURE, 1, message), 0)
    assert cause_of(observer).code == "auth-failed"


def test_a_server_that_cannot_prove_itself_is_named_as_such() -> None:
    observer = Observer()
    agree(observer, Protocol.LCP, ours=[], theirs=[CHAP_81])
    observer.received(packet(Protocol.CHAP, ChapCode.SUCCESS, 1, b"S=" + b"0" * 40), 0)
    observer.sent(
        packet(Protocol.LCP, Code.TERMINATE_REQUEST, 2, b"Failed to authenticate ourselves to peer"), 0
    )
    assert "could not prove that it knows the password" in cause_of(observer).message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"Peer not responding", "peer-silent"),
        (b"MPPE required but not available in kernel", "encryption-refused"),
        (b"MPPE required but peer refused", "encryption-refused"),
        (b"peer refused to authenticate", "auth-failed"),
        (b"User request", None),
        (b"Link inactive", None),
        (b"Connect time expired", None),
        (b"MPPE disabled", None),
        (b"", None),
    ],
)
def test_reasons_that_our_pppd_gives(text: bytes, code: str | None) -> None:
    observer = up()
    observer.sent(packet(Protocol.LCP, Code.TERMINATE_REQUEST, 2, text), 0)
    assert (observer.cause.code if observer.cause else None) == code


def test_a_link_without_ip_says_who_refused_it() -> None:
    for text in (b"No network protocols running", b"MPPE disabled"):
        observer = Observer()
        agree(observer, Protocol.LCP, ours=[], theirs=[CHAP_81])
        observer.received(packet(Protocol.IPCP, Code.TERMINATE_REQUEST, 2, b"no address left"), 0)
        observer.sent(packet(Protocol.LCP, Code.TERMINATE_REQUEST, 3, text), 0)
        assert cause_of(observer).message == 'The server refused IP on the link; it says "no address left"'


def test_protocol_reject_of_ccp_refuses_encryption_and_of_ipcp_the_link() -> None:
    observer = Observer()
    agree(observer, Protocol.LCP, ours=[], theirs=[CHAP_81])
    observer.sent(packet(Protocol.CCP, Code.CONFIGURE_REQUEST, 1, encode_options([STATELESS_128])), 0)
    observer.received(packet(Protocol.LCP, Code.PROTOCOL_REJECT, 1, b"\x80\xfd\x01\x01"), 0)
    assert observer.cause is None
    end = observer.cause_of_end()
    assert end is not None
    assert end.code == "encryption-refused"
    observer.received(packet(Protocol.LCP, Code.PROTOCOL_REJECT, 1, b"\x80\x21\x01\x01"), 0)
    observer.received(packet(Protocol.LCP, Code.PROTOCOL_REJECT, 1, b""), 0)
    observer.received(packet(Protocol.LCP, Code.TERMINATE_REQUEST, 1, b"bye"), 0)
    assert cause_of(observer).code == "encryption-refused"


def test_a_nak_that_leaves_a_key_length_is_no_refusal() -> None:
    observer = Observer()
    agree(observer, Protocol.LCP, ours=[], theirs=[])
    observer.sent(packet(Protocol.CCP, Code.CONFIGURE_REQUEST, 1, encode_options([STATELESS_128])), 0)
    observer.received(packet(Protocol.CCP, Code.CONFIGURE_NAK, 1, encode_options([STATELESS_40])), 0)
    assert observer.cause_of_end() is None
    observer.received(
        packet(Protocol.CCP, Code.CONFIGURE_REJECT, 1, encode_options([Option(26, b"\x78\x00")])), 0
    )
    assert observer.cause_of_end() is None
    observer.received(packet(Protocol.CCP, Code.CONFIGURE_NAK, 1, encode_options([Option(18, bytes(4))])), 0)
    assert observer.cause_of_end() is not None


def test_a_terminate_ack_nobody_asked_for_ends_the_link() -> None:
    observer = up()
    observer.received(packet(Protocol.LCP, Code.TERMINATE_ACK, 1), 3)
    assert (observer.opened, cause_of(observer).code) == (False, "peer-closed")


def test_a_terminate_ack_before_a_protocol_opened_ends_nothing() -> None:
    observer = Observer()
    agree(observer, Protocol.LCP, ours=[], theirs=[])
    mine, yours = encode_options([LOCAL]), encode_options([REMOTE])
    observer.sent(packet(Protocol.IPCP, Code.CONFIGURE_REQUEST, 1, mine), 0)
    observer.received(packet(Protocol.IPCP, Code.TERMINATE_ACK, 1), 0)
    observer.received(packet(Protocol.IPCP, Code.CONFIGURE_REQUEST, 4, yours), 0)
    observer.sent(packet(Protocol.IPCP, Code.CONFIGURE_ACK, 4, yours), 0)
    observer.received(packet(Protocol.IPCP, Code.CONFIGURE_ACK, 1, mine), 6)
    assert observer.up_since == 6


def test_a_new_link_forgets_the_cause_of_the_last_one() -> None:
    observer = up()
    observer.received(packet(Protocol.LCP, Code.TERMINATE_REQUEST, 1, b"restarting"), 3)
    assert cause_of(observer).message == 'The server closed the link; it says "restarting"'
    agree(observer, Protocol.LCP, ours=[], theirs=[])
    assert observer.cause is None


def test_frames_without_address_and_control_are_understood() -> None:
    observer = up()
    observer.received(packet(Protocol.IPCP, Code.TERMINATE_REQUEST, 2)[2:], 3)
    assert observer.up_since is None


@pytest.mark.parametrize(
    "frame",
    [
        b"\xff\x03\xc0\x21",
        b"\xff\x03\xc0\x21\x01\x01\x00",
        b"\xff\x03\xc0\x21\x01\x01\x00\xff",
        packet(Protocol.LCP, Code.CONFIGURE_REQUEST, 1, b"\x01\x00"),
        packet(Protocol.LCP, Code.CONFIGURE_ACK, 200, b""),
        packet(Protocol.CCP, Code.CONFIGURE_REJECT, 1, b"\x12\x99"),
        b"\xff\x03\xc0\x23\x03",
        b"\xc0\x20\x01\x01\x00\x04",
    ],
)
def test_malformed_packets_are_counted_and_change_nothing(frame: bytes) -> None:
    observer = up()
    before = (observer.negotiated, observer.up_since, observer.cause, observer.changed)
    observer.received(frame, 3)
    observer.sent(frame, 3)
    assert observer.malformed == 2
    assert (observer.negotiated, observer.up_since, observer.cause, observer.changed) == before


def test_text_of_the_peer_cannot_reach_a_terminal_raw() -> None:
    hostile = b"\x1b]0;x\x07\x9b31m\xe2\x80\xaeevil\r\nline\x00 " + b"A" * 5000
    observer = up()
    observer.received(packet(Protocol.LCP, Code.TERMINATE_REQUEST, 1, hostile), 3)
    message = cause_of(observer).message
    assert message.isprintable()
    assert len(message) < 220


def test_text_is_utf8_or_else_latin1() -> None:
    assert printable("Zugriff für Ä".encode()) == "Zugriff für Ä"
    assert printable("Zugriff für Ä".encode("latin-1")) == "Zugriff für Ä"
    assert printable(("ä" * 400).encode()) == "ä" * 160


CONTROL = st.sampled_from([Protocol.LCP, Protocol.PAP, Protocol.CHAP, Protocol.CCP, Protocol.IPCP])
OPTIONS = st.lists(
    st.builds(Option, st.sampled_from([1, 2, 3, 5, 7, 8, 18, 129, 131]), st.binary(max_size=6)), max_size=4
).map(encode_options)
LIKELY = st.builds(packet, CONTROL, st.integers(1, 12), st.integers(1, 2), OPTIONS | st.binary(max_size=40))


@given(st.lists(st.tuples(st.booleans(), LIKELY | st.binary(max_size=40)), max_size=60))
def test_no_traffic_whatever_raises(frames: list[tuple[bool, bytes]]) -> None:
    observer = Observer()
    for now, (ours, frame) in enumerate(frames):
        (observer.sent if ours else observer.received)(frame, now)
        assert observer.negotiated.encryption is None or observer.opened
        assert observer.up_since is None or observer.opened
    observer.cause_of_end()


def test_pap_nak_with_a_length_beyond_its_end() -> None:
    observer = Observer()
    observer.received(packet(Protocol.PAP, PapCode.NAK, 1, b"\xffshort"), 0)
    assert cause_of(observer).message == 'The server refused the login; it says "short"'


def test_a_server_that_fails_our_own_challenge_is_told_apart_from_a_refused_login() -> None:
    observer = Observer()
    observer.sent(packet(Protocol.CHAP, ChapCode.FAILURE, 1, b"E=691 R=0"), 0)
    assert cause_of(observer).message == "The server did not prove who it is, which this tunnel demands"
