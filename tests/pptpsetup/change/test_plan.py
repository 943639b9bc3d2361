"""The three-way comparison: as it is, as we left it, as it shall be."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pptpsetup.change import report
from pptpsetup.change.entry import DirEntry, FileEntry, LinkEntry, OtherEntry
from pptpsetup.change.manifest import STATE_DIR, load_manifest
from pptpsetup.change.memory import MemorySystem
from pptpsetup.change.plan import OVERWRITE_ALL, make_plan
from pptpsetup.change.step import Plan
from pptpsetup.change.system import Entry, RealSystem
from pptpsetup.errors import Diagnostic, DifferentError, InternalError, PrivilegeError, UnsupportedError
from pptpsetup.render.artifact import (
    Access,
    Artifact,
    DirectoryArtifact,
    FileArtifact,
    LinkArtifact,
    SharedArtifact,
)
from tests.pptpsetup.change.scene import (
    FOREIGN_SECRETS,
    PRIVATE,
    ReadOnly,
    make_host,
    memory_folder,
    plan_for,
    provision,
    snapshot,
    tunnel,
    without_history,
)

OPEN = Access("root", "root", 0o644)
PEERS = "/etc/ppp/peers/work"
GENERATED = FileArtifact(PEERS, b"noauth\n", OPEN)
DIRECTORIES: dict[str, Entry] = {
    path: DirEntry(0, 0, 0o755)
    for path in ("/etc", "/etc/ppp", "/etc/ppp/peers", "/var", "/var/lib", "/srv")
}


def file(content: bytes, mode: int = 0o644, uid: int = 0) -> FileEntry:
    return FileEntry(content, uid, 0, mode)


def memory(**entries: Entry) -> MemorySystem:
    """A small tree; a keyword ``etc_x`` is ``/etc/x``."""
    named = {"/" + name.replace("_", "/"): entry for name, entry in entries.items()}
    return MemorySystem({**DIRECTORIES, **named}, users={"root": 0}, groups={"root": 0, "dip": 30})


def with_tunnel(artifact: Artifact = GENERATED) -> MemorySystem:
    """A tree in which *artifact* was applied."""
    system = memory()
    provision([artifact], system)
    return system


def conflicts(artifacts: list[Artifact], system: MemorySystem, **options: object) -> tuple[Diagnostic, ...]:
    with pytest.raises(DifferentError) as caught:
        make_plan(artifacts, ReadOnly(system), load_manifest(system), **options)  # type: ignore[arg-type]
    return caught.value.diagnostics


def lines(plan: Plan) -> list[str]:
    return list(plan.summary)


# --- whole files


def test_an_absent_file_is_created() -> None:
    system = memory()
    plan = plan_for([GENERATED], system)
    assert lines(plan) == [f"+ {PEERS}"]
    provision([GENERATED], system)
    assert system.read(PEERS) == file(b"noauth\n")


def test_planning_only_reads() -> None:
    """On a system that refuses every change, with every kind of artifact."""
    plan = plan_for(tunnel("work"), ReadOnly(memory()))
    assert not plan.empty


def test_a_second_run_changes_nothing() -> None:
    assert plan_for([GENERATED], with_tunnel()).empty


def test_a_file_that_is_as_we_left_it_is_updated() -> None:
    wanted = FileArtifact(PEERS, b"mtu 1400\n", OPEN)
    assert lines(plan_for([wanted], with_tunnel())) == [f"~ {PEERS} (content)"]


def test_a_stale_file_is_removed_and_so_is_the_last_trace_of_us() -> None:
    system = with_tunnel()
    assert lines(provision([], system)) == [f"- {PEERS}"]
    assert system.read(PEERS) is None
    assert without_history(system.tree()) == memory().tree()


def test_a_file_that_was_deleted_by_hand_is_made_again_or_forgotten() -> None:
    system = with_tunnel()
    system.remove(PEERS)
    assert lines(plan_for([GENERATED], system)) == [f"+ {PEERS}"]
    assert lines(plan_for([], system)) == [f"- {STATE_DIR}/manifest.json"]


def test_a_foreign_file_in_the_way_is_kept_and_the_message_says_how_to_go_on() -> None:
    system = memory(etc_ppp_peers_work=file(b"mine\n"))
    (diagnostic,) = conflicts([GENERATED], system)
    assert diagnostic.code == "foreign-file"
    assert diagnostic.message == f"{PEERS} exists and is not pptpsetup's; it was kept"
    assert str(diagnostic.where) == PEERS
    assert diagnostic.hint is not None
    assert "--overwrite" in diagnostic.hint
    assert "give the tunnel another name" in diagnostic.hint


def test_a_hand_edited_file_is_kept_and_the_message_says_how_to_see_the_difference() -> None:
    system = with_tunnel()
    system.put(PEERS, file(b"noauth\ndebug\n"))
    (diagnostic,) = conflicts([FileArtifact(PEERS, b"mtu 1400\n", OPEN)], system)
    assert diagnostic.code == "edited-file"
    assert diagnostic.hint is not None
    assert "pptpsetup diff shows the difference" in diagnostic.hint
    assert f"{STATE_DIR}/kept" in diagnostic.hint


def test_a_hand_edited_file_is_not_deleted_either() -> None:
    system = with_tunnel()
    system.put(PEERS, file(b"noauth\ndebug\n"))
    (diagnostic,) = conflicts([], system)
    assert diagnostic.code == "edited-file"
    assert "remove it with --overwrite" in (diagnostic.hint or "")


def test_an_edit_that_is_what_we_want_anyway_is_no_conflict() -> None:
    system = with_tunnel()
    system.put(PEERS, file(b"mtu 1400\n"))
    provision([FileArtifact(PEERS, b"mtu 1400\n", OPEN)], system)
    assert plan_for([FileArtifact(PEERS, b"mtu 1400\n", OPEN)], system).empty


def test_identical_files_are_taken_over_when_the_manifest_was_lost() -> None:
    """A generated file carries our header, so the same bytes are ours."""
    system = memory(etc_ppp_peers_work=file(b"noauth\n"))
    assert lines(provision([GENERATED], system)) == [f"+ {STATE_DIR}/manifest.json"]
    assert lines(plan_for([], system)) == [f"- {PEERS}"]


def test_all_conflicts_are_reported_at_once() -> None:
    system = memory(
        etc_ppp_peers_work=file(b"mine\n"), etc_ppp_peers_home=file(b"mine\n"), etc_a=OtherEntry("FIFO")
    )
    other = FileArtifact("/etc/ppp/peers/home", b"noauth\n", OPEN)
    found = conflicts([GENERATED, other, LinkArtifact("/etc/a", "b")], system)
    assert [str(each.where) for each in found] == [PEERS, "/etc/ppp/peers/home", "/etc/a"]


@pytest.mark.parametrize("overwrite", [frozenset({PEERS}), OVERWRITE_ALL])
def test_overwriting_replaces_the_file_and_keeps_its_old_version(overwrite: frozenset[str]) -> None:
    system = memory(etc_ppp_peers_work=file(b"mine\n", 0o600))
    plan = provision([GENERATED], system, overwrite=overwrite)
    kept = f"{STATE_DIR}/kept/etc-ppp-peers-work.1"
    assert f"~ {PEERS} (content; mode 0600 → 0644; the old version goes to {kept})" in lines(plan)
    assert system.read(kept) == file(b"mine\n", 0o600)
    assert system.read(PEERS) == file(b"noauth\n")
    assert plan_for([GENERATED], system, overwrite=overwrite).empty


def test_overwriting_again_keeps_a_second_version() -> None:
    system = memory(etc_ppp_peers_work=file(b"one\n"))
    provision([GENERATED], system, overwrite=OVERWRITE_ALL)
    system.put(PEERS, file(b"two\n"))
    provision([], system, overwrite=OVERWRITE_ALL)
    assert system.list(f"{STATE_DIR}/kept") == ("etc-ppp-peers-work.1", "etc-ppp-peers-work.2")
    assert system.read(PEERS) is None


def test_overwriting_one_path_does_not_overwrite_another() -> None:
    system = memory(etc_ppp_peers_work=file(b"mine\n"))
    conflicts([GENERATED], system, overwrite=frozenset({"/etc/ppp/peers/home"}))


@pytest.mark.parametrize("entry", [DirEntry(0, 0, 0o755), OtherEntry("socket"), OtherEntry("FIFO")])
def test_what_cannot_be_kept_cannot_be_overwritten(entry: Entry) -> None:
    """A directory or special file in the way must be moved by hand; the hint is that command."""
    (diagnostic,) = conflicts([GENERATED], memory(etc_ppp_peers_work=entry), overwrite=OVERWRITE_ALL)
    assert diagnostic.code == "foreign-file"
    assert (diagnostic.hint or "").startswith(f"mv {PEERS} {PEERS}.old")


@pytest.mark.parametrize("entry", [file(b"noauth\n", 0o666), file(b"noauth\n", 0o644, uid=1000)])
def test_a_drifted_mode_or_owner_is_a_step(entry: FileEntry) -> None:
    system = with_tunnel()
    system.put(PEERS, entry)
    (line,) = lines(provision([GENERATED], system))
    assert line in (f"~ {PEERS} (mode 0666 → 0644)", f"~ {PEERS} (owner 1000:0 → 0:0)")
    assert system.read(PEERS) == file(b"noauth\n")


def test_owners_are_looked_up_by_name() -> None:
    system = with_tunnel(FileArtifact(PEERS, b"noauth\n", Access("root", "dip", 0o640)))
    assert system.read(PEERS) == FileEntry(b"noauth\n", 0, 30, 0o640)


def test_an_unknown_owner_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="the group wheel does not exist"):
        plan_for([FileArtifact(PEERS, b"", Access("root", "wheel", 0o640))], memory())


def test_an_acl_goes_with_the_mode_it_belongs_to() -> None:
    """A label stays in any case; an ACL only if the mode is as wanted."""
    label, acl = ("security.selinux", b"etc_t"), ("system.posix_acl_access", b"acl")
    system = with_tunnel()
    system.put(PEERS, FileEntry(b"noauth\n", 0, 0, 0o664, (label, acl)))
    provision([GENERATED], system)
    assert system.read(PEERS) == FileEntry(b"noauth\n", 0, 0, 0o644, (label,))
    system.put(PEERS, FileEntry(b"noauth\n", 0, 0, 0o644, (label, acl)))
    provision([FileArtifact(PEERS, b"mtu 1400\n", OPEN)], system)
    assert system.read(PEERS) == FileEntry(b"mtu 1400\n", 0, 0, 0o644, (label, acl))


def test_a_foreign_link_is_a_conflict_even_to_the_same_bytes() -> None:
    system = memory(etc_ppp_peers_work=LinkEntry("/srv/x"), srv_x=file(b"noauth\n"))
    assert conflicts([GENERATED], system)[0].code == "foreign-file"
    system.remove("/srv/x")
    (diagnostic,) = conflicts([GENERATED], system)
    assert diagnostic.why == "it is a link to nothing"


def test_an_overwritten_link_stays_and_its_target_is_written() -> None:
    system = memory(etc_ppp_peers_work=LinkEntry("/srv/x"), srv_x=file(b"mine\n"))
    plan = provision([GENERATED], system, overwrite=OVERWRITE_ALL)
    assert f"~ {PEERS} (content; by way of the link to /srv/x; the old" in " ".join(lines(plan))
    assert system.read(PEERS) == LinkEntry("/srv/x")
    assert system.read("/srv/x") == file(b"noauth\n")
    assert plan_for([GENERATED], system).empty


def test_a_loop_of_links_is_a_conflict() -> None:
    (diagnostic,) = conflicts([GENERATED], memory(etc_ppp_peers_work=LinkEntry("work")))
    assert diagnostic.why == "it is a loop of links"


def test_two_artifacts_for_one_place_are_our_fault() -> None:
    system = memory(etc_link=LinkEntry("ppp"))
    with pytest.raises(InternalError):
        plan_for([GENERATED, FileArtifact("/etc/link/peers/work", b"other\n", OPEN)], system)


# --- links

WANTS = LinkArtifact("/etc/wants", "../unit")


def test_a_link_is_made_changed_and_removed() -> None:
    system = with_tunnel(WANTS)
    assert system.read("/etc/wants") == LinkEntry("../unit")
    assert lines(provision([LinkArtifact("/etc/wants", "new")], system)) == [
        "~ /etc/wants (target ../unit → new)"
    ]
    assert lines(provision([], system)) == ["- /etc/wants"]


def test_a_stale_link_goes_while_what_it_leads_to_stays() -> None:
    """A tunnel is taken from boot: the link in multi-user.target.wants goes, the unit does not."""
    unit = FileArtifact("/unit", b"[Unit]\n", OPEN)
    system = memory()
    provision([WANTS, unit], system)
    assert lines(provision([unit], system)) == ["- /etc/wants"]
    assert system.read("/unit") == file(b"[Unit]\n")


@pytest.mark.parametrize("found", [LinkEntry("/dev/null"), file(b"mine\n")])
def test_a_foreign_or_changed_link_is_kept_unless_overwritten(found: FileEntry | LinkEntry) -> None:
    """A link to /dev/null is how systemd masks a unit: the administrator's decision."""
    system = memory(etc_wants=found)
    assert conflicts([WANTS], system)[0].code == "foreign-file"
    provision([WANTS], system, overwrite=OVERWRITE_ALL)
    system.put("/etc/wants", found)
    assert conflicts([WANTS], system)[0].code == "edited-file"
    assert conflicts([], system)[0].code == "edited-file"


