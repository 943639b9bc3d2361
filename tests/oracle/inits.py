"""Real OpenRC, runit and insserv of Debian's packages, which ``tests/setup`` unpacks but does not install.

They run in a sandbox: a root, processes and a /run of their own, laid over this machine's.
"""

import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from pptpsetup.change.manifest import load_manifest
from pptpsetup.change.plan import make_plan
from pptpsetup.change.step import Plan
from pptpsetup.change.system import RealSystem
from pptpsetup.change.transaction import apply
from pptpsetup.render.artifact import Artifact
from tests.support import missing, need_root
from tests.vm import sandbox

CHECKOUT = Path(__file__).resolve().parent.parent.parent
TREE = CHECKOUT / ".cache/inits/root"
_SECONDS = 30
_PPPD = Path("/usr/sbin/pppd")
_CALLS = Path("/tmp/pppd-calls")
_STATUS = Path("/tmp/pppd-status")
_STUB = f"""#!/bin/sh
echo "$*" >>{_CALLS}
echo "pppd says something"
[ ! -e {_STATUS} ] || {{ echo "CHAP authentication failed"; exit "$(cat {_STATUS})"; }}
trap 'echo told to stop >>{_CALLS}; exit 5' TERM
case $*:$detached in
*nodetach*:* | *:yes) ;;
*) detached=yes "$0" "$@" >/dev/null 2>&1 & exit 0 ;;
esac
case $* in *'passwordfd 3') echo "password: $(cat <&3)" >>{_CALLS} ;; esac
for word; do
    case $before in call) link=${{link:-pptp-$word}} ;; linkname) link=$word ;; esac
    before=$word
done
# The loopback interface stands for ppp0.
printf '%s\\nlo\\n' $$ >/run/ppp-"$link".pid
while :; do sleep 0.1; done
"""


def need_unpacked(program: str) -> Path:
    """The path of *program*, such as ``usr/bin/sv``, in the unpacked packages; or a skip that says how to
    get it."""
    path = TREE / program
    if not path.exists():
        missing(f"{program} is not unpacked: run tests/setup")
    return path


def run_in_sandbox(job: Callable[[], None], limit: float = 40) -> None:
    """Run *job* where the unpacked packages lie over the root, and what it asserts here."""
    need_root("a root of its own")

    def guarded() -> int:
        try:
            lay_over_root()
            job()
        except BaseException:  # noqa: BLE001 - it crosses a process's border as text
            traceback.print_exc(file=sys.stdout)
            sys.stdout.flush()
            return 1
        return 0

    status = sandbox.run(guarded, keep=[CHECKOUT], limit=limit)
    assert status == 0, f"the job ended with {status}; see its output"


def lay_over_root() -> None:
    """Copy the unpacked packages into ``/`` of the sandbox."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    root = next(line for line in mounts if line.split()[4] == "/")
    assert "upperdir=/mnt/files" in root, f"this is no sandbox: {root}"
    for folder in ("usr", "etc"):
        subprocess.run(["cp", "-a", f"{TREE}/{folder}/.", f"/{folder}/"], check=True)
    subprocess.run(["ldconfig"], check=True)


def install(artifacts: Iterable[Artifact]) -> Plan:
    """Make the sandbox hold *artifacts* and nothing else of ours; the plan that did it."""
    system = RealSystem(Path("/"))
    plan = make_plan(artifacts, system, load_manifest(system))
    apply(plan, system, title="test")
    return plan


def run(*command: str, status: int | None = 0) -> str:
    """Output of *command*; asserts its exit *status* (None: any)."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_SECONDS,
        check=False,
    )
    output = done.stdout.decode("utf-8", "replace")
    print(f"$ {' '.join(command)}\n{output}({done.returncode})", flush=True)
    assert status is None or done.returncode == status, f"{command} ended with {done.returncode}: {output}"
    return output


def wait_for(what: str, condition: Callable[[], object]) -> None:
    """Until *condition* holds; asserts that it comes to hold."""
    end = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.05)


class Pppd:
    """A program in pppd's place that notes how it is called and does as it is told."""

    def __init__(self) -> None:
        _PPPD.unlink()
        _PPPD.write_text(_STUB)
        _PPPD.chmod(0o755)

    def calls(self) -> list[str]:
        """Its arguments in every run, and ``told to stop``."""
        return _CALLS.read_text().splitlines() if _CALLS.exists() else []

    def pids(self) -> list[int]:
        """The running ones. A child is called so, too, until it has become the program it is for."""
        done = subprocess.run(["ps", "-C", "pppd", "-o", "pid=,ppid="], stdout=subprocess.PIPE, check=False)
        words = list(map(int, done.stdout.split()))
        parents = dict(zip(words[::2], words[1::2], strict=True))
        return [pid for pid, parent in parents.items() if parent not in parents]

    def will_end(self, status: int) -> None:
        """From now on it ends at once with *status*."""
        _STATUS.write_text(f"{status}\n")

    def will_stay(self) -> None:
        """From now on it stays."""
        _STATUS.unlink(missing_ok=True)
