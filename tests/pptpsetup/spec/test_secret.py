"""Passwords: kept out of sight, read from every source, refused with the reason."""

import copy
import logging
import os
import pickle
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.errors import Diagnostic, SpecError
from pptpsetup.spec.model import PasswordSource
from pptpsetup.spec.secret import (
    Secret,
    from_file_bytes,
    from_text,
    read_password_file,
    resolve,
    secret_file,
)

PASSWORD = "tr0ub4dor&3"


def code_of(error: SpecError) -> str:
    """The one code of an error whose text does not hold the password."""
    (problem,) = error.diagnostics
    assert PASSWORD not in repr(problem)
    return problem.code


def failing_with(secret: Secret) -> ValueError:
    """An exception that holds the secret and whose traceback has it among the locals."""
    with pytest.raises(ValueError, match="secret") as caught:
        raise ValueError(secret)
    return caught.value


def test_nothing_shows_it(caplog: pytest.LogCaptureFixture) -> None:
    """repr, str, format, logging, a dataclass around it, a traceback through it."""

    @dataclass
    class Holder:
        secret: Secret

    secret = Secret(PASSWORD)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").debug("%s %r", secret, Holder(secret))
    shown = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>20}",
        f"{secret!r}",
        f"{[secret]}",
        caplog.text,
    ]
    error = traceback.TracebackException.from_exception(failing_with(secret), capture_locals=True)
    shown += list(error.format())
    assert not any(PASSWORD in each for each in shown)
    assert all("secret" in each.lower() for each in shown[:7])


def test_it_is_not_pickled_copied_or_hashed() -> None:
    """Each would carry it somewhere unseen."""
    secret = Secret(PASSWORD)
    for act in (pickle.dumps, copy.copy, copy.deepcopy, hash):
        with pytest.raises(TypeError) as caught:
            act(secret)
        assert PASSWORD not in str(caught.value)
    assert not hasattr(secret, "__dict__")


