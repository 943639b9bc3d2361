"""The real files: atomic, private while half-written, never outside the root; memory behaves the same."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pptpsetup.change.beneath import Directories, follow, parts_of
from pptpsetup.change.entry import DirEntry, Entry, FileEntry, LinkEntry, OtherEntry, same
from pptpsetup.change.memory import MemorySystem
from pptpsetup.change.ondisk import temporary_name
from pptpsetup.change.system import RealSystem, System, read_bytes
from pptpsetup.errors import UnsupportedError
from tests.pptpsetup.change.scene import ROOT_GID, ROOT_UID, at_call, count_calls, failing_at, make_host
from tests.support import need_root


def file(content: bytes = b"x", mode: int = 0o644) -> FileEntry:
    return FileEntry(content, ROOT_UID, ROOT_GID, mode)


def folder(mode: int = 0o755) -> DirEntry:
    return DirEntry(ROOT_UID, ROOT_GID, mode)


# --- what every system promises


@pytest.fixture(params=["real", "memory", "memory over real"])
def system(request: pytest.FixtureRequest, tmp_path: Path) -> System:
    """An empty tree with /d, /d/f and the link /l to /d."""
    (tmp_path / "d").mkdir(mode=0o755)
    (tmp_path / "d").chmod(0o755)
    (tmp_path / "d/f").write_bytes(b"x")
    (tmp_path / "d/f").chmod(0o644)
    (tmp_path / "l").symlink_to("/d")
    if request.param == "memory":
        return MemorySystem({"/d": folder(), "/d/f": file(), "/l": LinkEntry("/d")})
    real = RealSystem(tmp_path)
    return real if request.param == "real" else MemorySystem(base=real)


def test_reading(system: System) -> None:
    assert system.read("/d/f") == file()
    assert system.read("/d") == folder()
    assert system.read("/l") == LinkEntry("/d")
    assert system.read("/l/f") == file()
    assert system.read("/missing") is None
    assert system.read("/d/f/below") is None
    assert system.list("/d") == ("f",)
    assert system.list("/d/f") == system.list("/missing") == ()
    assert system.list("/") == ("d", "l")


def test_resolving(system: System) -> None:
    assert system.resolve("/l") == "/d"
    assert system.resolve("/l", last=False) == "/l"
    assert system.resolve("/l/missing/below", last=False) == "/d/missing/below"


def test_putting_and_removing(system: System) -> None:
    system.put("/l/new", file(b"1", 0o600))
    assert system.read("/d/new") == file(b"1", 0o600)
    system.put("/d/new", file(b"2", 0o640))
    assert system.read("/d/new") == file(b"2", 0o640)
    system.put("/d/new", LinkEntry("anywhere"))
    assert system.read("/d/new") == LinkEntry("anywhere")
    system.put("/d/new", file(b"3"))
    assert system.list("/d") == ("f", "new")
    system.remove("/d/new")
    assert system.list("/d") == ("f",)
    system.put("/d/sub", folder(0o2750))
    assert system.read("/d/sub") == folder(0o2750)
    system.put("/d/sub", folder(0o700))
    assert system.read("/d/sub") == folder(0o700)
    system.remove("/d/sub")
    assert system.read("/d/sub") is None


def test_renaming(system: System) -> None:
    system.put("/d/sub", folder())
    system.put("/d/sub/f", file(b"kept"))
    system.rename("/d/sub", "/d/other")
    assert system.list("/d") == ("f", "other")
    assert system.read("/d/other/f") == file(b"kept")


@pytest.mark.parametrize(
    ("change", "number"),
    [
        (lambda s: s.put("/missing/f", file()), errno.ENOENT),
        (lambda s: s.put("/d/f/g", file()), errno.ENOTDIR),
        (lambda s: s.put("/d", file()), errno.EISDIR),
        (lambda s: s.put("/d/f", folder()), errno.ENOTDIR),
        (lambda s: s.remove("/d/g"), errno.ENOENT),
        (lambda s: s.remove("/d"), errno.ENOTEMPTY),
    ],
)
def test_refusals(change: Callable[[System], None], number: int, system: System) -> None:
    """The kernel's error, with the path that the caller gave, and nothing changed."""
    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        change(system)
    assert str(caught.value.filename).startswith(("/d", "/missing"))
    assert "None" not in str(caught.value)
    assert system.list("/d") == ("f",)
    assert system.read("/d/f") == file()


