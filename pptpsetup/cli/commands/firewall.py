"""``pptpsetup firewall``: the rules that a packet filter needs, to be read and loaded by the user."""

from __future__ import annotations

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_spec
from pptpsetup.errors import ExitStatus
from pptpsetup.invocation import command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ipaddress import IPv4Address

    from pptpsetup.distro.kinds import Firewall
    from pptpsetup.render.firewall import Gate
    from pptpsetup.spec.model import Tunnel

USAGE = "[NAME] [options]"
DESCRIPTION = """\
Print the rules that let the tunnel NAME, or every tunnel, through a packet filter that drops
by default: a file for nft or npf, lines of shell for the others, with comments that say why.
Nothing is changed: read them, then load them.
"""
EPILOG = """\
examples:
  pptpsetup firewall work >/etc/nftables.d/pptp.nft && nft -f /etc/nftables.d/pptp.nft
  pptpsetup firewall work --tool iptables | sh -e
  pptpsetup firewall work --address 203.0.113.9 --table "inet filter" | nft -f -
"""
_TOOLS = ("nftables", "ufw", "firewalld", "iptables", "npf")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``firewall``."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="one tunnel only")
    parser.add_argument(
        "--tool", choices=_TOOLS, help="for this one, instead of the one that this system uses"
    )
    parser.add_argument(
        "--address",
        metavar="A",
        action="append",
        default=[],
        help="the server's IPv4 address, where the tunnel has its name only; may be repeated",
    )
    parser.add_argument(
        "--table",
        metavar='"FAMILY NAME"',
        help="nftables: rules for the chains input and output of this table of yours",
    )
    add_spec(parser, "take the tunnels from this spec, not from the host's")
    parser.add_argument("--json", action="store_true", help="print JSON (version 1)")


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``firewall`` out."""
    host, console = Host(args), Console(args.color)
    tunnels = host.spec().tunnels if args.name is None else (host.tunnel(args.name),)
    addresses = _addresses(args, tunnels)
    tool = _tool(args, host)
    if not tunnels and not args.json:
        console.say(
            f"there are no tunnels; {command('create NAME --server HOST --username USER')} makes one"
        )
        return ExitStatus.OK
    from pptpsetup.render.firewall import gates, rules

    found = gates(tunnels, addresses)
    text = rules(found, tool, table=args.table)
    if args.json:
        from pptpsetup.cli.output import json_document

        json_document(_json(found, tool, text))
    else:
        print(text, end="")
        _tell(found, tool, console)
    return ExitStatus.OK


def _addresses(args: argparse.Namespace, tunnels: tuple[Tunnel, ...]) -> tuple[IPv4Address, ...]:
    from pptpsetup.errors import Diagnostic, UsageError

    if args.address and args.name is None and len(tunnels) > 1:
        raise UsageError(
            Diagnostic(
                "address-of-which",
                "--address is the address of one server, and there are several tunnels",
                hint=command("firewall", tunnels[0].name, "--address", args.address[0]),
            )
        )
    return tuple(dict.fromkeys(map(_address, args.address)))


def _address(text: str) -> IPv4Address:
    from ipaddress import AddressValueError, IPv4Address

    from pptpsetup.errors import Diagnostic, UsageError

    try:
        return IPv4Address(text)
    except AddressValueError as error:
        raise UsageError(
            Diagnostic(
                "bad-address",
                f"--address {text!r} is no IPv4 address",
                hint="the addresses of a name: getent ahostsv4 NAME",
            )
        ) from error


def _tool(args: argparse.Namespace, host: Host) -> Firewall:
    """Raises UsageError for ``--table`` with anything but nftables, UnsupportedError without any tool."""
    from pptpsetup.distro.firewall import tool
    from pptpsetup.distro.kinds import Firewall
    from pptpsetup.errors import Diagnostic, UnsupportedError, UsageError

    found = Firewall(args.tool) if args.tool else tool(host.root, host.profile)
    if found is None:
        raise UnsupportedError(
            Diagnostic(
                "no-firewall-tool",
                f"{host.profile.name} has no packet filter that pptpsetup knows",
                hint=f"choose one with --tool: {', '.join(_TOOLS)}",
            )
        )
    if args.table and found is not Firewall.NFTABLES:
        raise UsageError(
            Diagnostic(
                "table-without-nftables",
                f"--table is for nftables, and this is for {found.value}",
                hint="leave it out, or add --tool nftables",
            )
        )
    return found


def _tell(found: tuple[Gate, ...], tool: Firewall, console: Console) -> None:
    console.say(f"rules for {tool.value}; nothing was changed")
    for each in found:
        if not each.addresses:
            console.say(
                f"of {each.name} only the server's name is known ({each.server}), so its rules hold for "
                f"every address; --address A narrows them: getent ahostsv4 {each.server}"
            )


def _json(found: tuple[Gate, ...], tool: Firewall, text: str) -> dict[str, object]:
    from pptpsetup.render.firewall import GRE, PORT

    tcp = {"protocol": "tcp", "port": PORT, "direction": "out"}
    gre: dict[str, object] = {"protocol": "gre", "number": GRE}
    needs = [tcp, *({**gre, "direction": direction} for direction in ("out", "in"))]
    tunnels = [
        {"name": each.name, "server": each.server, "addresses": list(each.addresses), "needs": needs}
        for each in found
    ]
    return {"version": 1, "tool": tool.value, "tunnels": tunnels, "rules": text}
