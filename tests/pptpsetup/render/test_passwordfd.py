"""A password on a descriptor: in no secrets file, and byte for byte what pppd reads."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.kinds import InitKind
from pptpsetup.errors import SpecError, UnsupportedError
from pptpsetup.grammar.secrets import ours
from pptpsetup.render.artifact import Artifact, FileArtifact, SharedArtifact
from pptpsetup.render.carry import obstacles
from pptpsetup.render.places import PASSWORDFD
from pptpsetup.render.target import Target
from pptpsetup.render.tunnels import render
from pptpsetup.spec.model import (
    Authentication,
    Delivery,
    Encryption,
    Engine,
    Init,
    PasswordSource,
    Spec,
    Tunnel,
)
from pptpsetup.spec.secret import Secret
from tests import inits
from tests.golden.cases import FACTS, PROGRAMS, WORK
from tests.oracle.inits import TREE
from tests.oracle.pppd import Pppd, pppd_oracle
from tests.oracle.shell import shells
from tests.support import need

__all__ = ["pppd_oracle"]

DEBIAN = load_profile("debian")
TUNNEL = replace(WORK, password_delivery=Delivery.PASSWORDFD)
SEALED = replace(TUNNEL, password=PasswordSource("encrypted_credential", "pptp-work"))
ENV = PasswordSource("env", "VPN_PASSWORD")


def _render(*tunnels: Tunnel, **passwords: str) -> dict[str, Artifact]:
    secrets = {name: Secret(text) for name, text in passwords.items()}
    return {each.path: each for each in render(Spec(tunnels), DEBIAN, FACTS, secrets, programs=PROGRAMS)}


def _bytes(artifact: Artifact) -> bytes:
    if isinstance(artifact, SharedArtifact):
        return b"".join(artifact.lines)
    return artifact.content if isinstance(artifact, FileArtifact) else b""


# What is written

PASSWORDS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"]),
    min_size=12,
    max_size=255,
)


@given(
    PASSWORDS,
    st.sets(st.sampled_from(Authentication), min_size=1),
    st.sampled_from(Engine),
    st.sampled_from([Init.SYSTEMD, Init.MANUAL]),
)
def test_no_secrets_file_has_a_line_of_such_a_tunnel(
    password: str, methods: set[Authentication], engine: Engine, init: Init
) -> None:
    """Whatever it is like; and nothing but its own file has the password, for root alone."""
    tunnel = replace(
        TUNNEL,
        authentication=tuple(methods),
        encryption=Encryption.NONE,
        engine=engine,
        init=init,
        password=ENV,
    )
    found = _render(tunnel, replace(WORK, name="other"), work=password, other="another")
    assert {
        ours(line) for each in found.values() if isinstance(each, SharedArtifact) for line in each.lines
    } == {"other"}
    holding = [path for path, each in found.items() if password.encode("latin-1") in _bytes(each)]
    assert holding == ["/etc/pptpsetup/secrets/work.pppd"]
    file = found[holding[0]]
    assert isinstance(file, FileArtifact)
    assert (file.content, file.secret) == (password.encode("latin-1"), True)
    assert (file.access.owner, file.access.mode) == ("root", 0o600)


def test_what_systemd_has_needs_no_password() -> None:
    found = _render(SEALED)
    assert not [path for path, each in found.items() if getattr(each, "secret", False)]
    unit = _bytes(found["/etc/systemd/system/pptp@work.service.d/10-pptpsetup.conf"]).decode()
    assert "\nLoadCredentialEncrypted=pptp-work\n" in unit
    assert f'\nExecStart=\nExecStart={PASSWORDFD} "pptp-work" call %i nodetach' in unit
    plain = _render(replace(SEALED, password=PasswordSource("credential", "pptp-work")))
    unit = _bytes(plain["/etc/systemd/system/pptp@work.service.d/10-pptpsetup.conf"]).decode()
    assert "\nLoadCredential=pptp-work\n" in unit


def test_a_plain_credential_for_chap_secrets_is_still_asked_for() -> None:
    assert not replace(WORK, password=PasswordSource("credential", "pptp-work")).systemd_has_password


def test_the_plugin_takes_255_bytes() -> None:
    _render(TUNNEL, work="x" * 255)
    with pytest.raises(SpecError) as caught:
        _render(TUNNEL, work="x" * 256)
    assert caught.value.diagnostics[0].code == "password-too-long"
    assert "x" * 8 not in str(caught.value)


def test_the_program_that_speaks_pptp_does_not_get_the_descriptor() -> None:
    assert _bytes(_render(TUNNEL, work="x")["/etc/ppp/peers/work"]).count(b"3<&-") == 1
    assert b"3<&-" not in _bytes(_render(WORK, work="x")["/etc/ppp/peers/work"])


# Who cannot


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        (InitKind.IFUPDOWN, "init: manual"),
        (InitKind.RC_D, "init: manual"),
        (InitKind.NETIFRC, "init: manual"),
    ],
    ids=lambda value: getattr(value, "value", ""),
)
def test_an_init_system_that_calls_pppd_itself_is_refused(kind: InitKind, hint: str) -> None:
    target = Target(inits.profile(kind), replace(FACTS, init=(kind,)), PROGRAMS)
    (found,) = obstacles([TUNNEL], target)
    assert found.code == "passwordfd-unsupported"
    assert hint in str(found.hint)
    assert "password_delivery: chap-secrets" in str(found.hint)
    assert obstacles([WORK], target) == ()
    assert obstacles([replace(TUNNEL, init=Init.MANUAL)], target) == ()


def test_the_nearest_init_system_that_can_is_named() -> None:
    target = Target(DEBIAN, FACTS, PROGRAMS)
    (found,) = obstacles([replace(TUNNEL, init=Init.IFUPDOWN)], target)
    assert "choose init: systemd (--init systemd)" in str(found.hint)


@pytest.mark.parametrize("profile", ["debian", "openwrt"])
def test_what_configures_pppd_itself_gives_it_the_password_its_own_way(profile: str) -> None:
    init = Init.NETWORKMANAGER if profile == "debian" else Init.UCI
    target = Target(load_profile(profile), replace(FACTS, init=(InitKind(init.value),)), PROGRAMS)
    (found,) = obstacles([replace(TUNNEL, init=init, engine=Engine.SYSTEM)], target)
    assert found.code == "passwordfd-unsupported"
    assert str(found.hint).startswith("leave out password_delivery")


@pytest.mark.parametrize("kind", [InitKind.OPENRC, InitKind.RUNIT, InitKind.SYSV], ids=str)
def test_only_systemd_loads_credentials(kind: InitKind) -> None:
    target = Target(inits.profile(kind), replace(FACTS, init=(kind,)), PROGRAMS)
    assert obstacles([TUNNEL], target) == ()
    (found,) = obstacles([SEALED], target)
    assert found.code == "credential-unsupported"
    assert "pptpsetup secret set work" in str(found.hint)
    with pytest.raises(UnsupportedError):
        render(Spec((SEALED,)), target.profile, target.facts, {}, programs=PROGRAMS)


# The script

FAKE_PPPD = """\
#!/bin/sh
printf '%s\\n' "$@" >"$OUT/arguments"
cat <&3 >"$OUT/password"
tr '\\0' '\\n' <"/proc/$$/environ" >"$OUT/environment"
for each in 4 5 6; do [ ! -e "/proc/$$/fd/$each" ] || echo "$each" >>"$OUT/open"; done
umask >"$OUT/umask"
"""


def _more_shells() -> list[list[str]]:
    unpacked = [TREE / "usr/bin" / name for name in ("mksh", "yash", "posh") if shutil.which(name) is None]
    return [*shells(), *([str(each)] for each in unpacked if each.exists())]


def _script(tmp_path: Path) -> Path:
    """Ours, with a program in pppd's place and this test's directory for /run/pptpsetup."""
    pppd = tmp_path / "pppd"
    pppd.write_text(FAKE_PPPD)
    pppd.chmod(0o755)
    content = _bytes(_render(TUNNEL, work="x")[PASSWORDFD]).decode()
    script = tmp_path / "script"
    script.write_text(
        content.replace("/usr/sbin/pppd", str(pppd)).replace("/run/pptpsetup", str(tmp_path / "run"))
    )
    return script


def _run(
    shell: Sequence[str], script: Path, *arguments: str, credentials: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.defpath, "OUT": str(script.parent)}
    if credentials is not None:
        environment["CREDENTIALS_DIRECTORY"] = str(credentials)
    return subprocess.run(
        [*shell, str(script), *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        umask=0o022,
    )


@pytest.mark.host
@pytest.mark.parametrize("shell", _more_shells(), ids=lambda words: " ".join(words).rpartition("/")[2])
def test_every_shell_hands_pppd_the_very_bytes(shell: list[str], tmp_path: Path) -> None:
    script, password = _script(tmp_path), bytes(range(0x20, 0x100)) + b" \\n $(id) "
    (tmp_path / "plain").write_bytes(password)
    done = _run(shell, script, str(tmp_path / "plain"), "call", "work", "a b")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "password").read_bytes() == password
    assert (tmp_path / "arguments").read_text() == "call\nwork\na b\npasswordfd\n3\n"

    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "pptp-work").write_bytes(password + b"\n")
    done = _run(shell, script, "pptp-work", "call", "work", credentials=credentials)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "password").read_bytes() == password
    assert password not in (tmp_path / "environment").read_bytes()
    assert not (tmp_path / "open").exists(), "pppd has another descriptor of ours"
    assert list((tmp_path / "run").iterdir()) == [], "the copy has a name"
    assert (tmp_path / "umask").read_text().strip()[-3:] == "022"


@pytest.mark.host
def test_without_a_password_pppd_is_not_started(tmp_path: Path) -> None:
    script = _script(tmp_path)
    (tmp_path / "empty").touch()
    for arguments, credentials, said in (
        ((str(tmp_path / "nowhere"), "call", "work"), None, f"no password in {tmp_path}/nowhere"),
        ((str(tmp_path / "empty"), "call", "work"), None, f"no password in {tmp_path}/empty"),
        (("pptp-work", "call", "work"), None, "only systemd can load one"),
        (("pptp-work", "call", "work"), tmp_path, "systemd has loaded no credential pptp-work"),
        (("pptp-work",), None, "usage"),
    ):
        done = _run(["sh"], script, *arguments, credentials=credentials)
        assert (done.returncode, done.stderr.startswith("pppd-passwordfd: ")) == (1, True)
        assert said in done.stderr
    assert not (tmp_path / "arguments").exists()


@pytest.mark.host
def test_shellcheck_has_nothing_to_say_of_it(tmp_path: Path) -> None:
    need("shellcheck", package="shellcheck")
    done = subprocess.run(
        ["shellcheck", str(_script(tmp_path))], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout


# pppd itself


@pytest.mark.host
@pytest.mark.parametrize(
    "password", ["plain", " blanks ", "@/etc/hostname", "q\"'\\#", "caf\u00e9 \u00ff", "x" * 255]
)
def test_the_real_plugin_reads_it_once_and_keeps_it(
    password: str, tmp_path: Path, pppd_oracle: Pppd
) -> None:
    """Asked for the secret as for a first call and for a second; chap-secrets has another one."""
    artifacts = _render(TUNNEL, work=password)
    script, file = tmp_path / "script", tmp_path / "file"
    script.write_bytes(_bytes(artifacts[PASSWORDFD]))
    file.write_bytes(_bytes(artifacts["/etc/pptpsetup/secrets/work.pppd"]))
    answers = pppd_oracle.secrets(
        [(b"alice work wrong *\n", b"alice", b"work")] * 2,
        command=["sh", str(script), str(file), "plugin", "passwordfd.so", "passwordfd", "3"],
    )
    assert answers == [password.encode("latin-1")] * 2
