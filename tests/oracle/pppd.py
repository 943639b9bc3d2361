"""The installed pppd as an oracle: what its own parsers and hashes make of our bytes.

It runs in a mount namespace of its own with a scratch /etc/ppp, so nothing of the host is read or written.
Questions go through a plugin (pppd_oracle.c, compiled against ppp-dev), hundreds in one process;
:meth:`Pppd.dryrun` runs ``pppd call`` on a peers file as the init systems do.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import missing, need, need_root

_HERE = Path(__file__).parent
_SECONDS = 60


@dataclass(frozen=True)
class Options:
    """What pppd holds after reading an options file."""

    accepted: bool
    name: bytes
    remotename: bytes
    linkname: bytes
    ipparam: bytes
    pty: bytes


@dataclass(frozen=True)
class Dryrun:
    """How ``pppd call NAME dryrun`` ended: 0 fine, 2 a bad option, 1 options that contradict each other."""

    status: int
    output: str


class Pppd:
    """Use the :func:`pppd_oracle` fixture rather than this class."""

    def __init__(self, directory: Path) -> None:
        self.program = need("pppd", package="ppp")
        compiler = need("gcc", package="gcc")
        need("unshare", package="util-linux")
        need_root("pppd runs in a mount namespace")
        if not Path("/usr/include/pppd/pppd.h").is_file():
            missing("the headers of pppd are not installed (Debian package ppp-dev)")
        self._directory = directory
        self._plugin = directory / "pppd_oracle.so"
        for each in ("etc-ppp/peers", "dev"):
            (directory / each).mkdir(parents=True)
        command = [
            compiler,
            "-Wall",
            "-shared",
            "-fPIC",
            "-o",
            str(self._plugin),
            str(_HERE / "pppd_oracle.c"),
        ]
        subprocess.run(command, check=True, timeout=_SECONDS)

    def words(self, files: Sequence[bytes]) -> list[list[tuple[bool, bytes]]]:
        """For each content of a file its words: whether a line end stands before it, and the word."""
        answers = self._ask([b"W" + _fields(content) for content in files])
        return [
            [(newline == b"1", word or b"") for newline, word in zip(fields[::2], fields[1::2], strict=True)]
            for fields in answers
        ]

    def secrets(
        self, queries: Sequence[tuple[bytes, bytes, bytes]], command: Sequence[str] = ()
    ) -> list[bytes | None]:
        """For each (content of chap-secrets, client, server) the secret that pppd finds.

        *command* runs pppd with arguments of its own, and those that are appended.
        """
        answers = self._ask([b"S" + _fields(*query) for query in queries], command)
        return [fields[0] for fields in answers]

    def options(self, files: Sequence[bytes]) -> list[Options]:
        """What pppd holds after each content of a peers file."""
        answers = self._ask([b"O" + _fields(content) for content in files])
        return [Options(fields[0] == b"1", *(field or b"" for field in fields[1:])) for fields in answers]

    def nt_responses(self, queries: Sequence[tuple[bytes, bytes, bytes, bytes]]) -> list[bytes]:
        """MS-CHAPv2 NT-Responses for (secret, user, authenticator challenge, peer challenge)."""
        return [fields[0] or b"" for fields in self._ask([b"C" + _fields(*query) for query in queries])]

    def dryrun(
        self,
        peers: bytes,
        *,
        options: bytes = b"",
        chap_secrets: bytes = b"",
        arguments: Sequence[str] = (),
        before: Sequence[str] = ("call", "question"),
    ) -> Dryrun:
        """``pppd call question ARGUMENTS dryrun``, *peers* being the content of /etc/ppp/peers/question.

        *before* are other arguments in the place of ``call question``.
        """
        self._write("options", options)
        self._write("chap-secrets", chap_secrets)
        self._write("peers/question", peers)
        done = self._run([self.program, *before, *arguments, "dryrun"])
        return Dryrun(done.returncode, done.stdout.decode("utf-8", "replace"))

    def place(self, name: str, content: bytes) -> str:
        """Put a file into the scratch /etc/ppp; its path as pppd sees it."""
        self._write(name, content)
        return f"/etc/ppp/{name}"

    def _ask(self, questions: Sequence[bytes], command: Sequence[str] = ()) -> list[list[bytes | None]]:
        asked, answered = self._directory / "questions", self._directory / "answers"
        asked.write_bytes(b"".join(questions))
        answered.unlink(missing_ok=True)
        done = self._run(
            [*(command or [self.program]), "plugin", str(self._plugin)],
            {"ORACLE_QUESTIONS": str(asked), "ORACLE_ANSWERS": str(answered)},
        )
        assert done.returncode == 0, done.stdout.decode("utf-8", "replace")
        lines = answered.read_text(encoding="ascii").splitlines()
        assert len(lines) == len(questions)
        return [[_unhex(field) for field in line.split()] for line in lines]

    def _run(
        self, command: Sequence[str], environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["unshare", "-m", "--propagation", "private", "sh", str(_HERE / "sandbox.sh"), *command],
            env={**os.environ, "SANDBOX": str(self._directory), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )

    def _write(self, name: str, content: bytes) -> None:
        path = self._directory / "etc-ppp" / name
        path.write_bytes(content)
        path.chmod(0o600)


@pytest.fixture(scope="session")
def pppd_oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pppd]:
    """The installed pppd; import this fixture into the conftest.py beside the tests."""
    directory = tmp_path_factory.mktemp("pppd")
    yield Pppd(directory)
    shutil.rmtree(directory, ignore_errors=True)


def _fields(*fields: bytes) -> bytes:
    return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def _unhex(field: str) -> bytes | None:
    return None if field == "none" else b"" if field == "-" else bytes.fromhex(field)
