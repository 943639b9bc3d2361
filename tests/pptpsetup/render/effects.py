"""What the scripts of a rendered tree do to a system, when they are run as the distribution runs them."""

import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pptpsetup.distro.kinds import HookKind, Routing
from pptpsetup.distro.profile import Profile
from tests.oracle.tree import Tree
from tests.pptpsetup.render import netbsd
from tests.pptpsetup.render.netbsd import World
from tests.pptpsetup.render.stage import Stage

PEER_DNS = "192.168.7.53"
"What the server names."
_SERVERS = ("203.0.113.9", "203.0.113.10")
"The engine's keeper has pinned routes to them when the hooks run."
_BEFORE = {
    **{f"{each}/32": "wm0" for each in _SERVERS},
    "0.0.0.0/0": "wm0",
    "198.51.100.0/24": "wm0",
    "192.168.7.1/32": "ppp0",
}
_ADDRESSES = {"wm0": "198.51.100.2", "ppp0": "192.168.7.200", "lo0": "127.0.0.1"}
_PROGRAMS = ("systemctl", "resolvectl", "resolvconf", "netconfig")
_NETBSD = ("route", "ifconfig", "sysctl")


@dataclass(frozen=True)
class Effects:
    """What there is with the link up that was not there before."""

    networks: frozenset[str]
    "Routed into the tunnel, name servers' own addresses left out."
    forwards: bool
    masquerade: bool
    name_servers: tuple[str, ...]
    domains: tuple[str, ...]
    "Asked there only; of methods that can tell."
    standby: frozenset[str]
    "Networks routed into the tunnel before the first call."


def _arguments(name: str) -> tuple[str, ...]:
    return ("ppp0", "", "38400", "192.168.7.200", "192.168.7.1", f"pptpsetup-{name}")


