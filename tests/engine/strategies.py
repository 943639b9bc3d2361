"""Hypothesis strategies for control messages."""

import re
from dataclasses import fields

from hypothesis import strategies as st

from pptpengine.wire.control import MESSAGES, Message
from pptpengine.wire.header import MessageType

_WIDTH = {"B": 8, "H": 16, "I": 32}


def _column(code: str) -> st.SearchStrategy[int] | st.SearchStrategy[bytes]:
    if code.endswith("s"):
        # Trailing NUL octets are what fills a text field up.
        return st.binary(max_size=int(code[:-1])).map(lambda text: text.rstrip(b"\0"))
    return st.integers(0, (1 << _WIDTH[code]) - 1)


def message(kind: MessageType) -> st.SearchStrategy[Message]:
    """Any message of one type: every value that its fields have room for."""
    cls = MESSAGES[kind]
    codes = re.findall(r"\d+s|[BHI]", cls.LAYOUT.format)
    assert len(codes) == len(fields(cls))  # type: ignore[arg-type]
    return st.builds(cls, *(_column(code) for code in codes))


def messages() -> st.SearchStrategy[Message]:
    """Any message of any type."""
    return st.sampled_from(tuple(MessageType)).flatmap(message)
