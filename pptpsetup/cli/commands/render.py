"""``pptpsetup render``: what a spec needs as a tree of its own, for whoever builds images."""

from __future__ import annotations

import argparse

from pptpsetup.cli.options import add_spec
from pptpsetup.errors import ExitStatus

USAGE = "[-f PATH] [--output DIR | --tar FILE] [options]"
DESCRIPTION = """\
Write everything that the tunnels of a spec need on a distribution as a tree to be laid over
a system: a folder, or a tar file. Needs neither root nor such a system: --profile names the
distribution. The same spec, profile and version of pptpsetup give the same bytes wherever and
whenever it is done; every time in the tree is $SOURCE_DATE_EPOCH, or 0. Without --output and
--tar, only list what would be in it.

Files with passwords are left out, and named, unless --with-secrets asks for them. A file
that also belongs to others has the lines of both with --root DIR, and else ours alone: over a
system that has such a file, lay the tree with --root, or use `pptpsetup --root DIR apply`.
"""
EPILOG = """\
examples:
  pptpsetup render -f tunnels.yaml --profile debian --output overlay
  pptpsetup render -f tunnels.yaml --profile rhel --release 9 --tar - | gzip -n >tree.tar.gz
  pptpsetup --root /mnt/image render --with-engine --tar tree.tar && tar -xpf tree.tar -C /mnt/image
  pptpsetup render -f tunnels.yaml --profile suse --json    kind, mode, owner and SHA-256 of every file
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``render``."""
    add_spec(parser, "take the tunnels from this spec, not from the system's")
    parser.add_argument(
        "--release", metavar="VERSION", help="a release that the profile knows; by default the newest"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--output", metavar="DIR", help="write the tree below DIR, which is new or empty")
    form.add_argument("--tar", metavar="FILE", help="write the tree as a tar file; -: to standard output")
    parser.add_argument(
        "--replace", action="store_true", help="with --output: replace a tree that render has written there"
    )
    parser.add_argument(
        "--with-secrets",
        action="store_true",
        help="put the passwords in, from where the spec says; the tar file is for its owner alone",
    )
    parser.add_argument(
        "--with-engine",
        action="store_true",
        help="put the engine in, too, as /usr/lib/pptpsetup; it needs Python 3.10 or newer and nothing else",
    )
    parser.add_argument("--json", action="store_true", help="list as JSON (version 1)")


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``render`` out."""
    from pptpsetup.cli.console import Console
    from pptpsetup.cli.rendering import listing, listing_json, prepare, require_sensible, store

    require_sensible(args)
    console = Console(args.color)
    prepared = prepare(args, console)
    stored = store(args, prepared)
    if args.tar != "-":
        if args.json:
            from pptpsetup.cli.output import json_document

            json_document(listing_json(prepared))
        else:
            from pptpsetup.cli.output import data

            data(listing(prepared))
    for each in prepared.remarks(args):
        console.warn(each)
    console.say(stored)
    return ExitStatus.OK