def test_a_path_may_change_between_link_and_file() -> None:
    system = with_tunnel(WANTS)
    provision([FileArtifact("/etc/wants", b"x\n", OPEN)], system)
    assert system.read("/etc/wants") == file(b"x\n")
    provision([WANTS], system)
    assert system.read("/etc/wants") == LinkEntry("../unit")


# --- shared files

CHAP = "/etc/ppp/chap-secrets"


def shared(*names: str, path: str = CHAP) -> SharedArtifact:
    entries = tuple(f'u {name} "pw" * # managed by pptpsetup: {name}\n'.encode() for name in names)
    return SharedArtifact(path, "ppp-secrets", entries, PRIVATE, secret=True)


def test_our_lines_join_the_foreign_ones_and_leave_without_a_trace() -> None:
    foreign = FileEntry(FOREIGN_SECRETS, 0, 30, 0o640, (("user.note", b"x"),))
    system = memory(**{"etc_ppp_chap-secrets": foreign})
    provision([shared("work")], system)
    entry = system.read(CHAP)
    assert isinstance(entry, FileEntry)
    assert b'\nu work "pw" * # managed by pptpsetup: work\nbob' in entry.content
    assert (entry.uid, entry.gid, entry.mode, entry.xattrs) == (0, 30, 0o640, (("user.note", b"x"),))
    assert plan_for([shared("work")], system).empty
    provision([], system)
    assert system.read(CHAP) == foreign


