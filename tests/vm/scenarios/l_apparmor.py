"""The engine confined by the AppArmor profile that ``pptpsetup policy`` prints, on a stock kernel."""

from pathlib import Path

from tests.support import unpacked
from tests.vm.client import create_to_office, nothing_left, pptpsetup, status
from tests.vm.scenario import scenario
from tests.vm.shell import run
from tests.vm.topology import SERVER, Lab, reachable

LAUNCHER = "/usr/local/libexec/pptpengine"
SECURITY = Path("/sys/kernel/security")


def load_apparmor() -> None:
    """The parser and its abstractions, and the interface to the kernel."""
    package = unpacked("apparmor")
    run(["mount", "-t", "securityfs", "securityfs", str(SECURITY)], check=True)
    assert (SECURITY / "apparmor/profiles").exists(), "this kernel has no AppArmor, or it is switched off"
    run(["cp", "-a", f"{package}/etc/apparmor.d", f"{package}/etc/apparmor", "/etc/"], check=True)
    run(["cp", "-aT", f"{package}/usr/share/apparmor-features", "/usr/share/apparmor-features"], check=True)
    Path("/usr/local/sbin/apparmor_parser").symlink_to(package / "sbin/apparmor_parser")


def denials() -> list[str]:
    """What the kernel says it has refused, of the engine."""
    lines = run(["dmesg"], quiet=True).stdout.splitlines()
    return [line for line in lines if 'apparmor="DENIED"' in line and 'profile="pptpengine"' in line]


def confinement(pid: int) -> str:
    return Path(f"/proc/{pid}/attr/apparmor/current").read_text().strip()


@scenario(boot="stock", limit=900)
def confined(lab: Lab) -> None:
    """Loaded by the printed commands it is enforced, the tunnel works, and nothing is denied."""
    load_apparmor()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    commands = pptpsetup("policy", "apparmor", "--output", "/var/tmp/policy").stdout
    run(["sh", "-e"], stdin=commands, check=True)
    assert "pptpengine (enforce)" in (SECURITY / "apparmor/profiles").read_text()
    run(["dmesg", "-C"])
    try:
        # The descriptor of the password is pppd's alone: the engine, had it got it, would be denied it.
        create_to_office("--password-delivery", "passwordfd")
        reachable()
    finally:
        print(*denials(), sep="\n")
    assert LAUNCHER in Path("/etc/ppp/peers/work").read_text()
    processes = status()["processes"]
    for name in ("gateway", "call_manager"):
        assert confinement(processes[name]) == "pptpengine (enforce)", name
    # It keeps the route, by the keeper's hand, and gives it back.
    assert SERVER in run(["ip", "route", "show", "proto", "80"]).stdout
    pptpsetup("stop", "work")
    nothing_left()
    assert not denials()
    # The confinement is one: the same program writes its report where root may and the profile does not.
    run([LAUNCHER, SERVER, "--nolaunchpppd", "--report", "/etc/report.json"], limit=60)
    assert not Path("/etc/report.json").exists()
    assert any("/etc/" in line for line in denials())
