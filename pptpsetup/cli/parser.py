"""The parsers: argparse, but without abbreviations, and with mistakes as `UsageError`.

Only the module of the command that was given is imported.
"""

from __future__ import annotations

import argparse
import os

from pptpsetup import __version__
from pptpsetup.cli.commands import COMMANDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

COMMON_TITLE = "options of every command"

_EPILOG = """\
Exit status: 0 fine, 1 usage or internal error, 2 something differs (a tunnel is not
up, a file in the way), 3 a setting is invalid, 4 another pptpsetup is at work or a
change is on trial, 5 put back after a failure or a trial, 6 could not be put back,
7 needs root, 8 something is missing on this system, 130 interrupted.

The forms of the Perl pptpsetup work as well:
  pptpsetup --create TUNNEL --server HOST [--domain D] --username USER
            [--password P] [--encrypt] [--start]
  pptpsetup --delete TUNNEL

PPTP is broken cryptography: whoever records a tunnel can decrypt it.
"""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal; asked without ``shutil``, which argparse loads even if no help is shown."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    try:
        found = int(os.environ.get("COLUMNS") or os.get_terminal_size(1).columns)
    except (OSError, ValueError):
        found = 80
    return max(found, 22)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises UsageError instead of exiting."""

    def __init__(
        self,
        prog: str,
        *,
        usage: str | None = None,
        description: str | None = None,
        epilog: str | None = None,
    ) -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=_Formatter,
        )
        self.intermixed = False
        "Several words may stand before and behind options: `spec format --diff FILE`."

    @property
    def flags(self) -> tuple[str, ...]:
        """Every option that this parser knows."""
        return tuple(flag for action in self._actions for flag in action.option_strings)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError for what argparse found."""
        from pptpsetup.cli.mistakes import usage_error

        raise usage_error(self.prog, message)


def top_parser() -> Parser:
    """What stands before the command."""
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:<{width}}  {summary}" for name, (summary, _) in COMMANDS.items())
    parser = Parser(
        "pptpsetup",
        usage="pptpsetup [options] COMMAND …   (pptpsetup COMMAND --help tells more)",
        description=f"Set up, run and understand PPTP tunnels.\n\ncommands:\n{commands}",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"pptpsetup {__version__}")
    _add_common(parser, default=None)
    return parser


def command_parser(name: str) -> Parser:
    """The parser of command *name*, whose module is imported for it."""
    from importlib import import_module

    _, module_name = COMMANDS[name]
    module = import_module(f"pptpsetup.cli.commands.{module_name}")
    parser = Parser(
        f"pptpsetup {name}",
        usage=f"pptpsetup {name} {module.USAGE}",
        description=module.DESCRIPTION,
        epilog=module.EPILOG,
    )
    module.add_arguments(parser)
    parser.intermixed = getattr(module, "INTERMIXED", False)
    # Given before the command, they are in the namespace already: no default may overwrite them.
    _add_common(parser, default=argparse.SUPPRESS)
    parser.set_defaults(run=module.run)
    return parser


def _add_common(parser: Parser, *, default: object) -> None:
    group = parser.add_argument_group(COMMON_TITLE)
    group.add_argument(
        "--root",
        metavar="DIR",
        default=default,
        help="work on the system installed below DIR instead of the running one",
    )
    group.add_argument(
        "--profile",
        metavar="ID",
        default=default,
        help="use this distribution profile, by its id or by the path of its YAML file, "
        "instead of the one that fits",
    )
    group.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default=default,
        help="auto: on a terminal, unless NO_COLOR is set",
    )
    group.add_argument(
        "--debug", action="store_true", default=default, help="on an error, show where it arose"
    )
