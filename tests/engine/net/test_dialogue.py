"""The lines between gateway and call manager."""

import pytest

from pptpengine.causes import Cause
from pptpengine.net import dialogue


def test_the_first_octets_are_those_of_pptp() -> None:
    """Two 32-bit and two 16-bit numbers in native order; 0, 0 announces lines."""
    assert dialogue.PIDS.size == 8
    assert dialogue.IDS.size == 4
    assert dialogue.LINES_FOLLOW == b"\0\0\0\0"


def test_lines_survive_any_cut() -> None:
    """Words in, words out."""
    stream = dialogue.encode_line("state", "call") + dialogue.encode_line("peer", "local", "", 1)
    lines = dialogue.Lines()
    found = [line for octet in stream for line in lines.feed(bytes((octet,)))]
    assert found == [["state", "call"], ["peer", "local", "", "1"]]


def test_what_a_peer_calls_itself_cannot_forge_a_line() -> None:
    """Tabs, newlines and other control characters in a server's name become spaces."""
    line = dialogue.encode_line("peer", "evil\ndown\tinternal", "v\0")
    assert dialogue.Lines().feed(line) == [["peer", "evil down internal", "v "]]


@pytest.mark.parametrize(
    "cause",
    [
        None,
        Cause.of("peer-closed", "The server went"),
        Cause("call-refused", "No", None),
        Cause("no-gre", "ä", "ö"),
    ],
)
def test_causes_survive(cause: Cause | None) -> None:
    """With and without a hint."""
    (words,) = dialogue.Lines().feed(dialogue.encode_cause(cause))
    assert words[0] == "down"
    assert dialogue.decode_cause(words) == cause


def test_a_code_from_another_version_is_an_internal_cause() -> None:
    """A manager of another version may serve us."""
    assert dialogue.decode_cause(["down", "new-code", "text", ""]) == Cause("internal", "text", None)
