"""``make demo``: a real tunnel, natively in namespaces where this kernel has PPP, else in the lab's guest.

Either way nothing of this machine changes: the client is a sandbox with its own root, network and processes.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.vm import platforms, sandbox, story
from tests.vm.boot import CHECKOUT
from tests.vm.machine import GuestError, Machine, precompile
from tests.vm.scenario import Scenario

LIMIT = 600
"Seconds for the story; emulated on an idle machine it needs about 90."


def kernel_has_ppp() -> bool:
    """Whether this kernel can carry the tunnel itself."""
    subprocess.run(["modprobe", "-qa", "ppp_async", "ppp_mppe"], check=False, stderr=subprocess.DEVNULL)
    if not Path("/sys/module/ppp_mppe").exists():
        return False
    try:
        os.close(os.open("/dev/ppp", os.O_RDWR))
    except OSError:
        return False
    return True


class Narrator:
    """Prints what the guest says, emphasising headings and commands on a terminal."""

    def __init__(self) -> None:
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._rest = ""

    def __call__(self, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if not line.startswith("--- "):
                print(self._styled(line), flush=True)

    def _styled(self, line: str) -> str:
        style = {story.HEADING: "1;36", story.COMMAND: "1"}
        for start, code in style.items():
            if self._colour and line.startswith(start):
                return f"\033[{code}m{line}\033[0m"
        return line


def in_guest() -> int:
    """Boot the lab's guest and tell the story there."""
    platform = platforms.chosen()
    reason = platforms.unsupported(platform)
    if reason is not None:
        print(f"demo: this kernel has no PPP and the lab cannot boot: {reason}", file=sys.stderr)
        return 1
    print(f"This machine's kernel has no PPP: booting one that has, in {platform.description} …", flush=True)
    log = Path(tempfile.gettempdir()) / f"pptpsetup-demo.{os.getpid()}.log"
    machine = Machine(platform, "plain", log, Narrator())
    with closing(machine):
        try:
            precompile()
            machine.boot()
            print(f"booted after {machine.boot_seconds:.0f} s", flush=True)
            result = machine.run(Scenario("tests.vm.story", "tell", "plain", LIMIT))
        except GuestError as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
        finally:
            log.unlink(missing_ok=True)
    if result.outcome != "passed":
        print(f"demo: {result.outcome}\n{result.report}", file=sys.stderr)
    return 0 if result.outcome == "passed" else 1


def natively() -> int:
    """Tell the story on this kernel, in a sandbox."""
    print("This machine's kernel has PPP: everything runs natively, in namespaces.", flush=True)
    os.environ["PYTHONPATH"] = str(CHECKOUT)
    keep = (CHECKOUT, Path(sys.prefix), Path(sys.base_prefix))
    status = sandbox.run(story.main, keep=keep, limit=LIMIT)
    return 1 if status is None else status


def main() -> int:
    """Run the demo and say how it ended."""
    if os.geteuid() != 0:
        print("demo: needs root for namespaces and /dev/ppp: sudo make demo", file=sys.stderr)
        return 1
    began = time.monotonic()
    status = natively() if kernel_has_ppp() else in_guest()
    if status == 0:
        print(f"\nThe demo is over after {time.monotonic() - began:.0f} s; this machine is as it was.")
    return status


if __name__ == "__main__":
    sys.exit(main())
