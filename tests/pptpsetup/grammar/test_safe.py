"""Safe text is told apart from text that was changed after quoting."""

import pytest

from pptpsetup.errors import SpecError
from pptpsetup.grammar import filename, interfaces, pppword, shell, unit
from pptpsetup.grammar.safe import Safe


@pytest.mark.parametrize(
    "text",
    [
        pppword.quote("a"),
        pppword.quote_name("a"),
        shell.quote("a"),
        shell.quote_line("a"),
        shell.join(["a"]),
        shell.comment("a"),
        unit.value("a"),
        unit.word("a"),
        unit.exec_word("a"),
        unit.exec_line(["/a"]),
        unit.instance("a"),
        filename.run_parts_name("a"),
        filename.peers_name("a"),
        interfaces.word("a"),
        interfaces.file_name("a"),
    ],
)
def test_every_quoting_function_gives_safe_text(text: str) -> None:
    assert type(text) is Safe


def test_changed_safe_text_is_plain_text() -> None:
    text = Safe("a")
    for changed in (text + "b", text.upper(), text[:1], f"{text}", text.strip()[:], text.replace("a", "b")):
        assert type(changed) is str


def test_refusals_say_why() -> None:
    with pytest.raises(SpecError) as caught:
        pppword.quote("\0")
    assert caught.value.diagnostics[0].why
