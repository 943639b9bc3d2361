"""Policies for security modules, compiled by their own tools and asked what they allow; the launcher, run.

That the AppArmor profile confines a working tunnel is seen in the lab.
"""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.facts import LAUNCHER
from pptpsetup.errors import SpecError
from pptpsetup.render import policy
from pptpsetup.render.artifact import FileArtifact
from pptpsetup.render.programs import Programs, installed, pty_command
from pptpsetup.render.tunnels import render
from pptpsetup.spec.model import Engine, Spec
from pptpsetup.spec.secret import Secret
from tests.golden.cases import FACTS, PROGRAMS, WORK
from tests.oracle import selinux
from tests.support import unpacked

DEBIAN = load_profile("debian")

PUBLISHED = {
    ("pptp_t", "bin_t", "file"): {"execute", "getattr", "map", "open", "read"},
    ("pptp_t", "usr_t", "file"): {"getattr", "open", "read"},
    ("pptp_t", "usr_t", "lnk_file"): {"getattr", "read"},
    ("pptp_t", "self", "capability"): {"setgid", "setpcap", "setuid"},
    ("pptp_t", "self", "process"): {"setcap"},
    ("pptp_t", "pptp_runtime_t", "dir"): {"create", "setattr"},
    ("pptp_t", "pppd_runtime_t", "file"): {"getattr", "open", "read"},
    ("pptp_t", "pppd_t", "dir"): {"search"},
    ("pptp_t", "pppd_t", "file"): {"getattr", "open", "read"},
    ("init_t", "pptp_runtime_t", "file"): {"create", "getattr", "open", "read", "unlink", "write"},
    ("pppd_t", "init_runtime_t", "file"): {"read"},
    ("pppd_t", "pptp_runtime_t", "file"): {"read"},
}
"Everything that the module adds to Debian's policy."

NEEDED = [
    # It looks for pppd's pid files.
    ("pptp_t", "var_run_t", "dir", "open read search"),
    # pppd's shell executes the launcher and becomes pptp_t.
    ("pppd_t", "shell_exec_t", "file", "execute execute_no_trans map open read"),
    ("pppd_t", "pptp_exec_t", "file", "execute getattr open read"),
    ("pppd_t", "pptp_t", "process", "transition signal"),
    ("pptp_t", "pptp_exec_t", "file", "entrypoint getattr open read"),
    # The interpreter, its libraries, and what they read.
    ("pptp_t", "bin_t", "file", "execute getattr map open read"),
    ("pptp_t", "bin_t", "lnk_file", "getattr read"),
    ("pptp_t", "lib_t", "file", "execute getattr map open read"),
    ("pptp_t", "lib_t", "dir", "getattr open read search"),
    ("pptp_t", "usr_t", "file", "getattr open read"),
    ("pptp_t", "etc_t", "file", "getattr open read"),
    ("pptp_t", "net_conf_t", "file", "getattr open read"),
    ("pptp_t", "locale_t", "file", "getattr map open read"),
    ("pptp_t", "null_device_t", "chr_file", "open read write"),
    # The pty's master, as pppd opened it, and its log.
    ("pptp_t", "ptmx_t", "chr_file", "getattr ioctl read write"),
    ("pptp_t", "pppd_t", "fd", "use"),
    ("pptp_t", "pppd_log_t", "file", "append"),
    # Sockets: GRE, the control connection, the host route, interfaces, between the processes.
    ("pptp_t", "pptp_t", "rawip_socket", "bind connect create getopt read setopt write"),
    ("pptp_t", "pptp_t", "tcp_socket", "bind connect create getopt read setopt write"),
    ("pptp_t", "pptp_port_t", "tcp_socket", "name_connect"),
    ("pptp_t", "pptp_t", "netlink_route_socket", "bind create nlmsg_read nlmsg_write read setopt write"),
    ("pptp_t", "pptp_t", "udp_socket", "create ioctl"),
    ("pptp_t", "pptp_t", "unix_dgram_socket", "connect create"),
    ("pptp_t", "pptp_t", "unix_stream_socket", "accept bind connect connectto create listen read write"),
    # The directories of sockets and reports.
    ("pptp_t", "var_run_t", "dir", "add_name search write"),
    ("pptp_t", "pptp_runtime_t", "dir", "add_name create lock open read remove_name search setattr write"),
    ("pptp_t", "pptp_runtime_t", "sock_file", "create getattr unlink write"),
    ("pptp_t", "pptp_runtime_t", "file", "create getattr open read rename setattr unlink write"),
    # Its own name, the log, its children, and giving everything up.
    ("pptp_t", "pptp_t", "file", "open read write"),
    ("pptp_t", "devlog_t", "sock_file", "write"),
    ("pptp_t", "pptp_t", "process", "fork setcap sigchld signal"),
    ("pptp_t", "pptp_t", "capability", "net_admin net_raw setgid setpcap setuid"),
]
"What the engine does (seen with strace), as types and permissions."

