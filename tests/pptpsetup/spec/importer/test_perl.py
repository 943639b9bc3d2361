"""Files of the Perl pptpsetup, its faults, hand-mended files, and the real tool where it is."""

import subprocess
from pathlib import Path

import pytest

from pptpsetup.spec.importer.finding import Found, Given, Layout, Verdict
from pptpsetup.spec.importer.survey import survey
from tests.pptpsetup.spec.importer.bench import CHAP, look, only, told
from tests.support import need, need_root

_PATH = "/etc/ppp/peers/work"


def _peers(login: str = "alice", encrypt: bool = True) -> str:
    lines = [
        "# written by pptpsetup",
        'pty "/usr/sbin/pptp vpn.example.com --nolaunchpppd"',
        *("lock", "noauth", "nobsdcomp", "nodeflate"),
        f"name {login}",
        "remotename work",
        "ipparam work",
    ]
    return "\n".join([*lines, *(["require-mppe-128"] if encrypt else []), ""])


def _secret(password: str, login: str = "alice", name: str = "work") -> str:
    return f'\n# added by pptpsetup for {name}\n{login} {name} "{password}" *\n'


def _found(password: str, login: str = "alice", before: str = "x y z\n") -> Found:
    return only({_PATH: _peers(login), CHAP: before + _secret(password, login)})


def _password(found: Found) -> str | None:
    return None if found.password is None else found.password.reveal()


@pytest.mark.parametrize(
    ("stored", "meant", "repaired"),
    [
        ("secret", "secret", False),
        ("two words", "two words", False),
        ("secret\\x0a", "secret", True),
        ("q\\x22q\\x0a", 'q"q', True),
        ("a\\tb\\x0a", "a\\tb", True),
        ("caf\\xe9\\x0a", "café", True),
        ('has"dquote', 'has"dquote', True),
        ("back\\slash", "back\\slash", True),
        ("trail\\", "trail\\", True),
        ("a\\x41b", "a\\x41b", True),
        ("@/etc/hostname", "@/etc/hostname", True),
        ("mended\\\\slash", "mended\\slash", False),
        ('mended\\"quote', 'mended"quote', False),
    ],
)
def test_passwords_as_they_were_meant(stored: str, meant: str, repaired: bool) -> None:
    found = _found(stored)
    assert found.problems == []
    assert _password(found) == meant
    assert ("password (not shown)" in told(found, Verdict.REPAIRED)) is repaired
    assert found.takeovers[CHAP].content == b"x y z\n"


@pytest.mark.parametrize(
    ("login", "domain", "username", "repaired"),
    [
        ("alice", None, "alice", False),
        ("CORP\\alice", "CORP", "alice", True),
        ("CORP\\xavier", "CORP", "xavier", True),
        ("CORP\\\\alice", "CORP", "alice", False),
        ("John Smith", None, "John Smith", True),
        ("u#x", None, "u#x", True),
        ('"John Smith"', None, "John Smith", False),
    ],
)
def test_logins_as_they_were_meant(login: str, domain: str | None, username: str, repaired: bool) -> None:
    found = only({_PATH: _peers(login), CHAP: _secret("pw", login)})
    assert [each.code for each in found.problems] == []
    assert (found.values.get("domain"), found.values["username"]) == (domain, username)
    assert (f"login {login}" in told(found, Verdict.REPAIRED)) is repaired
    assert _password(found) == "pw"
    assert found.takeovers[CHAP].content == b""


def test_the_first_of_several_passwords_is_what_pppd_took() -> None:
    found = only({_PATH: _peers(), CHAP: "a b c\n" + _secret("old") + _secret("new") + "d e f\n"})
    assert _password(found) == "old"
    assert "a second line for the same tunnel" in told(found, Verdict.REPAIRED)
    assert found.takeovers[CHAP].content == b"a b c\nd e f\n"


def test_lines_of_other_tunnels_stay() -> None:
    others = "# for work, do not remove\nalice work-vpn secret *\nbob home work *\n" + _secret(
        "x", name="workshop"
    )
    found = only({_PATH: _peers(), CHAP: others + _secret("pw")})
    assert found.takeovers[CHAP].content == others.encode()


def test_a_comment_without_its_line_goes_too() -> None:
    found = only({_PATH: _peers(), CHAP: "# added by pptpsetup for work\n# mine\nalice work pw\n"})
    assert _password(found) == "pw"
    assert found.takeovers[CHAP].content == b"# mine\n"


def test_leftovers_are_listed() -> None:
    notes = look({CHAP: "a b c\n" + _secret("pw", name="gone"), f"{CHAP}.bkp": "a b c\n"}).notes
    assert [(note.text, str(note.where)) for note in notes] == [
        ("a password of tunnel gone", f"{CHAP}:3:1"),
        ("an old copy of the secrets", f"{CHAP}.bkp"),
    ]


def test_no_encryption_is_told() -> None:
    found = only({_PATH: _peers(encrypt=False), CHAP: _secret("pw")})
    assert found.values["encryption"] == "none"
    assert found.author == "the Perl pptpsetup"


@pytest.mark.host
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--username", "alice", "--password", "pw", "--encrypt"), (None, "alice", "pw", "required-128")),
        (("--username", "tom", "--password", 'q"q', "--domain", "CORP"), ("CORP", "tom", 'q"q', "none")),
        (("--username", "tom", "--password", "a\\1b\\"), (None, "tom", "a\\1b\\", "none")),
    ],
)
def test_what_the_real_tool_writes_is_read_as_it_was_meant(
    tmp_path: Path, arguments: tuple[str, ...], expected: tuple[str | None, ...]
) -> None:
    tool = need("pptpsetup", package="pptp-linux")
    need_root("the tool writes to /etc/ppp, here another one in a mount namespace")
    (tmp_path / "peers").mkdir()
    (tmp_path / "chap-secrets").write_text("a b c *\n")
    script = 'mount --bind "$0" /etc/ppp && exec "$@"'
    command = [tool, "--create", "work", "--server", "vpn.example.com", *arguments]
    subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-c", script, str(tmp_path), *command],
        stdin=subprocess.DEVNULL,
        check=True,
        timeout=60,
    )
    names = ("peers/work", "chap-secrets")
    (found,) = survey(
        Given({f"/etc/ppp/{name}": (tmp_path / name).read_bytes() for name in names}), Layout()
    ).found
    assert found.problems == []
    values = found.values
    assert (values.get("domain"), values["username"], _password(found), values["encryption"]) == expected
    assert found.takeovers[CHAP].content == b"a b c *\n"
