"""Names that become file names and ifupdown words, against run-parts and ifupdown."""

import subprocess
from pathlib import Path

import pytest

from pptpsetup.errors import SpecError
from pptpsetup.grammar import filename, interfaces
from tests.oracle.ifupdown import automatic, query, up_commands
from tests.support import need

NAMES = [
    "work",
    "my-vpn",
    "a_b",
    "50pptpsetup",
    "0",
    "A-1",
    "a.b",
    "a.sh",
    "x~",
    "é",
    "a b",
    ".x",
    "a.dpkg-old",
    "a+b",
]


def _accepts(name: str) -> bool:
    try:
        filename.run_parts_name(name)
    except SpecError:
        return False
    return True


@pytest.mark.host
def test_run_parts_runs_what_we_accept(tmp_path: Path) -> None:
    """And skips, in silence, what we refuse."""
    for name in NAMES:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    program = need("run-parts", package="debianutils")
    done = subprocess.run([program, "--test", str(tmp_path)], capture_output=True, text=True, check=True)
    ran = {Path(line).name for line in done.stdout.splitlines()}
    assert ran == {name for name in NAMES if _accepts(name)}
    assert "a.b" not in ran


@pytest.mark.host
@pytest.mark.parametrize("directive", ["source-directory", "source"])
def test_ifupdown_finds_the_file_of_a_tunnel(tmp_path: Path, directive: str) -> None:
    """Through both ways in which Debian's /etc/network/interfaces reads that directory."""
    folder = tmp_path / "interfaces.d"
    folder.mkdir()
    name = interfaces.word("pptp-my-vpn")
    stanza = f"auto {name}\niface {name} inet ppp\n    provider {interfaces.word('my-vpn')}\n"
    (folder / interfaces.file_name("my-vpn")).write_text(stanza)
    main = tmp_path / "interfaces"
    main.write_text(f"{directive} {folder}{'/*' if directive == 'source' else ''}\n")
    assert automatic(main) == ["pptp-my-vpn"]
    assert query(main, "pptp-my-vpn") == {"provider": "my-vpn"}
    assert "pon my-vpn" in up_commands(main, "pptp-my-vpn")


@pytest.mark.host
def test_source_directory_skips_a_name_with_a_dot(tmp_path: Path) -> None:
    """Why file_name() refuses it."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "pptp-a.b").write_text("auto pptp-a.b\niface pptp-a.b inet ppp\n    provider a.b\n")
    (tmp_path / "interfaces").write_text(f"source-directory {tmp_path}/d\n")
    assert automatic(tmp_path / "interfaces") == []
    with pytest.raises(SpecError):
        interfaces.file_name("a.b")


@pytest.mark.parametrize(
    "value", ["", "a b", "$(id)", "a;b", "a\nb", "-x", ".x", "é", "a\\", '"x"', "a#b", "a/b"]
)
def test_ifupdown_has_no_quoting_so_nothing_else_is_written(value: str) -> None:
    with pytest.raises(SpecError) as caught:
        interfaces.word(value)
    assert caught.value.diagnostics[0].code == "unquotable-interfaces"


@pytest.mark.parametrize("name", ["work", "_x", "my-vpn", "a.b", "0", "x" * 63])
def test_peers_names(name: str) -> None:
    assert filename.peers_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../x",
        "/x",
        "a/b",
        "a b",
        "-x",
        ".x",
        "x.",
        "x~",
        "x.bak",
        "x.dpkg-old",
        "x.rpmnew",
        "x" * 64,
        "é",
        "x\n",
    ],
)
def test_names_that_pppd_or_a_package_tool_would_misread(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        filename.peers_name(name)
    assert caught.value.diagnostics[0].code == "bad-peers-name"