HANDED_OVER = [
    # The unit, or an init script, runs pppd-passwordfd, which stays what it is until it becomes pppd.
    *(
        rule
        for supervisor in ("init_t", "initrc_t")
        for rule in (
            (supervisor, "etc_t", "file", "execute execute_no_trans open read"),
            (supervisor, "pppd_exec_t", "file", "execute open read"),
            (supervisor, "pppd_t", "process", "transition"),
            # What a program may not use or read, it finds replaced by /dev/null after such a change.
            ("pppd_t", supervisor, "fd", "use"),
        )
    ),
    # A password in a file of ours or of the administrator's.
    ("pppd_t", "etc_t", "file", "read"),
    # A credential's copy in /run/pptpsetup, wherever that has its label from.
    ("init_t", "var_run_t", "dir", "add_name create remove_name search write"),
    ("init_t", "pptp_runtime_t", "dir", "add_name remove_name search write"),
    ("init_t", "init_runtime_t", "file", "create open read unlink write"),
    ("init_t", "pptp_runtime_t", "file", "create open read unlink write"),
    ("pppd_t", "init_runtime_t", "file", "read"),
    ("pppd_t", "pptp_runtime_t", "file", "read"),
]
"What it takes that pppd reads a password from a descriptor."


def place(folder: Path, files: tuple[policy.PolicyFile, ...]) -> Path:
    for each in files:
        path = folder / each.name
        path.write_text(each.text)
        path.chmod(0o755 if each.executable else 0o644)
    return folder


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return selinux.compile_module(place(tmp_path_factory.mktemp("module"), policy.selinux(PROGRAMS)))


@pytest.fixture(scope="module")
def policies(package: Path) -> tuple[selinux.Policy, selinux.Policy]:
    """Debian's, without and with the module."""
    return selinux.link(), selinux.link(package)


@pytest.mark.host
def test_the_module_adds_what_is_published_and_nothing_else(
    policies: tuple[selinux.Policy, selinux.Policy],
) -> None:
    before, after = policies
    added = {
        rule: permissions - before.rules[rule]
        for rule, permissions in after.rules.items()
        if permissions - before.rules[rule]
    }
    assert added == PUBLISHED
    assert after.transitions - before.transitions == {"(typetransition pptp_t var_run_t dir pptp_runtime_t)"}
    # Debian's name for the type that the module calls by its older one, which is Fedora's.
    assert after.aliases["pptp_var_run_t"] == "pptp_runtime_t"
    for source, target, kind, wanted in NEEDED:
        assert set(wanted.split()) <= after.permissions(source, target, kind), (source, target, kind)
    # Without the module the engine does not even start, which is what the module is for.
    assert "execute" not in before.permissions("pptp_t", "bin_t", "file")
    assert not before.permissions("pppd_t", "pppd_t", "rawip_socket")
    # Nothing that is a program can be started by it, but a script of the distribution's own rules.
    assert "execute_no_trans" not in after.permissions("pptp_t", "bin_t", "file")
    assert "write" not in after.permissions("pptp_t", "lib_t", "file")


@pytest.mark.host
def test_pppd_reads_a_password_from_a_descriptor_and_opens_no_such_file(
    policies: tuple[selinux.Policy, selinux.Policy],
) -> None:
    before, after = policies
    for source, target, kind, wanted in HANDED_OVER:
        assert set(wanted.split()) <= after.permissions(source, target, kind), (source, target, kind)
    for supervisor in ("init_t", "initrc_t"):
        assert f"(typetransition {supervisor} pppd_exec_t process pppd_t)" in after.transitions
    assert "(typetransition init_t var_run_t file init_runtime_t)" in after.transitions
    for target in ("init_runtime_t", "pptp_runtime_t"):
        assert not before.permissions("pppd_t", target, "file"), "the distribution allows it by now"
        assert after.permissions("pppd_t", target, "file") == {"read"}


