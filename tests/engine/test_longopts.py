"""Long options as getopt_long(3) reads them, and the help made from them."""

import pytest

from pptpengine.helptext import help_text, terminal_width
from pptpengine.longopts import Grammar, MistakeError, Option


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise MistakeError(f"{text!r} is not a number") from None


GRAMMAR = Grammar(
    program="dial",
    usage="dial HOST [options]",
    description="Dials.",
    words=("HOST", "who is called"),
    groups={
        "time": (
            Option(
                name="wait", metavar="SECONDS", read=_number, default=3, help="patience (default: {default})"
            ),
            Option(name="wait-for-tone", help="do not dial into silence"),
        ),
        "text": (
            Option(name="log", metavar="TEXT", help="tag of a line"),
            Option(name="help", help="this"),
            Option(name="hello", help="say it", addition=True),
            Option(name="loud", help="say it loudly", addition=True),
            Option(name="louder", help="and again", addition=True),
        ),
    },
    epilog="That is all.",
)


@pytest.mark.parametrize(
    ("line", "changed", "words"),
    [
        ("", {}, []),
        ("host", {}, ["host"]),
        ("--wait 5 host --log x word", {"wait": 5, "log": "x"}, ["host", "word"]),
        ("--wait=5 --log=a=b", {"wait": 5, "log": "a=b"}, []),
        ("--log=", {"log": ""}, []),
        ("--wait-f --l x", {"wait-for-tone": True, "log": "x"}, []),
        # What was unique before an addition stays so.
        ("--he --lo x", {"help": True, "log": "x"}, []),
        ("--hell --loud", {"hello": True, "loud": True}, []),
        ("--wait 5 --wait 6", {"wait": 6}, []),
        # The word behind an option is its value, whatever it looks like, as getopt_long(3) has it.
        ("--log --wait --log --", {"log": "--"}, []),
        ("host -- --wait -x --", {}, ["host", "--wait", "-x", "--"]),
        ("- host", {}, ["-", "host"]),
        ("-h", {"help": True}, []),
    ],
)
def test_options_and_words_are_told_apart(line: str, changed: dict[str, object], words: list[str]) -> None:
    values, rest = GRAMMAR.parse(line.split())
    unset = {"wait-for-tone": False, "help": False, "hello": False, "loud": False, "louder": False}
    assert values == {"wait": 3, "log": None} | unset | changed
    assert rest == words


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--nonsense", "unknown option --nonsense"),
        ("--nonsense=3", "unknown option --nonsense"),
        ("-x", "unknown option -x"),
        ("--wai", "--wai is ambiguous: --wait, --wait-for-tone"),
        ("--wait", "--wait SECONDS: the value is missing"),
        ("--wait x", "--wait: 'x' is not a number"),
        ("--wait-for=yes", "--wait-for-tone takes no value"),
        ("--lou", "--lou is ambiguous: --loud, --louder"),
        ("host --=", "-- is ambiguous: --wait, --wait-for-tone, --log, --help"),
    ],
)
def test_mistakes_are_named(line: str, message: str) -> None:
    with pytest.raises(MistakeError) as caught:
        GRAMMAR.parse(line.split())
    assert str(caught.value) == message


def test_help_says_everything_in_the_width_there_is() -> None:
    assert help_text(GRAMMAR, 40) == (
        "usage: dial HOST [options]\n"
        "\n"
        "Dials.\n"
        "\n"
        "  HOST                  who is called\n"
        "\n"
        "time:\n"
        "  --wait SECONDS        patience\n"
        "                        (default: 3)\n"
        "  --wait-for-tone       do not dial into\n"
        "                        silence\n"
        "\n"
        "text:\n"
        "  --log TEXT            tag of a line\n"
        "  --help                this\n"
        "  --hello               say it\n"
        "  --loud                say it loudly\n"
        "  --louder              and again\n"
        "\n"
        "That is all."
    )


@pytest.mark.parametrize(("columns", "width"), [("100", 98), ("1", 20), ("wide", 78)])
def test_the_width_is_the_terminals(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal_width() == width
