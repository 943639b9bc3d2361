"""From arguments to a parsed command, ours or one in the form of the Perl pptpsetup.

Options that every command has may stand before or after it.
"""

from __future__ import annotations

from pptpsetup.cli.commands import COMMANDS
from pptpsetup.cli.parser import Parser, command_parser, top_parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

LEGACY_ACTIONS = ("--create", "-c", "--delete")
"""What tells the forms of the Perl pptpsetup from ours."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command's namespace; ``run`` in it carries the command out.

    Raises UsageError, and SystemExit when ``--help`` or ``--version`` has been answered.
    """
    common, rest = _split(list(arguments))
    namespace = _strictly(top_parser(), common)
    if not rest:
        from pptpsetup.cli.mistakes import no_command

        raise no_command()
    if rest[0] in COMMANDS:
        return _strictly(command_parser(rest[0]), rest[1:], namespace)
    if rest[0].startswith("-"):
        return _parse_legacy(rest, namespace)
    from pptpsetup.cli.mistakes import unknown_command

    raise unknown_command(rest[0])


def _parse_legacy(rest: list[str], namespace: argparse.Namespace) -> argparse.Namespace:
    if any(each.partition("=")[0] in LEGACY_ACTIONS for each in rest):
        from pptpsetup.cli.legacy import parse as parse_legacy

        return parse_legacy(rest, namespace)
    from pptpsetup.cli.mistakes import unknown_arguments

    raise unknown_arguments("pptpsetup", rest[:1], (*top_parser().flags, *LEGACY_ACTIONS))


def _strictly(
    parser: Parser, arguments: list[str], namespace: argparse.Namespace | None = None
) -> argparse.Namespace:
    parse = parser.parse_known_intermixed_args if parser.intermixed else parser.parse_known_args
    parsed, unknown = parse(arguments, namespace)
    if unknown:
        from pptpsetup.cli.mistakes import unknown_arguments

        raise unknown_arguments(parser.prog, unknown, parser.flags)
    return parsed


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The common options at the front, and everything from the first other word on."""
    takes_value = ("--root", "--profile", "--color")
    position = 0
    while position < len(arguments):
        flag, equals, _ = arguments[position].partition("=")
        if flag in takes_value:
            position += 1 if equals else 2
        elif flag in ("--debug", "--help", "-h", "--version"):
            position += 1
        else:
            break
    return arguments[:position], arguments[position:]
