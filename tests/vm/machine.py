"""Boots the guest and has its agent run scenarios.

The guest sees this machine's root read-only under a tmpfs overlay: whatever is installed here is there,
and what it writes vanishes with it. Requests, results and output travel as files of a shared folder: that
needs no driver beyond the root's, survives a dead guest, and can be read while the scenario runs.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.vm import boot, kernel
from tests.vm.platforms import Platform
from tests.vm.roots import TRIXIE, Root
from tests.vm.scenario import Boot, Scenario

INIT = Path(__file__).with_name("init")
BOOT_LIMIT = 600
"Seconds; an idle machine needs 2 to 25."
GRACE = 60
"Seconds beyond a scenario's limit after which the guest itself counts as hung."

_ROOTS: Mapping[Boot, Root] = {"trixie": TRIXIE}
"Kinds of boot whose guest is another system than this machine's."
_SETUPS: Mapping[Boot, tuple[str, Callable[[], str]]] = {
    "systemd": ("systemd", boot.systemd_setup),
    "trixie": ("systemd", boot.systemd_setup),
    "openrc": ("openrc", boot.openrc_setup),
    "runit": ("runit", boot.runit_setup),
}
"Kinds of boot with an init system: its name for the guest's first program, and what that does for it."


class GuestError(Exception):
    """The guest did not boot, died or hung; the message ends with its console's last lines."""


@dataclass(frozen=True)
class Result:
    """How a scenario ended."""

    outcome: Literal["passed", "failed", "timeout"]
    report: str
    "The traceback of a failure."
    output: str
    seconds: float


def precompile() -> None:
    """Write bytecode, and compiled templates, on the host: what the guest writes there is gone after each
    scenario, and it is 15 times slower."""
    folders = [str(boot.CHECKOUT / name) for name in ("pptpsetup", "engine", "tests")]
    templates = "from pptpsetup.render.environment import templates; templates().compile_all()"
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for arguments in (("-m", "compileall", "-q", *folders), ("-c", templates)):
        command = [sys.executable, *arguments]
        subprocess.run(command, env=kept, check=False, stdout=subprocess.DEVNULL)


def _make_disk(path: Path, size: int) -> None:
    """An empty file system of *size* MiB."""
    with path.open("wb") as file:
        file.truncate(size << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(path)], check=True)


class Machine:
    """A guest. *log*, and *echo*, receive everything that scenarios print, as they print it.

    With *disk*, its size in MiB, what the guest writes is on a disk of its own and outlives a power cut.
    """

    def __init__(
        self,
        platform: Platform,
        kind: Boot,
        log: Path,
        echo: Callable[[str], None] | None = None,
        disk: int = 0,
    ) -> None:
        self.platform, self.kind, self.log, self.echo = platform, kind, log, echo
        self._disk = disk
        self.boot_seconds = 0.0
        self._requests = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._alive = -1
        self._folder = Path()

    def boot(self) -> None:
        """Start the guest and wait until its agent answers.

        Raises GuestError.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("")
        self._folder = Path(tempfile.mkdtemp(prefix="pptpsetup-lab."))
        try:
            self._share.mkdir()
            if self._disk:
                _make_disk(self._folder / "disk", self._disk)
            self._boot()
        except BaseException:
            self.close()
            raise

    def cut_power(self) -> None:
        """End the guest at once, whatever it has not synced yet; boot it again from its disk.

        Raises GuestError.
        """
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        os.read(self._alive, 1)
        os.close(self._alive)
        self._say("--- the power fails\n")
        for each in self._share.iterdir():
            each.unlink()
        self._requests = 0
        self._boot()

    def close(self) -> None:
        """Ask the guest to stop, or make it."""
        process = self._process
        if process is not None and process.poll() is None:
            with suppress(OSError):
                self._write("stop", "")
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()
        if self._alive >= 0:
            os.close(self._alive)
            self._alive = -1
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def run(self, scenario: Scenario) -> Result:
        """Run *scenario* in the guest and wait for its end.

        Raises GuestError when the guest dies or hangs.
        """
        self._requests += 1
        number = f"{self._requests:04}"
        request = {"module": scenario.module, "name": scenario.name, "limit": scenario.limit}
        self._say(f"--- {scenario}\n")
        self._write(f"request-{number}", json.dumps(request))
        output = self._share / f"output-{number}"
        text = self._wait_for(f"result-{number}", scenario.limit + GRACE, output)
        answer = json.loads(text)
        self._say(f"--- {scenario}: {answer['outcome']} after {answer['seconds']:.1f} s\n{answer['report']}")
        said = output.read_text(errors="replace") if output.exists() else ""
        return Result(answer["outcome"], answer["report"], said, answer["seconds"])

    @property
    def _share(self) -> Path:
        return self._folder / "share"

    def _write(self, name: str, text: str) -> None:
        """Appear in the shared folder at once and whole."""
        hidden = self._share / f".{name}"
        hidden.write_text(text)
        hidden.rename(self._share / name)

    def _boot(self) -> None:
        began = time.monotonic()
        found = self.platform.kernel()
        modules = kernel.load_order(
            found, (*found.root_modules, *(("virtio_blk", "ext4") * bool(self._disk)))
        )
        (self._folder / "initramfs").write_bytes(kernel.initramfs(modules, INIT.read_bytes()))
        root = _ROOTS.get(self.kind)
        python = sys.executable if root is None else "/usr/bin/python3"
        (self._share / "start").write_text(boot.start_script(python, mounted=self.kind in _SETUPS))
        if self.kind in _SETUPS:
            name, setup = _SETUPS[self.kind]
            (self._share / name).write_text(setup())
            (self._share / "mounts").write_text(boot.mounts_script())
        settings = {}
        if root is not None:
            settings = {"lab_root": str(root.path), "lab_checkout": str(boot.CHECKOUT)}
        command = self.platform.command(found, self._folder, settings)
        # Every process of the guest holds the other end: all have gone when this one is at its end.
        self._alive, held = os.pipe()
        with (self._folder / "console").open("wb") as console:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT, pass_fds=(held,)
            )
        os.close(held)
        self._wait_for("ready", BOOT_LIMIT, None)
        self.boot_seconds = time.monotonic() - began
        guest = f"{self.platform.name}, {found.release}"
        self._say(f"--- {self.kind} boot ({guest}): {self.boot_seconds:.1f} s\n")

    def _wait_for(self, name: str, limit: float, output: Path | None) -> str:
        """The text of the shared file *name* once it is there; streams *output* meanwhile."""
        deadline, seen = time.monotonic() + limit, 0
        while True:
            done = (self._share / name).exists()
            if output is not None and output.exists():
                with output.open("rb") as stream:
                    stream.seek(seen)
                    fresh = stream.read()
                seen += len(fresh)
                self._say(fresh.decode(errors="replace"))
            if done:
                return (self._share / name).read_text()
            if not self.alive:
                raise GuestError(f"the guest ended while {name} was awaited\n{self._last_words()}")
            if time.monotonic() > deadline:
                raise GuestError(f"no {name} within {limit:.0f} s\n{self._last_words()}")
            time.sleep(0.1)

    def _say(self, text: str) -> None:
        if text:
            with self.log.open("a") as stream:
                stream.write(text)
            if self.echo is not None:
                self.echo(text)

    def _last_words(self) -> str:
        """The end of the guest's console and of its agent's log."""
        lines = []
        for path in (self._folder / "console", self._share / "agent.log"):
            if path.exists():
                lines += [
                    f"{path.name}: {line}" for line in path.read_text(errors="replace").splitlines()[-30:]
                ]
        return "\n".join(lines)
