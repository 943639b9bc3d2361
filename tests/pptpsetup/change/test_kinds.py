"""A path whose kind changes, as between two profiles: every pair of kinds, with bytes of others around.

Nothing of the old kind is left, nothing is written through a link of ours, what others have put there is
never lost, and a rollback leads back.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pptpsetup.change.draft import OVERWRITE_ALL
from pptpsetup.change.generations import rollback
from pptpsetup.change.manifest import STATE_DIR
from pptpsetup.change.step import Plan
from pptpsetup.change.system import RealSystem
from pptpsetup.change.transaction import apply, recover
from pptpsetup.errors import DifferentError
from pptpsetup.render.artifact import Artifact, DirectoryArtifact, FileArtifact, LinkArtifact, SharedArtifact
from pptpsetup.render.shared import MERGERS, OURS
from tests.pptpsetup.change.scene import (
    DIRECTORY,
    FILE,
    PRIVATE,
    Tree,
    killed_at,
    make_host,
    memory_folder,
    plan_for,
    provision,
    snapshot,
)

PATH = "/etc/x/it"
SECRET = b'"bob" "work" "pw" * # managed by pptpsetup: work\n'

KINDS: dict[str, list[Artifact]] = {
    "nothing": [],
    "file": [FileArtifact(PATH, b"whole\n", FILE)],
    "file to edit": [FileArtifact(PATH, b"yours\n", FILE, user_owned=True)],
    "link to a file": [LinkArtifact(PATH, "../passwd")],
    "link to a directory": [LinkArtifact(PATH, "../ppp/peers")],
    "link to nothing": [LinkArtifact(PATH, "nowhere")],
    "lines": [SharedArtifact(PATH, "ppp-secrets", (SECRET,), PRIVATE, secret=True)],
    "other lines": [SharedArtifact(PATH, "shell-block", (b"config_ppp0='ppp'\n",), PRIVATE)],
    "directory": [DirectoryArtifact(PATH, DIRECTORY)],
    "directory with files": [
        FileArtifact(f"{PATH}/one", b"1\n", FILE),
        FileArtifact(f"{PATH}/below/two", b"2\n", FILE),
        LinkArtifact(f"{PATH}/three", "one"),
    ],
}
PAIRS = [(one, other) for one in KINDS for other in KINDS if one != other]
MEDDLED = [pair for pair in PAIRS if "file to edit" not in pair]
"What is in a file that users edit is theirs anyway, whoever wrote it."
KILLED = 77
FOREIGN = b"FOREIGN='1 2' 3 4\n"
"A line that is fit for every grammar here."


@pytest.fixture
def folder() -> Iterator[Path]:
    with memory_folder() as path:
        yield path


def host(folder: Path, name: str = "host") -> tuple[Path, RealSystem]:
    (folder / name).mkdir()
    system = make_host(folder / name)
    (folder / name / "etc/x").mkdir()
    (folder / name / "etc/x/beside").write_bytes(b"not ours\n")
    return folder / name, system


def back(system: RealSystem, target: int | None = None, overwrite: frozenset[str] = frozenset()) -> Plan:
    spec = "/etc/pptpsetup/tunnels.yaml"
    plan = rollback(system, target, overwrite=overwrite, spec_file=spec, mergers=MERGERS, ours=OURS)
    if plan.conflicts:
        raise DifferentError(plan.conflicts)
    apply(plan, system, title="rollback")
    return plan


def named(kind: str) -> str:
    return kind.replace(" ", "-")


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=named)
def test_from_one_to_the_other_and_back(one: str, other: str, folder: Path) -> None:
    """As if the other had been there from the start; and a rollback leads to the one, to the byte."""
    root, system = host(folder)
    untouched = snapshot(root)
    provision(KINDS[one], system)
    before = snapshot(root)
    provision(KINDS[other], system)
    after = snapshot(root)
    assert plan_for(KINDS[other], system).empty
    fresh, of_fresh = host(folder, "fresh")
    provision(KINDS[other], of_fresh)
    assert after == snapshot(fresh)
    back(system)
    assert snapshot(root) == before
    assert plan_for(KINDS[one], system).empty
    back(system)
    assert snapshot(root) == after
    provision([], system)
    assert snapshot(root) == untouched


def meddle(root: Path, kind: str) -> None:
    """Somebody puts bytes of his own where a *kind* is, or beside it."""
    place = root / PATH[1:]
    if kind.startswith("directory"):
        (place / "foreign").write_bytes(FOREIGN)
        if kind == "directory with files":
            (place / "below/foreign").write_bytes(FOREIGN)
    elif kind.endswith("lines"):
        place.write_bytes(FOREIGN + place.read_bytes())
    elif place.is_symlink():
        place.unlink()
        place.write_bytes(FOREIGN)
    elif kind == "nothing":
        place.write_bytes(FOREIGN)
        place.chmod(0o600)
    else:
        place.write_bytes(place.read_bytes() + FOREIGN)


def foreign_files(root: Path) -> int:
    """How many files have the foreign bytes, without the history, which forgets."""
    return sum(
        FOREIGN in content
        for path, (_, _, _, content, _) in snapshot(root).items()
        if isinstance(content, bytes) and not path.startswith(f"{STATE_DIR}/tx")
    )


def nothing_lost(root: Path, act: Callable[[], object]) -> bool:
    """Whether *act* was refused; then nothing has changed, else no foreign byte is lost."""
    before, count = snapshot(root), foreign_files(root)
    assert count > 0
    try:
        act()
    except DifferentError:
        assert snapshot(root) == before
        return True
    assert foreign_files(root) >= count
    return False


def others(tree: Tree) -> Tree:
    """Without what is at the path, and without our bookkeeping."""
    return {path: each for path, each in tree.items() if not path.startswith((PATH, STATE_DIR, "/var/lib"))}


@pytest.mark.parametrize(("one", "other"), MEDDLED, ids=named)
def test_with_somebody_elses_bytes_there(one: str, other: str, folder: Path) -> None:
    """Refused with nothing changed, or done with none of them lost; `--overwrite` puts them away."""
    root, system = host(folder)
    provision(KINDS[one], system)
    meddle(root, one)
    before = others(snapshot(root))
    if nothing_lost(root, lambda: provision(KINDS[other], system)):
        # What cannot be put away, a directory with files of others, is in the way for good.
        lasting = nothing_lost(root, lambda: provision(KINDS[other], system, overwrite=OVERWRITE_ALL))
        assert not lasting or one.startswith("directory") or other.startswith("directory")
        if lasting:
            return
    assert others(snapshot(root)) == before
    assert plan_for(KINDS[other], system).empty
    if nothing_lost(root, lambda: back(system)):
        nothing_lost(root, lambda: back(system, overwrite=OVERWRITE_ALL))
    assert others(snapshot(root)) == before


@pytest.mark.parametrize(("one", "other"), MEDDLED, ids=named)
def test_back_over_it_with_somebody_elses_bytes_there(one: str, other: str, folder: Path) -> None:
    root, system = host(folder)
    provision(KINDS[one], system)
    provision(KINDS[other], system)
    meddle(root, other)
    before = others(snapshot(root))
    if nothing_lost(root, lambda: back(system)):
        nothing_lost(root, lambda: back(system, overwrite=OVERWRITE_ALL))
    assert others(snapshot(root)) == before


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("file", "directory with files"),
        ("directory with files", "file"),
        ("directory with files", "link to a directory"),
        ("link to a directory", "directory with files"),
        ("lines", "link to a file"),
        ("link to a file", "lines"),
    ],
)
def test_killed_before_every_call(one: str, other: str, folder: Path) -> None:
    """As before or as after, on the way there and on the way back."""
    root, system = host(folder)
    provision(KINDS[one], system)
    before = snapshot(root)
    for act in (partial(provision, KINDS[other], system), partial(back, system)):
        call = 0
        while (status := killed_at(call, act)) != 0:
            assert status == KILLED
            recover(system)
            if snapshot(root) != before:
                break
            call += 1
        assert call > 5
        before = snapshot(root)
