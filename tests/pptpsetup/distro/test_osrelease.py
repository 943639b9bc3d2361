"""A plain os-release against the library: the same answer, or none."""

from pathlib import Path

import pytest
from distro import LinuxDistribution
from hypothesis import example, given
from hypothesis import strategies as st

from pptpsetup.distro import osrelease
from tests.pptpsetup.distro.conftest import MakeRoot
from tests.pptpsetup.distro.systems import SYSTEMS

NAMES = st.sampled_from(["ID", "NAME", "VERSION_ID", "ID_LIKE", "VERSION_CODENAME", "X1", "id", "ID "])
TEXTS = st.text(st.sampled_from("ab1.é #'\"\\$`=-_/:\t\r\x0b\x0c\x85\u2028"), max_size=8)
PLAIN = st.text(st.sampled_from("ab1. -_/:"), max_size=8)
QUOTES = st.sampled_from(["", '"', "'"])
LINES = st.one_of(
    st.tuples(NAMES, QUOTES, PLAIN | TEXTS).map(lambda each: f"{each[0]}={each[1]}{each[2]}{each[1]}"),
    st.tuples(NAMES, QUOTES, TEXTS, QUOTES).map(lambda each: f"{each[0]}={''.join(each[1:])}"),
    PLAIN.map("# {}".format),
    TEXTS,
)
DOCUMENTS = st.lists(LINES, max_size=5).map(
    lambda lines: "\n".join(["ID=one", "NAME='A b'", 'VERSION_ID="1"', *lines]) + "\n"
)


def library(folder: Path, text: str) -> LinuxDistribution:
    (folder / "etc").mkdir(exist_ok=True)
    (folder / "etc/os-release").write_bytes(text.encode())
    return LinuxDistribution(include_lsb=False, include_uname=False, root_dir=str(folder))


def assert_same(folder: Path, text: str) -> bool:
    found = osrelease.read(text)
    if found is None:
        return False
    theirs = library(folder, text)
    assert (found["id"], found["name"], found["version_id"]) == (
        theirs.id(),
        theirs.name(),
        theirs.version(),
    )
    assert found.get("id_like", "") == theirs.like()
    for name, value in found.items():
        if name != "id":
            assert theirs.os_release_attr(name) == value
    return True


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("root")


@given(text=DOCUMENTS)
@example(text="ID=a\nNAME=x\nVERSION_ID=1\nX1=a\x85\n")
@example(text="ID='\r'\nNAME=x\nVERSION_ID=1\n#\rID=b\n")
@example(text="ID=Open Suse\nNAME=x\nVERSION_ID=1\n")
@example(text="ID='My Own'\nNAME=x\nVERSION_ID=1\n")
@example(text="ID=a\nNAME=x\nVERSION_ID=1\nID=\n")
@example(text="ID=a\nNAME=x\nVERSION_ID=1\nNAME=y # no comment\n")
def test_as_the_library_reads_it(scratch: Path, text: str) -> None:
    assert_same(scratch, text)


@pytest.mark.parametrize("name", SYSTEMS)
def test_systems_as_they_ship(scratch: Path, name: str) -> None:
    assert_same(scratch, SYSTEMS[name].files.get("/etc/os-release", ""))


def test_nearly_every_system_s_is_plain() -> None:
    texts = [text for each in SYSTEMS.values() if "NAME" in (text := each.files.get("/etc/os-release", ""))]
    assert sum(osrelease.read(each) is not None for each in texts) > 0.8 * len(texts) > 20


@pytest.mark.parametrize("id_", ["ol", "OL", "opensuse-leap"])
def test_what_the_library_calls_otherwise_is_left_to_it(id_: str) -> None:
    assert osrelease.read(f"ID={id_}\nNAME=x\nVERSION_ID=1\n") is None


def test_the_library_is_not_asked_about_a_plain_one(make_root: MakeRoot) -> None:
    from pptpsetup.distro import detect

    def never(_root: Path) -> None:
        raise AssertionError("the library was asked")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detect, "_identity", never)
        found = detect.identify(make_root({"/etc/os-release": "ID=debian\nNAME=Debian\nVERSION_ID=12\n"}))
    assert (found.id, found.version) == ("debian", "12")
