"""``pptpsetup``: the command line's front door.

Modules are imported when they are needed and not before, so that ``--help`` and ``--version`` stay quick.
One place turns errors into messages and exit statuses.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

INTERRUPTED = 130
"""128 + SIGINT, as a shell reports a program that Ctrl-C ended."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    # A command lives for moments and makes hardly any cycles; looking for them takes a tenth of its time.
    thresholds = gc.get_threshold()
    gc.set_threshold(100_000)
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        return _closed_pipe()
    except KeyboardInterrupt:
        if "--debug" in arguments:
            raise
        from pptpsetup.cli.console import Console

        Console().say("\npptpsetup: interrupted")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the one boundary: every error ends as a message
        from pptpsetup.cli.boundary import report

        return report(error, arguments)
    finally:
        gc.set_threshold(*thresholds)
    return status


def program() -> int:
    """As `main`, in a process that ends with it."""
    status = main()
    # Else the interpreter looks for cycles in all that there is before it goes: another tenth.
    gc.freeze()
    return status


def _run(arguments: list[str]) -> int:
    from pptpsetup.cli.arguments import parse

    try:
        parsed = parse(arguments)
    except SystemExit as shown:
        # argparse's way of saying that --help or --version has been answered.
        return int(shown.code or 0)
    from pptpsetup import invocation

    invocation.remember(parsed)
    try:
        return int(parsed.run(parsed))
    finally:
        invocation.forget()


def _closed_pipe() -> int:
    """Whoever read our output has gone: say nothing, and let the interpreter's last flush go nowhere."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
