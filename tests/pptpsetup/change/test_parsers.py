"""What is to be written, parsed by the real pppd, shells and systemd before anything changes."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pptpsetup.change.entry import FileEntry
from pptpsetup.change.parsers import try_out
from pptpsetup.change.step import Plan, Step
from pptpsetup.distro.catalogue import load_profile
from pptpsetup.errors import InternalError, UnsupportedError
from pptpsetup.render.shared import SHELL_BLOCK
from tests.support import need, need_root

pytestmark = pytest.mark.host

DEBIAN = load_profile("debian")
PEERS = "/etc/ppp/peers/work"
HOOK = "/etc/ppp/ip-up.d/0pptpsetup"
UNIT = "/etc/systemd/system/pptpsetup@.service"
NET = "/etc/conf.d/net"


def entry(content: bytes) -> FileEntry:
    return FileEntry(content, 0, 0, 0o644)


def plan(path: str, content: bytes, before: bytes | None = None) -> Plan:
    return Plan((Step(path, path, None if before is None else entry(before), entry(content)),))


def shared(content: bytes, before: bytes) -> Plan:
    (step,) = plan(NET, content, before).steps
    return Plan((replace(step, merges=SHELL_BLOCK),))


def test_pppd_refuses_what_it_does_not_know() -> None:
    """An option of the user's own that another release would have taken."""
    need_root("pppd's dryrun")
    need("pppd", package="ppp")
    with pytest.raises(UnsupportedError) as caught:
        try_out(plan(PEERS, b"noauth\nfuture-option 3\n"), DEBIAN)
    (problem,) = caught.value.diagnostics
    assert (problem.code, str(problem.where)) == ("peers-rejected", PEERS)
    assert problem.why == f"In file {PEERS}: unrecognized option 'future-option'"


def test_a_shell_refuses_a_script_that_it_cannot_parse() -> None:
    for first in (b"#!/bin/sh", b"#!/sbin/openrc-run", b"#! /bin/bash -e"):
        with pytest.raises(InternalError) as caught:
            try_out(plan(HOOK, first + b"\nif true; then\n"), DEBIAN)
        (problem,) = caught.value.diagnostics
        assert (problem.code, str(problem.where)) == ("script-rejected", HOOK)
        assert problem.why
        assert try_out(plan(HOOK, first + b"\nif true; then :; fi\n"), DEBIAN) == ()


def test_what_no_shell_here_reads_is_left_out() -> None:
    """Another interpreter's script, text without a first line that names one, an empty name."""
    for content in (b"#!/usr/bin/perl\nif (", b"if true; then\n", b"#!\nif true; then\n", b""):
        assert try_out(plan(HOOK, content), DEBIAN) == ()


def test_a_file_that_the_user_broke_is_not_ours_to_judge() -> None:
    """It was broken before our lines came into it; one that was not must not be broken by them."""
    need("bash", package="bash")
    ours = b"config_ppp0='ppp'\n"
    assert try_out(shared(b"a=(1\n" + ours, b"a=(1\n"), DEBIAN) == ()
    assert try_out(shared(b"a=(1)\n" + ours, b"a=(1)\n"), DEBIAN) == ()
    with pytest.raises(InternalError, match="bash cannot parse"):
        try_out(shared(b"a=(1)\nconfig_ppp0='\n", b"a=(1)\n"), DEBIAN)


def test_the_line_in_question_is_not_shown() -> None:
    """It may be somebody's password."""
    need("bash", package="bash")
    with pytest.raises(InternalError) as caught:
        try_out(shared(b'password_ppp0="hidden" (\n', b"a=1\n"), DEBIAN)
    assert "hidden" not in str(caught.value.diagnostics)


def test_systemd_warns_of_what_it_would_ignore() -> None:
    need("systemd-analyze", package="systemd")
    text = b"[Unit]\nDescription=x\n[Service]\nExecStart=/bin/true\nFutureKey=1\n"
    (warning,) = try_out(plan(UNIT, text), DEBIAN)
    assert (warning.code, str(warning.where)) == ("unit-doubtful", UNIT)
    assert warning.why is not None
    assert warning.why.startswith("pptpsetup@.service:5:")
    assert "FutureKey" in warning.why
    assert try_out(plan(UNIT, text.replace(b"FutureKey=1\n", b"")), DEBIAN) == ()


def test_systemd_is_asked_once_for_all_units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads every unit of the system each time. Each unit gets the lines that are about it."""
    real = need("systemd-analyze", package="systemd")
    calls = tmp_path / "calls"
    program = tmp_path / "systemd-analyze"
    program.write_text(f'#!/bin/sh\necho "$@" >>{calls}\nexec {real} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    text = b"[Unit]\nDescription=x\n[Service]\nExecStart=/bin/true\n%sKey=1\n"
    other = "/etc/systemd/system/pptpsetup-recover.service"
    both = (*plan(UNIT, text % b"Future").steps, *plan(other, text % b"Strange").steps)
    first, second = try_out(Plan(both), DEBIAN)
    assert (str(first.where), str(second.where)) == (UNIT, other)
    assert "FutureKey" in str(first.why)
    assert "StrangeKey" in str(second.why)
    (call,) = calls.read_text().splitlines()
    assert call.startswith("verify ")


def test_what_does_not_change_or_is_in_the_way_is_not_parsed() -> None:
    """A change of mode alone; a step that will not be made; a removal."""
    bad = b"#!/bin/sh\nif\n"
    (step,) = plan(HOOK, bad).steps
    kinds = (
        replace(step, before=replace(entry(bad), mode=0o600)),
        replace(step, blocked="foreign-file"),
        replace(step, before=entry(bad), after=None),
    )
    for each in kinds:
        assert try_out(Plan((each,)), DEBIAN) == ()
