"""Which running tunnels a change restarts: those that run with something else now, and no others."""

from argparse import Namespace
from collections.abc import Callable

import pytest

from pptpsetup.change.manifest import load_manifest
from pptpsetup.cli.applying import affected, removed
from pptpsetup.cli.changing import Change, Wish, chosen, look
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.tunnel.status import TunnelState, TunnelStatus
from tests.pptpsetup.cli.shop import Cli, taken_for_the_running_system

SPEC = "/etc/pptpsetup/tunnels.yaml"


def edit(cli: Cli, path: str, old: str, new: str) -> None:
    """Somebody with an editor."""
    text = cli.text_of(path)
    assert old in text
    (cli.root / path[1:]).write_text(text.replace(old, new))


def restarted(cli: Cli) -> list[str]:
    """The tunnels that apply --overwrite would restart if all of them ran."""
    host = Host(Namespace(root=str(cli.root), profile="debian"))
    plan = look(host, Wish("apply", overwrite=chosen(everything=True)), Console())
    change = Change(plan, load_manifest(host.system).texts, host.spec())
    return [tunnel.name for tunnel in affected(host, change, host.spec().tunnels)]


CHANGES: dict[str, tuple[Callable[[Cli], None], list[str]]] = {
    "nothing": (lambda _: None, []),
    "its own file": (lambda cli: edit(cli, SPEC, "  work:\n", "  work:\n    mtu: 1300\n"), ["work"]),
    "its part of the hook": (lambda cli: edit(cli, SPEC, "10.0.0.0/8", "10.1.0.0/16"), ["work"]),
    "its password": (lambda cli: edit(cli, "/etc/pptpsetup/secrets/home", "pw", "qw"), ["home"]),
    "only what happens at boot": (
        lambda cli: edit(cli, SPEC, "  home:\n", "  home:\n    on_boot: true\n"),
        [],
    ),
    "a default": (
        lambda cli: edit(cli, SPEC, "tunnels:", "defaults: {mtu: 1300}\ntunnels:"),
        ["work", "home"],
    ),
    "a comment": (lambda cli: edit(cli, SPEC, "tunnels:", "tunnels:  # two"), []),
    "drift of its file": (
        lambda cli: edit(cli, "/etc/ppp/peers/home", "persist", "persist\ndebug"),
        ["home"],
    ),
    "a foreign secret": (lambda cli: edit(cli, "/etc/ppp/chap-secrets", '"old"', '"new"'), []),
    "the mode of its file": (lambda cli: (cli.root / "etc/ppp/peers/home").chmod(0o600), []),
}


@pytest.mark.parametrize("change", CHANGES)
def test_only_what_runs_with_something_else_is_restarted(cli: Cli, change: str) -> None:
    cli.create("work", "--route", "10.0.0.0/8")
    cli.create("home", "--route", "192.168.3.0/24")
    work, expected = CHANGES[change]
    work(cli)
    assert restarted(cli) == expected


@pytest.fixture
def running(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> tuple[Cli, list[str]]:
    """A live system with three tunnels that run; and those that are stopped."""
    stopped: list[str] = []

    def stop(name: str, **_: object) -> bool:
        stopped.append(name)
        return True

    up = TunnelStatus("it", TunnelState.UP, interface="ppp0", pppd_pid=1)
    taken_for_the_running_system(monkeypatch)
    monkeypatch.setattr("pptpsetup.cli.commands.create.require", lambda *_: None)
    monkeypatch.setattr("pptpsetup.tunnel.status.read_status", lambda *_: up)
    monkeypatch.setattr("pptpsetup.cli.applying.read_status", lambda *_: up)
    monkeypatch.setattr("pptpsetup.tunnel.ending.stop", stop)
    for name in ("work", "home", "shop"):
        assert cli.create(name).status == 0
    return cli, stopped


@pytest.mark.parametrize("command", [("create", "work", "--on-boot"), ("delete", "work")], ids=" ".join)
def test_a_command_for_one_tunnel_does_not_forget_what_else_the_spec_says_now(
    command: tuple[str, ...], running: tuple[Cli, list[str]]
) -> None:
    """It carries that out, too: what is removed by it is stopped, and what runs with old settings told."""
    cli, stopped = running
    edit(cli, SPEC, "  home:\n", "  home:\n    mtu: 1300\n")
    text = cli.text_of(SPEC)
    (cli.root / SPEC[1:]).write_text(text[: text.index("  shop:")])
    result = cli(*command)
    assert result.status == 0, result.err
    assert stopped == (["work", "shop"] if command[0] == "delete" else ["shop"])
    assert "shop stopped" in result.err
    assert f"home runs with its old settings: pptpsetup --root {cli.root} stop home && " in result.err
    assert "work runs with its old settings" not in result.err


def test_what_cannot_be_deleted_is_not_stopped(running: tuple[Cli, list[str]]) -> None:
    cli, stopped = running
    with (cli.root / "etc/ppp/peers/work").open("a") as file:
        file.write("debug\n")
    assert cli("delete", "work").status == 2
    assert stopped == []
    assert cli("delete", "work", "--overwrite").status == 0
    assert stopped == ["work"]


def test_removed_tunnels_are_known_from_the_spec_applied_before(cli: Cli) -> None:
    host = Host(Namespace(root=str(cli.root), profile="debian"))
    one = "version: 1\ntunnels:\n  a: {server: x.example, username: u}\n"
    two = one + "  b: {server: x.example, username: u}\n"
    assert removed(host, {"tunnels.yaml": two}, {"tunnels.yaml": one}) == ("b",)
    assert removed(host, {}, {"tunnels.yaml": one}) == ()
    assert removed(host, {"tunnels.yaml": "nonsense: ["}, {"tunnels.yaml": one}) == ()
    assert removed(host, {"tunnels.yaml": two}, {}) == ("a", "b")
