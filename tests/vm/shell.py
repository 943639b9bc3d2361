"""Running programs inside a scenario: every command, its output and its time appear in the log."""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class WaitError(AssertionError):
    """Something did not happen in time."""


_began = time.monotonic()


def restart_clock() -> None:
    """Count the times shown from now on."""
    global _began  # noqa: PLW0603 - one clock per process, started by whoever runs the scenario
    _began = time.monotonic()


def say(text: str) -> None:
    """One line of the story, with the seconds since its beginning."""
    print(f"{time.monotonic() - _began:7.1f}  {text}", flush=True)


def run(
    command: Sequence[str],
    *,
    check: bool = False,
    stdin: str | bytes = b"",
    env: Mapping[str, str] | None = None,
    limit: float = 90,
    quiet: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run *command*, show it with its output, and return the result; *check* asserts exit status 0."""
    began = time.monotonic()
    data = stdin.encode() if isinstance(stdin, str) else stdin
    # Files, not pipes: a daemon that keeps its starter's output open must not keep the scenario waiting.
    with (
        tempfile.TemporaryFile() as source,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        source.write(data)
        source.seek(0)
        done = subprocess.run(
            command,
            stdin=source,
            stdout=out,
            stderr=err,
            timeout=limit,
            check=False,
            env={**os.environ, **(env or {})},
        )
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read().decode(errors="replace"))
    result = subprocess.CompletedProcess(list(command), done.returncode, said[0], said[1])
    if not quiet:
        say(f"$ {_short(command)}   [{result.returncode}, {time.monotonic() - began:.1f} s]")
        for text in (result.stdout, result.stderr):
            for line in text.splitlines():
                print(f"           {line}")
        sys.stdout.flush()
    if check:
        assert result.returncode == 0, (
            f"{shlex.join(command)} ended with {result.returncode}: {result.stderr}"
        )
    return result


def _short(command: Sequence[str]) -> str:
    text = shlex.join(command)
    return text if len(text) <= 400 else text[:400] + " …"


def wait_for(what: str, condition: Callable[[], T | None], limit: float = 60, pause: float = 0.3) -> T:
    """The first true value of *condition*.

    Raises WaitError after *limit* seconds.
    """
    began = time.monotonic()
    while True:
        value = condition()
        if value:
            say(f"{what}: after {time.monotonic() - began:.1f} s")
            return value
        if time.monotonic() - began > limit:
            raise WaitError(f"not within {limit:.0f} s: {what}")
        time.sleep(pause)
