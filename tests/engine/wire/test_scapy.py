"""Scapy's PPTP layer as a second opinion on every control message, in both directions."""

from dataclasses import astuple, fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers import pptp

from pptpengine.wire import control
from pptpengine.wire.control import MESSAGES
from pptpengine.wire.header import SIZE, MessageType
from tests.engine.strategies import message

_COMMON = {"len", "type", "magic_cookie", "ctrl_msg_type"}


def columns(kind: MessageType) -> list[str]:
    """Scapy's field names in the order of ours, reserved fields left out."""
    names = [field.name for field in pptp.PPTP.registered_options[kind].fields_desc]
    return [name for name in names if name not in _COMMON and not name.startswith("reserved")]


def values(of: control.Message) -> list[object]:
    """Ours, without what scapy takes for a reserved field: a request has no result."""
    names = [field.name for field in fields(of)]  # type: ignore[arg-type]
    request = isinstance(of, control.StartRequest)
    return [
        value
        for name, value in zip(names, astuple(of), strict=True)  # type: ignore[call-overload]
        if not (request and name in {"result", "error"})
    ]


def plain(value: Any) -> object:
    """Scapy's value as an integer or as octets without the NUL ones at the end."""
    return value.rstrip(b"\0") if isinstance(value, bytes) else int(value)


@pytest.mark.parametrize("kind", MessageType, ids=lambda each: each.name)
@settings(max_examples=25)
@given(data=st.data())
def test_scapy_reads_what_we_write_and_we_what_it_writes(kind: MessageType, data: st.DataObject) -> None:
    """Every field, with any value; the octets are the same whoever writes them."""
    ours = data.draw(message(kind))
    layer: Any = pptp.PPTP.registered_options[kind]
    read = pptp.PPTP(ours.encode())
    assert type(read) is layer
    assert [plain(getattr(read, name)) for name in columns(kind)] == values(ours)
    # Scapy has the wrong default length for Incoming-Call-Reply.
    given_values: dict[str, Any] = dict(zip(columns(kind), values(ours), strict=True))
    octets = bytes(layer(len=SIZE[kind], **given_values))
    assert octets == without_reserved(ours).encode()
    assert values(control.decode(octets)) == values(ours)


def without_reserved(ours: control.Message) -> control.Message:
    """A start request's result and error are reserved, and 0 to scapy."""
    if isinstance(ours, control.StartRequest):
        return replace(ours, result=0, error=0)
    return ours


def test_the_layouts_have_the_sizes_of_the_rfc() -> None:
    """The table of sizes and the layouts agree, and scapy knows the same fifteen types."""
    assert {kind: 12 + cls.LAYOUT.size for kind, cls in MESSAGES.items()} == SIZE
    assert set(pptp.PPTP.registered_options) >= set(MessageType)
