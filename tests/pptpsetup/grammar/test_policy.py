"""Paths in policies, and the words of the launcher; whole policies are read in tests/pptpsetup/render."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.errors import SpecError
from pptpsetup.grammar import policy, python
from tests.oracle import selinux

PARTS = st.from_regex(r"[A-Za-z0-9_+@-][A-Za-z0-9._+@-]{0,8}", fullmatch=True)
PATHS = st.lists(PARTS, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))


@given(PATHS, PATHS)
def test_a_pattern_means_its_path_alone(path: str, other: str) -> None:
    assert re.fullmatch(policy.selinux(path), path)
    assert path == other or not re.fullmatch(policy.selinux(path), other)
    assert policy.apparmor(path) == path


@pytest.mark.parametrize(
    "path", ["", "relative", "/a b", "/a*", "/a{b,c}", "/a[b]", "/a/../b", "/a/", "/é", "/a\n"]
)
def test_other_paths_are_refused(path: str) -> None:
    for quote in (policy.selinux, policy.apparmor):
        with pytest.raises(SpecError, match="security policy"):
            quote(path)


@pytest.mark.host
def test_the_real_matcher_takes_a_dot_for_a_dot(tmp_path: Path) -> None:
    contexts = tmp_path / "contexts"
    path = "/opt/py3.11+x/python"
    contexts.write_text(f"{policy.selinux(path)}\t--\tsystem_u:object_r:pptp_exec_t:s0\n")
    assert selinux.label(contexts, path, "file") == "system_u:object_r:pptp_exec_t:s0"
    for other in ("/opt/py3x11+x/python", "/opt/py3.1111x/python", path + "2"):
        assert selinux.label(contexts, other, "file") == "<<none>>"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_python_reads_the_string_that_was_written(text: str) -> None:
    assert ast.literal_eval(python.string(text)) == text
    assert "\n" not in python.string(text)


@pytest.mark.parametrize(
    "program", ["", "python3", "/opt/a b/python3", "/" + "x" * 124, "/usr/bin/python3\n"]
)
def test_an_interpreter_that_a_first_line_cannot_name_is_refused(program: str) -> None:
    with pytest.raises(SpecError, match="first line"):
        python.shebang(program, "-IS")


@pytest.mark.host
def test_the_kernel_finds_the_interpreter_and_gives_it_the_option(tmp_path: Path) -> None:
    script = tmp_path / "script"
    asked = "import sys\nprint(sys.flags.isolated, sys.flags.no_site)\n"
    script.write_text(f"{python.shebang(sys.executable, '-IS')}\n{asked}")
    script.chmod(0o755)
    done = subprocess.run([script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "1 1\n"
