"""What the quick reader reads is what the YAML library reads; everything else it leaves to the library."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pptpsetup.errors import Diagnostic
from pptpsetup.yaml import simple
from pptpsetup.yaml.reader import read_with_library

MANY = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "profiles").glob("*.yaml"))

PIECES = [
    *("a:", "b:", "- ", "  ", "    ", "\n", "\n", "\n  ", "\n    ", ": ", ", ", "1", "x y", "c: d", "# e"),
    *("{", "}", "[", "]", "{f: g, h: i}", "[j, k]", "'", '"', "\\", '"l"', "'m'", ":", "#", " #", "?", "!"),
    *("|", ">", "&n", "*n", "%", "@", "`", "-", "--", "---", "---\n", "...", "~", "null", "true:", "1:"),
    *(
        "null:",
        "é",
        "\xa0",
        "\t",
        "<<:",
        "0x1f",
        ".5",
        "+1",
        "-x",
        "'':",
        '"":',
        "\ufeff",
        "\r\n",
        "{}",
        "[]",
    ),
]
"""What means something to YAML, in one place or another."""


def assert_same(text: str) -> bool:
    """Whether *text* is simple; then both readers must agree to the last position."""
    try:
        found = simple.read(text, "f")
    except simple.NotSimpleError:
        return False
    problems: list[Diagnostic] = []
    assert read_with_library(text, "f", problems) == found
    assert problems == []
    return True


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_every_profile_is_simple(file: Path) -> None:
    """Which is why commands start quickly."""
    assert assert_same(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES[::10], ids=lambda path: path.stem)
def test_a_profile_with_any_character_changed(file: Path) -> None:
    """Each of them, in turn, into something that means something."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("#"))[:500]
    for index in range(len(text)):
        piece = PIECES[index % len(PIECES)]
        assert_same(text[:index] + piece + text[index + 1 :])


@MANY
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("a:\n- b\n- c\nd: e")
@example("a:\n  - b: c\n    d: e\n  -  f:\n       - g\n")
@example("a: b\n  c: d\n")
@example("a:\n  b: c\n d: e\n")
@example("a: 'b\n'\nc: d\n")
@example("a: {b: c}}\n")
@example("a: - b\n")
@example("a: b: c\n")
@example("a: ---\n")
@example("--- # x\na: b\n---\n")
@example("- a: b\n")
@example("a:\n  - b\n c: d\n")
@example("a:\n- b: c\n- d\n  e: f\n")
@example("a:\n- b\n  - c\n")
@example("a:\n# x\n   # y\n  b:   # z\n\n\n")
def test_any_text(text: str) -> None:
    """Built from what means something; most of it is no YAML at all."""
    assert_same(text)


WORDS = st.sampled_from(
    [
        *("x", "10.0.0.0/8", "vpn.example.com", "true", "~", "7", "0x10", "-1", ".5", "1e3", "20s", "a b"),
        *("don't", "--ask", "u:p", "a=b", "yes", "é", '"q"', '"a \\" \\\\ b"', "'it''s'", "''", "<<"),
        '"# {no: comment"',
    ]
)
FLOW_WORDS = WORDS.filter(lambda word: word not in ("don't", "u:p", "<<"))
KEYS = st.lists(
    st.sampled_from(["work", "on_boot", "lcp_echo", '"007"', "'home office'", "A-1", "rc.d", "_x"]),
    unique=True,
)
COMMENTS = st.sampled_from(["", "", "", " # why", "   #", " "])
FLOWS = st.recursive(
    FLOW_WORDS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.tuples(KEYS, st.lists(inner, max_size=3)).map(
            lambda both: f"{{{', '.join(f'{key}: {item}' for key, item in zip(*both, strict=False))}}}"
        )
    ),
    max_leaves=5,
)


@st.composite
def block(draw: st.DrawFn, indent: int = 0) -> str:
    """A mapping as people write it, with lists, comments and blank lines."""
    lines = []
    margin = " " * indent
    for key in draw(KEYS.filter(bool)):
        kind = draw(st.sampled_from(["value", "value", "flow", "nothing", "mapping", "list", "mappings"]))
        end = draw(COMMENTS) + "\n" + draw(st.sampled_from(["", "", "", "\n", "  # between\n", "   \n"]))
        if kind == "mapping" and indent < 6:
            lines.append(f"{margin}{key}:{end}" + draw(block(indent + draw(st.integers(1, 3)))))
        elif kind in {"list", "mappings"}:
            step = draw(st.integers(0, 2))
            lines.append(f"{margin}{key}:{end}")
            for _ in range(draw(st.integers(1, 2))):
                dash = " " * (indent + step) + "-" + " " * draw(st.integers(1, 2))
                if kind == "list" or indent > 4:
                    lines.append(f"{dash}{draw(FLOWS)}{draw(COMMENTS)}\n")
                else:
                    inner = draw(block(len(dash)))
                    lines.append(dash + inner[len(dash) :])
        else:
            value = {"value": draw(WORDS.filter(lambda word: word != "<<")), "flow": draw(FLOWS)}.get(
                kind, ""
            )
            lines.append(f"{margin}{key}:{' ' if value else ''}{value}{end}")
    return "".join(lines)


@MANY
@given(st.sampled_from(["", "", "---\n", "# title\n\n--- # y\n"]), block(), st.booleans())
def test_what_people_write_is_simple(start: str, text: str, last_line_ends: bool) -> None:
    """Not only the same where it is read, but read."""
    text = text.rstrip("\n") + ("\n" if last_line_ends else "")
    assert assert_same(start + text)
