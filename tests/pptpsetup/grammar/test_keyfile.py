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


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_what_glib_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="value"):
        keyfile.value(text)


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "a b", "-x", "work~"])
def test_a_name_that_networkmanager_would_skip_is_refused(name: str) -> None:
    with pytest.raises(SpecError):
        keyfile.file_name(name)


@pytest.mark.host
@given(TEXT | SEVERE)
def test_glib_reads_what_was_written(text: str) -> None:
    lines = ["[vpn]", "before=1", f"key={keyfile.value(text)}", "after=2", ""]
    content = "\n".join(lines).encode()
    oracle = KeyFile()
    assert oracle.read(content, "vpn", "key") == text
    assert (oracle.read(content, "vpn", "before"), oracle.read(content, "vpn", "after")) == ("1", "2")