@pytest.mark.host
def test_labels(package: Path, tmp_path: Path) -> None:
    contexts = selinux.file_contexts(package, tmp_path)
    directory = str(Path(PROGRAMS.engine).parent)
    for path, mode, kind in (
        (LAUNCHER, "file", "pptp_exec_t"),
        (directory, "dir", "lib_t"),
        (f"{directory}/cli.py", "file", "lib_t"),
        ("/run/pptpsetup", "dir", "pptp_var_run_t"),
        ("/run/pptpsetup/work.json", "file", "pptp_var_run_t"),
    ):
        assert selinux.label(contexts, path, mode) == f"system_u:object_r:{kind}:s0"
    assert selinux.label(contexts, f"{LAUNCHER}2", "file") == "<<none>>"
    assert selinux.label(contexts, LAUNCHER, "dir") == "<<none>>"


def parse_profile(profile: Path) -> subprocess.CompletedProcess[str]:
    """Compile, and hand nothing to the kernel."""
    package = unpacked("apparmor")
    return subprocess.run(
        [
            str(package / "sbin/apparmor_parser"),
            *("--skip-kernel-load", "--skip-cache", "--base", str(package / "etc/apparmor.d")),
            *("--policy-features", str(package / "usr/share/apparmor-features/features")),
            str(profile),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.host
def test_apparmors_parser_takes_the_profile_and_not_a_broken_one(tmp_path: Path) -> None:
    place(tmp_path, policy.apparmor(installed(), policy.running()))
    profile = tmp_path / "pptpengine.apparmor"
    done = parse_profile(profile)
    assert done.returncode == 0, done.stderr
    profile.write_text(profile.read_text().replace("capability setgid", "capability nonsense"))
    assert parse_profile(profile).returncode != 0


def test_the_profile_names_this_interpreter_and_grants_no_other_program() -> None:
    (profile, launcher) = policy.apparmor(
        PROGRAMS, policy.Interpreter("/usr/bin/python3.11", ("/usr/lib/python3.11",), (), ())
    )
    lines = [line.strip() for line in profile.text.splitlines()]
    assert "/usr/bin/python3.11 mr," in lines
    assert "/usr/lib/python3.11/** mr," in lines
    assert f"{LAUNCHER} r," in lines
    assert not [line for line in lines if line.endswith(("x,", "x ,")) and line.startswith("/")]
    assert (launcher.name, launcher.executable) == ("pptpengine", True)
    found = policy.running()
    assert Path(found.program).is_absolute()
    assert found.libraries


@pytest.mark.host
def test_the_launcher_is_the_engine(tmp_path: Path) -> None:
    place(tmp_path, policy.selinux(installed()))
    done = subprocess.run(
        [tmp_path / "pptpengine", "--version"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PYTHONPATH": "/nonexistent"},
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("pptpengine ")
    assert (tmp_path / "pptpengine").read_text().startswith(f"#!{sys.executable} -IS\n")


def test_a_path_that_cannot_be_written_is_refused() -> None:
    for programs in (
        Programs("/opt/my python", PROGRAMS.engine),
        Programs("/usr/bin/python3", "/opt/a b/c.py"),
    ):
        with pytest.raises(SpecError):
            policy.selinux(programs)


def test_the_commands_can_be_pasted() -> None:
    lines = policy.selinux_commands("/root/my policy").splitlines()
    assert lines[0] == f"install -D -m 755 '/root/my policy/pptpengine' {LAUNCHER}"
    assert "semodule -i '/root/my policy/pptpsetup.pp'" in lines
    assert policy.apparmor_commands("p").splitlines()[-1].startswith("apparmor_parser -r /etc/apparmor.d/")


def test_tunnels_use_the_launcher_once_it_is_there() -> None:
    with_launcher = replace(PROGRAMS, launcher=LAUNCHER)
    assert pty_command(WORK, DEBIAN, with_launcher).startswith(f"exec {LAUNCHER} vpn.example.com ")
    assert "-I -S" in pty_command(WORK, DEBIAN, PROGRAMS)
    system = replace(WORK, engine=Engine.SYSTEM)
    assert LAUNCHER not in pty_command(system, DEBIAN, with_launcher)
    for there in (True, False):
        files = render(Spec((WORK,)), DEBIAN, replace(FACTS, launcher=there), {"work": Secret("x")})
        (peers,) = (each for each in files if each.path == "/etc/ppp/peers/work")
        assert isinstance(peers, FileArtifact)
        assert (LAUNCHER.encode() in peers.content) is there
