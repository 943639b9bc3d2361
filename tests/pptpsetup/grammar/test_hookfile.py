"""Lines of ours in others' hook scripts: placed, found again, taken out, and harmless to the rest."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pptpsetup.errors import SpecError
from pptpsetup.grammar import hookfile
from tests.oracle.shell import shells

UP, DOWN = hookfile.call("/etc/pptpsetup/ip-up"), hookfile.call("/etc/pptpsetup/ip-down")
MADE = b"# pptpsetup made this file and removes it when no line of others is in it. # managed by pptpsetup\n"
FOREIGN = [
    b"#!/bin/sh\n",
    b"#!/bin/sh",
    b"#!/bin/sh -e\n\nexit 1",
    b"#! /bin/bash\necho $1\n",
    b"#!/usr/bin/env bash\necho dos\r\nexit 0\r\n",
    b"#!/usr/bin/env -S sh -eu\n:",
    b"#!/bin/busybox sh\n:\n\n\n",
    b"#!/bin/ksh93\ncat <<EOF\n# managed by somebody\nEOF\n",
    b"#!/bin/sh\n\xff\xfe\0binary after exit\n",
]
WITHOUT_INTERPRETER = [
    b"echo $1\n",
    b"\xef\xbb\xbf#!/bin/sh\necho\n",
    b"\n#!/bin/sh\n",
    b" #!/bin/sh\r\n",
    b"\n",
    b"exit 0",
]
NO_SHELL = [
    b"#!/usr/bin/python3\nprint()\n",
    b"#!/usr/bin/env perl\n",
    b"#!/usr/bin/env -S python3 -I\n",
    b"#!/bin/csh -f\n",
    b"#!/usr/bin/fish\n",
    b"#!/bin/sh\r\necho dos\r\n",
    b"#!\n",
    b"#!/bin/busybox awk\n",
    b"\x7fELF\2\1\1\0\0\0\0",
]


def local(old: bytes, lines: tuple[bytes, ...] = UP) -> bytes:
    return hookfile.merge(old, lines, executed=False)


def test_the_written_form_is_pinned() -> None:
    assert local(b"") == b"#!/bin/sh\n" + MADE + b"".join(UP)
    assert UP == (
        b"# Routes and name servers of PPTP tunnels; other links are left alone. # managed by pptpsetup\n",
        b"[ ! -x '/etc/pptpsetup/ip-up' ] || '/etc/pptpsetup/ip-up' \"$@\" || : # managed by pptpsetup\n",
    )


@pytest.mark.parametrize("old", FOREIGN)
@pytest.mark.parametrize("executed", [True, False])
def test_ours_stand_after_the_interpreters_line(old: bytes, executed: bool) -> None:
    merged = hookfile.merge(old, UP, executed=executed)
    first, _, rest = merged.partition(b"\n")
    assert first == old.partition(b"\n")[0]
    assert (rest + b"\n").startswith(b"".join(UP))


@pytest.mark.parametrize("old", WITHOUT_INTERPRETER)
def test_ours_stand_first_where_a_shell_reads_the_file_anyway(old: bytes) -> None:
    assert local(old) == b"".join(UP) + old


@pytest.mark.parametrize("old", [b"", *FOREIGN, *WITHOUT_INTERPRETER])
def test_merging_keeps_foreign_bytes_and_undoes_itself(old: bytes) -> None:
    merged = local(old)
    assert local(merged, ()) == old
    assert local(merged) == merged
    assert local(merged, DOWN) == local(old, DOWN)
    assert merged.count(b"managed by pptpsetup") == 2 + (not old)


def _merged_or_refused(foreign: bytes, executed: bool) -> bytes | None:
    try:
        return hookfile.merge(foreign, UP, executed=executed)
    except SpecError as error:
        if {each.code for each in error.diagnostics} != {"hook-not-shell"}:
            raise
        return None


@given(
    st.lists(
        st.sampled_from(
            [
                *(b"#!/bin/sh", b"\n", b"\r\n", b" ", b"# managed by", b" # managed by pptpsetup", b"\0"),
                *(b"x", b"#", b"\xef\xbb\xbf", b"#!", b"bash", UP[1], MADE, b"exit 0\n"),
            ]
        ),
        max_size=8,
    ).map(b"".join)
    | st.binary(max_size=30),
    st.booleans(),
)
@example(b"#!/bin/sh", True)
@example(b"#!/bin/sh\n# managed by pptpsetup", True)
def test_any_file_is_refused_or_gets_its_bytes_back(old: bytes, executed: bool) -> None:
    """Old lines of ours are not others'; what is without them is the file to be kept."""
    foreign = hookfile.merge(old, (), executed=executed)
    assert b" # managed by pptpsetup\n" not in foreign
    merged = _merged_or_refused(foreign, executed)
    if merged is None:
        return
    assert hookfile.merge(merged, (), executed=executed) == foreign
    assert hookfile.merge(merged, UP, executed=executed) == merged
    assert b"\n" + UP[1] in b"\n" + merged + b"\n"


