"""From a spec and a distribution to a tree in a folder or a tar file, and what is told about it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pptpengine.record import dataclass, replace
from pptpsetup.change.archive import tar, write_folder
from pptpsetup.change.manifest import Manifest
from pptpsetup.change.overlay import VERSION, Overlay, overlay
from pptpsetup.change.provision import desired
from pptpsetup.cli.host import Host
from pptpsetup.cli.password import fetched
from pptpsetup.distro.engine import HOME, expected_place
from pptpsetup.distro.standing import advice, require_usable
from pptpsetup.errors import Diagnostic, UsageError
from pptpsetup.invocation import command
from pptpsetup.render.artifact import Access, Artifact, DirectoryArtifact, FileArtifact
from pptpsetup.render.carry import cautions
from pptpsetup.render.programs import programs_of
from pptpsetup.render.target import Target
from pptpsetup.resources import engine_main
from pptpsetup.spec.document import Document
from pptpsetup.spec.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pptpsetup.cli.console import Console
    from pptpsetup.distro.detect import Detection
    from pptpsetup.distro.engine import EnginePlace
    from pptpsetup.distro.facts import Facts
    from pptpsetup.spec.model import Spec

_COMPRESSED = (".gz", ".tgz", ".xz", ".txz", ".bz2", ".tbz2", ".zst")
_LAST_EPOCH = 0o77777777777
"What a tar header can hold without a pax record."
_STAND_IN = Secret("password")
"For passwords that are left out: what is written besides does not depend on them."


@dataclass(frozen=True, slots=True)
class Prepared:
    """A tree, and what it was made for."""

    tree: Overlay
    detection: Detection
    facts: Facts
    mtime: int
    warnings: tuple[Diagnostic, ...]

    def remarks(self, args: argparse.Namespace) -> tuple[Diagnostic, ...]:
        """What whoever uses the tree must know."""
        found = [*self.warnings]
        if self.tree.left_out:
            found.append(_left_out(self.tree.left_out))
        if self.tree.alone and args.root is None:
            found.append(_alone(self.tree.alone, self.detection.profile.id))
        engine = self.facts.engine
        if engine and engine.missing and not args.with_engine and self.detection.profile.uci is None:
            found.append(_engine(engine))
        return tuple(found)


def require_sensible(args: argparse.Namespace) -> None:
    """Raises UsageError for options that cannot be meant together."""
    if args.replace and args.output is None:
        raise _usage("--replace is for --output", "add --output DIR, or leave out --replace")
    if args.release is not None and args.root is not None:
        raise _usage("below --root, the system itself tells its release", "leave out --release")
    if args.tar == "-" and args.json:
        raise _usage("standard output cannot hold the tar file and JSON", "name a file with --tar")
    if args.tar == "-" and sys.stdout.isatty():
        raise _usage("a tar file is nothing for a terminal", "--tar FILE, or --tar - | tar -tv")
    if args.tar is not None and args.tar.endswith(_COMPRESSED):
        from shlex import quote

        raise UsageError(
            Diagnostic(
                "tar-compressed",
                f"{args.tar} would have to be compressed",
                why="what a compressor writes depends on its version; the same tree shall be the same bytes",
                hint=f"{command('render … --tar -')} | gzip -n >{quote(args.tar)}",
            )
        )


def prepare(args: argparse.Namespace, console: Console) -> Prepared:
    """The tree that *args* ask for. Nothing is written.

    Raises what reading the spec, rendering and `overlay` raise; UsageError for *args* and a faulty
    $SOURCE_DATE_EPOCH.
    """
    mtime = _epoch(os.environ.get("SOURCE_DATE_EPOCH"))
    host = Host(args)
    document = _document(host)
    detection, facts = _system(args, host)
    if args.with_engine:
        facts = replace(facts, launcher=False, engine=expected_place(detection.python))
    tunnels = [each for each in document.spec.tunnels if each.is_set_up and not each.systemd_has_password]
    passwords = fetched(tunnels, host, console) if args.with_secrets else _stand_ins(document.spec)
    programs = programs_of(facts)
    artifacts = desired(document, Manifest(), detection.profile, facts, passwords, programs=programs)
    if args.with_engine:
        artifacts = (*artifacts, *_engine_files())
    base = None if host.live else host.system
    tree = overlay(artifacts, base, spec=document.texts, with_secrets=args.with_secrets)
    warnings = (
        *advice(detection, live=False),
        *cautions(document.spec.tunnels, Target(detection.profile, facts, programs)),
    )
    return Prepared(tree, detection, facts, mtime, warnings)


def store(args: argparse.Namespace, prepared: Prepared) -> str:
    """Write the tree where *args* say; what there is to say about it. Raises DifferentError, OSError."""
    members = prepared.tree.members
    count = sum(each.kind != "directory" for each in members)
    if args.output is not None:
        write_folder(Path(args.output), members, prepared.mtime, replace=args.replace)
        return f"{count} files written below {args.output}; their owners are in the list"
    if args.tar is None:
        return "nothing was written; --output DIR or --tar FILE writes it"
    content = tar(members, prepared.mtime)
    if args.tar == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return f"{count} files written to standard output"
    _write_file(Path(args.tar), content, secret=any(each.secret for each in members))
    return f"{count} files written to {args.tar}"


def listing(prepared: Prepared) -> str:
    """A line for each thing in the tree: kind, mode, owner, path."""
    from pptpsetup.cli.words import table

    rows = [("KIND", "MODE", "OWNER", "PATH")]
    for each in prepared.tree.members:
        arrow = f" -> {each.target}" if each.target else ""
        owner = f"{each.access.owner or each.uid}:{each.access.group or each.gid}"
        rows.append((each.kind, f"{each.access.mode:04o}", owner, f"{each.path}{arrow}"))
    return table(rows)


def listing_json(prepared: Prepared) -> dict[str, object]:
    """Version 1 of the list."""
    release, engine = prepared.detection.release, prepared.facts.engine
    return {
        "version": VERSION,
        "profile": prepared.detection.profile.id,
        "release": None if release is None else release.first,
        "mtime": prepared.mtime,
        "engine": None if engine is None else {"python": engine.python, "main": engine.main},
        "members": [each.to_json() for each in prepared.tree.members],
        "left_out": list(prepared.tree.left_out),
    }


def _document(host: Host) -> Document:
    from pptpsetup.cli.planning import require_spec

    require_spec(host)
    return host.given_spec or host.spec_file() or host.empty_document()


def _system(args: argparse.Namespace, host: Host) -> tuple[Detection, Facts]:
    """The system below --root as it is; else one as the profile describes it, whatever this machine has."""
    if not host.live:
        return host.detection, host.facts
    from pptpsetup.distro.detect import Detection, detect, named
    from pptpsetup.distro.expectation import expected

    if args.profile is None:
        found = detect(Path("/"))
    else:
        profile = named(args.profile)
        found = Detection(profile, profile.nearest_release(""))
    if args.release is not None:
        release = found.profile.release(args.release)
        if release is None:
            known = ", ".join(each.title for each in found.profile.releases) or "none: it has no releases"
            message = f"{found.profile.name} has no release {args.release} that this pptpsetup knows"
            raise UsageError(Diagnostic("release-unknown", message, hint=f"known are {known}"))
        found = Detection(found.profile, release)
    require_usable(found, live=False)
    return found, expected(found.profile, found.release)


def _stand_ins(spec: Spec) -> Mapping[str, Secret]:
    return {each.name: _STAND_IN for each in spec.tunnels}


def _engine_files() -> tuple[Artifact, ...]:
    """The engine's folder: Python files and nothing else."""
    folder = engine_main().parent
    files = sorted(folder.rglob("*.py"))
    inner = {str(each.parent.relative_to(folder)) for each in files} - {"."}
    places = {str(Path(HOME).parent), HOME, *(f"{HOME}/{each}" for each in inner)}
    directory, plain = Access("root", "root", 0o755), Access("root", "root", 0o644)
    return (
        *(DirectoryArtifact(each, directory) for each in sorted(places)),
        *(FileArtifact(f"{HOME}/{each.relative_to(folder)}", each.read_bytes(), plain) for each in files),
    )


