"""A host that drops by default: a tunnel needs what ``pptpsetup firewall`` prints."""

from pathlib import Path

from tests.vm.client import create, nothing_left, pptpsetup, status
from tests.vm.scenario import scenario
from tests.vm.shell import run
from tests.vm.topology import OFFICE, SERVER, SERVER_NAME, Lab, reachable

DIFFERENT = 2
ANSWERS_ONLY = """\
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        iifname "ppp*" accept
        ct state established,related accept
    }
}
"""
STRICT = """\
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        udp sport 53 ct state established accept
        iifname "ppp*" accept
    }
    chain output {
        type filter hook output priority filter; policy drop;
        oif lo accept
        udp dport 53 accept
        oifname "ppp*" accept
    }
}
"""


def load(rules: str) -> None:
    """Into the kernel, through a file, as a user would."""
    path = Path("/var/tmp/rules.nft")
    path.write_text(rules)
    run(["nft", "-f", str(path)], check=True)


def printed(*options: str) -> str:
    """What ``pptpsetup firewall`` has for the tunnel."""
    return pptpsetup("firewall", "work", *options).stdout


def blocked(code: str, server: str = SERVER_NAME) -> None:
    """The tunnel does not come up, for the reason *code*, and the message says what to do about it."""
    said = create("--route", OFFICE, server=server, status=DIFFERENT).stderr
    assert f"[{code}]" in said, said
    assert "pptpsetup firewall work" in said, said
    nothing_left()


def up() -> None:
    """The tunnel comes up, is encrypted, and carries traffic."""
    pptpsetup("start", "work")
    assert status()["encryption"] == {"bits": 128, "stateful": False}
    reachable()
    pptpsetup("stop", "work")


# The fast guests' kernels have iptables or nothing, and of nftables only a part.


@scenario(boot="stock", limit=900)
def answers_only_with_nftables(lab: Lab) -> None:
    """The usual ruleset: GRE is no answer to it, until the helper is assigned. Only the name is known."""
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    load(ANSWERS_ONLY)
    blocked("no-gre")
    rules = printed("--tool", "nftables")
    assert SERVER not in rules
    load(rules)
    up()
    # A second time is no error, and leaves one table with one rule.
    load(rules)
    assert run(["nft", "list", "ruleset"]).stdout.count("ct helper set") == 1


@scenario(boot="stock", limit=900)
def strict_with_nftables(lab: Lab) -> None:
    """Nothing passes in either direction without a rule; these are for the server's address."""
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    load(STRICT)
    blocked("connect-timeout", SERVER)
    load(printed("--tool", "nftables", "--table", "inet filter"))
    up()


def drop_by_default() -> None:
    """Nothing passes in either direction but the name server's answers, and what is inside the tunnel."""
    for chain, interface, port in (("INPUT", "-i", "--sport"), ("OUTPUT", "-o", "--dport")):
        for rule in (["lo"], ["ppp+"], ["eth0", "-p", "udp", port, "53"]):
            run(["iptables", "-A", chain, interface, *rule, "-j", "ACCEPT"], check=True)
        run(["iptables", "-P", chain, "DROP"], check=True)


@scenario(limit=600, iptables=True)
def strict_with_iptables(lab: Lab) -> None:
    """The same with iptables: by the server's name, which takes the helper, then by its address."""
    Path("/usr/local/sbin/iptables").symlink_to("/usr/sbin/iptables-legacy")
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    drop_by_default()
    load_tcp_only()
    blocked("no-gre")
    by_name = printed("--tool", "iptables")
    assert SERVER not in by_name
    for rules in (by_name, printed("--tool", "iptables", "--address", SERVER)):
        run(["iptables", "-F"], check=True)
        run(["iptables", "-t", "raw", "-F"], check=True)
        drop_by_default()
        run(["sh", "-e"], stdin=rules, check=True)
        up()


def load_tcp_only() -> None:
    """What many a guide says: connections to port 1723 and their answers, and GRE out."""
    accept = ["-j", "ACCEPT"]
    run(["iptables", "-A", "OUTPUT", "-p", "tcp", "--dport", "1723", *accept], check=True)
    run(["iptables", "-A", "OUTPUT", "-p", "gre", *accept], check=True)
    answers = ["-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED"]
    run(["iptables", "-A", "INPUT", *answers, *accept], check=True)
