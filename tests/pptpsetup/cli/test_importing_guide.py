"""docs/importing.md: the files it shows are imported here, and every command prints what stands there."""

import re
from pathlib import Path

from tests.pptpsetup.cli.shop import Cli

_GUIDE = Path(__file__).parents[3] / "docs/importing.md"
_BLOCK = re.compile(r"```(?P<kind>\w+)(?: (?P<path>/\S+))?\n(?P<text>.*?)```", re.DOTALL)


def _blocks(kind: str) -> list[tuple[str | None, str]]:
    text = _GUIDE.read_text(encoding="utf-8")
    return [(each["path"], each["text"]) for each in _BLOCK.finditer(text) if each["kind"] == kind]


def test_the_worked_example_is_real(cli: Cli) -> None:
    """Files are blocks ``text /PATH``; commands are blocks ``console``, their outputs below them."""
    for path, text in _blocks("text"):
        assert path is not None
        file = cli.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    consoles = [text for _, text in _blocks("console")]
    assert len(consoles) >= 3
    for text in consoles:
        command, _, expected = text.partition("\n")
        words = command.removeprefix("# ").split()
        if words[0] == "cat":
            assert cli.text_of(words[1]) == expected
            continue
        assert words[0] == "pptpsetup"
        result = cli(*words[1:])
        assert result.status == 0, result.err
        assert result.out + _without_warnings(result.err) == expected


def _without_warnings(text: str) -> str:
    return "".join(re.split(r"(?m)^warning\[.*\n(?:  .*\n)*", text))