def test_a_leftover_of_a_killed_put_can_be_discarded(system: System) -> None:
    system.put("/d/" + temporary_name("f"), file(b"half"))
    system.discard("/d/f")
    system.discard("/d/f")
    system.discard("/missing/f")
    assert system.list("/d") == ("f",)


def test_loops_are_refused(system: System) -> None:
    system.put("/d/loop", LinkEntry("loop"))
    with pytest.raises(OSError, match="loop") as caught:
        system.resolve("/d/loop")
    assert caught.value.errno == errno.ELOOP
    assert system.read("/d/loop") == LinkEntry("loop")


@pytest.mark.parametrize(
    "path", ["", "d", "/d/", "//d", "/d/../e", "/d/./e", "/d\0", "/d//f", "/d/..", "/d/.", "/d/f\0"]
)
def test_paths_are_absolute_and_plain(path: str) -> None:
    with pytest.raises(ValueError, match="not a plain absolute path"):
        parts_of(path)


def test_read_bytes_follows_links_and_wants_a_file(system: System) -> None:
    system.put("/d/link", LinkEntry("f"))
    assert read_bytes(system, "/d/link") == b"x"
    assert read_bytes(system, "/missing") is None
    with pytest.raises(IsADirectoryError):
        read_bytes(system, "/l")


# --- links and the root


@pytest.mark.parametrize(
    ("path", "last", "place"),
    [
        ("/a/b", True, "/a/b"),
        ("/absolute/x", True, "/etc/ppp/x"),
        ("/relative/x", True, "/etc/x"),
        ("/etc/up/x", True, "/x"),
        ("/etc/chain", True, "/etc/ppp/end"),
        ("/etc/chain", False, "/etc/chain"),
        ("/slashes/x", True, "/etc/ppp/x"),
        ("/out", True, "/etc/shadow"),
        ("/rootlink", True, "/"),
        ("/rootlink/etc/x", True, "/etc/x"),
    ],
)
def test_links_are_followed_inside_the_root(path: str, last: bool, place: str) -> None:
    links = {
        "/absolute": "/etc/ppp", "/relative": "etc", "/etc/up": "../../../..", "/etc/chain": "second",
        "/etc/second": "/absolute/end", "/slashes": "//etc//ppp//", "/out": "../../etc/./shadow",
        "/rootlink": "/",
    }  # fmt: skip
    assert follow(path, links.get, last=last) == place


def test_an_image_with_hostile_links_cannot_reach_the_host(tmp_path: Path) -> None:
    """Absolute and climbing links in an image lead to places in the image."""
    outside, image = tmp_path / "outside", tmp_path / "image"
    for each in (outside, image / "etc", image / "outside"):
        each.mkdir(parents=True)
    (image / "etc/absolute").symlink_to("/outside")
    (image / "etc/climbing").symlink_to("../../../outside")
    (image / "etc/file").symlink_to(outside / "file")
    system = RealSystem(image)
    system.put("/etc/absolute/a", file())
    system.put("/etc/climbing/b", file())
    assert sorted(os.listdir(image / "outside")) == ["a", "b"]
    assert read_bytes(system, "/etc/file") is None
    assert os.listdir(outside) == []