class Effector:
    """Runs trees on a stage; equal scripts only once."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._known: dict[object, Effects] = {}
        (stage.run / "systemd/system").mkdir(parents=True)
        stage.resolv_conf.write_text("nameserver 198.51.100.53\n")
        for each in _SERVERS:
            stage.do("ip", "route", "add", each, "via", "198.51.100.1")

    def of(self, tree: Tree, profile: Profile, name: str, scripts: tuple[str, str] | None) -> Effects:
        """What *tree* does for the tunnel *name*; *scripts*: what its peers file has pppd run."""
        etc = {
            path: data for path, data in tree.files.items() if path.startswith(("/etc/ppp/", "/etc/pptp"))
        }
        hooks = {path: data for path, data in etc.items() if "/peers/" not in path and "secrets" not in path}
        key = (name, profile.hooks.kind, profile.routing, scripts, tuple(sorted(hooks.items())))
        if key not in self._known:
            self._known[key] = self._run(Tree(hooks, {}, tree.modes), profile, name, scripts)
        return self._known[key]

    def _run(self, tree: Tree, profile: Profile, name: str, scripts: tuple[str, str] | None) -> Effects:
        etc = self._stage.folder / "tree"
        tree.lay(etc)
        for each in ("ppp", "pptpsetup"):
            shutil.rmtree(self._stage.etc / each, ignore_errors=True)
            if (etc / "etc" / each).is_dir():
                shutil.copytree(etc / "etc" / each, self._stage.etc / each)
        shutil.rmtree(etc)
        for each in _PROGRAMS:
            environment = self._stage.fake(each)
        environment |= {"DNS1": PEER_DNS, "DNS2": PEER_DNS}
        if profile.routing is Routing.ROUTE:
            return self._on_netbsd(tree, profile, name, scripts, environment)
        self._stage.ppp("ppp0")
        before = self._routes()
        pre_up = profile.hooks.pre_up
        if pre_up is not None and pre_up in tree.files:
            self._stage.do(pre_up, *_arguments(name), environment=environment)
        standby = self._routes() - before
        self._hook(tree, profile, name, "up", scripts, environment)
        found = self._effects(self._routes() - before, self._forwarding(), self._table(name), standby)
        self._hook(tree, profile, name, "down", scripts, environment)
        # What stood by before the call does so afterwards.
        left = (self._routes() - before, self._forwarding(), self._table(name))
        assert left == (standby, "0", ""), name
        return found

    def _on_netbsd(
        self,
        tree: Tree,
        profile: Profile,
        name: str,
        scripts: tuple[str, str] | None,
        environment: Mapping[str, str],
    ) -> Effects:
        world = World(self._stage.fakes / "world.json")
        world.create(_ADDRESSES, _BEFORE)
        source = Path(netbsd.__file__).read_text()
        for each in _NETBSD:
            path = self._stage.fakes / each
            path.write_text(f"#!{sys.executable}\n{source}")
            path.chmod(0o755)
        self._hook(tree, profile, name, "up", scripts, environment)
        routes = {network for network, device in world.routes.items() if device == "ppp0"}
        found = self._effects(routes - set(_BEFORE), str(world.read()["forwarding"]), "")
        self._hook(tree, profile, name, "down", scripts, environment)
        assert (world.routes, world.read()["forwarding"]) == (_BEFORE, "0"), name
        assert world.read()["misused"] == []
        for each in _NETBSD:
            (self._stage.fakes / each).unlink()
        return found

    def _hook(  # noqa: PLR0917  what pppd and the distribution go by
        self,
        tree: Tree,
        profile: Profile,
        name: str,
        kind: str,
        scripts: tuple[str, str] | None,
        environment: Mapping[str, str],
    ) -> None:
        place = profile.hooks.up if kind == "up" else profile.hooks.down
        commands: list[tuple[str, ...]]
        if scripts is not None:
            commands = [(scripts[0 if kind == "up" else 1],)]
        elif profile.hooks.kind is HookKind.SOURCED_SH:
            commands = [("/bin/sh", "-c", '. "$0"', path) for path in tree.below(place)]
        elif profile.hooks.kind in {HookKind.LOCAL_ADDITIVE, HookKind.SINGLE_FILE}:
            commands = [(place,)]
        else:
            commands = [(path,) for path in tree.below(place)]
        assert commands, "there is no hook"
        for command in commands:
            done = self._stage.do(*command, *_arguments(name), check=False, environment=environment)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done

    def _routes(self) -> frozenset[str]:
        lines = (each.split() for each in self._stage.routes())
        return frozenset(network for network, device in lines if device == "ppp0")

    def _forwarding(self) -> str:
        return self._stage.do("cat", "/proc/sys/net/ipv4/ip_forward").stdout.strip()

    def _table(self, name: str) -> str:
        return self._stage.do("nft", "list", "table", "ip", f"pptpsetup-{name}", check=False).stdout

    def _effects(
        self,
        routes: frozenset[str] | set[str],
        forwarding: str,
        table: str,
        standby: frozenset[str] = frozenset(),
    ) -> Effects:
        servers, domains = self._names()
        own = {address for server in servers for address in (server, f"{server}/32")}
        return Effects(
            networks=frozenset(each if "/" in each else f"{each}/32" for each in routes if each not in own),
            forwards=forwarding == "1",
            masquerade="masquerade" in table,
            name_servers=servers,
            domains=domains,
            standby=standby,
        )

    def _names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What the first method that took them was told."""
        calls = self._stage.calls()
        self._stage.log.unlink(missing_ok=True)
        for call in calls:
            if call.startswith("resolvectl|dns|ppp0|"):
                domains = next(each for each in calls if each.startswith("resolvectl|domain|ppp0|"))
                return tuple(call.split("|")[3:]), tuple(
                    each.removeprefix("~") for each in domains.split("|")[3:]
                )
            if call.startswith("DNSSERVERS="):
                return tuple(re.findall(r"[0-9.]+", call)), ()
        listed = tuple(each.split()[1] for each in calls if each.startswith("nameserver "))
        if listed:
            return listed, ()
        lines = self._stage.resolv_conf.read_text().splitlines()
        return tuple(
            each.split()[1] for each in lines if "198.51.100.53" not in each and each[:4] == "name"
        ), ()