@pytest.mark.parametrize("old", NO_SHELL)
def test_no_line_of_a_shell_script_goes_into_another_program(old: bytes) -> None:
    for executed in (True, False):
        with pytest.raises(SpecError) as caught:
            hookfile.merge(old, UP, executed=executed)
        (found,) = caught.value.diagnostics
        assert found.code == "hook-not-shell"
        assert found.why
        assert found.hint
        # What is there anyway can always be taken out.
        assert hookfile.merge(old, (), executed=executed) == old


@pytest.mark.parametrize("old", WITHOUT_INTERPRETER)
def test_a_file_that_pppd_cannot_run_is_refused(old: bytes) -> None:
    with pytest.raises(SpecError) as caught:
        hookfile.merge(old, UP, executed=True)
    assert "#!/bin/sh" in str(caught.value.diagnostics[0].hint)


def test_a_file_of_ours_stays_when_others_have_added_lines() -> None:
    merged = local(b"") + b"echo theirs\n"
    assert local(merged) == merged
    assert local(merged, ()) == b"#!/bin/sh\necho theirs\n"


@pytest.mark.parametrize("change", [lambda text: text.rstrip(b"\n"), lambda text: text + b"\n"])
def test_an_editors_last_newline_does_not_keep_a_file_of_ours(change: object) -> None:
    assert callable(change)
    assert local(change(local(b"")), ()) == b""


def test_moved_and_re_ended_lines_of_ours_are_still_found() -> None:
    old = b"#!/bin/sh\necho 1\n" + UP[1].replace(b"\n", b"\r\n") + b"echo 2\n" + UP[0] + b"echo 3"
    assert local(old, ()) == b"#!/bin/sh\necho 1\necho 2\necho 3"


@pytest.mark.host
@pytest.mark.parametrize("shell", shells(), ids=" ".join)
@pytest.mark.parametrize("options", ["", " -e", " -u", " -f"])
def test_every_shell_runs_ours_and_then_the_rest(shell: list[str], options: str, tmp_path: Path) -> None:
    """Even when our script fails and the file is run with -e; the arguments arrive as they are."""
    script, hook = tmp_path / "it's ours", tmp_path / "hook"
    script.write_text('#!/bin/sh\nprintf "%s|" ours "$#" "$@"\nexit 3\n')
    script.chmod(0o755)
    program = shutil.which(shell[0])
    # An interpreter's line has room for one argument, and busybox needs it for the shell's name.
    first = f"#!{program} {' '.join(shell[1:])}" if shell[1:] else f"#!{program}{options}"
    foreign = f'{first}\nprintf "%s|" theirs "$#" "$@"\nexit 0\n'
    hook.write_bytes(hookfile.merge(foreign.encode(), hookfile.call(str(script)), executed=True))
    hook.chmod(0o755)
    arguments = ["ppp0", "", "38400", "a b", "*", "it's"]
    said = "|".join(["6", *arguments])
    for wanted in (f"ours|{said}|theirs|{said}|", f"theirs|{said}|"):
        done = subprocess.run([hook, *arguments], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, wanted, "")
        script.unlink(missing_ok=True)