def test_a_link_that_appears_after_resolving_is_refused(tmp_path: Path) -> None:
    """The walk that opens directories follows no link at all."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(NotADirectoryError):
        Directories(str(tmp_path))._opened("/link")


def test_a_directory_that_was_replaced_is_opened_anew(tmp_path: Path) -> None:
    """Directories are kept open for the next path; what somebody does in between is seen."""
    system = RealSystem(tmp_path)
    system.put("/d", folder())
    system.put("/d/f", file(b"first"))
    (tmp_path / "d").rename(tmp_path / "moved")
    assert system.read("/d/f") is None
    assert system.list("/d") == ()
    system.put("/d", folder())
    assert system.read("/d/f") is None
    system.put("/d/f", file(b"second"))
    assert (tmp_path / "d/f").read_bytes() == b"second"
    assert (tmp_path / "moved/f").read_bytes() == b"first"


def test_a_directory_that_became_a_link_out_of_the_image_is_followed_inside(tmp_path: Path) -> None:
    """Though its descriptor is still open, and the link leads the running system to the same place."""
    outside, image = tmp_path / "outside", tmp_path / "image"
    for each in (outside, image / "d"):
        each.mkdir(parents=True)
    system = RealSystem(image)
    system.put("/d/f", file())
    (image / "d").rename(image / "was")
    (image / "d").symlink_to(outside)
    with pytest.raises(FileNotFoundError):
        system.put("/d/g", file())
    assert os.listdir(outside) == []


def test_only_a_few_directories_are_kept_open(tmp_path: Path) -> None:
    """However many there are; and none longer than the system itself."""

    def kept_open() -> int:
        descriptors = Path("/proc/self/fd")
        places = [os.readlink(each) for each in descriptors.iterdir() if each.is_symlink()]
        return sum(each.startswith(str(tmp_path)) for each in places)

    system = RealSystem(tmp_path)
    for number in range(2 * Directories.KEPT):
        system.put(f"/d{number}", folder())
        system.put(f"/d{number}/f", file())
    assert kept_open() == Directories.KEPT
    del system
    assert kept_open() == 0


# --- writing


def test_a_file_is_private_until_it_is_complete_and_synced_in_order(tmp_path: Path) -> None:
    """0600 and hidden while content is written; file synced before the rename, directory after it."""
    system = RealSystem(tmp_path)
    modes: list[str] = []
    calls: list[str] = []

    def look(name: str, _: int) -> None:
        calls.append(name)
        for each in tmp_path.iterdir():
            if each.name.startswith("."):
                modes.append(oct(stat.S_IMODE(each.lstat().st_mode)))
            assert each.name != "f" or each.read_bytes() == b"new"

    former = os.umask(0)
    try:
        with at_call(look):
            system.put("/f", file(b"new", 0o644))
    finally:
        os.umask(former)
    assert calls == ["open", "write", "fchmod", "fsync", "rename", "fsync"]
    assert modes == ["0o600", "0o600", "0o644", "0o644"]


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """write(2) may take less than it was given."""
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data[:3])))
    RealSystem(tmp_path).put("/f", file(b"0123456789"))
    assert (tmp_path / "f").read_bytes() == b"0123456789"


@pytest.mark.parametrize("entry", [file(b"new"), LinkEntry("x"), folder()])
def test_a_failing_put_leaves_nothing_behind(entry: Entry, tmp_path: Path) -> None:
    """At whichever call it fails."""
    system = RealSystem(tmp_path)
    for call in range(count_calls(lambda: system.put("/f", entry))):
        system.remove("/f")
        with pytest.raises(OSError, match="'/f'"), failing_at({call}, errno.EIO):
            system.put("/f", entry)
        # Only the last sync can fail with the new entry in place.
        assert os.listdir(tmp_path) in ([], ["f"]), f"call {call}"
        system.put("/f", entry)
    assert call > 1
    assert same(system.read("/f"), entry)


def test_a_reader_has_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    """Replacing is a rename: who has the old file open goes on reading it."""
    system = RealSystem(tmp_path)
    system.put("/f", file(b"old"))
    with (tmp_path / "f").open("rb") as reader:
        system.put("/f", file(b"new"))
        assert reader.read() == b"old"


def test_a_leftover_from_a_crash_is_replaced_not_followed(tmp_path: Path) -> None:
    """Not even if it is a link."""
    (tmp_path / temporary_name("f")).symlink_to(tmp_path / "victim")
    RealSystem(tmp_path).put("/f", file(b"new"))
    assert os.listdir(tmp_path) == ["f"]


def test_special_files_are_told_apart_without_opening_them(tmp_path: Path) -> None:
    """A FIFO without a writer would block for ever."""
    os.mkfifo(tmp_path / "fifo")
    assert RealSystem(tmp_path).read("/fifo") == OtherEntry("FIFO")
    with pytest.raises(OSError, match="Invalid argument"):
        read_bytes(RealSystem(tmp_path), "/fifo")
    with pytest.raises(TypeError):
        RealSystem(tmp_path).put("/other", OtherEntry("FIFO"))


def test_names_that_are_not_utf8_are_no_trouble(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).write_bytes(b"x")
    (tmp_path / "l").symlink_to(os.fsdecode(b"caf\xe9"))
    system = RealSystem(tmp_path)
    assert read_bytes(system, "/l") == b"x"
    assert system.list("/") == (os.fsdecode(b"caf\xe9"), "l")


def test_user_attributes_survive(tmp_path: Path) -> None:
    """Read, written to the new file, read back; those that the wanted entry does not name do not count."""
    path = tmp_path / "f"
    path.write_bytes(b"old")
    try:
        os.setxattr(path, "user.note", b"kept")
    except OSError:
        pytest.skip("this file system has no user attributes")
    system = RealSystem(tmp_path)
    before = system.read("/f")
    assert isinstance(before, FileEntry)
    assert before.xattrs == (("user.note", b"kept"),)
    after = FileEntry(b"new", before.uid, before.gid, 0o600, before.xattrs)
    system.put("/f", after)
    assert system.read("/f") == after
    assert same(after, FileEntry(b"new", before.uid, before.gid, 0o600))
    assert not same(FileEntry(b"new", before.uid, before.gid, 0o600), after)


ACL = b"\x02\0\0\0" + b"".join(
    tag.to_bytes(2, "little") + permissions.to_bytes(2, "little") + user.to_bytes(4, "little", signed=False)
    for tag, permissions, user in [
        (1, 6, 0xFFFFFFFF),
        (2, 4, 4242),
        (4, 0, 0xFFFFFFFF),
        (16, 4, 0xFFFFFFFF),
        (32, 0, 0xFFFFFFFF),
    ]
)
"user::rw-, user:4242:r--, group::---, mask::r--, other::---; the layout of linux/posix_acl_xattr.h"


def test_an_access_control_list_survives_and_an_inherited_one_does_not(tmp_path: Path) -> None:
    """acl(5): the directory's default ACL must not open a file that shall be private."""
    path = tmp_path / "f"
    path.write_bytes(b"old")
    try:
        os.setxattr(path, "system.posix_acl_access", ACL)
        os.setxattr(tmp_path, "system.posix_acl_default", ACL)
    except OSError:
        pytest.skip("this file system has no ACLs")
    system = RealSystem(tmp_path)
    before = system.read("/f")
    assert isinstance(before, FileEntry)
    assert before.mode == 0o640  # the group bits are the mask
    system.put("/f", FileEntry(b"new", before.uid, before.gid, before.mode, before.xattrs))
    assert system.read("/f") == FileEntry(b"new", before.uid, before.gid, 0o640, before.xattrs)
    system.put("/private", file(b"secret", 0o640))
    assert system.read("/private") == file(b"secret", 0o640)


