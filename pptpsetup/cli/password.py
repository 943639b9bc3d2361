"""Getting passwords from a person, a pipe, a file or where the spec says, without showing them anywhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pptpengine.record import replace
from pptpsetup.cli.console import Console, printable
from pptpsetup.errors import Diagnostic, SpecError, UsageError, Where
from pptpsetup.progress import counted
from pptpsetup.spec.secret import Secret, from_file_bytes, read_password_file, resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pptpsetup.cli.host import Host
    from pptpsetup.spec.model import Tunnel

TERMINAL = "/dev/tty"
_MOST = 1 << 16
"""Far more than any password: what is longer gets refused for its length."""


def add_sources(parser: argparse._ActionsContainer) -> argparse._MutuallyExclusiveGroup:
    """The options for a password that is given now; the group is for others that exclude them."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--password-file", metavar="F", help="take the password from the file F, once")
    group.add_argument("--password-stdin", action="store_true", help="take the password from standard input")
    return group


def fetched(tunnels: Sequence[Tunnel], host: Host, console: Console) -> dict[str, Secret]:
    """The passwords of *tunnels*, from where the spec says. Raises SpecError with all that cannot be had."""
    problems: list[Diagnostic] = []
    found = {
        each.name: _fetch(each, host, console, problems)
        for each in counted(tunnels, "reading passwords", console.progress.tell)
    }
    if problems:
        raise SpecError(problems)
    return {name: secret for name, secret in found.items() if secret is not None}


def _fetch(tunnel: Tunnel, host: Host, console: Console, problems: list[Diagnostic]) -> Secret | None:
    """The password of *tunnel*; None, and why in *problems*, when it cannot be had."""
    try:
        return resolve(
            tunnel.password, root=host.root, owner=tunnel.name, environ=os.environ, warn=console.warn
        )
    except SpecError as error:
        problems += (_with_package(each, host) for each in error.diagnostics)
    return None


def _with_package(problem: Diagnostic, host: Host) -> Diagnostic:
    """*problem*, naming the distribution's package if a library is what is missing."""
    from pptpsetup.spec.keyrings import NO_LIBRARY

    package = host.profile.packages.keyring
    if problem.code != NO_LIBRARY or package is None:
        return problem
    return replace(problem, hint=f"{host.profile.install(package)}; {problem.hint}")


def from_file(path: str, console: Console) -> Secret:
    """The password in the file *path*; one newline at its end is not part of it.

    Raises SpecError.
    """
    return read_password_file(Path(path), console.warn)


def from_stdin() -> Secret:
    """The password on standard input, up to its end; one newline at the end is not part of it.

    Raises UsageError when that is a terminal, where it would be seen; SpecError when it cannot be a
    password.
    """
    if sys.stdin.isatty():
        raise UsageError(
            Diagnostic(
                "stdin-is-terminal",
                "--password-stdin wants a pipe or a file, and standard input is a terminal",
                hint="leave out --password-stdin to be asked without echo",
            )
        )
    return from_file_bytes(sys.stdin.buffer.read(_MOST), Where("standard input"))


def ask(login: str, server: str) -> Secret:
    """Ask on the terminal, without echo, once.

    Raises UsageError without a terminal, SpecError when the answer cannot be a password, KeyboardInterrupt.
    """
    try:
        terminal = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        raise _no_terminal() from None
    try:
        return from_file_bytes(_read_line(terminal, printable(f"Password for {login} at {server}: ")))
    finally:
        os.close(terminal)


def _read_line(terminal: int, prompt: str) -> bytes:
    import termios

    before = termios.tcgetattr(terminal)
    silent = [*before]
    silent[3] &= ~termios.ECHO
    try:
        # TCSAFLUSH: what was typed ahead, and shown, is not the password.
        termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
        os.write(terminal, prompt.encode())
        return os.read(terminal, _MOST)
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
        os.write(terminal, b"\n")


def _no_terminal() -> UsageError:
    return UsageError(
        Diagnostic(
            "no-terminal",
            "a password is needed and there is no terminal to ask on",
            hint="give it with --password-file FILE or --password-stdin",
        )
    )
