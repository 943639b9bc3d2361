"""What a rendered tree means for a tunnel, told by the programs that read it: pppd, sh, systemd, ifupdown.

None of our own parsers and quoting functions is used. Where no such program is here (OpenRC's runlevels,
links of SysV), the reading is what its manual says.
"""

import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pptpsetup.distro.profile import Profile
from tests.oracle import ifupdown
from tests.oracle.keyfile import KeyFile
from tests.oracle.pppd import Pppd
from tests.oracle.tree import Tree
from tests.support import need

_AUTHENTICATION = frozenset({"pap", "chap", "mschap", "mschap-v2"})
_ALWAYS = """
connect welcome connect-delay child-timeout maxconnect maxfail persist noktune noauth refuse-eap
nolock nocrtscts local asyncmap lcp-restart lcp-max-terminate lcp-max-configure lcp-max-failure
hide-password novj novjccomp ipcp-accept-local ipcp-accept-remote noipdefault ipcp-restart
ipcp-max-terminate ipcp-max-configure ipcp-max-failure nodefaultroute noproxyarp noipv6 nobsdcomp
nodeflate nopredictor1 nomppe nomppe-stateful dryrun updetach
"""
"What pptpsetup says whatever the tunnel is."
_READ = """
name user remotename linkname ipparam pty mtu mru holdoff idle demand usepeerdns lcp-echo-interval
lcp-echo-failure ip-up-script ip-down-script require-mppe-128 require-mppe-40 refuse-pap refuse-chap
refuse-mschap refuse-mschap-v2 nopersist plugin
"""
"What is read below."


@dataclass(frozen=True)
class Link:
    """What pppd would do, by its own dump."""

    server: str
    login: bytes
    engine: str
    encryption: str
    authentication: frozenset[str]
    mtu: int
    echo: tuple[int, int]
    holdoff: int
    idle: int | None
    "With ``demand``."
    persist: bool
    attempts: int
    "Without a connection, in a row, before pppd ends; 0: none."
    descriptor: bool
    "The password comes from one, by pppd's plugin."
    from_peer: bool
    linkname: str
    ipparam: str
    scripts: tuple[str, str] | None
    more: tuple[str, ...]
    "Other options, sorted."


def link(pppd: Pppd, peers: bytes, engine: str) -> Link:
    """What the peers file *peers* means; *engine* is the distribution's own PPTP client."""
    done = pppd.dryrun(peers, chap_secrets=b"* * x *\n")
    assert done.status == 0, done.output
    # Before the dump, plugins say that they have been loaded.
    _, _, dump = done.output.partition("pppd options in effect:\n")
    lines = [each.partition("\t")[0].rstrip() for each in dump.splitlines()]
    words = dict(each.partition(" ")[::2] for each in lines if each)
    (held,) = pppd.options([peers])
    pty = shlex.split(held.pty.decode())
    assert pty[0] == "exec"
    own = next((at for at, word in enumerate(pty) if word.endswith("pptpengine/__main__.py")), None)
    assert own is not None or pty[1] == engine, pty
    refused = {each for each in _AUTHENTICATION if f"refuse-{each}" in words}
    strengths = [each for each in ("128", "40") if f"require-mppe-{each}" in words]
    assert words["mtu"] == words["mru"]
    known = {*_ALWAYS.split(), *_READ.split()}
    demand = "demand" in words
    assert demand or words["idle"] == "0"
    return Link(
        server=pty[2] if own is None else pty[own + 1],
        login=held.name,
        engine="system" if own is None else "bundled",
        encryption=f"required-{strengths[0]}" if strengths else "none",
        authentication=_AUTHENTICATION - refused,
        mtu=int(words["mtu"]),
        echo=(int(words["lcp-echo-interval"]), int(words["lcp-echo-failure"])),
        holdoff=int(words["holdoff"]),
        idle=int(words["idle"]) if demand else None,
        persist="persist" in words,
        attempts=int(words["maxfail"]),
        descriptor=words.get("plugin", "").startswith("passwordfd.so"),
        from_peer="usepeerdns" in words,
        linkname=held.linkname.decode(),
        ipparam=held.ipparam.decode(),
        scripts=(words["ip-up-script"], words["ip-down-script"]) if "ip-up-script" in words else None,
        more=tuple(
            sorted(f"{name} {rest}".strip() for name, rest in words.items() if name and name not in known)
        ),
    )


@dataclass(frozen=True)
class Start:
    """Who starts a tunnel, and how."""

    on_boot: bool
    delay: int | None
    "Seconds before it is started again, where the init system and not pppd counts them."


def start(  # noqa: PLR0917  they are what an init system goes by
    tree: Tree, profile: Profile, init: str, name: str, linkname: str, root: Path
) -> Start:
    """What *tree*, which lies below *root*, has the init system *init* do with the tunnel *name*."""
    return {
        "systemd": _systemd,
        "ifupdown": _ifupdown,
        "openrc": _openrc,
        "netifrc": _netifrc,
        "sysv": _sysv,
        "rc.d": _rc_d,
        "runit": _runit,
        "manual": lambda *_: Start(on_boot=False, delay=None),
    }[init](tree, profile, name, linkname, root)


