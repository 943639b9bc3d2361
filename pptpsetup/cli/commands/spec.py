"""``pptpsetup spec``: check a spec, bring it into its canonical form, print its schema."""

from __future__ import annotations

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_host, add_wait
from pptpsetup.errors import Diagnostic, ExitStatus, UsageError
from pptpsetup.invocation import command

USAGE = "check|format|schema [PATH …] [options]"
DESCRIPTION = """\
check: say everything that is wrong with a spec, each with its place, for this host and for
all those that its overrides tell apart. format: bring it into its canonical form: one order
of keys, one indentation; every comment stays, and nothing it means changes. schema: print
the JSON Schema by which editors complete and check a spec. A PATH is a file, a folder with
files, or - for standard input; without one, it is this host's own spec.
"""
EPILOG = """\
Exit status of check: 3 when the spec is invalid, 8 when it is valid and a distribution asked
about cannot carry it. Of format --check: 2 when there is something to format.

examples:
  pptpsetup spec check new.yaml --all-profiles
  pptpsetup spec format --diff
  pptpsetup spec schema > spec.schema.json
  pptpsetup spec schema --header spec.schema.json     the line for the top of a spec beside it
"""

INTERMIXED = True
_OF = {"all_profiles": "check", "json": "check", "host": "check", "check": "format", "diff": "format"}
_OF["header"] = "schema"
"Which action an option belongs to."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The words and options of ``spec``."""
    parser.add_argument(
        "action", metavar="check|format|schema", choices=("check", "format", "schema"), help="what to do"
    )
    parser.add_argument("paths", metavar="PATH", nargs="*", default=[], help="a spec")
    check = parser.add_argument_group("of check")
    check.add_argument(
        "--all-profiles",
        action="store_true",
        default=None,
        help="say what a distribution cannot carry, too; with --profile ID: that one",
    )
    add_host(check)
    check.add_argument("--json", action="store_true", default=None, help="print JSON (version 1)")
    group = parser.add_argument_group("of format")
    form = group.add_mutually_exclusive_group()
    form.add_argument(
        "--check", action="store_true", default=None, help="name the files that would change; write nothing"
    )
    form.add_argument(
        "--diff", action="store_true", default=None, help="show the lines that would change; write nothing"
    )
    add_wait(group)
    parser.add_argument_group("of schema").add_argument(
        "--header",
        metavar="FILE",
        help="print the line that lets an editor find the schema in FILE, a path or URL",
    )


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``spec`` out."""
    for name, action in _OF.items():
        if getattr(args, name) is not None and action != args.action:
            message = f"--{name.replace('_', '-')} belongs to spec {action}"
            raise UsageError(Diagnostic("usage", message, hint=command("spec --help")))
    if args.action == "schema":
        return _schema(args)
    console = Console(args.color)
    if args.action == "format":
        from pptpsetup.cli.formatting import Options, format_specs

        options = Options(check=bool(args.check), diff=bool(args.diff), wait=args.wait, color=args.color)
        return format_specs(Host(args), args.paths, console, options)
    from pptpsetup.cli.checking import check_specs

    return check_specs(args, console)


def _schema(args: argparse.Namespace) -> ExitStatus:
    if args.paths:
        raise UsageError(Diagnostic("usage", "schema takes no PATH", hint=command("spec schema > FILE")))
    from pptpsetup.cli.output import data, json_document

    if args.header is not None:
        data(f"# yaml-language-server: $schema={args.header}")
        return ExitStatus.OK
    from pptpsetup.spec.reference import schema

    json_document(schema())
    return ExitStatus.OK
