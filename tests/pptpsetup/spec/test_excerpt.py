"""The line shown with a problem: there, and never with a password in it."""

import pytest

from pptpsetup.errors import Diagnostic, SpecError, Where
from pptpsetup.spec.document import Document
from pptpsetup.spec.excerpt import NOT_SHOWN, with_excerpts


def _problems(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        Document.parse(text, "f")
    return caught.value.diagnostics


def test_every_problem_has_its_line() -> None:
    text = "version: 1\r\ntunnels:\r\n  work: {server: a b, username: tom}\r\n  home:\r\n    rotes: []\r\n"
    found = [(each.code, each.source) for each in _problems(text)]
    assert found == [
        ("server-invalid", "  work: {server: a b, username: tom}"),
        ("setting-missing", "  home:"),
        ("unknown-key", "    rotes: []"),
    ]


def test_a_problem_of_an_edit_has_no_line() -> None:
    """The text it was found in exists nowhere."""
    with pytest.raises(SpecError) as caught:
        Document.empty("f").set_tunnel("work", {"server": "x"})
    assert caught.value.diagnostics[0].source is None


@pytest.mark.parametrize(
    "settings",
    [
        "    password: S3cret\n",
        "    password:   # S3cret\n      S3cret\n",
        "    password:\n      file: S3cret\n      mtu: S3cret\n",
        "    password: {file:\n  S3cret}\n",
        "    password: {\nfile: S3cret,\n\nenv: S3cret}\n",
        "    passwd: S3cret\n",
        "    PW: S3cret\n",
        "    secret: {mtu: S3cret}\n",
        "    password\n      S3cret\n",
        "    password: |\n     S3cret\n\n     S3cret\n",
        "    password:\n\tS3cret\n",
        "    password: 'S3cret\nS3cret: S3cret\n",
        "    password: [S3cret,\n    'S3cret']\n",
        '    "password": {"S3cret": [S3cret]}\n',
        "    password: S3cret\n    S3cret\n",
        "    username: {password: S3cret}\n",
    ],
)
def test_what_may_be_a_password_is_not_shown(settings: str) -> None:
    for text in (
        f"version: 1\ntunnels:\n  work:\n    server: x\n    username: y\n    mtu: 1\n{settings}",
        "version: 1\ntunnels:\n  work: {server: x, username: y, mtu: 1,"
        + settings.strip().replace("\n", "\n  ")
        + "}\n",
    ):
        for each in _problems(text):
            assert "S3cret" not in (each.source or "")


def test_lines_below_a_whole_password_are_shown() -> None:
    text = "version: 1\ntunnels:\n  work:\n    password: {file: /a}  # so\n    mtu: 1\n"
    assert _problems(text)[-1].source == "    mtu: 1"


def test_the_key_of_a_password_is_shown() -> None:
    (each,) = _problems("version: 1\ntunnels: {a: {server: x, username: y, password: S3cret}}")
    assert each.source == f"tunnels: {{a: {{server: x, username: y, password: {NOT_SHOWN}"


def test_a_place_outside_the_text_has_no_line() -> None:
    problems = [Diagnostic("c", "m", where) for where in (None, Where("f"), Where("f", 9), Where("g", 1))]
    assert [each.source for each in with_excerpts(problems, {"f": "a\n\nb"})] == [None] * 4
