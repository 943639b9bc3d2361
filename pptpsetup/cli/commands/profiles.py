"""``pptpsetup profiles``: the distributions that are known, what is known of them, and whether a file of
one's own is right."""

import argparse
from pathlib import Path

from pptpsetup.errors import Diagnostic, ExitStatus, UsageError
from pptpsetup.invocation import command

USAGE = "[show ID | check FILE] [options]"
DESCRIPTION = """\
List the distribution profiles: who starts tunnels on each system, by first choice, and which
pppd it has. "show ID" prints everything a profile says, as YAML, and under "unverified" what
nobody has seen; "check FILE" reads a profile of your own and names every fault with its place.
"""
EPILOG = """\
Exit status 3 when a checked profile has a fault.

examples:
  pptpsetup profiles show debian > mine.yaml     begin a profile of your own
  pptpsetup profiles check mine.yaml
  pptpsetup --profile ./mine.yaml create work --server vpn.example.com --username tom
"""

_ARGUMENT = {"show": "ID", "check": "FILE"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The words and options of ``profiles``."""
    parser.add_argument(
        "action", metavar="show|check", nargs="?", choices=tuple(_ARGUMENT), help="what to do; else list all"
    )
    parser.add_argument("which", metavar="ID|FILE", nargs="?", help="the profile to show, the file to check")
    parser.add_argument("--json", action="store_true", help="print JSON (version 1)")


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``profiles`` out."""
    if args.action is None:
        _list(args)
        return ExitStatus.OK
    if args.which is None:
        argument = _ARGUMENT[args.action]
        message = f"profiles {args.action} needs {argument}"
        raise UsageError(
            Diagnostic("usage", message, hint=command(f"profiles {args.action} {_example(args.action)}"))
        )
    if args.action == "check":
        _check(args)
    else:
        _show(args)
    return ExitStatus.OK


def _example(action: str) -> str:
    return "debian" if action == "show" else "mine.yaml"


def _list(args: argparse.Namespace) -> None:
    from pptpsetup.cli.output import data, json_document
    from pptpsetup.cli.profile_views import pppd_range, summary_json
    from pptpsetup.cli.words import table
    from pptpsetup.distro.catalogue import load_profile, profile_ids
    from pptpsetup.distro.kinds import Standing

    profiles = [load_profile(each) for each in profile_ids()]
    if args.json:
        json_document({"version": 1, "profiles": [summary_json(each) for each in profiles]})
        return
    rows = [("ID", "NAME", "STANDING", "INIT", "PPPD")]
    for each in profiles:
        # The first choice; all of them, and the hooks, would not fit into 80 columns.
        known = (each.init[0].kind.value if each.init else "manual", pppd_range(each))
        refused = each.standing is Standing.REFUSED
        rows.append((each.id, each.name, each.standing.value, *(("", "") if refused else known)))
    data(table(rows))


def _show(args: argparse.Namespace) -> None:
    from pptpsetup.cli.output import data, json_document
    from pptpsetup.cli.profile_views import profile_json, profile_yaml
    from pptpsetup.distro.detect import named

    profile = named(args.which)
    if args.json:
        json_document({"version": 1, "profile": profile_json(profile)})
    else:
        data(profile_yaml(profile))


def _check(args: argparse.Namespace) -> None:
    from pptpsetup.cli.output import data, json_document
    from pptpsetup.distro.catalogue import check_file

    profile = check_file(Path(args.which))
    if args.json:
        json_document({"version": 1, "file": args.which, "id": profile.id, "ok": True})
    else:
        data(f"{args.which}: OK, the profile {profile.id} ({profile.name})")
