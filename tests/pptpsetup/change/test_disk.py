"""Real file systems that fill up or turn read-only, real SIGKILLs, and a recovery that needs little."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support import need, need_root

pytestmark = pytest.mark.host

CHECKOUT = Path(__file__).resolve().parents[3]

PRELUDE = """
import os, sys
from pathlib import Path
from pptpsetup.change.manifest import STATE_DIR
from pptpsetup.change.system import RealSystem
from pptpsetup.change.transaction import apply, recover
from pptpsetup.errors import PptpsetupError, RollbackFailedError, RolledBackError
from tests.pptpsetup.change.scene import Observed, make_host, plan_for, provision, snapshot, tunnel
"""


def python(code: str, *arguments: str, wrapper: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run *code* after PRELUDE in a process of its own, in *wrapper* if given."""
    environment = {**os.environ, "PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'engine'}"}
    command = [*wrapper, sys.executable, "-c", PRELUDE + textwrap.dedent(code), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def in_mount_namespace(code: str, folder: Path, options: str) -> None:
    """Run *code* with *folder* being a tmpfs of its own; everything vanishes with the process."""
    need_root("mounts a file system")
    script = f'mount -t tmpfs -o {options} none "$1" && shift && exec "$@"'
    unshare = need("unshare", package="util-linux")
    wrapper = (unshare, "-m", "--propagation", "private", "sh", "-ec", script, "sh", str(folder))
    done = python(code, str(folder), wrapper=wrapper)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_disk_that_is_full_at_any_point_leaves_the_former_state(tmp_path: Path) -> None:
    """A tmpfs with a few pages left: apply succeeds, or puts everything back and says why."""
    in_mount_namespace(
        """
        root = Path(sys.argv[1])
        system = make_host(root)
        provision(tunnel("work"), system)
        large = b"# " + b"x" * 30000
        wanted = [*tunnel("work", "other", large), *tunnel("home", options=large)]
        before = snapshot(root)
        filler = root / "filler"
        refused = 0
        for pages in range(60):
            free = os.statvfs(root).f_bavail
            with filler.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, (free - pages) * 4096)
            try:
                apply(plan_for(wanted, system), system, title="create home")
            except RolledBackError as error:
                refused += 1
                assert error.diagnostics[0].code == "disk-full", error
                assert error.diagnostics[0].message.startswith("the disk is full; ")
            else:
                filler.unlink()
                assert plan_for(wanted, system).empty
                break
            filler.unlink()
            assert snapshot(root) == before, pages
            assert recover(system) is None
        else:
            raise AssertionError("never fitted")
        assert refused > 20, refused
        """,
        tmp_path,
        "size=2m,mode=755",
    )


def test_a_disk_that_runs_out_of_files(tmp_path: Path) -> None:
    """No inode is left: the same error, the same outcome."""
    in_mount_namespace(
        """
        root = Path(sys.argv[1])
        system = make_host(root)
        before = snapshot(root)
        free = os.statvfs(root).f_favail
        for spare in range(40):
            extra = [root / f"extra{number}" for number in range(free - spare)]
            for each in extra:
                each.touch()
            try:
                provision(tunnel("work"), system)
            except RolledBackError as error:
                assert error.diagnostics[0].code == "disk-full", error
            else:
                break
            for each in extra:
                each.unlink()
            assert snapshot(root) == before, spare
        assert spare > 10
        """,
        tmp_path,
        "nr_inodes=120,mode=755",
    )


def test_a_disk_that_turns_read_only_in_the_middle(tmp_path: Path) -> None:
    """Before the first change all is well; later the journal is named, and recovery finishes the undo."""
    in_mount_namespace(
        """
        import subprocess
        root = Path(sys.argv[1])
        system = make_host(root)
        provision(tunnel("work"), system)
        wanted = [*tunnel("work", "other"), *tunnel("home")]
        before = snapshot(root)

        def remount(how):
            subprocess.run(["mount", "-o", f"remount,{how}", str(root)], check=True)

        outcomes = []
        for change in range(200):
            count = 0

            def freeze(verb, path):
                global count
                if count == change:
                    remount("ro")
                count += 1

            try:
                apply(plan_for(wanted, system), Observed(system, freeze), title="create home")
            except PptpsetupError as error:
                outcomes.append(type(error))
                assert error.diagnostics[0].code == "read-only", error
                remount("rw")
                recover(system)
                assert snapshot(root) == before, change
            else:
                remount("rw")
                break
        assert RolledBackError in outcomes and RollbackFailedError in outcomes
        recover(system)
        assert plan_for(wanted, system).empty
        assert system.list(STATE_DIR) == ("key", "manifest.json", "tx")
        """,
        tmp_path,
        "mode=755",
    )


def test_an_immutable_file(tmp_path: Path) -> None:
    """chattr(1) +i on a shared file: refused by the kernel even for root; the hint names lsattr."""
    need_root("sets an attribute")
    chattr = need("chattr", package="e2fsprogs")
    done = python(
        f"""
        import subprocess
        root = Path(sys.argv[1])
        system = make_host(root)
        before = snapshot(root)
        file = root / "srv/secret/chap"
        if subprocess.run([{chattr!r}, "+i", str(file)], capture_output=True).returncode:
            sys.exit(42)
        try:
            provision(tunnel("work"), system)
        except RolledBackError as error:
            diagnostic = error.diagnostics[0]
        finally:
            subprocess.run([{chattr!r}, "-i", str(file)], check=True)
        assert diagnostic.code == "permission-denied", diagnostic
        assert "lsattr -d" in diagnostic.hint, diagnostic
        assert snapshot(root) == before
        """,
        str(tmp_path),
    )
    if done.returncode == 42:
        pytest.skip("this file system has no immutable attribute")
    assert done.returncode == 0, done.stdout + done.stderr


APPLY = "system = RealSystem(Path(sys.argv[1])); "


@pytest.mark.parametrize(
    ("call", "number"),
    [*(("fsync", n) for n in (1, 9, 16, 21)), *(("rename,renameat", n) for n in (4, 10, 14))],
)
def test_sigkill_at_a_system_call(call: str, number: int, tmp_path: Path) -> None:
    """The kernel's own kill, by strace(1), at a real system call; then recovery in a new process."""
    strace = need("strace", package="strace")
    setup = python(
        """
        root = Path(sys.argv[1])
        provision(tunnel("work"), make_host(root))
        print(repr(snapshot(root)))
        """,
        str(tmp_path),
    )
    assert setup.returncode == 0, setup.stderr
    work = APPLY + 'provision([*tunnel("work", "other"), *tunnel("home")], system)'
    inject = ("-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}")
    killed = python(work, str(tmp_path), wrapper=(strace, "-qq", "-o", os.devnull, *inject))
    assert killed.returncode == -9, killed.stderr
    after = python(APPLY + "recover(system); print(repr(snapshot(Path(sys.argv[1]))))", str(tmp_path))
    assert after.stdout == setup.stdout, after.stderr


def test_recovery_needs_the_standard_library_and_the_engine_only() -> None:
    """It must work when the renderer, its libraries or the spec are broken; the engine needs none."""
    code = (
        "import sys, pptpsetup.change.transaction, pptpsetup.change.system, pptpsetup.change.lock\n"
        "import pptpsetup.change.trial\n"
        "own = {'pptpsetup', 'pptpengine', '__main__', 'sitecustomize', 'usercustomize'}\n"
        "standard = sys.stdlib_module_names | own\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} - standard))\n"
        "above = ('pptpsetup.render', 'pptpsetup.spec', 'pptpsetup.distro')\n"
        "print(sorted(name for name in sys.modules if name.startswith(above)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT / "engine")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "[]\n[]\n", done.stdout + done.stderr