def test_equality_is_by_content() -> None:
    """And never with a string, so that no comparison prints one."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_pppd_gets_latin_1() -> None:
    """One byte per character (ascii2unicode in chap_ms.c)."""
    assert Secret("café \x7f").pppd_bytes() == b"caf\xe9 \x7f"
    with pytest.raises(SpecError) as caught:
        Secret("12€").pppd_bytes()
    (problem,) = caught.value.diagnostics
    assert problem.code == "password-not-latin1"
    assert "character 3" in problem.message
    assert "€" not in repr(problem)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        *((b"x", "x"), (b"x\n", "x"), (b" x \n", " x "), (b"\t", "\t"), ("é\n".encode(), "é")),
        (b"x" * 256 + b"\n", "x" * 256),
    ],
)
def test_files_lose_one_newline_and_nothing_else(data: bytes, text: str) -> None:
    """Spaces and tabs may be part of a password."""
    assert from_file_bytes(data).reveal() == text


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "password-empty"),
        (b"\n", "password-empty"),
        (b"x\n\n", "password-newline"),
        (b"x\ny", "password-newline"),
        (b"x\r\n", "password-newline"),
        (b"x\0y\n", "password-nul"),
        (b"caf\xe9\n", "password-not-utf8"),
        (b"\xef\xbb\xbfx\n", "password-bom"),
        (b"x" * 257, "password-too-long"),
        (b"x" * 100_000, "password-too-long"),
    ],
)
def test_files_that_hold_no_password(data: bytes, code: str) -> None:
    """Each with its reason, and without an exception behind it that holds the bytes."""
    with pytest.raises(SpecError) as caught:
        from_file_bytes(data)
    assert code_of(caught.value) == code
    assert caught.value.__context__ is None


def test_a_prompts_answer_is_taken_as_it_is() -> None:
    """getpass has taken the newline off already; undecodable bytes arrive as surrogates."""
    assert from_text(" x ").reveal() == " x "
    with pytest.raises(SpecError):
        from_text("x\udce9")


@given(st.binary(max_size=40))
def test_any_bytes(data: bytes) -> None:
    """A secret or SpecError."""
    try:
        secret = from_file_bytes(data)
    except SpecError:
        return
    assert secret.reveal().encode() in {data, data.removesuffix(b"\n")}


def managed(root: Path, mode: int = 0o600) -> Path:
    """Our file for tunnel work below *root*."""
    path = root / "etc/pptpsetup/secrets/work"
    path.parent.mkdir(parents=True)
    path.write_text(f"{PASSWORD}\n")
    path.chmod(mode)
    return path


def test_our_own_file_below_a_root(tmp_path: Path) -> None:
    """The usual source."""
    managed(tmp_path)
    source = PasswordSource("file", secret_file("work"))
    assert resolve(source, root=tmp_path, owner="work", environ={}).reveal() == PASSWORD


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o700])
def test_our_own_file_must_be_ours_alone(tmp_path: Path, mode: int) -> None:
    """Refused, with the command that mends it."""
    managed(tmp_path, mode)
    with pytest.raises(SpecError) as caught:
        resolve(PasswordSource("file", secret_file("work")), root=tmp_path, owner="work", environ={})
    assert code_of(caught.value) == "secret-file-exposed"
    assert caught.value.diagnostics[0].hint == (
        "chown root:root /etc/pptpsetup/secrets/work && chmod 600 /etc/pptpsetup/secrets/work"
    )


def test_a_link_below_a_root_does_not_lead_out_of_it(tmp_path: Path) -> None:
    """Not even our own directory's: its password would be another machine's."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    (outside / "work").write_text("this machine's\n")
    (outside / "work").chmod(0o600)
    (root / "etc/pptpsetup").mkdir(parents=True)
    (root / "etc/pptpsetup/secrets").symlink_to(outside)
    source = PasswordSource("file", secret_file("work"))
    with pytest.raises(SpecError, match="does not exist"):
        resolve(source, root=root, owner="work", environ={})
    there = root / str(outside).lstrip("/")
    there.mkdir(parents=True)
    (there / "work").write_text("its own\n")
    (there / "work").chmod(0o600)
    assert resolve(source, root=root, owner="work", environ={}).reveal() == "its own"


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file away needs root")
def test_our_own_file_must_be_roots(tmp_path: Path) -> None:
    """Somebody else's file with mode 0600 is somebody else's to change."""
    os.chown(managed(tmp_path), 65534, 65534)
    with pytest.raises(SpecError) as caught:
        resolve(PasswordSource("file", secret_file("work")), root=tmp_path, owner="work", environ={})
    assert code_of(caught.value) == "secret-file-exposed"


@pytest.mark.parametrize(("mode", "warnings"), [(0o600, []), (0o400, []), (0o644, ["secret-file-exposed"])])
def test_a_users_file_is_only_warned_about(tmp_path: Path, mode: int, warnings: list[str]) -> None:
    """--password-file, and file: with another path."""
    path = tmp_path / "pw"
    path.write_text(PASSWORD)
    path.chmod(mode)
    found: list[Diagnostic] = []
    assert read_password_file(path, found.append).reveal() == PASSWORD
    assert [each.code for each in found] == warnings
    source = PasswordSource("file", "/pw")
    assert resolve(source, root=tmp_path, owner="work", environ={}, warn=found.append).reveal() == PASSWORD
    assert [each.code for each in found] == warnings * 2


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, a directory, a file where a directory should be, an impossible name."""
    (tmp_path / "file").touch()
    cases = {"missing": "missing", "": "unreadable", "file/x": "unreadable", "a\0b": "unreadable"}
    for name, code in cases.items():
        with pytest.raises(SpecError) as caught:
            read_password_file(tmp_path / name, lambda _: None)
        assert code_of(caught.value) == f"password-file-{code}"


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    """As in --password-file <(pass show vpn)."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_text(f"{PASSWORD}\n"))
    writer.start()
    assert read_password_file(fifo, lambda _: None).reveal() == PASSWORD
    writer.join()


def test_an_endless_device_ends() -> None:
    """/dev/zero has no end."""
    with pytest.raises(SpecError) as caught:
        read_password_file(Path("/dev/zero"), lambda _: None)
    assert code_of(caught.value) == "password-too-long"


