"""pppd started by the engine, as pptp(8) does by default.

A small program stands in for pppd here; the real one runs in the lab.
"""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.net.lab import ENGINE, PATIENCE, Lab, wait_for

pytestmark = pytest.mark.host

# Speaks HDLC on the terminal it is given: one frame, and waits for its echo. $ACT says what it does then.
PPPD = f"""\
#!{sys.executable}
import os, sys, termios, tty
sys.path.insert(0, {str(ENGINE)!r})
from pptpengine.wire import hdlc
here = os.path.dirname(os.path.abspath(sys.argv[0]))
def say(*words):
    with open(here + "/said", "a") as file:
        print(*words, file=file)
act = open(here + "/act").read()
if act == "fail":
    sys.exit(2)
say("options", *sys.argv[2:])
if act == "detach":
    if os.fork():
        os._exit(0)
    for descriptor in range(3):
        os.dup2(os.open("/dev/null", os.O_RDWR), descriptor)
line = os.open(sys.argv[1], os.O_RDWR)
tty.setraw(line)
frame = b"\\xff\\x03\\x00\\x21from pppd"
os.write(line, hdlc.encode(frame))
deframer = hdlc.Deframer()
frames = []
while not frames:
    frames = deframer.feed(os.read(line, 4096))
say("echo", frames == [frame])
if act == "detach":
    os.read(line, 4096)
    say("hung up")
"""


class Launched:
    """A folder with the stand-in, and the engine started with it on PATH."""

    def __init__(self, lab: Lab, act: str) -> None:
        self.lab = lab
        program = lab.directory / "pppd"
        program.write_text(PPPD)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        (lab.directory / "act").write_text(act)

    def start(self, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-I", "-S", str(ENGINE / "pptpengine" / "__main__.py"), self.lab.address]
        path = f"{self.lab.directory}:{os.environ['PATH']}"
        return subprocess.Popen(
            ["ip", "netns", "exec", self.lab.client, *command, *options],
            env=os.environ | {"PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        with self.start(*options) as process:
            out, err = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    @property
    def said(self) -> list[str]:
        path = self.lab.directory / "said"
        return path.read_text().splitlines() if path.exists() else []


def nobody_there(lab: Lab) -> bool:
    return not lab.client_pids()


def test_pppd_in_the_background(lab: Lab) -> None:
    """The command returns when the call is up; pppd's end is the call's end."""
    lab.start_server()
    launched = Launched(lab, "detach")
    done = launched.run("name", "alice", "--logstring", "work", "noauth", "--", "--odd", "word")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    wait_for(lambda: "echo True" in launched.said)
    assert launched.said[0] == "options 38400 name alice noauth --odd word"
    assert "call-up" in " ".join(lab.said())
    gateway = next(pid for pid in lab.client_pids() if Path(f"/proc/{pid}/comm").read_text() == "pptpgw\n")
    os.kill(gateway, 15)
    wait_for(lambda: nobody_there(lab))
    assert "call-down cleared" in lab.said()
    assert lab.routes() == lab.routes_before


def test_pppd_in_the_foreground_ends(lab: Lab) -> None:
    """It ends by itself (nodetach): everything is taken down."""
    lab.start_server()
    launched = Launched(lab, "stay")
    assert launched.run("nodetach").returncode == 0
    wait_for(lambda: "echo True" in launched.said)
    wait_for(lambda: nobody_there(lab))
    assert "call-down cleared" in lab.said()


def test_with_debug_it_stays(lab: Lab) -> None:
    """--debug: in the foreground until the end, as pptp(8) says."""
    lab.start_server()
    launched = Launched(lab, "stay")
    done = launched.run("--debug")
    assert done.returncode == 0
    assert "echo True" in launched.said
    assert "is up" in done.stderr


def test_pppd_fails(lab: Lab) -> None:
    """Its status is told in the end; nothing is left."""
    lab.start_server()
    launched = Launched(lab, "fail")
    done = launched.run("--debug", "nonsense")
    assert done.returncode == 18
    assert "pppd ended with status 2" in done.stderr
    wait_for(lambda: nobody_there(lab))


def test_no_call_no_pppd(lab: Lab) -> None:
    """The command waits for the call and says why there is none."""
    launched = Launched(lab, "stay")
    done = launched.run()
    assert done.returncode == 5
    assert "refuses connections" in done.stderr
    assert launched.said == []
    assert nobody_there(lab)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_is_interrupted_before_the_call(lab: Lab, number: signal.Signals) -> None:
    """Whoever gives up waiting gets no tunnel later on."""
    server = lab.start_server()
    server.send_signal(signal.SIGSTOP)
    launched = Launched(lab, "stay")
    with launched.start() as waiting:
        wait_for(lab.socket.exists)
        waiting.send_signal(number)
        assert waiting.wait(PATIENCE) == -number
        assert waiting.stderr is not None
        wait_for(lambda: nobody_there(lab))
        assert waiting.stderr.read() == ""
    server.send_signal(signal.SIGCONT)
    assert launched.said == []
    assert lab.routes() == lab.routes_before
