"""Whether another login confirms: by the SSH connection, the session, the processes above."""

import json
import os
from pathlib import Path

import pytest

from pptpsetup.change.login import Login, why_not_new

SSH = Login("198.51.100.7 50122 192.0.2.1 22", None, 34816, ("900:5", "800:4"), "800:4")
OTHER_SSH = Login("198.51.100.7 50144 192.0.2.1 22", None, 34817, ("990:9", "980:8"), "980:8")
CONSOLE = Login(None, None, 1025, ("600:2",))
DAEMON = Login(None, None, 0, ("500:1",))


@pytest.mark.parametrize(
    ("tried", "confirms", "word"),
    [
        (SSH, OTHER_SSH, None),
        # Nobody knows the numbers: the command was run directly, with an empty environment.
        (SSH, Login(None, None, 0, ("991:9", "980:8"), "980:8"), None),
        (SSH, Login(None, None, 0, ("991:9", "800:4"), "800:4"), "SSH connection"),
        # In tmux, which outlives connections: only the numbers are left.
        (SSH, Login(SSH.connection, None, 34818, ("991:9", "950:8")), "SSH connection"),
        (SSH, Login(OTHER_SSH.connection, None, 34818, ("991:9", "950:8")), None),
        (SSH, Login(SSH.connection, None, 34818, ("991:9",)), "SSH connection"),
        (SSH, CONSOLE, None),
        (CONSOLE, OTHER_SSH, None),
        (CONSOLE, Login(None, None, 1026, ("601:2",)), None),
        (SSH, DAEMON, "by a program"),
        (DAEMON, Login(None, None, 0, ("501:7",)), "by a program"),
        (Login(), Login(), "by a program"),
        # The command itself is never the same process; what has begun it is.
        (CONSOLE, Login(None, None, 1025, ("700:9", "600:2")), None),
        (
            Login(None, None, 1025, ("601:3", "600:2")),
            Login(None, None, 1025, ("700:9", "600:2")),
            "same program",
        ),
        # The kernel's session says more than the processes: all under one daemon of logins.
        (
            Login(None, 3, 1025, ("601:3", "600:2")),
            Login(None, 4, 1026, ("700:9", "600:2")),
            None,
        ),
        (Login(None, 3, 1025, ("601:3",)), Login(None, 3, 1026, ("700:9",)), "login"),
        # Two SSH connections within one audit session cannot be, but the connection is what counts.
        (Login("a 1 b 22", 3), Login("a 2 b 22", 3), None),
    ],
)
def test_what_shows_that_another_login_is_possible(tried: Login, confirms: Login, word: str | None) -> None:
    why = why_not_new(tried, confirms)
    assert (why is None) == (word is None), why
    assert word is None or (why is not None and word in why)


def _process(  # noqa: PLR0917  as in proc(5)
    proc: Path, pid: int, parent: int, start: int, environ: bytes | None = b"", name: str = "a ) name"
) -> None:
    folder = proc / str(pid)
    folder.mkdir(parents=True)
    rest = ["S", parent, pid, pid, 34816, *[0] * 14, start, 0]
    folder.joinpath("stat").write_text(f"{pid} ({name}) {' '.join(map(str, rest))}")
    if environ is not None:
        folder.joinpath("environ").write_bytes(environ)


def test_the_connection_is_found_above_sudo(tmp_path: Path) -> None:
    """sudo has taken the variable away; what is above it has it."""
    me = os.getpid()
    _process(tmp_path, me, 42, 900, b"PATH=/bin\0")
    _process(tmp_path, 42, 41, 800, None)
    _process(tmp_path, 41, 40, 700, b"HOME=/\0SSH_CONNECTION=198.51.100.7 50122 192.0.2.1 22\0X=1\0")
    _process(tmp_path, 40, 39, 650, name="sshd")
    _process(tmp_path, 39, 1, 600, name="sshd")
    _process(tmp_path, 1, 0, 1)
    (tmp_path / "self").mkdir()
    (tmp_path / "self/sessionid").write_text("4294967295")
    found = Login.present(tmp_path, {})
    assert found == Login(
        "198.51.100.7 50122 192.0.2.1 22", None, 34816, (f"{me}:900", "42:800", "41:700", "40:650"), "40:650"
    )
    assert found.peer == ("198.51.100.7", "192.0.2.1")
    assert Login.load(json.loads(json.dumps(found.stated()))) == found
    (tmp_path / "self/sessionid").write_text("7\n")
    assert Login.present(tmp_path, {"SSH_CONNECTION": "a 1 b 2"}) == Login(
        "a 1 b 2", 7, 34816, found.processes, found.server
    )


def test_nothing_is_known_without_proc(tmp_path: Path) -> None:
    assert Login.present(tmp_path, {}) == Login()
    assert Login().peer is None
    assert Login("nonsense").peer is None


@pytest.mark.host
def test_this_very_process_is_known() -> None:
    found = Login.present(environ={})
    assert found.processes[0].startswith(f"{os.getpid()}:")
    assert found.processes[1].startswith(f"{os.getppid()}:")
