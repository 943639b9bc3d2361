"""``pptpsetup policy``: sources of SELinux and AppArmor policies for the engine; nothing is installed."""

from __future__ import annotations

import argparse

from pptpsetup.errors import ExitStatus
from pptpsetup.invocation import command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from pptpsetup.render.policy import PolicyFile

USAGE = "{selinux,apparmor} [options]"
DESCRIPTION = """\
Print a policy that lets the bundled engine do what it does, and nothing else, on a system with
SELinux, or that confines it with AppArmor. With --output, write the files, and print the
commands that build and load them. Nothing is installed.
"""
EPILOG = """\
SELinux needs it: the policies of distributions do not let pppd start a PPTP client in Python.
AppArmor does not: without a profile the engine is not confined, and works.

examples:
  pptpsetup policy selinux --output pptp-policy >load.sh && less load.sh && sh -e load.sh
  pptpsetup create work      then has the tunnel use the launcher that came with the policy
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``policy``."""
    parser.add_argument(
        "system", metavar="SYSTEM", choices=("selinux", "apparmor"), help="selinux or apparmor"
    )
    parser.add_argument(
        "--output", metavar="DIR", help="write the files there, and print what to do with them"
    )


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``policy`` out."""
    from pptpsetup.render import policy
    from pptpsetup.render.programs import installed

    programs = installed()
    if args.system == "selinux":
        files, commands = policy.selinux(programs), policy.selinux_commands
    else:
        files, commands = policy.apparmor(programs, policy.running()), policy.apparmor_commands
    from pptpsetup.cli.console import Console
    from pptpsetup.cli.output import data

    console = Console(args.color)
    if args.output is None:
        print("\n".join(f"# ---- {each.name} ----\n{each.text}" for each in files), end="")
        console.say("nothing was written; --output DIR writes the files and says how to load them")
        return ExitStatus.OK
    from pathlib import Path

    _write(Path(args.output), files)
    console.say(f"written to {args.output}: {', '.join(each.name for each in files)}")
    console.say("nothing was installed; these commands do that, as root:")
    data(commands(args.output))
    console.say(f"then, for each tunnel: {command('create NAME')}, and stop and start it")
    return ExitStatus.OK


def _write(directory: Path, files: tuple[PolicyFile, ...]) -> None:
    """Each whole or not at all; a file that says something else is left alone, and then none is written.

    Raises DifferentError, OSError.
    """
    import os

    from pptpsetup.change.system import FileEntry, RealSystem
    from pptpsetup.errors import Diagnostic, DifferentError

    directory.mkdir(parents=True, exist_ok=True)
    absent = []
    for each in files:
        path = directory / each.name
        if not path.exists() and not path.is_symlink():
            absent.append(each)
        elif path.read_bytes() != each.text.encode():
            raise DifferentError(
                Diagnostic(
                    "file-in-the-way",
                    f"{path} is there already and is different",
                    why="it may have been edited, or be of another version of pptpsetup or Python",
                    hint="remove it, or name another directory",
                )
            )
    for each in absent:
        mode = 0o755 if each.executable else 0o644
        entry = FileEntry(each.text.encode(), os.geteuid(), os.getegid(), mode)
        RealSystem().put(os.path.realpath(directory / each.name), entry)
