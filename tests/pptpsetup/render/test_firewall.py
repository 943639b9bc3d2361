"""Rules for packet filters, loaded into the real ones; npf, which runs on NetBSD only, by its text."""

import re
import shlex
import xml.etree.ElementTree as ET
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from pptpsetup.distro.kinds import Firewall
from pptpsetup.render.firewall import TABLE, Gate, gates, rules, tracks
from tests.golden.cases import WORK
from tests.oracle import filters

NAMED = gates([WORK])
ADDRESSED = gates([replace(WORK, name="lab", server="203.0.113.9")])
TWO = (*NAMED, *ADDRESSED)
SEVERAL = gates([WORK], [IPv4Address("203.0.113.9"), IPv4Address("203.0.113.10")])
STRICT = """\
table inet filter {
    chain input { type filter hook input priority filter; policy drop; }
    chain output { type filter hook output priority filter; policy drop; }
}
"""


def commands(text: str, program: str) -> list[list[str]]:
    """The lines of shell text that call *program*, without it."""
    lines = [shlex.split(line, comments=True) for line in text.splitlines()]
    return [words[1:] for words in lines if words and words[0] == program]


def test_a_servers_address_is_known_from_the_spec_or_given() -> None:
    assert (Gate("work", "vpn.example.com", ()),) == NAMED
    assert ADDRESSED[0].addresses == ("203.0.113.9",)
    assert SEVERAL[0].addresses == ("203.0.113.9", "203.0.113.10")


@pytest.mark.parametrize(
    ("tool", "found", "table", "answer"),
    [
        (Firewall.NFTABLES, ADDRESSED, None, True),
        (Firewall.NFTABLES, ADDRESSED, "inet filter", False),
        (Firewall.NFTABLES, NAMED, "inet filter", True),
        (Firewall.IPTABLES, ADDRESSED, None, False),
        (Firewall.IPTABLES, TWO, None, True),
        (Firewall.UFW, NAMED, None, False),
        (Firewall.FIREWALLD, NAMED, None, False),
        (Firewall.NPF, NAMED, None, False),
    ],
)
def test_the_helper_is_used_where_nothing_else_tells_answers(
    tool: Firewall, found: tuple[Gate, ...], table: str | None, answer: bool
) -> None:
    assert tracks(tool, found, table) is answer
    says = ("ct helper", "--helper")
    assert any(each in rules(found, tool, table=table) for each in says) is answer


@pytest.mark.parametrize("tool", Firewall)
def test_what_holds_for_every_address_is_said(tool: Firewall) -> None:
    assert "of work only the server's name is known" in rules(TWO, tool)
    assert "only the server's name" not in rules(ADDRESSED, tool)


@pytest.mark.parametrize("tool", Firewall)
def test_every_tunnel_is_named_and_no_line_is_long(tool: Firewall) -> None:
    text = rules(TWO, tool)
    for each in TWO:
        assert f"tunnel {each.name}: {each.server}" in text
    assert all(len(line) <= 125 for line in text.splitlines())
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def expressions(found: list[dict[str, Any]], table: str, chain: str) -> list[Any]:
    every = [each["rule"] for each in found if "rule" in each]
    return [each["expr"] for each in every if (each["table"], each["chain"]) == (table, chain)]


@pytest.mark.host
def test_nftables_assigns_the_helper_once_however_often_it_is_loaded() -> None:
    found = filters.nft(rules(TWO, Firewall.NFTABLES), times=3)
    helpers = [each["ct helper"] for each in found if "ct helper" in each]
    assert [(each["type"], each["protocol"], each["l3proto"]) for each in helpers] == [("pptp", "tcp", "ip")]
    named, addressed = expressions(found, TABLE, "output")
    assert named[-1] == addressed[-1] == {"ct helper": "pptp"}
    assert [each["match"]["right"] for each in named[:-1]] == [1723]
    assert [each["match"]["right"] for each in addressed[:-1]] == ["203.0.113.9", 1723]


@pytest.mark.host
def test_nftables_leaves_other_tables_alone() -> None:
    before = filters.nft(STRICT)
    after = filters.nft(rules(TWO, Firewall.NFTABLES), STRICT)
    kept = [each for each in after if TABLE not in str(each)]
    assert [{**each} for each in map(without_handles, kept)] == [*map(without_handles, before)]


def without_handles(item: dict[str, Any]) -> dict[str, Any]:
    return {
        kind: {key: value for key, value in inner.items() if key != "handle"} for kind, inner in item.items()
    }


