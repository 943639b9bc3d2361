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


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "\fa"])
def test_what_glib_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="value"):
        keyfile.value(text)


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "a b", "-x", "work~"])
def test_a_name_that_networkmanager_would_skip_is_refused(name: str) -> None:
    with pytest.raises(SpecError):
        keyfile.file_name(name)


@pytest.mark.host
@given((TEXT | SEVERE).filter(lambda text: not text.startswith("\f")))
def test_glib_reads_what_was_written(text: str) -> None:
    lines = ["[vpn]", "before=1", f"key={keyfile.value(text)}", "after=2", ""]
    content = "\n".join(lines).encode()
    oracle = KeyFile()
    assert oracle.read(content, "vpn", "key") == text
    assert (oracle.read(content, "vpn", "before"), oracle.read(content, "vpn", "after")) == ("1", "2")


LINES = st.sampled_from(
    [
        *("[vpn]", "[other]", "[]", "[a[b]", "[vpn] ", "[vpn]x", "key=1", "key = 2 ", " key=3", "key", "=x"),
        *(
            "k[de]=x",
            "k[=x",
            "k]=1",
            "key=a\\sb\\n",
            "key=a\\qb",
            "key=\\",
            "\x0bkey=v",
            "key=\tv",
            "",
            "#c",
        ),
        *("ke y=1", "key=é", "kéy=1"),
    ]
)
FILES = st.lists(LINES | SEVERE, max_size=6).map("\n".join)


def _read(data: bytes) -> tuple[dict[str, dict[str, keyfile.Value]] | None, int]:
    """The groups, or None and the line for which the file is refused."""
    try:
        return keyfile.read(data), 1
    except keyfile.KeyFileError as error:
        return None, error.line


@pytest.mark.host
@given(FILES, st.sampled_from(["\n", "\r\n", ""]))
def test_files_are_read_as_glib_reads_them(text: str, end: str) -> None:
    data = (text + end).encode()
    oracle = KeyFile()
    found, _ = _read(data)
    assert oracle.accepts(data) is (found is not None)
    for group in ("vpn", "other"):
        for key in ("key", "ke y", "kéy"):
            value = (found or {}).get(group, {}).get(key)
            assert oracle.read(data, group, key) == (None if value is None else value.text)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_line(data: bytes) -> None:
    groups, line = _read(data)
    lines = [line, *(value.line for keys in (groups or {}).values() for value in keys.values())]
    assert all(1 <= each <= data.count(b"\n") + 1 for each in lines)
