"""Options of pppd: the table against the installed pppd, and how a file falls into options."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.grammar.pppoption import ADDRESSES, ARGUMENTS, DEVICE, SPEED, Option, options
from tests.oracle.pppd import Pppd
from tests.oracle.pppdoptions import EXAMPLES, NEWER

_AT_ONCE = {"--version", "-v", "--help", "-h", "show-options", "plugin", "remotename", "user"}
"What pppd does at once, or what the test itself goes by."


def _read(data: bytes) -> list[tuple[str, bytes | None]]:
    return [(each.name, each.argument) for each in options(data)]


def test_a_file_falls_into_options_wherever_its_lines_end() -> None:
    data = b'name "tom jones" mtu\n1400 -pap # mtu 9\nfile /etc/ppp/options.pptp 10.0.0.1: 115200 /dev/ttyS0'
    assert _read(data) == [
        ("name", b"tom jones"),
        ("mtu", b"1400"),
        ("refuse-pap", None),
        ("file", b"/etc/ppp/options.pptp"),
        (ADDRESSES, b"10.0.0.1:"),
        (SPEED, b"115200"),
        (DEVICE, b"/dev/ttyS0"),
    ]


def test_what_is_not_complete_or_not_known_says_so() -> None:
    found = list(options(b"nonsense mtu"))
    assert [(each.name, each.known, each.complete) for each in found] == [
        ("nonsense", False, True),
        ("mtu", True, False),
    ]


@given(st.binary(max_size=300))
def test_any_bytes_are_options(data: bytes) -> None:
    for each in options(data):
        assert isinstance(each, Option)
        assert 0 <= each.word.start < each.word.end <= len(data)


@pytest.mark.host
def test_every_option_takes_as_many_words_from_the_real_pppd(pppd_oracle: Pppd) -> None:
    """After each option comes a ``remotename``: too few or too many words and pppd would not see it."""
    pppd_oracle.place("given", b"debug\ndebug\n")
    pppd_oracle.place("peers/given", b"debug\n")
    names = [each for each in ARGUMENTS if each not in {*NEWER, *_AT_ONCE}]
    files = []
    for name in names:
        argument = f" {EXAMPLES.get(name, '1')}" if ARGUMENTS[name] else ""
        files.append(f"{name}{argument}\nremotename found\n".encode())
    wrong = [
        name
        for name, found in zip(names, pppd_oracle.options(files), strict=True)
        if not (found.accepted and found.remotename == b"found")
    ]
    assert wrong == []


@pytest.mark.host
def test_what_is_left_out_of_that_test_is_left_out_for_a_reason(pppd_oracle: Pppd) -> None:
    names = sorted(NEWER)
    files = [
        f"{name}{' ' + EXAMPLES.get(name, '1') if ARGUMENTS[name] else ''}\nremotename x\n".encode()
        for name in names
    ]
    if pppd_oracle.options([b"chap-secrets /x\n"])[0].accepted:
        return  # a newer pppd
    known = [name for name, found in zip(names, pppd_oracle.options(files), strict=True) if found.accepted]
    assert known == []