def test_environment_and_credentials(tmp_path: Path) -> None:
    """Both come from the mapping given, not from this process."""
    (tmp_path / "pptp-work").write_text(PASSWORD)
    environ = {"PW": PASSWORD, "CREDENTIALS_DIRECTORY": str(tmp_path)}
    for source in (PasswordSource("env", "PW"), PasswordSource("credential", "pptp-work")):
        found = resolve(source, root=Path("/nonexistent"), owner="work", environ=environ)
        assert found.reveal() == PASSWORD
    with pytest.raises(SpecError) as caught:
        resolve(PasswordSource("env", "PW"), root=tmp_path, owner="work", environ={})
    assert code_of(caught.value) == "password-variable-missing"
    credential = PasswordSource("credential", "pptp-home")
    for others, why in (({}, "there are none here"), (environ, "loads no credential pptp-home")):
        with pytest.raises(SpecError) as caught:
            resolve(credential, root=tmp_path, owner="work", environ=others)
        assert code_of(caught.value) == "password-credential-missing"
        assert caught.value.diagnostics[0].message.startswith("tunnel work: ")
        assert why in caught.value.diagnostics[0].message


def run(*argv: str) -> Secret:
    """What a command source gives."""
    environ = {"PATH": os.environ["PATH"], "PW": PASSWORD}
    return resolve(PasswordSource("command", argv), root=Path("/"), owner="work", environ=environ)


@pytest.mark.host
def test_a_commands_output_is_a_file() -> None:
    """One newline goes; arguments reach it as they are; its environment is the one given."""
    assert run("printf", "%s\\n", "a b;$(c)").reveal() == "a b;$(c)"
    assert run("sh", "-c", 'echo "$PW"').reveal() == PASSWORD


@pytest.mark.host
@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("/nonexistent/pass",), "the password's command cannot be run: No such file or directory"),
        (("sh", "-c", 'echo "$PW"; exit 3'), "the password's command failed with status 3"),
        (("sh", "-c", 'echo "$PW"; kill -9 $$'), "the password's command was killed by signal 9"),
    ],
)
def test_a_command_that_fails(argv: tuple[str, ...], message: str) -> None:
    """What it printed is not shown: it may be the password."""
    with pytest.raises(SpecError) as caught:
        run(*argv)
    assert code_of(caught.value) == "password-command-failed"
    assert caught.value.diagnostics[0].message == f"tunnel work: {message}"


@pytest.mark.host
def test_a_command_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silent ones and those that close their output are given up; endless output is cut."""
    monkeypatch.setattr("pptpsetup.spec.secret.COMMAND_SECONDS", 0.2)
    for script in ("exec sleep 1000", "exec >&-; exec sleep 1000"):
        with pytest.raises(SpecError) as caught:
            run("sh", "-c", script)
        message = "tunnel work: the password's command gave no answer within 0.2 seconds"
        assert caught.value.diagnostics[0].message == message
    monkeypatch.undo()
    with pytest.raises(SpecError) as caught:
        run("yes")
    assert code_of(caught.value) == "password-too-long"


@pytest.mark.host
def test_a_command_may_leave_an_agent_running() -> None:
    """Its output is whole when it has ended, though the agent holds the pipe open."""
    agent = "for n in 1 2 3; do printf $n; done; sleep 20 & echo $! >&2"
    assert run("sh", "-c", agent).reveal() == "123"


@pytest.mark.host
def test_which_line_of_a_command_is_meant_is_not_guessed() -> None:
    """``pass show`` prints notes below the password."""
    with pytest.raises(SpecError) as caught:
        run("printf", "%s\\n", PASSWORD, "user: tom")
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.message) == (
        "password-newline",
        "tunnel work: the password's command prints several lines",
    )
    assert "head -n 1" in (problem.hint or "")
    assert PASSWORD not in repr(problem)


@pytest.mark.host
def test_a_command_has_no_input() -> None:
    """It must not eat what the user types next."""
    with pytest.raises(SpecError) as caught:
        run("cat")
    assert code_of(caught.value) == "password-empty"
