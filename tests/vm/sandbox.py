"""A host of one's own: private root (overlay), network, processes and mounts, gone without a trace."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

_CLONE_NEWNS, _CLONE_NEWPID, _CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


def _unshare(flags: int) -> None:
    """unshare(2); os.unshare exists from Python 3.12 on."""
    if _libc.unshare(flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "unshare")


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _build_root(lower: str, keep: Iterable[Path]) -> None:
    """Make an overlay of *lower* the root of this mount namespace; nothing of it reaches a disk."""
    _run("mount", "--make-rprivate", "/")
    own_device = Path("/").stat().st_dev
    base = Path("/mnt")
    _run("mount", "-t", "tmpfs", "-o", "mode=755", "sandbox", base)
    for name in ("files", "work", "root"):
        (base / name).mkdir()
    root = base / "root"
    layers = f"lowerdir={lower},upperdir={base}/files,workdir={base}/work"
    _run("mount", "-t", "overlay", "-o", layers, "overlay", root)
    _run("mount", "--rbind", "/dev", root / "dev")
    _run("mount", "-t", "devpts", "-o", "ptmxmode=666", "devpts", root / "dev/pts")
    _run("mount", "-t", "proc", "proc", root / "proc")
    _run("mount", "-t", "sysfs", "sys", root / "sys")
    _run("mount", "-t", "tmpfs", "-o", "mode=755", "run", root / "run")
    (root / "run/lock").mkdir()
    for path in keep:
        # An overlay does not show what is mounted inside its lower layer.
        if path.stat().st_dev != own_device:
            (root / path.relative_to("/")).mkdir(parents=True, exist_ok=True)
            _run("mount", "--rbind", path, root / path.relative_to("/"))
    (root / ".old").mkdir()
    os.chdir(root)
    _run("pivot_root", ".", ".old")
    os.chdir("/")
    _run("umount", "-l", "/.old")
    Path("/.old").rmdir()
    _run("ip", "link", "set", "lo", "up")


def run(
    job: Callable[[], int], *, lower: str = "/", keep: Iterable[Path] = (), limit: float | None = None
) -> int | None:
    """Run *job* in a sandbox whose root starts as *lower*; its exit status, or None when *limit* is over.

    Whatever it starts, mounts or writes ends with it. *keep* names folders that must be visible although
    they are on a file system of their own. Needs root.
    """
    pid = os.fork()
    if pid == 0:
        os._exit(_child(job, lower, tuple(keep)))
    return _wait(pid, limit)


def _wait(pid: int, limit: float | None) -> int | None:
    """The exit status of *pid*; kills it, and with it the whole sandbox, after *limit* seconds."""

    def expire(*_: object) -> None:
        os.kill(pid, signal.SIGUSR1)

    expired = False
    previous = signal.signal(signal.SIGALRM, expire)
    try:
        if limit is not None:
            signal.setitimer(signal.ITIMER_REAL, limit)
        _, status = os.waitpid(pid, 0)
        expired = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGUSR1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    return None if expired else os.waitstatus_to_exitcode(status)


def _child(job: Callable[[], int], lower: str, keep: tuple[Path, ...]) -> int:
    """Runs outside the new PID namespace and is the one to kill: the kernel then kills everything inside."""
    signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    _unshare(_CLONE_NEWNS | _CLONE_NEWPID | _CLONE_NEWNET)
    pid = os.fork()
    if pid == 0:
        _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        os._exit(_guarded(lambda: _first_process(job, lower, keep)))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _guarded(function: Callable[[], int]) -> int:
    try:
        return function()
    except BaseException as error:  # noqa: BLE001 - a forked child must never run its parent's handlers
        print(f"sandbox: {error!r}", file=sys.stderr, flush=True)
        return 120


def _first_process(job: Callable[[], int], lower: str, keep: tuple[Path, ...]) -> int:
    """PID 1 of the sandbox: runs the job in a child and reaps whatever is orphaned meanwhile."""
    _build_root(lower, keep)
    worker = os.fork()
    if worker == 0:
        os.setsid()
        os._exit(_guarded(job))
    while True:
        pid, status = os.wait()
        if pid == worker:
            return os.waitstatus_to_exitcode(status)