def test_a_shared_file_is_made_private_and_removed_when_only_we_were_in_it() -> None:
    system = memory()
    provision([shared("work")], system)
    assert system.read(CHAP) == file(b'u work "pw" * # managed by pptpsetup: work\n', 0o600)
    provision([], system)
    assert system.read(CHAP) is None


def test_a_shared_file_of_ours_with_foreign_lines_stays() -> None:
    system = memory()
    provision([shared("work")], system)
    system.put(CHAP, file(b'u work "pw" * # managed by pptpsetup: work\nbob * b *\n', 0o600))
    provision([], system)
    assert system.read(CHAP) == file(b"bob * b *\n", 0o600)


def test_an_empty_shared_file_from_before_us_stays() -> None:
    system = memory(**{"etc_ppp_chap-secrets": file(b"", 0o600)})
    provision([shared("work")], system)
    provision([], system)
    assert system.read(CHAP) == file(b"", 0o600)


def test_foreign_lines_added_by_hand_are_no_conflict_and_our_edited_line_is_repaired() -> None:
    system = memory()
    provision([shared("work")], system)
    system.put(CHAP, file(b'bob * b *\nu work "edited" * # managed by pptpsetup: work\n', 0o600))
    provision([shared("work")], system)
    assert system.read(CHAP) == file(b'u work "pw" * # managed by pptpsetup: work\nbob * b *\n', 0o600)