def _write_file(path: Path, content: bytes, *, secret: bool) -> None:
    """Whole or not at all; with a password in it for its owner alone from the start.

    Raises UsageError for what is no file: /dev/null would not be the null device any more.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        hint = "name a file, or write to standard output: --tar -"
        raise UsageError(Diagnostic("tar-not-a-file", f"{path} is not a file", hint=hint))
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    mode = 0o600 if secret else 0o644
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _epoch(text: str | None) -> int:
    """Raises UsageError unless it is a number of seconds."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= _LAST_EPOCH):
        raise _usage(
            f"SOURCE_DATE_EPOCH is {text!r}, and not a number of seconds", "export SOURCE_DATE_EPOCH=0"
        )
    return int(text)


def _left_out(paths: tuple[str, ...]) -> Diagnostic:
    return Diagnostic(
        "secrets-left-out",
        f"left out, for the passwords in them: {', '.join(paths)}",
        hint="--with-secrets puts them in; so does, on the system itself, pptpsetup apply",
    )


def _alone(paths: tuple[str, ...], profile: str) -> Diagnostic:
    return Diagnostic(
        "shared-alone",
        f"these also belong to others, and have only our lines here: {', '.join(paths)}",
        why="laid over a system that has them, the tree would replace what others have there",
        hint=f"with --root DIR (and --profile {profile}) our lines are put into those of the system in DIR",
    )


def _engine(engine: EnginePlace) -> Diagnostic:
    return Diagnostic(
        "engine-needed",
        f"the files name {engine.main}, to be run by {engine.python}",
        why="the engine is what dials, and releases routes, whatever starts the tunnel",
        hint="--with-engine puts it into the tree; Python must be 3.10 or newer",
    )


def _usage(message: str, hint: str) -> UsageError:
    return UsageError(Diagnostic("usage", message, hint=hint))