def test_owner_and_group_are_set(tmp_path: Path) -> None:
    """Of files and directories; as root."""
    need_root("gives files to other users")
    system = RealSystem(tmp_path)
    system.put("/f", FileEntry(b"", 1234, 5678, 0o4755))
    system.put("/d", DirEntry(1234, 5678, 0o2750))
    assert system.read("/f") == FileEntry(b"", 1234, 5678, 0o4755)
    assert system.read("/d") == DirEntry(1234, 5678, 0o2750)


def test_names_of_owners_are_those_of_the_root(tmp_path: Path) -> None:
    """Numbers come from the target's own files; the first entry counts, malformed ones do not."""
    system = make_host(tmp_path)
    (tmp_path / "etc/passwd").write_text("broken\nalice:x:1000:1:\nalice:x:2000:1:\nbob:x:abc:1:\n")
    assert system.user_id("alice") == 1000
    assert system.user_id("root") == 0
    for name in ("bob", "broken", "carol"):
        with pytest.raises(UnsupportedError) as caught:
            system.user_id(name)
        assert caught.value.diagnostics[0].code == "owner-unknown"
        assert str(caught.value.diagnostics[0].where) == "/etc/passwd"
    with pytest.raises(UnsupportedError, match="the group carol does not exist"):
        system.group_id("carol")


def test_a_root_without_accounts_still_has_root(tmp_path: Path) -> None:
    assert RealSystem(tmp_path).group_id("root") == 0