def test_a_dangling_link_to_a_shared_file_stays_and_its_target_comes_and_goes() -> None:
    system = memory(**{"etc_ppp_chap-secrets": LinkEntry("/srv/chap")})
    before = system.tree()
    provision([shared("work")], system)
    assert isinstance(system.read("/srv/chap"), FileEntry)
    provision([], system)
    assert without_history(system.tree()) == before


def test_two_shared_paths_that_lead_to_one_file_share_it() -> None:
    """pap-secrets may be a link to chap-secrets: both sets of lines stay."""
    system = memory(**{"etc_ppp_pap-secrets": LinkEntry("chap-secrets")})
    before = system.tree()
    both: list[Artifact] = [shared("work", "home"), shared("home", "pap", path="/etc/ppp/pap-secrets")]
    provision(both, system)
    entry = system.read(CHAP)
    assert isinstance(entry, FileEntry)
    assert [line.split()[1] for line in entry.content.splitlines()] == [b"work", b"home", b"pap"]
    assert plan_for(both, system).empty
    provision([shared("work")], system)
    assert isinstance(system.read(CHAP), FileEntry)
    provision([], system)
    assert without_history(system.tree()) == before


def test_something_else_in_place_of_a_shared_file_is_a_conflict_but_no_reason_not_to_delete() -> None:
    (diagnostic,) = conflicts([shared("work")], memory(**{"etc_ppp_chap-secrets": DirEntry(0, 0, 0o755)}))
    assert diagnostic.message == f"{CHAP} exists and is not a regular file; it was kept"
    system = memory()
    provision([shared("work")], system)
    system.remove(CHAP)
    system.put(CHAP, DirEntry(0, 0, 0o755))
    provision([], system)
    assert system.read(CHAP) == DirEntry(0, 0, 0o755)


