"""A Python installation that the unprivileged user may not read, such as one below /root.

Whatever is to be loaded must be loaded before the privileges are given up: also what only an error needs.
"""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from pptpengine.net import privilege
from pptpengine.wire import hdlc
from tests.engine.net.lab import ENGINE, PATIENCE, Lab, assert_nothing_left, wait_for

pytestmark = pytest.mark.host

FRAME = b"\xff\x03\x00\x21x"
RUN = """\
import sys
sys.path.insert(0, {engine!r})
{plant}
from pptpengine.cli import main
sys.exit(main())
"""
IN_THE_GATEWAY = """\
from pptpengine.session.data import DataSession
def planted(session, packets, now, offset=0):
    try:
        {}["spring"]
    except KeyError:
        raise RuntimeError("planted\\n\\x1b[1m\\u2028")
DataSession.receive_packets = planted
"""
IN_THE_MANAGER = """\
from pptpengine.session.control import ControlSession
good = ControlSession.receive
def planted(session, data, now):
    if session.calls and data[9:10] == b"\\x05":
        raise RuntimeError("planted")
    good(session, data, now)
ControlSession.receive = planted
"""

Python = Callable[[str], list[str]]


@pytest.fixture
def private_python(tmp_path: Path) -> Python:
    """Makes the start of a command for an interpreter, a library and an engine in a directory of mode 0700,
    and with a fault planted.
    """
    folder = tmp_path / "private"
    library = Path(sysconfig.get_path("stdlib"))
    # getpath of CPython looks for lib/pythonX.Y/os.py beside the program's directory.
    program = folder / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    program.parent.mkdir(parents=True)
    shutil.copy(Path(sys.executable).resolve(), program)
    (folder / sys.platlibdir).mkdir()
    (folder / sys.platlibdir / library.name).symlink_to(library)
    if not (folder / "lib").exists():
        (folder / "lib").symlink_to(sys.platlibdir)
    for shared in library.parent.glob("libpython*"):
        (folder / sys.platlibdir / shared.name).symlink_to(shared)
    shutil.copytree(ENGINE / "pptpengine", folder / "engine" / "pptpengine")
    folder.chmod(0o700)
    uid, gid = privilege.account("nobody")
    with pytest.raises(PermissionError):
        subprocess.run([str(program), "-V"], check=True, user=uid, group=gid, extra_groups=[])
    where = "import sys, os; print(os.__file__)"
    found = subprocess.run(
        [str(program), "-I", "-S", "-c", where], check=True, capture_output=True, text=True
    )
    assert found.stdout.startswith(str(folder))

    def command(plant: str) -> list[str]:
        code = RUN.format(engine=str(folder / "engine"), plant=plant)
        return [str(program), "-I", "-S", "-c", code]

    return command


def said(lab: Lab) -> str:
    return (lab.directory / "stderr").read_text()


def options(lab: Lab) -> list[str]:
    return [
        lab.address,
        "--nolaunchpppd",
        "--debug",
        "--json",
        "--report",
        str(lab.directory / "report1.json"),
    ]


def test_a_whole_call(lab: Lab, private_python: Python) -> None:
    """Frames, statistics as JSON, and the end."""
    lab.start_server("--echo-interval", "0.2")
    dialled = lab.dial(command=[*private_python(""), *options(lab)])
    manager = dialled.wait_up()["pids"]["call_manager"]
    assert dialled.exchange([FRAME] * 50) == [FRAME] * 50
    dialled.process.send_signal(signal.SIGUSR1)
    wait_for(lambda: '{"gre": {"sent": 50' in said(lab))
    assert dialled.hang_up() == 0
    assert_nothing_left(lab, manager)


def test_a_fault_in_the_gateway_is_told(lab: Lab, private_python: Python) -> None:
    """What it was and where, the error before it too; octets that a terminal would obey are made visible."""
    lab.start_server()
    dialled = lab.dial(command=[*private_python(IN_THE_GATEWAY), *options(lab)])
    manager = dialled.wait_up()["pids"]["call_manager"]
    os.write(dialled.slave, hdlc.encode(FRAME))
    assert dialled.process.wait(PATIENCE) == 1
    lines = said(lab).splitlines()
    assert "pptpengine: anon: RuntimeError: planted\\x0a\\x1b[1m\\u2028" in lines
    assert "pptpengine: anon: KeyError: 'spring'" in lines
    assert any(line.endswith(" in planted") for line in lines)
    assert dialled.report()["cause"]["code"] == "internal"
    assert_nothing_left(lab, manager)


def test_a_fault_in_the_manager_is_told(lab: Lab, private_python: Python) -> None:
    """The gateway learns of it, and says the same as ever."""
    lab.start_server("--echo-interval", "0.2")
    dialled = lab.dial(command=[*private_python(IN_THE_MANAGER), *options(lab)])
    manager = dialled.wait_up()["pids"]["call_manager"]
    assert dialled.process.wait(PATIENCE) == 1
    assert "RuntimeError: planted" in said(lab)
    assert dialled.report()["cause"]["message"] == "The call manager failed"
    assert_nothing_left(lab, manager)
