"""Specs in their canonical form: written, or only shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext

from pptpengine.record import dataclass, replace
from pptpsetup.change.entry import FileEntry
from pptpsetup.change.lock import lock
from pptpsetup.change.manifest import load_manifest, manifest_path
from pptpsetup.change.system import RealSystem
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.sources import STDIN_NAME, spec_files
from pptpsetup.errors import Diagnostic, DifferentError, ExitStatus, UsageError, Where
from pptpsetup.invocation import command
from pptpsetup.render.places import CONFIGURATION
from pptpsetup.rootfs import inside
from pptpsetup.spec.canonical import canonical
from pptpsetup.spec.files import File, files_of
from pptpsetup.spec.gather import check_values


@dataclass(frozen=True, slots=True)
class Options:
    """How to do it."""

    check: bool
    diff: bool
    wait: float
    color: str | None

    @property
    def writes(self) -> bool:
        return not (self.check or self.diff)


def format_specs(host: Host, paths: Sequence[str], console: Console, options: Options) -> ExitStatus:
    """Format the specs at *paths*, or the host's own.

    The host's files are changed only while nobody else changes the host. Raises SpecError with everything
    that is wrong in them, and nothing is written then; LockedError; DifferentError when a file was changed
    meanwhile; OSError.
    """
    if options.writes and not paths:
        host.require_root()
    own = not paths or any(_is_own(host, each) for each in paths)
    held = lock(host.root, "spec format", options.wait) if own and options.writes else nullcontext()
    with held:
        if own and options.writes:
            _finish_undo(host, console)
        files = _files(host, paths)
        check_values(files)
        made = [replace(each, text=canonical(each.text, each.file)) for each in files]
        pairs = [(old, new) for old, new in zip(files, made, strict=True) if old.text != new.text]
        if options.diff:
            _show(pairs, options.color)
            return ExitStatus.OK
        if options.check:
            return _tell(pairs, console)
        if paths:
            _write(pairs)
        else:
            _write_own(host, pairs)
    sys.stdout.writelines(each.text for each in made if each.file == STDIN_NAME)
    for old, _ in pairs:
        if old.file != STDIN_NAME:
            console.say(f"{old.file} formatted")
    if not pairs:
        console.say("nothing to do: in canonical form")
    return ExitStatus.OK


def _finish_undo(host: Host, console: Console) -> None:
    """What a change that was cut short has made of the files is not theirs to keep, in whatever form."""
    from pptpsetup.change.transaction import recover

    recovery = recover(host.system)
    if recovery is not None:
        console.say(recovery.message)


def _is_own(host: Host, path: str) -> bool:
    directory = os.path.realpath(inside(host.root, CONFIGURATION))
    return f"{os.path.realpath(path)}/".startswith(f"{directory}/")


def _files(host: Host, paths: Sequence[str]) -> list[File]:
    if paths:
        return [file for path in paths for file in spec_files(path)]
    found = host.spec_bytes()
    if not found:
        message = "there is no spec on this host"
        hint = f"name one: {command('spec format FILE')}"
        raise UsageError(Diagnostic("spec-missing", message, Where(host.shown(CONFIGURATION)), hint=hint))
    return list(files_of(found, host.shown(CONFIGURATION)))


def _show(pairs: Iterable[tuple[File, File]], color: str | None) -> None:
    from difflib import unified_diff

    from pptpsetup.cli.planning import show_lines

    for old, new in pairs:
        before, after = old.text.splitlines(), new.text.splitlines()
        show_lines(tuple(unified_diff(before, after, old.file, new.file, lineterm="")), color)


def _tell(pairs: Sequence[tuple[File, File]], console: Console) -> ExitStatus:
    from pptpsetup.cli.output import data

    for old, _ in pairs:
        data(old.file)
    if pairs:
        console.say(f"{len(pairs)} not in canonical form; {command('spec format')} changes that")
        return ExitStatus.DIFFERENT
    console.say("in canonical form")
    return ExitStatus.OK


def _write(pairs: Iterable[tuple[File, File]]) -> None:
    for old, new in pairs:
        if old.file != STDIN_NAME:
            _replace(RealSystem(), os.path.realpath(old.file), old, new)


def _write_own(host: Host, pairs: Sequence[tuple[File, File]]) -> None:
    """The host's own: what was applied means the same in its new form, and is known by that from now on."""
    system = host.system
    for old, new in pairs:
        _replace(system, system.resolve(f"{CONFIGURATION}/{old.name}"), old, new)
    manifest = load_manifest(system)
    applied = {new.name: new.text for old, new in pairs if manifest.texts.get(old.name) == old.text}
    place = system.resolve(manifest_path())
    entry = system.read(place)
    if applied and isinstance(entry, FileEntry):
        system.put(place, replace(entry, content=manifest.reworded(applied).encode()))


def _replace(system: RealSystem, path: str, old: File, new: File) -> None:
    """Write *new* in place of *old*, with its owner, mode and labels; a link stays."""
    found = system.read(path)
    if not isinstance(found, FileEntry) or found.content != old.text.encode():
        message = f"{old.file} was changed by another program in the meantime; it was kept"
        hint = "repeat the command"
        raise DifferentError(Diagnostic("changed-meanwhile", message, Where(old.file), hint=hint))
    system.put(path, replace(found, content=new.text.encode()))
