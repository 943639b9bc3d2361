"""Running a program for its output, within bounds of time and size."""

import os
import select
import subprocess
import time
from collections.abc import Mapping, Sequence

from pptpsetup.errors import Diagnostic, SpecError, Where

_LOOK_AGAIN = 0.05
"Seconds after which a program that says nothing is looked at: it may have ended."


def output(argv: Sequence[str], environ: Mapping[str, str], seconds: float, limit: int) -> bytes:
    """What *argv* writes to its standard output, at most ``limit + 1`` bytes; it runs without a shell.

    Its standard error is ours, so that it can say what it needs; its standard input is empty.
    Raises SpecError ``password-command-failed`` when it cannot be run, takes longer than *seconds* or fails;
    nothing of its output is in the message.
    """
    try:
        process = subprocess.Popen(
            list(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=dict(environ)
        )
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise _failed(argv, f"cannot be run: {reason}") from None
    with process:
        try:
            data = _read(process, time.monotonic() + seconds, limit)
            if data is None:
                raise _failed(argv, f"gave no answer within {seconds:g} seconds")
        finally:
            # Also on Ctrl-C and after too much output; a program that has ended is not touched.
            process.kill()
    status = process.returncode
    if status != 0 and len(data) <= limit:
        raise _failed(
            argv, f"failed with status {status}" if status > 0 else f"was killed by signal {-status}"
        )
    return data


def _read(process: "subprocess.Popen[bytes]", deadline: float, limit: int) -> bytes | None:
    """Everything up to the end of the program, or None when time runs out.

    What it leaves running in the background, an agent for instance, may hold its output open.
    """
    assert process.stdout is not None  # noqa: S101 - stdout=PIPE, for the type checker
    descriptor, data = process.stdout.fileno(), b""
    while len(data) <= limit:
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        ended = process.poll() is not None
        if not select.select([descriptor], [], [], 0.0 if ended else min(left, _LOOK_AGAIN))[0]:
            if ended:
                break
            continue
        chunk = os.read(descriptor, limit + 1 - len(data))
        if not chunk:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                return None
            break
        data += chunk
    return data


def _failed(argv: Sequence[str], what: str) -> SpecError:
    message = f"the password's command {what}"
    hint = "run it by hand to see what it prints; its output must be the password and nothing else"
    return SpecError(Diagnostic("password-command-failed", message, Where(argv[0]), hint=hint))
