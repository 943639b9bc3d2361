"""Secrets files of others, long and odd: edited with every foreign byte kept, and taken back to the byte."""

from pathlib import Path

import pytest

from pptpsetup.grammar import secrets
from tests.oracle.pppd import Pppd
from tests.pptpsetup.cli.shop import CHAP_SECRETS, Cli, make_system

pytestmark = pytest.mark.exhaustive

LINES = b"".join(b'"client %d" server%d "s %d" 10.0.0.%d\n' % (n, n, n, n % 256) for n in range(10_000))
ODD = {
    "plain": LINES,
    "no final newline": LINES + b"last * secret",
    "carriage returns": b"# DOS\r\n" + LINES.replace(b"\n", b"\r\n"),
    "byte order mark": b"\xef\xbb\xbf# Windows\n" + LINES,
    "open quote at the end": LINES + b'eve * "open\n',
    "open quote at the beginning": b'eve * "open\n' + LINES,
    "odd quotes": LINES.replace(b'"s ', b"'s\\\" ") + b"\\\njoined * x\n",
    "bytes": LINES + bytes(range(1, 256)) * 40 + b"\n",
    "comments only": b"# " + LINES.replace(b"\n", b"\n# "),
    "NUL": b"\0" + LINES + b'eve\0 * "x" *\n' + LINES + b"\0",
    "a line of a megabyte": b'eve * "' + b"x" * (1 << 20) + b'" *\n' + LINES + b"# " + b"x" * (1 << 20),
    "continued lines": LINES.replace(b"\n", b" \\\n"),
    "line ends in quotes": LINES.replace(b'"s ', b'"s\n'),
    "one line": LINES.replace(b"\n", b" "),
}
"""What a tool that reads and writes lines would get wrong somewhere."""


@pytest.mark.parametrize("old", ODD.values(), ids=ODD)
def test_ten_thousand_lines_of_others_stay(
    old: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours are put in, changed and taken out, and the rest is as it was."""
    root = make_system(tmp_path / "system", chap_secrets=old)
    file = root / "etc/ppp/chap-secrets"
    cli = Cli(root, capsys, monkeypatch)
    assert cli.create().status == 0
    assert cli.create("home").status == 0
    ours = [line for line in file.read_bytes().splitlines(keepends=True) if secrets.ours(line)]
    assert [secrets.ours(line) for line in ours] == ["work", "home"]
    assert b"".join(ours) in file.read_bytes()
    assert file.read_bytes().replace(b"".join(ours), b"", 1) == old
    assert cli("check").status == 0
    assert cli("delete", "work").status == cli("delete", "home").status == 0
    assert file.read_bytes() == old


@pytest.mark.host
@pytest.mark.parametrize("old", ODD.values(), ids=ODD)
def test_pppd_finds_ours_among_ten_thousand(old: bytes, pppd_oracle: Pppd) -> None:
    """And those of others as before."""
    ours = secrets.entry("tom", "work", b"pw", "work")
    merged = secrets.merge(old, (ours,))
    others = [(b"client 9999", b"server9999"), (b"client 0", b"server0"), (b"joined", b"x")]
    asked = [(content, *names) for content in (old, merged) for names in others]
    *found, mine = pppd_oracle.secrets([*asked, (merged, b"tom", b"work")])
    assert mine == b"pw"
    assert found[:3] == found[3:]


def test_a_thousand_lines_of_ours_are_one_block() -> None:
    """Merging reads every line once, whatever stands in it."""
    ours = tuple(secrets.entry("tom", f"t{n}", b"pw", f"t{n}") for n in range(1000))
    merged = secrets.merge(CHAP_SECRETS + LINES, ours)
    assert b"".join(ours) in merged
    assert secrets.merge(merged, ()) == CHAP_SECRETS + LINES
