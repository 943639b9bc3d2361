"""What holds for any artifacts on any host."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from pptpsetup.change.entry import DirEntry, Entry, FileEntry, LinkEntry, OtherEntry
from pptpsetup.change.manifest import STATE_DIR
from pptpsetup.change.memory import MemorySystem
from pptpsetup.change.plan import OVERWRITE_ALL
from pptpsetup.change.system import RealSystem
from pptpsetup.errors import DifferentError, InternalError
from pptpsetup.render.artifact import (
    Access,
    Artifact,
    DirectoryArtifact,
    FileArtifact,
    LinkArtifact,
    SharedArtifact,
)
from tests.pptpsetup.change.scene import (
    ROOT_GID,
    ROOT_UID,
    memory_folder,
    plan_for,
    provision,
    snapshot,
    without_history,
)

pytestmark = pytest.mark.exhaustive

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
"Machines differ in speed, and many random hosts forbid what is random on them."

NAMES = ("a", "b", "c")
PATHS = [
    *(f"/etc/{name}" for name in NAMES),
    *(f"/etc/{above}/{name}" for above in NAMES for name in NAMES),
    *(f"/etc/{above}/{middle}/{name}" for above in "ab" for middle in "ab" for name in NAMES),
]
MODES = st.sampled_from([0o600, 0o640, 0o644, 0o755, 0o4755, 0o000])
ACCESSES = st.builds(Access, st.just("root"), st.just("root"), MODES)
CONTENTS = st.sampled_from(
    [b"", b"x", b"one\n", b"# only a comment", b"# c\nbob * b *\nlast line without end", b"\xff\0"]
)
LINE = b'u t "pw" * # managed by pptpsetup: '
LINES = st.lists(
    st.sampled_from([LINE + b"t\n", LINE + b"t2\n", LINE + b"t3\n"]), min_size=1, unique=True
).map(tuple)
TARGETS = st.sampled_from([*PATHS, "a", "../b", "../../etc/c", "/nowhere/x", "."])


@st.composite
def artifact_sets(draw: st.DrawFn) -> list[Artifact]:
    """A few artifacts of any kind, each at a path of its own."""
    chosen = draw(st.lists(st.sampled_from(PATHS), max_size=6, unique=True))
    return [draw(artifacts_at(path)) for path in chosen]


def artifacts_at(path: str) -> st.SearchStrategy[Artifact]:
    """A path keeps its kind, as in real profiles; that one may change is tested elsewhere."""
    at = st.just(path)
    kinds: list[st.SearchStrategy[Artifact]] = [
        st.builds(FileArtifact, at, CONTENTS, ACCESSES, st.booleans()),
        st.builds(FileArtifact, at, CONTENTS, ACCESSES, st.booleans(), user_owned=st.just(True)),
        st.builds(SharedArtifact, at, st.just("ppp-secrets"), LINES, ACCESSES, st.booleans()),
        st.builds(LinkArtifact, at, TARGETS),
        st.builds(DirectoryArtifact, at, ACCESSES),
    ]
    return kinds[PATHS.index(path) % len(kinds)]


@st.composite
def hosts(draw: st.DrawFn) -> MemorySystem:
    """Foreign files, links and directories: any that can exist together."""
    entries: dict[str, Entry] = {path: DirEntry(0, 0, 0o755) for path in ("/etc", "/var", "/var/lib")}
    for path in draw(st.lists(st.sampled_from(PATHS), max_size=8, unique=True).map(sorted)):
        if isinstance(entries.get(path.rpartition("/")[0]), DirEntry):
            entries[path] = draw(
                st.one_of(
                    st.builds(FileEntry, CONTENTS, st.just(0), st.just(7), MODES),
                    st.builds(LinkEntry, TARGETS),
                    st.builds(DirEntry, st.just(0), st.just(7), MODES),
                    st.just(OtherEntry("FIFO")),
                )
            )
    return MemorySystem(entries)


def applied(artifacts: list[Artifact], system: MemorySystem | RealSystem, overwrite: frozenset[str]) -> None:
    """Apply; sets that contradict themselves or that the host forbids are not the matter here."""
    try:
        provision(artifacts, system, overwrite=overwrite)
    except (DifferentError, InternalError):
        assume(False)


@UNTIMED
@given(hosts(), artifact_sets(), st.sampled_from([frozenset(), OVERWRITE_ALL]))
def test_what_was_applied_is_in_force(
    system: MemorySystem, artifacts: list[Artifact], overwrite: frozenset[str]
) -> None:
    """A second plan is empty, with or without overwriting."""
    applied(artifacts, system, overwrite)
    assert plan_for(artifacts, system).empty
    assert plan_for(artifacts, system, overwrite=OVERWRITE_ALL).empty


@UNTIMED
@given(hosts(), artifact_sets())
def test_a_plan_is_empty_exactly_when_applying_it_changes_nothing(
    system: MemorySystem, artifacts: list[Artifact]
) -> None:
    """And planning alone changes nothing in any case."""
    before = system.tree()
    try:
        plan = plan_for(artifacts, system)
    except (DifferentError, InternalError):
        assert system.tree() == before
        return
    assert system.tree() == before
    applied(artifacts, system, frozenset())
    assert (system.tree() == before) == plan.empty


@UNTIMED
@given(hosts(), artifact_sets(), artifact_sets())
def test_applying_and_removing_gives_the_original_host(
    system: MemorySystem, first: list[Artifact], second: list[Artifact]
) -> None:
    """Also by way of another set."""
    before = system.tree()
    artifacts = [*first, *second]
    # These two are meant to outlive us or to go with us; both have tests of their own.
    assume(not any(isinstance(each, FileArtifact) and each.user_owned for each in artifacts))
    assume(not any(_is_identical(each, system) for each in artifacts))
    applied(first, system, frozenset())
    applied(second, system, frozenset())
    provision([], system)
    assert without_history(system.tree()) == before


def test_links_of_ours_on_the_way_to_others_of_ours_leave_nothing_behind() -> None:
    """Every way through three specs in which one link is there, elsewhere or not, and something behind it.

    Chance rarely finds these. A link that would become a directory is refused, as a file would be.
    """
    behind: list[Artifact | None] = [
        None,
        FileArtifact("/etc/a/x", b"x", Access("root", "root", 0o644)),
        LinkArtifact("/etc/a/y", "zz"),
        SharedArtifact("/etc/a/z", "ppp-secrets", (LINE + b"t\n",), Access("root", "root", 0o600)),
        DirectoryArtifact("/etc/a/d", Access("root", "root", 0o755)),
    ]
    links = [None, LinkArtifact("/etc/a", "b"), LinkArtifact("/etc/a", "/etc/c")]
    sets = [[each for each in pair if each is not None] for pair in product(links, behind)]
    carried_out = 0
    for sequence in product(sets, repeat=3):
        folders = ("/etc", "/etc/b", "/etc/c", "/var", "/var/lib")
        system = MemorySystem({path: DirEntry(0, 0, 0o755) for path in folders})
        before = system.tree()
        try:
            for artifacts in sequence:
                provision(artifacts, system)
                assert plan_for(artifacts, system).empty, sequence
        except (DifferentError, InternalError):
            continue
        provision([], system)
        assert without_history(system.tree()) == before, sequence
        carried_out += 1
    assert carried_out > 300


def _is_identical(artifact: Artifact, system: MemorySystem) -> bool:
    try:
        found = system.read(artifact.path)
    except OSError:  # below a loop of links
        return False
    if isinstance(artifact, FileArtifact):
        return isinstance(found, FileEntry) and found.content == artifact.content
    return isinstance(artifact, LinkArtifact) and found == LinkEntry(artifact.target)


@example(
    MemorySystem({"/": DirEntry(ROOT_UID, ROOT_GID, 0o755), "/etc": DirEntry(ROOT_UID, ROOT_GID, 0o755)}),
    [LinkArtifact("/etc/a", "/etc/a")],
    [LinkArtifact("/etc/a/b", "/etc")],
)
@settings(UNTIMED, max_examples=25)
@given(hosts(), artifact_sets(), artifact_sets())
def test_real_files_and_files_in_memory_agree(
    system: MemorySystem, first: list[Artifact], second: list[Artifact]
) -> None:
    """The same plans, and the same entries after applying them."""
    with memory_folder() as folder:
        real = _on_disk(system, folder)
        memory = MemorySystem(_owned_by_us(system), users={"root": ROOT_UID}, groups={"root": ROOT_GID})
        for artifacts in (first, second, []):
            try:
                plan = plan_for(artifacts, memory)
            except (DifferentError, InternalError):
                assume(False)
            assert plan == plan_for(artifacts, real)
            provision(artifacts, memory)
            provision(artifacts, real)
            there = {path: real.read(path) for path in snapshot(folder)}
            here = without_history(memory.tree())
            assert there == {path: entry for path, entry in here.items() if path != "/"}
        # What the user may have written into is kept when it is no longer wanted, and so is its folder.
        kept = any(isinstance(each, FileArtifact) and each.user_owned for each in (*first, *second))
        assert kept or STATE_DIR not in there


def _owned_by_us(system: MemorySystem) -> dict[str, Entry]:
    """The entries as this user can make them: no foreign groups, nothing unreadable, no special files."""
    changed: dict[str, Entry] = {}
    for path, entry in system.tree().items():
        if isinstance(entry, FileEntry):
            changed[path] = FileEntry(entry.content, ROOT_UID, ROOT_GID, entry.mode | 0o600)
        elif isinstance(entry, DirEntry):
            changed[path] = DirEntry(ROOT_UID, ROOT_GID, entry.mode | 0o700)
        elif isinstance(entry, LinkEntry):
            changed[path] = entry
    return changed


def _on_disk(system: MemorySystem, folder: Path) -> RealSystem:
    real = RealSystem(folder)
    for path, entry in _owned_by_us(system).items():
        if path != "/":
            real.put(path, entry)
    return real
