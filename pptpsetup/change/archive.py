"""A tree as a tar file, or as a folder: the same bytes, whoever makes it, where and when."""

import io
import os
import shutil
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from pptpsetup.change.manifest import decode_manifest, manifest_path
from pptpsetup.change.overlay import Member
from pptpsetup.errors import Diagnostic, DifferentError, PptpsetupError, Where

_TYPES = {"link": tarfile.SYMTYPE, "directory": tarfile.DIRTYPE}


def tar(members: Iterable[Member], mtime: int) -> bytes:
    """*members*, which are sorted, as a tar file in the format of POSIX.1-2001 (pax); every time is *mtime*.

    Owners are there as numbers and, where they are known, as names.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8") as archive:
        for each in members:
            archive.addfile(_header(each, mtime), io.BytesIO(each.content))
    return buffer.getvalue()


def _header(member: Member, mtime: int) -> tarfile.TarInfo:
    found = tarfile.TarInfo(member.path.lstrip("/"))
    found.type = _TYPES.get(member.kind, tarfile.REGTYPE)
    found.size = len(member.content)
    found.mode = member.access.mode
    found.mtime = mtime
    found.uid, found.gid = member.uid, member.gid
    found.uname, found.gname = member.access.owner, member.access.group
    found.linkname = member.target
    return found


def write_folder(folder: Path, members: Sequence[Member], mtime: int, *, replace: bool = False) -> None:
    """*members* below *folder*, which is made, or is empty, or, with *replace*, was written so before.

    Modes are as declared, owners are whoever this is. Raises DifferentError ``folder-not-empty`` or
    ``folder-not-ours``; OSError, with nothing left of what was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        if not replace:
            hint = "name another folder, or give --replace for one that render has written"
            raise DifferentError(
                Diagnostic("folder-not-empty", "the folder is not empty", Where(str(folder)), hint=hint)
            )
        _require_ours(folder)
    _clear(folder)
    try:
        _write(folder, members, mtime)
    except BaseException:
        _clear(folder)
        raise


def _write(folder: Path, members: Sequence[Member], mtime: int) -> None:
    directories: dict[Path, int] = {}
    for each in members:
        place = folder / each.path.lstrip("/")
        for above in reversed(place.relative_to(folder).parents[:-1]):
            if folder / above not in directories:
                (folder / above).mkdir(mode=0o700)
                directories[folder / above] = 0o755
        if each.kind == "directory":
            if place not in directories:
                place.mkdir(mode=0o700)
            directories[place] = each.access.mode
        elif each.kind == "link":
            place.symlink_to(each.target)
            os.utime(place, (mtime, mtime), follow_symlinks=False)
        else:
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(each.content)
                os.fchmod(descriptor, each.access.mode)
            os.utime(place, (mtime, mtime))
    # Last and from below: what is put into a directory changes its time, and its mode may forbid it.
    for place, mode in sorted(directories.items(), reverse=True):
        place.chmod(mode)
        os.utime(place, (mtime, mtime))
    os.utime(folder, (mtime, mtime))


def _clear(folder: Path) -> None:
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


def _require_ours(folder: Path) -> None:
    """Every file and link must be listed in the tree's own list of what is ours."""
    listing = manifest_path()
    known = {listing}
    try:
        content = (folder / listing.lstrip("/")).read_bytes()
        known |= decode_manifest(content, listing).entries.keys()
    except (OSError, PptpsetupError):
        known.clear()
    strange = [
        f"/{each.relative_to(folder)}"
        for each in sorted(folder.rglob("*"))
        if each.is_symlink() or not each.is_dir()
    ]
    strange = [each for each in strange if each not in known]
    if strange:
        message = f"the folder has something in it that render has not written: {strange[0]}"
        raise DifferentError(
            Diagnostic("folder-not-ours", message, Where(str(folder)), hint="name another folder")
        )
