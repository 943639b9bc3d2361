r"""UCI: what is written reads back, others' sections stay, and the reader agrees with libuci.

The recorded answers are those of ``uci show`` and ``uci export`` built from openwrt/uci (file.c of 2025).
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.errors import SpecError
from pptpsetup.grammar import uci

OURS = (
    b"config interface 'vpn'\n\toption proto 'pptp'\n\toption managed_by 'pptpsetup'\n",
    b"config route\n\toption managed_by 'pptpsetup'\n\toption interface 'vpn'\n",
)
FOREIGN = [
    b"",
    b"\nconfig interface 'loopback'\n\toption device 'lo'\n\n# end\n",
    b"config device\n\toption name 'br-lan'; option type bridge\n",
    b"package network\n\nconfig globals 'globals'\n\toption ula_prefix 'fd00::/48'\n\n\n",
    b"config interface vpn2 # managed_by 'pptpsetup'\n\toption note \"managed_by 'pptpsetup'\"\n",
    b"garbage ' open\nconfig interface 'x'\n",
    b"c interface a\no b c\n",
]
LIBUCI = [
    (b"config interface 'a'\n option x 'y'\\''z' # c\n", {"x": "y'z"}),
    (b'config interface \'a\'\n\toption q a"b\\"c";option r \\\\d\n', {"q": 'ab"c', "r": "\\d"}),
    (b"config interface 'a'\n list l a#b\n", {"l": "a"}),
    (b"config interface 'a'\n\toption e 'multi\nline'\n", {"e": "multi\nline"}),
    (b"config interface 'a'\n option w foo\\nbar\n", {"w": "foonbar"}),
    (b"config interface 'a'\n option w foo\\\nbar\n", {"w": "foobar"}),
    (b'config interface "a"\n option w "foo\\\nbar"\n', {"w": "foobar"}),
    (b"c interface 'a'\no w ''\n", {"w": ""}),
]
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


@pytest.mark.parametrize(("text", "options"), LIBUCI)
def test_words_are_read_as_libuci_reads_them(text: bytes, options: dict[str, str]) -> None:
    (section,) = uci.sections(text)
    assert (section.kind, section.name, dict(section.options)) == ("interface", "a", options)


@given(value=TEXT)
def test_what_is_quoted_reads_back(value: str) -> None:
    text = f"config interface 'a'\n\toption v {uci.quote(value)} # c\n\toption w x\n"
    (section,) = uci.sections(text.encode())
    assert section.options == (("v", value), ("w", "x"))


def test_the_written_form_is_pinned() -> None:
    assert uci.quote("it's #1") == "'it'\\''s #1'"
    assert uci.name("vpn_2") == "'vpn_2'"


@pytest.mark.parametrize("value", ["a\nb", "\t", "\x7f", "\0", "\ud800"])
def test_what_uci_cannot_carry_is_refused(value: str) -> None:
    with pytest.raises(SpecError) as caught:
        uci.quote(value)
    assert caught.value.diagnostics[0].code == "unquotable-uci"


@pytest.mark.parametrize("value", ["", "my-vpn", "a.b", "é", "a'b"])
def test_a_sections_name_is_a_plain_word(value: str) -> None:
    with pytest.raises(SpecError) as caught:
        uci.name(value)
    assert caught.value.diagnostics[0].code == "bad-uci-name"


@pytest.mark.parametrize("old", FOREIGN)
def test_our_sections_come_and_go_and_others_bytes_stay(old: bytes) -> None:
    new = uci.merge(old, OURS)
    assert new.startswith(old)
    if b" open" not in old:
        assert [each.name for each in uci.sections(new) if each.ours] == ["vpn", None]
        assert uci.merge(new, OURS) == new
        assert uci.merge(uci.merge(new, OURS[:1]), OURS) == new
        assert uci.merge(new, ()) == old


def test_our_sections_are_found_after_uci_commit() -> None:
    """It drops comments and empty lines and puts the sections in an order of its own."""
    committed = (
        b"\nconfig interface 'vpn'\n\toption proto 'pptp'\n\toption managed_by 'pptpsetup'\n\n"
        b"config interface 'lan'\n\toption proto 'static'\n\n"
    )
    assert uci.merge(committed, ()) == b"\nconfig interface 'lan'\n\toption proto 'static'\n\n"


def test_a_section_of_somebody_else_with_our_name_stays() -> None:
    old = b"config interface 'vpn'\n\toption proto 'dhcp'\n"
    assert uci.merge(uci.merge(old, OURS), ()) == old
