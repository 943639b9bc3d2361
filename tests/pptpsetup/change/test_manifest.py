"""The list of what is ours is trusted completely or not at all."""

import pytest

from pptpsetup.change.entry import DirEntry, Entry, FileEntry
from pptpsetup.change.manifest import STATE_DIR, Manifest, Owned, load_manifest, manifest_path
from pptpsetup.change.memory import MemorySystem
from pptpsetup.errors import PptpsetupError, PrivilegeError
from tests.pptpsetup.change.scene import Observed, provision, tunnel

ENTRIES = {
    "/etc/b": Owned("shared", grammar="ppp-secrets", created=True, secret=True),
    "/etc/a": Owned("file", sha256="00ff", user_owned=True),
    "/etc/c": Owned("link", target="../a"),
    "/etc": Owned("directory"),
}


def system_with(content: bytes) -> MemorySystem:
    entries: dict[str, Entry] = {path: DirEntry(0, 0, 0o700) for path in ("/var", "/var/lib", STATE_DIR)}
    return MemorySystem({**entries, manifest_path(): FileEntry(content, 0, 0, 0o600)})


def test_it_reads_back_what_it_wrote() -> None:
    """And equal manifests have equal bytes, whatever the order."""
    manifest = Manifest(ENTRIES)
    assert load_manifest(system_with(manifest.encode())) == manifest
    assert Manifest(dict(reversed(ENTRIES.items()))).encode() == manifest.encode()
    assert "/etc/a" in manifest


def test_no_file_is_an_empty_manifest() -> None:
    assert load_manifest(MemorySystem()) == Manifest()


def test_it_is_private_in_a_private_directory() -> None:
    system = MemorySystem(groups={"root": 0, "dip": 30})
    provision(tunnel("work"), system)
    assert system.read(STATE_DIR) == DirEntry(0, 0, 0o700)
    entry = system.read(manifest_path())
    assert isinstance(entry, FileEntry)
    assert (entry.uid, entry.gid, entry.mode) == (0, 0, 0o600)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        (b'{"version": 1, "entries": {"/etc', "it is not JSON"),
        (b"[]", "its version is None"),
        (b'{"version": 2, "entries": {}}', "its version is 2; this pptpsetup reads version 1"),
        (b'{"version": 1}', "an entry in it is not one of ours"),
        (b'{"version": 1, "entries": []}', "an entry in it is not one of ours"),
        (b'{"version": 1, "entries": {"/a": {}}}', "an entry in it is not one of ours"),
        (b'{"version": 1, "entries": {"/a": {"kind": "other"}}}', "an entry in it is not one of ours"),
        (
            b'{"version": 1, "entries": {"/a": {"kind": "file", "sha256": 1}}}',
            "an entry in it is not one of ours",
        ),
        (
            b'{"version": 1, "entries": {"/a": {"kind": "file", "secret": "no"}}}',
            "an entry in it is not one of ours",
        ),
        (
            b'{"version": 1, "entries": {"/a": {"kind": "file", "new": 1}}}',
            "an entry in it is not one of ours",
        ),
    ],
)
def test_a_damaged_one_is_refused_with_the_way_out(content: bytes, why: str) -> None:
    """What is not understood is not half-used: that could remove what is not ours."""
    with pytest.raises(PptpsetupError) as caught:
        load_manifest(system_with(content))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "manifest-unreadable"
    assert why in (diagnostic.why or "")
    assert f"mv {manifest_path()} {manifest_path()}.damaged" in (diagnostic.hint or "")


@pytest.mark.parametrize(("number", "kind"), [(13, PrivilegeError), (5, PptpsetupError)])
def test_one_that_cannot_be_read(number: int, kind: type[PptpsetupError]) -> None:
    system = Observed(MemorySystem(), lambda *_: None)

    def refuse(path: str) -> Entry | None:
        raise OSError(number, "refused", path)

    system.read = refuse
    with pytest.raises(kind):
        load_manifest(system)
