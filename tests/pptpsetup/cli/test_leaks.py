"""Every place where a password could show: commands, tracebacks, saved plans, the modes of files."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pptpsetup.cli.shop import Cli, Result

PASSWORD = "Tr0ub4dor & 3"
NEW = "c0rrect-h\u00f6rse"
SPEC = "/etc/pptpsetup/tunnels.yaml"
OWN = "{file: /etc/pptpsetup/secrets/work}"
DELIVERIES = ("chap-secrets", "passwordfd")

READING = (
    ("show", "work"),
    ("show", "work", "--json"),
    ("list",),
    ("list", "--json"),
    ("status", "work"),
    ("status", "--json"),
    ("plan",),
    ("plan", "--json"),
    ("diff",),
    ("check",),
    ("check", "--json"),
    ("history",),
    ("history", "1", "--diff"),
    ("history", "--json"),
    ("history", "2", "--diff"),
    ("rollback", "--dry-run"),
    ("delete", "work", "--dry-run"),
    ("secret", "forget", "work", "--dry-run"),
    ("adopt", "--dry-run"),
    ("import",),
    ("apply", "--dry-run"),
    ("firewall", "work"),
)


def _forms(password: str) -> Iterator[bytes]:
    """As it is, in pppd's bytes, and as pppd's words are written."""
    for raw in (password.encode(), password.encode("latin-1")):
        yield raw
        yield "".join(f"\\{each:03o}" if each > 0x7E else chr(each) for each in raw).encode()


def _assert_silent(result: Result, *passwords: str) -> None:
    output = (result.out + result.err).encode("utf-8", "surrogateescape")
    for password in passwords:
        for form in _forms(password):
            assert form not in output, f"a password is shown:\n{result.out}\n{result.err}"


def _holding(root: Path, *passwords: str) -> list[Path]:
    forms = [form for password in passwords for form in _forms(password)]
    files = [each for each in root.rglob("*") if each.is_file() and not each.is_symlink()]
    return [each for each in files if any(form in each.read_bytes() for form in forms)]


@pytest.fixture(params=DELIVERIES)
def changed(cli: Cli, request: pytest.FixtureRequest) -> Cli:
    """A system with a tunnel whose password was changed once, and whose spec has been edited since."""
    delivery = ("--password-delivery", request.param)
    _assert_silent(cli.create("work", *delivery, password=PASSWORD.encode()), PASSWORD)
    result = cli("secret", "rotate", "work", "--password-stdin", stdin=NEW.encode())
    assert result.status == 0
    _assert_silent(result, PASSWORD, NEW)
    text = cli.text_of(SPEC)
    (cli.root / SPEC[1:]).write_text(f"{text}  # edited\n".replace("username:", "mtu: 1300\n    username:"))
    return cli


@pytest.mark.parametrize("command", READING, ids=" ".join)
@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["", "debug"])
def test_no_command_shows_it(changed: Cli, command: tuple[str, ...], debug: tuple[str, ...]) -> None:
    result = changed(*command, *debug)
    assert "internal-error" not in result.err
    assert "error[usage]" not in result.err
    _assert_silent(result, PASSWORD, NEW)


def test_a_saved_plan_and_its_application_do_not_have_it(changed: Cli, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    _assert_silent(changed("plan", "--out", str(file)), PASSWORD, NEW)
    assert _holding(tmp_path, PASSWORD, NEW) == _holding(changed.root, PASSWORD, NEW)
    assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0
    _assert_silent(changed("apply", str(file)), PASSWORD, NEW)


def test_only_root_can_read_the_files_that_have_it(changed: Cli) -> None:
    """Also those in the history; and no directory on the way to them lets others in who could not read."""
    holding = _holding(changed.root, PASSWORD, NEW)
    assert len(holding) >= 3
    for path in holding:
        status = path.stat()
        assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (0, 0o600), path


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), RuntimeError("a fault")], ids=repr
)
@pytest.mark.parametrize(
    "place", ["change.transaction.apply", "change.plan.want_file", "render.tunnels.password_files"]
)
@pytest.mark.parametrize("delivery", DELIVERIES)
def test_a_traceback_through_everything_does_not_show_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, error: Exception, place: str, delivery: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(f"pptpsetup.{place}", fail)
    result = cli.create("work", "--password-delivery", delivery, "--debug", password=PASSWORD.encode())
    assert ("Traceback" in result.err, result.status) == (True, 1)
    _assert_silent(result, PASSWORD)


@pytest.mark.parametrize(
    "password",
    [
        f"{PASSWORD}\n{PASSWORD}".encode(),
        f"{PASSWORD}\0".encode(),
        f"\ufeff{PASSWORD}".encode(),
        f"{PASSWORD}\u20ac".encode(),
        PASSWORD.encode() + b"\xff",
        PASSWORD.encode() * 30,
        PASSWORD.encode() * 19 + b"12345678",
    ],
    ids=["line break", "NUL", "BOM", "not Latin-1", "not UTF-8", "too long", "255 and more"],
)
@pytest.mark.parametrize("delivery", DELIVERIES)
def test_one_that_is_refused_is_not_shown_either(cli: Cli, password: bytes, delivery: str) -> None:
    result = cli.create("work", "--password-delivery", delivery, "--debug", password=password)
    assert "internal-error" not in result.err
    assert result.status in (0, 3)
    _assert_silent(result, PASSWORD)


@pytest.mark.host
@pytest.mark.parametrize(
    "source",
    ["{env: VPN_PASSWORD}", "{command: [sh, -c, 'cat \"$0\"', FILE]}", "{file: FILE}"],
    ids=["env", "command", "file"],
)
@pytest.mark.parametrize("delivery", DELIVERIES)
def test_wherever_it_comes_from(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, source: str, delivery: str
) -> None:
    file = cli.root / "password"
    file.write_text(PASSWORD)
    file.chmod(0o600)
    monkeypatch.setenv("VPN_PASSWORD", PASSWORD)
    cli.create("work", "--password-delivery", delivery)
    inside = "/password" if source.startswith("{file") else str(file)
    text = cli.text_of(SPEC).replace(OWN, source.replace("FILE", inside))
    (cli.root / SPEC[1:]).write_text(text)
    for command in (
        ("diff",),
        ("plan", "--json"),
        ("apply", "--debug"),
        ("check", "--json"),
        ("show", "work"),
    ):
        result = cli(*command)
        assert result.status == 0
        _assert_silent(result, PASSWORD)
    for path in _holding(cli.root, PASSWORD):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