def test_an_unknown_grammar_is_our_fault() -> None:
    with pytest.raises(InternalError):
        plan_for([SharedArtifact(CHAP, "hosts", (b"x\n",), PRIVATE)], memory())


# --- files that the user edits

SECRET = "/etc/ppp/secret"
MINE = FileArtifact(SECRET, b"pw\n", PRIVATE, secret=True, user_owned=True)


def test_a_user_file_that_was_edited_is_no_conflict() -> None:
    system = with_tunnel(MINE)
    system.put(SECRET, file(b"other\n", 0o400))
    assert lines(provision([MINE], system)) == [f"~ {SECRET} (content)"]
    assert system.read(SECRET) == file(b"pw\n", 0o400)
    system.put(SECRET, file(b"edited\n", 0o600))
    provision([], system)
    assert system.read(SECRET) is None


@pytest.mark.parametrize("content", [b"pw\n", b"pw"])
def test_a_user_file_from_before_us_stays_when_the_tunnel_goes(content: bytes) -> None:
    """Also when it has no newline at its end, as printf(1) leaves it."""
    system = memory(etc_ppp_secret=file(content, 0o600))
    before = system.tree()
    assert plan_for([MINE], system).empty
    provision([MINE], system)
    provision([], system)
    assert without_history(system.tree()) == before


def test_a_secret_that_others_can_read_is_closed() -> None:
    system = with_tunnel(MINE)
    system.put(SECRET, file(b"pw\n", 0o644))
    assert lines(provision([MINE], system)) == [f"~ {SECRET} (mode 0644 → 0600)"]


def test_the_users_mode_of_a_spec_that_is_no_secret_stays() -> None:
    spec = FileArtifact("/etc/spec", b"x\n", OPEN, user_owned=True)
    system = with_tunnel(spec)
    system.put("/etc/spec", file(b"x\n", 0o664, uid=1000))
    assert plan_for([spec], system).empty


def test_a_user_file_moved_behind_a_link_is_written_there_and_only_the_link_removed() -> None:
    """The administrator keeps the spec in a repository."""
    spec = FileArtifact("/etc/spec", b"x\n", OPEN, user_owned=True)
    system = with_tunnel(spec)
    system.put("/srv/spec", file(b"x\n"))
    system.put("/etc/spec", LinkEntry("/srv/spec"))
    provision([FileArtifact("/etc/spec", b"y\n", OPEN, user_owned=True)], system)
    assert system.read("/srv/spec") == file(b"y\n")
    provision([], system)
    assert system.read("/etc/spec") is None
    assert system.read("/srv/spec") == file(b"y\n")


def test_a_directory_in_place_of_a_user_file_is_a_conflict() -> None:
    assert conflicts([MINE], memory(etc_ppp_secret=DirEntry(0, 0, 0o755)))[0].code == "foreign-file"


# --- directories

CONF = DirectoryArtifact("/etc/conf", Access("root", "root", 0o700))


def test_directories_are_made_on_the_way_and_removed_when_empty() -> None:
    system = memory()
    before = system.tree()
    deep = FileArtifact("/etc/a/b/c", b"", OPEN)
    assert lines(provision([deep], system)) == ["+ /etc/a/", "+ /etc/a/b/", "+ /etc/a/b/c"]
    assert lines(provision([], system)) == ["- /etc/a/b/c", "- /etc/a/b/", "- /etc/a/"]
    assert without_history(system.tree()) == before


def test_a_directory_from_before_us_is_left_as_it_is() -> None:
    system = memory(etc_conf=DirEntry(5, 5, 0o777))
    assert plan_for([CONF], system).empty


