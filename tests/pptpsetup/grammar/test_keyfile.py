"""Values of key files, against GLib's own reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.errors import SpecError
from pptpsetup.grammar import keyfile
from tests.oracle.keyfile import KeyFile

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
SEVERE = st.text(st.sampled_from(' \t\n\r\\;#[]="sxé%'), max_size=12)


def test_the_written_form_is_pinned() -> None:
    assert keyfile.value('tom\'s "net" #1; 100 %') == 'tom\'s "net" #1; 100 %'
    assert keyfile.value("CORP\\tom") == "CORP\\\\tom"
    assert keyfile.value("  a\n\tb ") == "\\s\\sa\\n\\tb\\s"
    assert keyfile.file_name("my-vpn.2") == "my-vpn.2.nmconnection"


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "\fa", "\va"])
def test_what_glib_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="value"):
        keyfile.value(text)


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "a b", "-x", "work~"])
def test_a_name_that_networkmanager_would_skip_is_refused(name: str) -> None:
    with pytest.raises(SpecError):
        keyfile.file_name(name)


@pytest.mark.host
@given((TEXT | SEVERE).filter(lambda text: text[:1] not in {"\v", "\f"}))
def test_glib_reads_what_was_written(text: str) -> None:
    lines = ["[vpn]", "before=1", f"key={keyfile.value(text)}", "after=2", ""]
    content = "\n".join(lines).encode()
    oracle = KeyFile()
    assert oracle.read(content, "vpn", "key") == text
    assert (oracle.read(content, "vpn", "before"), oracle.read(content, "vpn", "after")) == ("1", "2")


LINES = st.sampled_from(
    [
        "[vpn]", "[other]", "[]", "[a[b]", "[vpn] ", "[vpn]x", "key=1", "key = 2 ", " key=3", "key", "=x", "#c",
        "k[de]=x", "k[=x", "k]=1", "key=a\\sb\\n", "key=a\\qb", "key=\\", "\x0bkey=v", "key=\tv", "", "ke y=1",
        "key=é", "kéy=1",
    ]
)  # fmt: skip
FILES = st.lists(LINES | SEVERE, max_size=6).map("\n".join)


@pytest.mark.host
@given(FILES, st.sampled_from(["\n", "\r\n", ""]))
def test_files_are_read_as_glib_reads_them(text: str, end: str) -> None:
    data = (text + end).encode()
    oracle = KeyFile()
    try:
        found = keyfile.read(data)
    except keyfile.KeyFileError as error:
        assert 1 <= error.line <= data.count(b"\n") + 1
        assert not oracle.accepts(data), error.reason
        return
    assert oracle.accepts(data)
    for group in ("vpn", "other"):
        for key in ("key", "ke y", "k[de]", "kéy"):
            value = found.get(group, {}).get(key)
            assert oracle.read(data, group, key) == (None if value is None else value.text)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_line(data: bytes) -> None:
    try:
        groups = keyfile.read(data)
    except keyfile.KeyFileError as error:
        assert 1 <= error.line <= data.count(b"\n") + 1
    else:
        assert all(value.line >= 1 for keys in groups.values() for value in keys.values())
