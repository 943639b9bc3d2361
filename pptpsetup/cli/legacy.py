"""The forms of the Perl pptpsetup 0.03, translated into ours.

All that its manual page promises holds: ``--create TUNNEL`` writes the whole configuration anew, so what is
not given is taken out; the password is asked for when it is missing; encryption is required only with
``--encrypt``.
"""

from __future__ import annotations

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.parser import Parser, command_parser
from pptpsetup.errors import Diagnostic, UsageError, Where
from pptpsetup.invocation import program
from pptpsetup.spec.secret import from_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_USAGE = """\
pptpsetup --create TUNNEL --server HOST [--domain D] --username USER
                 [--password P] [--encrypt] [--start]
       pptpsetup --delete TUNNEL"""


def parse(arguments: Sequence[str], namespace: argparse.Namespace) -> argparse.Namespace:
    """The namespace of our own command that *arguments* ask for; *namespace* has the options before them.

    Raises UsageError and SpecError; SystemExit when ``--help`` has been answered.
    """
    parser = legacy_parser()
    given, unknown = parser.parse_known_args(list(arguments), argparse.Namespace(**vars(namespace)))
    if unknown:
        from pptpsetup.cli.mistakes import unknown_arguments

        raise unknown_arguments("pptpsetup", unknown, parser.flags)
    if given.create is not None and given.delete is not None:
        message = "--create and --delete exclude each other"
        raise UsageError(Diagnostic("usage", message, hint="give one of them"))
    name, words = (
        ("create", _create_words(given)) if given.create is not None else ("delete", _delete_words(given))
    )
    parsed = command_parser(name).parse_args(words, _common_of(given))
    if name == "create":
        _complete(parsed, given)
    return parsed


def legacy_parser() -> Parser:
    """The options that the Perl pptpsetup documents."""
    parser = Parser("pptpsetup", usage=_USAGE, description="The forms of the Perl pptpsetup.")
    parser.add_argument("-c", "--create", metavar="TUNNEL", help="create the tunnel, or write it anew")
    parser.add_argument("--delete", metavar="TUNNEL", help="remove the tunnel")
    parser.add_argument("-s", "--server", metavar="HOST", help="address or name of the server")
    parser.add_argument("-d", "--domain", metavar="D", help="the authentication domain")
    parser.add_argument("-u", "--username", metavar="USER", help="the user name")
    parser.add_argument("-p", "--password", metavar="P", help="the password; asked for when missing")
    parser.add_argument("-e", "--encrypt", action="store_true", help="require 128-bit encryption")
    parser.add_argument("--start", action="store_true", help="bring the tunnel up afterwards")
    for flag in ("--root", "--profile", "--color"):
        parser.add_argument(flag, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def _create_words(given: argparse.Namespace) -> list[str]:
    # As one word each, so that no value is taken for an option.
    values = {"--server": given.server, "--domain": given.domain, "--username": given.username}
    words = [f"{flag}={value}" for flag, value in values.items() if value is not None]
    words.append("--encrypt" if given.encrypt else "--no-encrypt")
    if given.start:
        words.append("--start")
    return [*words, "--", given.create]


def _delete_words(given: argparse.Namespace) -> list[str]:
    extra = [
        flag for flag in ("server", "domain", "username", "password") if getattr(given, flag) is not None
    ]
    extra += [flag for flag in ("encrypt", "start") if getattr(given, flag)]
    if extra:
        message = f"--delete goes without --{' --'.join(extra)}"
        raise UsageError(Diagnostic("usage", message, hint=f"{program()} --delete {given.delete}"))
    return ["--", given.delete]


def _complete(parsed: argparse.Namespace, given: argparse.Namespace) -> None:
    """What the Perl tool does and our options cannot say."""
    console = Console(given.color)
    parsed.reset = True
    if given.password is None:
        parsed.ask_password = True
    else:
        parsed.password = from_text(given.password, Where("--password"))
        console.warn(
            Diagnostic(
                "password-in-arguments",
                "every user of this machine can read this password while the command runs (ps)",
                hint="leave out --password to be asked for it",
            )
        )
    if not given.encrypt:
        console.warn(
            Diagnostic(
                "no-encryption",
                f"without --encrypt the tunnel {given.create} does not require encryption",
                why="everything sent through it may be read on the way",
                hint="add --encrypt, which most servers support",
            )
        )


def _common_of(given: argparse.Namespace) -> argparse.Namespace:
    names = ("root", "profile", "color", "debug")
    return argparse.Namespace(**{name: getattr(given, name, None) for name in names})