def _sh(script: str, *arguments: str) -> str:
    done = subprocess.run(
        [need("dash", package="dash"), "-euc", script, "sh", *arguments],
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def _systemd(tree: Tree, profile: Profile, name: str, linkname: str, root: Path) -> Start:
    del linkname
    unit = f"pptp@{name}.service"
    done = subprocess.run(
        [need("systemctl", package="systemd"), f"--root={root}", "is-enabled", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() in {"enabled", "disabled"}, done
    assert profile.systemd is not None
    directory = profile.systemd.unit_directory
    drop_in = tree.files.get(f"{directory}/{unit}.d/10-pptpsetup.conf", b"")
    text = tree.files[f"{directory}/pptp@.service"] + drop_in
    assignments = re.findall(r"^(\w+)=(.*)$", text.decode(), re.MULTILINE)
    values = {key: value for key, value in assignments if value}
    program, *words = (each.strip('"') for each in values["ExecStart"].replace("%i", name).split())
    if program in tree.files:
        # Becomes pppd, with the password from a file on a descriptor.
        assert f"exec '{profile.pppd}' \"$@\" ".encode() in tree.files[program]
        source = words.pop(0)
        credential = values.get("LoadCredentialEncrypted", values.get("LoadCredential"))
        assert source in tree.files or source == credential
        program = profile.pppd
    assert (program, *words[:2]) == (profile.pppd, "call", name)
    return Start(done.stdout.strip() == "enabled", int(values["RestartSec"]))


def _ifupdown(tree: Tree, profile: Profile, name: str, linkname: str, root: Path) -> Start:
    del tree, linkname
    assert profile.ifupdown is not None
    (file,) = (root / profile.ifupdown.directory.lstrip("/")).iterdir()
    assert ifupdown.query(file, f"pptp-{name}") == {"provider": name}
    return Start(ifupdown.automatic(file) == [f"pptp-{name}"], None)


def _openrc(tree: Tree, profile: Profile, name: str, linkname: str, root: Path) -> Start:
    del linkname
    assert profile.openrc is not None
    service = f"{profile.openrc.script_directory}/pptp.{name}"
    assert tree.links[service] == f"{profile.openrc.script_directory}/pptp"
    configuration = root / f"{profile.openrc.configuration_directory}/pptp.{name}".lstrip("/")
    delay = _sh('. "$1"; echo "$respawn_delay"', str(configuration))
    enabled = tree.links.get(f"{profile.openrc.runlevel_directory}/pptp.{name}")
    assert enabled in {None, service}
    return Start(enabled is not None, int(delay))


def _netifrc(tree: Tree, profile: Profile, name: str, linkname: str, root: Path) -> Start:
    assert profile.netifrc is not None
    configuration = root / profile.netifrc.configuration.lstrip("/")
    script = '. "$1"; eval "echo \\$config_$2:\\$pppd_$2:\\$link_$2"'
    assert _sh(script, str(configuration), linkname).strip() == f"ppp:call {name}:local"
    service = f"{profile.netifrc.script_directory}/net.{linkname}"
    assert tree.links[service] == profile.netifrc.script
    enabled = tree.links.get(f"{profile.netifrc.runlevel_directory}/net.{linkname}")
    assert enabled in {None, service}
    return Start(enabled is not None, None)


def _sysv(tree: Tree, profile: Profile, name: str, linkname: str, root: Path) -> Start:
    del linkname, root
    assert profile.sysv is not None
    script = f"{profile.sysv.script_directory}/pptp-{name}"
    starts = {
        path.rpartition("/")[0]
        for path, target in tree.links.items()
        if target == script and re.fullmatch(r"S\d\d.*", path.rpartition("/")[2])
    }
    assert starts in (set(), set(profile.sysv.start_directories))
    levels = re.search(rb"^# Default-Start:(.*)$", tree.files[script], re.MULTILINE)
    assert levels is not None
    assert bool(levels[1].split()) == bool(starts)
    return Start(bool(starts), None)


def _rc_d(tree: Tree, profile: Profile, name: str, linkname: str, root: Path) -> Start:
    del linkname
    assert profile.rc_d is not None
    if profile.rc_d.configuration not in tree.files:
        return Start(on_boot=False, delay=None)
    configuration = root / profile.rc_d.configuration.lstrip("/")
    variable = profile.rc_d.variable
    listed = _sh(f'set +u; . "$1"; echo "${variable}"', str(configuration)).split()
    return Start(name in listed, None)


def _runit(tree: Tree, profile: Profile, name: str, linkname: str, root: Path) -> Start:
    del linkname, root
    assert profile.runit is not None
    folder = f"{profile.runit.service_directory}/pptp-{name}"
    assert tree.links[f"{profile.runit.enabled_directory}/pptp-{name}"] == folder
    delay = re.search(rb"^\s*sleep (\d+)$", tree.files[f"{folder}/run"], re.MULTILINE)
    assert delay is not None
    return Start(f"{folder}/down" not in tree.files, int(delay[1]))


def keyfile(data: bytes) -> Mapping[str, str | None]:
    """``group.key`` of a keyfile of NetworkManager, as GLib reads them."""
    reader = KeyFile()
    named = re.findall(rb"^\[([\w-]+)\]$|^([\w-]+)=", data, re.MULTILINE)
    found: dict[str, str | None] = {}
    group = ""
    for new_group, key in named:
        group = new_group.decode() or group
        if key:
            found[f"{group}.{key.decode()}"] = reader.read(data, group, key.decode())
    return found


def uci(data: bytes) -> list[tuple[str, str, dict[str, list[str]]]]:
    """Type, name and options of each section of a uci file, whose words are quoted as sh quotes them."""
    found: list[tuple[str, str, dict[str, list[str]]]] = []
    for line in data.decode().split("\n"):
        words = shlex.split(line, comments=True)
        if words[:1] == ["config"]:
            found.append((words[1], words[2] if len(words) > 2 else "", {}))
        elif words:
            found[-1][2].setdefault(words[1], []).append(words[2])
    return found
