"""What the command line's tests work with: a system in a directory and a runner."""

import hashlib
import io
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest

from pptpsetup.change.spec_files import spec_bytes
from pptpsetup.cli.host import Host
from pptpsetup.cli.main import main
from tests.support import need_root

OS_RELEASE = 'ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
PASSWD = "root:x:0:0:root:/root:/bin/bash\n"
GROUP = "root:x:0:\ndip:x:30:\n"
CHAP_SECRETS = (
    b'# Secrets for authentication using CHAP\n# client\tserver\tsecret\tIP addresses\n"old" * "x y" *\n'
)


def make_system(root: Path, *, chap_secrets: bytes | None = CHAP_SECRETS) -> Path:
    """A Debian 12 below *root* with pppd and systemd installed, as far as pptpsetup looks."""
    need_root("files get owners")
    for directory in (
        "etc/ppp/peers",
        "etc/ppp/ip-up.d",
        "etc/ppp/ip-down.d",
        "etc/systemd/system",
        "var/lib",
    ):
        (root / directory).mkdir(parents=True)
    for name, text in (("os-release", OS_RELEASE), ("passwd", PASSWD), ("group", GROUP)):
        (root / "etc" / name).write_text(text)
    for program in ("usr/sbin/pppd", "usr/lib/systemd/systemd"):
        (root / program).parent.mkdir(parents=True, exist_ok=True)
        (root / program).touch(mode=0o755)
    if chap_secrets is not None:
        (root / "etc/ppp/chap-secrets").write_bytes(chap_secrets)
        (root / "etc/ppp/chap-secrets").chmod(0o600)
    return root


def picture(root: Path) -> dict[str, tuple[object, ...]]:
    """Every path below *root* with its kind, mode, owner and content: equal pictures are equal systems.

    Without the history, which grows with every change and is meant to stay.
    """
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content: object = None
        if path.is_symlink():
            content = os.readlink(path)
        elif path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path.relative_to(root))] = (
            stat.filemode(status.st_mode),
            status.st_uid,
            status.st_gid,
            content,
        )
    return _without_history(found)


def _without_history(found: dict[str, tuple[object, ...]]) -> dict[str, tuple[object, ...]]:
    """Generations and the key; a journal that was not finished stays in the picture."""
    history = re.compile(r"var/lib/pptpsetup/(tx/\d+\.gen|key$)")
    left = {path: each for path, each in found.items() if not history.match(path)}
    for directory in ("var/lib/pptpsetup/tx", "var/lib/pptpsetup"):
        if not any(path.startswith(f"{directory}/") for path in left):
            left.pop(directory, None)
    return left


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    status: int
    out: str
    err: str


class Cli:
    """Runs ``pptpsetup`` on a system in a directory."""

    def __init__(
        self, root: Path, capture: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.root = root
        self._capture = capture
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Result:
        self._monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self._capture.readouterr()
        status = main(["--root", str(self.root), *arguments])
        out, err = self._capture.readouterr()
        return Result(status, out, err)

    def create(self, name: str = "work", *options: str, password: bytes = b"pw") -> Result:
        """Create a tunnel with a server, a user and *password*, and *options*."""
        common = ("--server", "vpn.example.com", "--username", "tom", "--password-stdin")
        return self("create", name, *common, *options, stdin=password)

    def bytes_of(self, path: str) -> bytes:
        """The content of *path* on the system."""
        return (self.root / path.lstrip("/")).read_bytes()

    def text_of(self, path: str) -> str:
        """The content of *path* on the system, as text."""
        return self.bytes_of(path).decode()

    def exists(self, path: str) -> bool:
        """Whether *path* is there."""
        return (self.root / path.lstrip("/")).exists()


def taken_for_the_running_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system in a directory counts as this one: nobody is told of changes, and nothing here is asked."""
    monkeypatch.setattr(Host, "live", property(lambda _: True))
    monkeypatch.setattr(Host, "spec_bytes", lambda host: spec_bytes(host.system))
    monkeypatch.setattr("pptpsetup.distro.facts._pppd", lambda *_: (None, frozenset()))
    monkeypatch.setattr("pptpsetup.change.parsers.try_out", lambda *_: ())
    monkeypatch.setattr("pptpsetup.cli.changing.tell_init", lambda *_: None)
