"""``import`` below --root of every kind of system: taken over, then nothing to do, then back to the byte."""

from pathlib import Path

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.kinds import HookKind
from tests.pptpsetup.cli.shop import Cli

_ONE_FILE = {HookKind.LOCAL_ADDITIVE, HookKind.SINGLE_FILE}
_PEERS = (
    'pty "pptp vpn.example.com --nolaunchpppd"\nname CORP\\\\alice\nremotename PPTP\nipparam vpn\nnoauth\n'
)
_SECRETS = "# mine\nCORP\\\\alice PPTP pw *\nbob x y *\n"
_HOOK = '#!/bin/sh\n[ "$6" = vpn ] && ip route add 10.0.0.0/8 dev "$1"\n'


def _files(root: Path) -> dict[str, bytes]:
    inside = (
        each for each in root.rglob("*") if each.is_file() and "var" not in each.relative_to(root).parts
    )
    return {str(each.relative_to(root)): each.read_bytes() for each in inside}


# One for each way in which scripts are run, and one without MPPE; a test of the importer has all profiles.
@pytest.mark.parametrize(
    "profile_id", ["debian", "fedora", "netbsd", "gentoo", "suse", "arch", "alpine", "openwrt"]
)
def test_a_tunnel_of_others_on_every_kind_of_system(cli: Cli, profile_id: str) -> None:
    profile = load_profile(profile_id)
    hook = profile.hooks.up if profile.hooks.kind in _ONE_FILE else f"{profile.hooks.up}/vpn"
    mppe = "require-mppe-128\n" if profile.modules.mppe else ""
    group = f"root:x:0:\n{profile.peers.access.group}:x:4242:\n"
    for path, text, mode in (
        ("/etc/group", group, 0o644),
        (f"{profile.peers.directory}/office", _PEERS + mppe, 0o600),
        (profile.secrets.chap, _SECRETS, 0o600),
        (hook, _HOOK, 0o755),
    ):
        file = cli.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
    before = _files(cli.root)
    engine = () if profile.uci is None else ("--engine", "system")
    here = ("--profile", profile_id)
    assert cli(*here, "import", "office", "--init", "manual", *engine).status == 0
    assert "routes: [10.0.0.0/8]" in cli.text_of("/etc/pptpsetup/tunnels.yaml")
    secrets = cli.text_of(profile.secrets.chap)
    assert (secrets.count("alice"), "bob x y *\n" in secrets) == (1, True)
    assert cli(*here, "check").status == 0
    assert "nothing to import" in cli(*here, "import").err
    assert cli(*here, "rollback").status == 0
    assert _files(cli.root) == before
