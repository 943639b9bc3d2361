"""Going back in a file that others have lines in, in every grammar: ours as they were, theirs as now."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pptpsetup.change.generations import rollback
from pptpsetup.change.system import RealSystem
from pptpsetup.change.transaction import apply
from pptpsetup.render.artifact import Artifact, SharedArtifact
from pptpsetup.render.shared import HOOK_FILE, LOCAL_HOOK, MERGERS, OURS, PPP_SECRETS, SHELL_BLOCK, UCI
from tests.pptpsetup.change.scene import FILE, make_host, memory_folder, provision, snapshot

PLACE = "/etc/ppp/shared"


def _secret(name: str) -> bytes:
    return f'"bob" "{name}" "pw" * # managed by pptpsetup: {name}\n'.encode()


def _section(name: str) -> bytes:
    text = f"config interface '{name}'\n\toption proto 'pptp'\n\toption managed_by 'pptpsetup'\n"
    return text.encode()


LINES: dict[str, tuple[bytes, bytes, bytes]] = {
    PPP_SECRETS: (_secret("work"), _secret("home"), b'"eve" * "x" *\n'),
    LOCAL_HOOK: (
        b'/etc/pptpsetup/ip-up "$@" # managed by pptpsetup\n',
        b'/etc/pptpsetup/ip-down "$@" # managed by pptpsetup\n',
        b"#!/bin/sh\nlogger up\n",
    ),
    HOOK_FILE: (
        b'/etc/pptpsetup/ip-up "$@" # managed by pptpsetup\n',
        b'/etc/pptpsetup/ip-down "$@" # managed by pptpsetup\n',
        b"#!/bin/sh\nlogger up\n",
    ),
    SHELL_BLOCK: (b"config_ppp0='ppp'\n", b"config_ppp1='ppp'\n", b"config_eth0='dhcp'\n"),
    UCI: (_section("work"), _section("home"), b"\nconfig interface 'lan'\n\toption proto 'static'\n"),
}
"""By grammar: two lines of ours, and what others have."""
OPEN = b"\n# no line end after this"
"Not for UCI: libuci ends every line."


@pytest.fixture
def root() -> Iterator[Path]:
    with memory_folder() as path:
        make_host(path)
        yield path


def wanted(grammar: str, *lines: bytes) -> list[Artifact]:
    return [SharedArtifact(PLACE, grammar, lines, FILE)] if lines else []


def back(system: RealSystem, target: int | None = None) -> None:
    plan = rollback(system, target, spec_file="/etc/pptpsetup/tunnels.yaml", mergers=MERGERS, ours=OURS)
    assert not plan.conflicts
    apply(plan, system, title="rollback")


@pytest.mark.parametrize("theirs", ["nothing", "some", "no line end"])
@pytest.mark.parametrize("grammar", LINES)
def test_every_generation_comes_back_to_the_byte(grammar: str, theirs: str, root: Path) -> None:
    one, two, foreign = LINES[grammar]
    system = RealSystem(root)
    if theirs != "nothing":
        open_ = OPEN if theirs == "no line end" and grammar != UCI else b""
        (root / PLACE[1:]).write_bytes(foreign + open_)
    states = [snapshot(root)]
    for lines in ((one,), (one, two), (two,), ()):
        provision(wanted(grammar, *lines), system)
        states.append(snapshot(root))
    assert states[4] == states[0]
    for target in (3, 1, 2, 0, 2):
        back(system, target)
        assert snapshot(root) == states[target], target


def _reworded(content: bytes) -> bytes:
    """Others change a word of theirs."""
    for old, new in ((b"eve", b"adam"), (b"logger", b"echo"), (b"eth0", b"eth7"), (b"'lan'", b"'wan'")):
        content = content.replace(old, new)
    return content


@pytest.mark.parametrize("grammar", LINES)
def test_what_others_have_written_meanwhile_stays(grammar: str, root: Path) -> None:
    one, two, foreign = LINES[grammar]
    file = root / PLACE[1:]
    system = RealSystem(root)
    file.write_bytes(foreign)
    provision(wanted(grammar, one), system)
    provision(wanted(grammar, two), system)
    changed = _reworded(foreign)
    assert changed != foreign
    file.write_bytes(_reworded(file.read_bytes()))
    back(system)
    assert file.read_bytes() == MERGERS[grammar](changed, (one,))
    back(system, 0)
    assert file.read_bytes() == changed


@pytest.mark.parametrize("grammar", LINES)
def test_what_is_ours_is_known(grammar: str) -> None:
    one, two, foreign = LINES[grammar]
    for theirs in (b"", foreign, *([foreign + OPEN] if grammar != UCI else [])):
        whole = MERGERS[grammar](theirs, (one, two))
        assert OURS[grammar](whole) == (one, two)
        assert OURS[grammar](theirs) == ()
        assert MERGERS[grammar](MERGERS[grammar](whole, ()), OURS[grammar](whole)) == whole
