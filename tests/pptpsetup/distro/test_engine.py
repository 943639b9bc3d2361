"""Where a system in a directory has our engine: what is written for it names programs of its own."""

from collections.abc import Mapping

import pytest

from pptpsetup.distro.engine import EnginePlace, engine_place
from tests.pptpsetup.distro.conftest import MakeRoot

MAIN = "pptpengine/__main__.py"
HOME = f"/usr/lib/pptpsetup/{MAIN}"
PYTHON = "/usr/bin/python3"

SYSTEMS: Mapping[str, tuple[Mapping[str, str], EnginePlace]] = {
    "nothing is installed": ({}, EnginePlace(PYTHON, HOME, (PYTHON, HOME))),
    "only Python": ({PYTHON: ""}, EnginePlace(PYTHON, HOME, (HOME,))),
    "a package of the distribution": (
        {
            PYTHON: "",
            "/usr/sbin/pptpsetup": "#!/usr/bin/python3\nimport sys\n",
            f"/usr/lib/python3/dist-packages/{MAIN}": "",
        },
        EnginePlace(PYTHON, f"/usr/lib/python3/dist-packages/{MAIN}"),
    ),
    "flags behind the interpreter": (
        {
            PYTHON: "",
            "/usr/bin/python3.13": "",
            "/usr/bin/pptpsetup": "#!/usr/bin/python3 -sP\n",
            f"/usr/lib/python3.13/site-packages/{MAIN}": "",
        },
        EnginePlace(PYTHON, f"/usr/lib/python3.13/site-packages/{MAIN}"),
    ),
    "pip, beside the system's own Python": (
        {
            PYTHON: "",
            "/usr/local/bin/python3.12": "",
            "/usr/local/bin/pptpsetup": "#!/usr/local/bin/python3.12\n",
            f"/usr/local/lib/python3.12/site-packages/{MAIN}": "",
        },
        EnginePlace("/usr/local/bin/python3.12", f"/usr/local/lib/python3.12/site-packages/{MAIN}"),
    ),
    "a virtual environment, whose Python is an absolute link": (
        {
            PYTHON: "",
            "/opt/pptpsetup/bin/python3": "-> /usr/bin/python3",
            "/opt/pptpsetup/bin/pptpsetup": "#!/opt/pptpsetup/bin/python3\n",
            f"/opt/pptpsetup/lib/python3.11/site-packages/{MAIN}": "",
            "/usr/local/sbin/pptpsetup": "-> /opt/pptpsetup/bin/pptpsetup",
        },
        EnginePlace("/opt/pptpsetup/bin/python3", f"/opt/pptpsetup/lib/python3.11/site-packages/{MAIN}"),
    ),
    "pkgsrc": (
        {
            "/usr/pkg/bin/python3.12": "",
            "/usr/pkg/sbin/pptpsetup": "#!/usr/pkg/bin/python3.12\n",
            f"/usr/pkg/lib/python3.12/site-packages/{MAIN}": "",
        },
        EnginePlace("/usr/pkg/bin/python3.12", f"/usr/pkg/lib/python3.12/site-packages/{MAIN}"),
    ),
    "the folder alone, and no script": (
        {PYTHON: "", HOME: ""},
        EnginePlace(PYTHON, HOME),
    ),
    "the newest of several Pythons": (
        {
            "/usr/bin/python3.9": "",
            "/usr/bin/python3.11": "",
            f"/usr/lib/python3.9/site-packages/{MAIN}": "",
            f"/usr/lib/python3.11/site-packages/{MAIN}": "",
        },
        EnginePlace("/usr/bin/python3.11", f"/usr/lib/python3.11/site-packages/{MAIN}"),
    ),
    "a script whose interpreter has gone": (
        {
            PYTHON: "",
            "/usr/bin/pptpsetup": "#!/usr/bin/python3.10\n",
            f"/usr/lib/python3/dist-packages/{MAIN}": "",
        },
        EnginePlace(PYTHON, f"/usr/lib/python3/dist-packages/{MAIN}"),
    ),
    "an engine without any Python": (
        {f"/usr/lib/python3/dist-packages/{MAIN}": ""},
        EnginePlace(PYTHON, f"/usr/lib/python3/dist-packages/{MAIN}", (PYTHON,)),
    ),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_programs_of_a_system(make_root: MakeRoot, name: str) -> None:
    files, place = SYSTEMS[name]
    assert engine_place(make_root(files), PYTHON) == place


def test_a_link_to_this_machine_s_engine_is_not_followed(make_root: MakeRoot) -> None:
    """The root's /usr/lib/python3 leads to a place that only this machine has."""
    root = make_root({PYTHON: ""})
    outside = root.parent / "outside"
    (outside / "dist-packages/pptpengine").mkdir(parents=True)
    (outside / "dist-packages" / MAIN).touch()
    (root / "usr/lib").mkdir()
    (root / "usr/lib/python3").symlink_to(outside)
    assert engine_place(root, PYTHON).missing == (HOME,)


def test_what_is_missing_is_told_with_what_to_do(make_root: MakeRoot) -> None:
    (nothing, there) = (engine_place(make_root({}), PYTHON), EnginePlace(PYTHON, HOME))
    assert there.shortage() is None
    told = nothing.shortage()
    assert told is not None
    assert told.code == "engine-elsewhere"
    assert told.hint is not None
    assert "/usr/lib/pptpsetup/pptpengine" in told.hint