def test_a_drifted_directory_of_ours_is_a_step() -> None:
    system = with_tunnel(CONF)
    system.put("/etc/conf", DirEntry(0, 0, 0o777))
    assert lines(provision([CONF], system)) == ["~ /etc/conf/ (mode 0777 → 0700)"]


def test_a_directory_of_ours_with_foreign_files_stays_until_it_is_empty() -> None:
    system = with_tunnel(CONF)
    system.put("/etc/conf/mine", file(b""))
    assert plan_for([], system).empty
    system.remove("/etc/conf/mine")
    assert lines(provision([], system)) == ["- /etc/conf/"]


def test_a_file_where_a_directory_is_needed_is_a_conflict() -> None:
    (diagnostic,) = conflicts([CONF], memory(etc_conf=file(b"")))
    assert diagnostic.message == "/etc/conf exists and is not a directory; it was kept"


def test_a_directory_may_be_a_link_to_one() -> None:
    system = memory(etc_conf=LinkEntry("/srv"))
    plan = plan_for([FileArtifact("/etc/conf/x", b"", OPEN), CONF], system)
    assert (plan.steps[0].path, plan.steps[0].place) == ("/etc/conf/x", "/srv/x")


# --- the plan as a value


def test_a_plan_serialises_without_contents_or_lengths() -> None:
    """Only kinds, paths and access; the password and its length are nowhere."""
    document = report.document(plan_for(tunnel("work", "s3cr3t-passphrase"), memory()))
    text = json.dumps(document)
    assert "s3cr3t" not in text
    assert '"bytes"' not in text
    assert document["version"] == 1
    steps = document["steps"]
    assert isinstance(steps, list)
    assert {
        "action": "create", "path": "/etc/ppp/peers/work", "place": "/etc/ppp/peers/work", "kind": "file",
        "changes": [], "secret": False, "note": None, "blocked": None, "bookkeeping": False,
        "uid": 0, "gid": 30, "mode": "0640",
    } in steps  # fmt: skip


def test_the_representation_of_a_plan_has_no_contents() -> None:
    """A traceback or a log of it shows no password."""
    assert "s3cr3t" not in repr(plan_for(tunnel("work", "s3cr3t"), memory()))


def test_an_unreadable_file_asks_for_root() -> None:
    """Root's files are not for everybody's dry run."""

    class Forbidding(MemorySystem):
        def read(self, path: str) -> Entry | None:
            if path == PEERS:
                raise PermissionError(13, "Permission denied", path)
            return super().read(path)

    with pytest.raises(PrivilegeError) as caught:
        plan_for([GENERATED], Forbidding(DIRECTORIES))
    assert str(caught.value.diagnostics[0].where) == PEERS


# --- on a real tree


@pytest.fixture
def root() -> Iterator[Path]:
    with memory_folder() as folder:
        yield folder


def test_create_and_delete_leave_a_debian_tree_as_it_was(root: Path) -> None:
    """Bytes, modes, owners, links, the set of files; chap-secrets is a link and lacks its last newline."""
    system: RealSystem = make_host(root)
    before = snapshot(root)
    provision(tunnel("work"), system)
    provision([*tunnel("work", "new password"), *tunnel("home")], system)
    assert (root / "etc/ppp/chap-secrets").is_symlink()
    assert b"new password" in (root / "srv/secret/chap").read_bytes()
    assert b'"pw"' in (root / "srv/secret/chap").read_bytes()  # home's
    provision(tunnel("home"), system)
    assert b"new password" not in b"".join(each for each in _contents(root))
    provision([], system)
    assert snapshot(root) == before


def _contents(root: Path) -> Iterator[bytes]:
    for entry in snapshot(root).values():
        if isinstance(entry[3], bytes):
            yield entry[3]


def test_the_same_on_a_bare_tree(root: Path) -> None:
    """Nothing but the accounts: every directory is ours, and goes."""
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text(f"root:x:{_id('uid')}:0::/:\n")
    (root / "etc/group").write_text(f"root:x:{_id('gid')}:\ndip:x:{_id('gid')}:\n")
    system = RealSystem(root)
    before = snapshot(root)
    provision(tunnel("work"), system)
    provision([], system)
    after = snapshot(root)
    # Where state is kept is made like any package would; it is not a tunnel's.
    assert {path for path in after if path not in before} == {"/var", "/var/lib"}
    assert {path: entry for path, entry in after.items() if path in before} == before


def _id(kind: str) -> int:
    import os

    return os.geteuid() if kind == "uid" else os.getegid()
