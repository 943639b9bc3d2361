"""``pptpsetup firewall``: what is printed where, for which tool, and what is refused."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.pptpsetup.cli.shop import Cli, picture

GUIDE = Path(__file__).resolve().parents[3] / "docs/firewall.md"
_EXAMPLE = re.compile(r"<!-- pptpsetup (firewall .*?) -->\n```\n(.*?)```", re.DOTALL)
EXAMPLES = _EXAMPLE.findall(GUIDE.read_text("utf-8"))


@pytest.fixture
def shop(cli: Cli) -> Cli:
    """Two tunnels: one to a name, one to an address."""
    cli.create("work")
    assert cli.create("lab", "--server", "203.0.113.9").status == 0
    return cli


def install(cli: Cli, path: str) -> None:
    place = cli.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch()


def test_rules_are_data_and_remarks_are_talk(shop: Cli) -> None:
    before = picture(shop.root)
    done = shop("firewall")
    assert done.status == 0
    assert "table ip pptpsetup_firewall" in done.out
    assert "rules for nftables; nothing was changed" in done.err
    assert "of work only the server's name is known" in done.err
    assert "getent ahostsv4 vpn.example.com" in done.err
    assert "nothing was changed" not in done.out
    assert picture(shop.root) == before


def test_one_tunnel_only(shop: Cli) -> None:
    done = shop("firewall", "lab")
    assert "203.0.113.9" in done.out
    assert "work" not in done.out
    assert "only the server's name" not in done.err


def test_the_tool_is_the_one_installed_or_the_one_asked_for(shop: Cli) -> None:
    install(shop, "usr/sbin/ufw")
    assert "rules for ufw" in shop("firewall").err
    assert "rules for npf" in shop("firewall", "--tool", "npf").err


def test_addresses_take_the_place_of_the_name(shop: Cli) -> None:
    done = shop("firewall", "work", "--address", "203.0.113.7", "--address", "203.0.113.7", "--tool", "npf")
    assert done.out.count("pass in final") == 1
    assert "203.0.113.7" in done.out
    assert "only the server's name" not in done.out + done.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--address", "203.0.113.7"), "address-of-which", "firewall work --address 203.0.113.7\n"),
        (("work", "--address", "vpn.example.com"), "bad-address", "getent ahostsv4"),
        (("work", "--address", "::1"), "bad-address", "IPv4"),
        (("--tool", "ufw", "--table", "inet filter"), "table-without-nftables", "--tool nftables"),
        (("--table", "filter"), "unquotable-nft", "nft list tables"),
        (("wrok",), "no-such-tunnel", "did you mean work?"),
    ],
)
def test_what_is_refused(shop: Cli, arguments: tuple[str, ...], code: str, words: str) -> None:
    done = shop("firewall", *arguments)
    assert done.status != 0
    assert done.out == ""
    assert f"error[{code}]" in done.err
    assert words in done.err


def test_json(shop: Cli) -> None:
    done = shop("firewall", "--json", "--tool", "iptables")
    document = json.loads(done.out)
    assert (document["version"], document["tool"], done.err) == (1, "iptables", "")
    assert [(each["name"], each["addresses"]) for each in document["tunnels"]] == [
        ("work", []),
        ("lab", ["203.0.113.9"]),
    ]
    assert document["tunnels"][0]["needs"] == [
        {"protocol": "tcp", "port": 1723, "direction": "out"},
        {"protocol": "gre", "number": 47, "direction": "out"},
        {"protocol": "gre", "number": 47, "direction": "in"},
    ]
    assert document["rules"] == shop("firewall", "--tool", "iptables").out


def test_json_without_tunnels_is_still_a_document(cli: Cli) -> None:
    assert json.loads(cli("firewall", "--json").out)["tunnels"] == []


def test_without_tunnels_there_is_nothing_to_load(cli: Cli) -> None:
    done = cli("firewall")
    assert (done.status, done.out) == (0, "")
    assert "there are no tunnels" in done.err


def test_the_guide_has_an_example_of_every_tool() -> None:
    assert {shlex.split(command)[3] for command, _ in EXAMPLES} == {
        "nftables",
        "ufw",
        "firewalld",
        "iptables",
        "npf",
    }


@pytest.mark.parametrize(("command", "text"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_the_guides_examples_are_current(shop: Cli, command: str, text: str) -> None:
    assert shop(*shlex.split(command)).out == text
