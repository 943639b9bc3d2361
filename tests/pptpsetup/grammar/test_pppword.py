"""Words of pppd files, against pppd's own getword() and option parser."""

import shlex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pptpsetup.errors import SpecError
from pptpsetup.grammar import pppword
from pptpsetup.grammar.safe import Safe
from tests.oracle.pppd import Pppd

ANY_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=80)
ANY_BYTES = st.binary(max_size=200).map(lambda data: data.replace(b"\0", b""))
# One example is a batch for one pppd process; a batch is large and slow by hypothesis' standards.
BATCHES = settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
# Bytes that mean something to getword(), so that random files reach its corners.
FILE = st.lists(
    st.sampled_from([bytes([byte]) for byte in b" \t\n\v\f\r#\"'\\\\\\abfnrstx0123478Az:\0\xc3\xff"]),
    max_size=60,
).map(b"".join)
NASTY = [
    "",
    " ",
    "a b",
    "#",
    "a#b",
    '"',
    "'",
    "it's",
    "\\",
    "ends\\",
    "\\n",
    "a\\x41b",
    "CORP\\tom",
    "a\nb",
    "\r\n",
    "\x01\x7f\x80",
    "\x1b[31m",
    "*",
    "@/etc/hostname",
    "$(id)`id`!cmd",
    "é€漢😀",
    "\x017",
    "-detach",
    "x" * 1023,
]


def test_every_word_is_read_back_by_our_parser() -> None:
    for text in NASTY:
        (word,) = pppword.words(pppword.quote(text).encode() + b"\n")
        assert (word.value, word.newline, word.unterminated, word.too_long) == (
            text.encode(),
            False,
            False,
            False,
        )


@given(ANY_TEXT)
def test_any_text_is_read_back_by_our_parser(text: str) -> None:
    """Also between other words and before a comment."""
    line = f"name {pppword.quote(text)}# comment\nnext".encode()
    assert [word.value for word in pppword.words(line)] == [b"name", text.encode(), b"next"]


def test_the_written_form_is_pinned() -> None:
    assert pppword.quote('CORP\\tom "x" #\té\n') == '"CORP\\\\tom \\"x\\" #\\011é\\012"'
    assert pppword.quote(b"caf\xe9") == '"caf\\351"'
    assert isinstance(pppword.quote("a"), Safe)


@pytest.mark.parametrize(
    ("value", "said"),
    [("a\0b", "NUL"), (b"\0", "NUL"), ("x" * 1024, "1024"), ("é" * 512, "1024"), ("\ud800", "Unicode")],
)
def test_what_a_word_cannot_carry_is_refused(value: str | bytes, said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        pppword.quote(value)
    assert caught.value.diagnostics[0].code == "unquotable-ppp"


@pytest.mark.parametrize("value", ["", "x" * 256, "é" * 128])
def test_names_have_1_to_255_bytes(value: str) -> None:
    with pytest.raises(SpecError) as caught:
        pppword.quote_name(value)
    assert caught.value.diagnostics[0].code == "unquotable-ppp"
    assert pppword.quote_name("x" * 255) == '"' + "x" * 255 + '"'


def test_refusals_never_show_the_value() -> None:
    """It may be a password."""
    with pytest.raises(SpecError) as caught:
        pppword.quote("geheim" + "x" * 1023)
    assert "geheim" not in str(caught.value.diagnostics)


def test_offsets_span_the_word_with_its_quotes() -> None:
    data = b'# c\n "a b"\\ c d'
    first, second = pppword.words(data)
    assert data[first.start : first.end] == b'"a b"\\ c'
    assert data[second.start : second.end] == b"d"
    assert (first.newline, second.newline) == (True, False)


def test_faults_of_a_file_are_told() -> None:
    (open_quote,) = pppword.words(b'"abc\nd')
    assert open_quote.unterminated
    (long_word,) = pppword.words(b"x" * 1024 + b"\n")
    assert long_word.too_long
    assert len(long_word.value) == 1023


@pytest.mark.host
def test_pppd_reads_every_byte_pair_as_we_do(pppd_oracle: Pppd) -> None:
    """All 255 bytes, each before a digit, a letter and a backslash, as bytes and as text."""
    wanted: list[bytes] = []
    lines: list[str] = []
    for byte in range(1, 256):
        for after in (b"", b"0", b"7", b"a", b"\\", b'"', b" "):
            wanted.append(bytes([byte]) + after)
            lines.append(pppword.quote(wanted[-1]))
            wanted.append((chr(byte) + after.decode()).encode())
            lines.append(pppword.quote(chr(byte) + after.decode()))
    (read,) = pppd_oracle.words(["\n".join([*lines, ""]).encode()])
    assert [word for _, word in read] == wanted
    assert len(wanted) == 3570


@pytest.mark.host
@BATCHES
@given(st.lists(ANY_TEXT | ANY_BYTES | st.sampled_from(NASTY), min_size=40, max_size=120))
def test_pppd_reads_any_word_back(pppd_oracle: Pppd, values: list[str | bytes]) -> None:
    """Some two thousand random words, all of a batch in one file."""
    text = "".join(f"{pppword.quote(value)}\n" for value in values)
    (read,) = pppd_oracle.words([text.encode()])
    assert [word for _, word in read] == [v if isinstance(v, bytes) else v.encode() for v in values]


@pytest.mark.host
@BATCHES
@given(st.lists(FILE, min_size=50, max_size=150))
def test_our_parser_is_pppds_on_any_file(pppd_oracle: Pppd, files: list[bytes]) -> None:
    """Random files of the bytes that matter: same words, same line ends, same cuts."""
    ours = [[(word.newline, word.value) for word in pppword.words(content)] for content in files]
    assert pppd_oracle.words(files) == ours


@pytest.mark.host
def test_long_words_are_cut_where_pppd_cuts_them(pppd_oracle: Pppd) -> None:
    files = [b"x" * length + b" tail" for length in (1022, 1023, 1024, 1025, 3000)]
    ours = [[(word.newline, word.value) for word in pppword.words(content)] for content in files]
    assert pppd_oracle.words(files) == ours


@pytest.mark.host
@BATCHES
@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT), min_size=40, max_size=80))
def test_option_values_arrive_in_pppd(pppd_oracle: Pppd, values: list[tuple[str, str, str]]) -> None:
    """name, remotename and a pty command of two layers, through the real option parser."""
    usable = [
        (name, remote, argument)
        for name, remote, argument in values
        if 0 < len(name.encode()) < 256 and 0 < len(remote.encode()) < 256
    ]
    files = [
        f"name {pppword.quote_name(name)}\nremotename {pppword.quote_name(remote)}\n"
        f"pty {pppword.quote(shlex.join(['engine', argument]))}\n"
        for name, remote, argument in usable
    ]
    for (name, remote, argument), seen in zip(
        usable, pppd_oracle.options([file.encode() for file in files]), strict=True
    ):
        assert seen.accepted
        assert (seen.name, seen.remotename) == (name.encode(), remote.encode())
        assert seen.pty == shlex.join(["engine", argument]).encode()