@pytest.mark.host
def test_nftables_rules_for_a_table_of_the_users() -> None:
    found = filters.nft(rules(SEVERAL, Firewall.NFTABLES, table="inet filter"), STRICT)
    assert not any("ct helper" in each for each in found)
    output, entry = expressions(found, "filter", "output"), expressions(found, "filter", "input")
    assert (len(output), len(entry)) == (2, 2)
    for rule in (*output, *entry):
        assert rule[-1] == {"accept": None}
        assert rule[0]["match"]["right"] == {"set": ["203.0.113.9", "203.0.113.10"]}
    by_name = filters.nft(rules(NAMED, Firewall.NFTABLES, table="inet filter"), STRICT)
    # Not GRE from anywhere: only what belongs to a call.
    gre = next(each for each in expressions(by_name, "filter", "input") if "gre" in str(each))
    assert any("established" in str(each) and "related" in str(each) for each in gre)


@pytest.mark.host
@pytest.mark.parametrize(
    "found", [NAMED, ADDRESSED, SEVERAL, TWO], ids=["name", "address", "several", "two"]
)
def test_iptables_holds_each_rule_once(found: tuple[Gate, ...]) -> None:
    script = rules(found, Firewall.IPTABLES)
    once, twice = (filters.inside(script * times + "iptables-save") for times in (1, 2))
    kept = [[line for line in text.splitlines() if line.startswith("-A")] for text in (once, twice)]
    assert kept[0] == kept[1]
    for gate in found:
        if gate.addresses:
            for address in gate.addresses:
                assert f"-A INPUT -s {address}/32 -p gre -j ACCEPT" in kept[0]
                assert f"-A OUTPUT -d {address}/32 -p tcp -m tcp --dport 1723 -j ACCEPT" in kept[0]
        else:
            assert "-A OUTPUT -p tcp -m tcp --dport 1723 -j CT --helper pptp" in kept[0]
            assert "-A INPUT -p gre -j ACCEPT" not in kept[0]


@pytest.mark.host
def test_ufw_understands_every_line(tmp_path: Path) -> None:
    ufw = filters.Ufw(tmp_path / "ufw")
    lines = commands(rules(TWO, Firewall.UFW), "ufw")
    assert len(lines) == 6
    said = []
    for words in lines:
        done = ufw.run(*words)
        assert done.returncode == 0, done.stderr
        assert "Invalid" not in done.stdout + done.stderr
        said += [line for line in done.stdout.splitlines() if re.match("-A ufw-user-(in|out)put ", line)]
    assert said == [
        "-A ufw-user-output -p tcp --dport 1723 -j ACCEPT",
        "-A ufw-user-output -p gre -j ACCEPT",
        "-A ufw-user-input -p gre -j ACCEPT",
        "-A ufw-user-output -p tcp -d 203.0.113.9 --dport 1723 -j ACCEPT",
        "-A ufw-user-output -p gre -d 203.0.113.9 -j ACCEPT",
        "-A ufw-user-input -p gre -s 203.0.113.9 -j ACCEPT",
    ]
    assert ufw.run("allow", "in", "proto", "nonsense", "from", "any").returncode != 0


@pytest.mark.host
def test_firewalld_understands_every_line(tmp_path: Path) -> None:
    firewalld = filters.Firewalld(tmp_path / "firewalld")
    lines = commands(rules(TWO, Firewall.FIREWALLD), "firewall-cmd")
    assert lines[-1] == ["--reload"]
    for words in lines[:-1]:
        assert words[0] == "--permanent"
        done = firewalld.run(*words[1:])
        assert (done.returncode, done.stdout.strip()) == (0, "success"), done.stderr
    assert firewalld.run("--check-config").returncode == 0
    zone = ET.parse(tmp_path / "firewalld/zones/public.xml").getroot()  # noqa: S314 - firewalld wrote it
    assert [each.get("name") for each in zone.findall("interface")] == ["ppp+"]
    accepted = [
        (None if (source := each.find("source")) is None else source.get("address"), each.find("protocol"))
        for each in zone.findall("rule")
    ]
    assert sorted(
        (str(address), protocol is not None and protocol.get("value")) for address, protocol in accepted
    ) == [
        ("203.0.113.9", "gre"),
        ("None", "gre"),
    ]
    assert firewalld.run("--add-rich-rule=rule protocol value=nonsense accept").returncode != 0


# npf.conf(5), GRAMMAR, as far as these rules go. There is no npf here to ask.
_NPF_RULE = re.compile(
    r"pass (?:stateful )?(?:in|out) final family inet4 proto (?:tcp|gre) "
    r"(?:from|to) (?:any|\d+\.\d+\.\d+\.\d+)(?: port \d+)?"
)


def test_npf_rules_have_the_form_of_its_manual_page() -> None:
    lines = [line for line in rules(TWO, Firewall.NPF).splitlines() if line and not line.startswith("#")]
    assert all(_NPF_RULE.fullmatch(line) for line in lines)
    assert "pass in final family inet4 proto gre from 203.0.113.9" in lines
    assert "pass in final family inet4 proto gre from any" in lines
    assert sum("stateful" in line for line in lines) == 2
