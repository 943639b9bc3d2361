"""Every way to get the project: wheel from the sdist, editable, bare checkout."""

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from tests.project.checkout import ROOT, files, run
from tests.support import need

pytestmark = pytest.mark.install

PLACES = (
    "from pptpsetup.resources import data_dir, engine_main; "
    "print(data_dir('templates'), data_dir('profiles'), engine_main(), sep='\\n')"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that was built from the sdist, not from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return folder


def _only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def _fresh(folder: Path) -> Path:
    """The Python of a new virtual environment."""
    venv.create(folder, with_pip=False, symlinks=True)
    return folder / "bin" / "python"


def _install(python: Path, *what: str | Path) -> None:
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *what)


def _committed(*folders: str) -> set[str]:
    need("git", package="git")
    names = {path.relative_to(ROOT).as_posix() for path in files()}
    return {name for name in names if name.startswith(tuple(f"{folder}/" for folder in folders))}


def test_sdist_has_everything_to_build_and_test(built: Path) -> None:
    """Sources, data, tests and the files that build and check them."""
    with tarfile.open(_only(built, "*.tar.gz")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = _committed("pptpsetup", "engine", "templates", "profiles", "tests", "docs")
    wanted |= {"pyproject.toml", "hatch_build.py", "Makefile", "README.md", "CHANGELOG.md", "LICENSE"}
    assert wanted <= names, sorted(wanted - names)


def test_wheel_has_both_packages_and_the_data(built: Path) -> None:
    """Exactly the packages, the data folders under ``pptpsetup/_data``, and the licence."""
    with zipfile.ZipFile(_only(built, "*.whl")) as archive:
        names = set(archive.namelist())
    metadata = {name for name in names if ".dist-info/" in name}
    wanted = _committed("pptpsetup") | {
        name.removeprefix("engine/") for name in _committed("engine/pptpengine")
    }
    wanted |= {f"pptpsetup/_data/{name}" for name in _committed("templates", "profiles")}
    assert names - metadata == wanted
    assert any(name.endswith("/licenses/LICENSE") for name in metadata)


def test_wheel_runs_in_a_fresh_environment(built: Path, tmp_path: Path) -> None:
    """Both commands run from elsewhere, and everything comes from site-packages."""
    python = _fresh(tmp_path / "venv")
    _install(python, _only(built, "*.whl"))
    for command in ("pptpsetup", "pptpengine"):
        assert run(python.with_name(command), "--version", cwd=tmp_path).startswith(command)
    templates, profiles, engine = run(python, "-c", PLACES, cwd=tmp_path).splitlines()
    assert all(str(tmp_path / "venv") in place for place in (templates, profiles, engine))
    assert "site-packages/pptpsetup/_data/templates" in templates
    # As pppd will start it: no site-packages, no PYTHONPATH.
    assert run(python, "-I", "-S", engine, "--version", cwd=tmp_path).startswith("pptpengine")


def test_editable_install_reads_the_checkout(tmp_path: Path) -> None:
    """Data and engine are the checkout's own files: an edit is seen at once."""
    python = _fresh(tmp_path / "venv")
    _install(python, "--editable", ROOT)
    assert run(python.with_name("pptpsetup"), "--version", cwd=tmp_path).startswith("pptpsetup")
    places = run(python, "-c", PLACES, cwd=tmp_path).splitlines()
    assert places == [
        str(ROOT / name) for name in ("templates", "profiles", "engine/pptpengine/__main__.py")
    ]


def test_bare_checkout_runs_without_installing(tmp_path: Path) -> None:
    """``python -m pptpsetup`` in the checkout; help and version need no library."""
    python = _fresh(tmp_path / "venv")
    assert run(python, "-m", "pptpsetup", "--version").startswith("pptpsetup")
    assert "create" in run(python, "-m", "pptpsetup", "--help")
    done = subprocess.run([python, "-c", "import jinja2"], capture_output=True, check=False)
    assert done.returncode != 0, "the environment was meant to be empty"
