"""Statuses and tunnels as JSON (version 1) and as text."""

from __future__ import annotations

import time

from pptpsetup.cli.words import duration, moment, size
from pptpsetup.grammar.pppword import join
from pptpsetup.tunnel.report import Negotiated
from pptpsetup.tunnel.status import Traffic, TunnelState, TunnelStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpsetup.spec.model import Tunnel


def status_json(status: TunnelStatus) -> dict[str, object]:
    """One tunnel of ``status --json``; what is not known is null."""
    negotiated, traffic, cause = status.negotiated, status.traffic, status.cause
    return {
        "name": status.name,
        "state": status.state.value,
        "up": status.is_up,
        "phase": status.phase,
        "since": status.since,
        "interface": status.interface,
        "local_address": status.local,
        "remote_address": status.remote,
        "server": {"name": status.server_name, "address": status.server_address},
        "peer": {"host_name": status.peer_host_name, "vendor": status.peer_vendor},
        "authentication": negotiated.authentication,
        "encryption": _encryption_json(negotiated),
        "mru": negotiated.mru,
        "dns": list(negotiated.dns),
        "traffic": None if traffic is None else _traffic_json(traffic),
        "processes": {
            "pppd": status.pppd_pid,
            "gateway": status.gateway_pid,
            "call_manager": status.call_manager_pid,
        },
        "cause": None
        if cause is None
        else {"code": cause.code, "message": cause.message, "hint": cause.hint},
    }


def _encryption_json(negotiated: Negotiated) -> dict[str, object] | None:
    if negotiated.encryption_bits is None:
        return None
    return {"bits": negotiated.encryption_bits, "stateful": negotiated.stateful}


def _traffic_json(traffic: Traffic) -> dict[str, object]:
    return {
        "received_bytes": traffic.received_bytes,
        "sent_bytes": traffic.sent_bytes,
        "received_packets": traffic.received_packets,
        "sent_packets": traffic.sent_packets,
    }


def status_text(status: TunnelStatus) -> str:
    """One tunnel of ``status``: a headline, and below it what is known."""
    facts = [(label, text) for label, text in _facts(status) if text is not None]
    width = max((len(label) for label, _ in facts), default=0)
    return "\n".join([_headline(status), *(f"  {label:<{width}}  {text}" for label, text in facts)])


def _headline(status: TunnelStatus) -> str:
    if status.state is TunnelState.CONNECTING:
        return f"{status.name}: connecting" + (f" ({status.phase})" if status.phase else "")
    if status.stands_by:
        return f"{status.name}: standing by: the first packet dials"
    if status.state is TunnelState.WAITING:
        return f"{status.name}: down, about to try again"
    if not status.is_up:
        return f"{status.name}: down"
    if status.since is None:
        return f"{status.name}: up"
    return f"{status.name}: up since {moment(status.since)} ({duration(time.time() - status.since)})"


def _facts(status: TunnelStatus) -> list[tuple[str, str | None]]:
    negotiated = status.negotiated
    return [
        ("interface", status.interface),
        ("address", _pair(status.local, status.remote, " → ")),
        ("server", _server(status)),
        ("login by", negotiated.authentication),
        ("encryption", _encryption(status)),
        ("name servers", ", ".join(negotiated.dns) or None),
        ("received", _amount(status.traffic, received=True)),
        ("sent", _amount(status.traffic, received=False)),
        ("processes", _processes(status)),
        *_cause(status),
    ]


def _cause(status: TunnelStatus) -> list[tuple[str, str | None]]:
    if status.cause is None:
        return []
    if status.state is not TunnelState.DOWN:
        return [("last end", status.cause.message)]
    return [("because", status.cause.message), ("remedy", status.cause.hint)]


def _pair(first: str | None, second: str | None, joint: str) -> str | None:
    known = [each for each in (first, second) if each is not None]
    return joint.join(known) or None


def _server(status: TunnelStatus) -> str | None:
    name, address = status.server_name, status.server_address
    text = name or address
    if text is None:
        return None
    details = [each for each in (address if address != name else None, _peer(status)) if each]
    return f"{text} ({', '.join(details)})" if details else text


def _peer(status: TunnelStatus) -> str | None:
    parts = [each for each in (status.peer_host_name, status.peer_vendor) if each]
    return f"calls itself {' / '.join(parts)}" if parts else None


def _encryption(status: TunnelStatus) -> str | None:
    bits = status.negotiated.encryption_bits
    if bits is not None:
        return f"MPPE {bits} bit, {'stateful' if status.negotiated.stateful else 'stateless'}"
    # Only an engine that reports can tell that there is none.
    return "none: everything can be read on the way" if status.is_up and status.gateway_pid else None


def _amount(traffic: Traffic | None, *, received: bool) -> str | None:
    if traffic is None:
        return None
    amount = traffic.received_bytes if received else traffic.sent_bytes
    packets = traffic.received_packets if received else traffic.sent_packets
    return f"{size(amount)} in {packets} packets"


def _processes(status: TunnelStatus) -> str | None:
    named = (
        ("pppd", status.pppd_pid),
        ("gateway", status.gateway_pid),
        ("call manager", status.call_manager_pid),
    )
    return ", ".join(f"{name} {pid}" for name, pid in named if pid is not None) or None


def settings_json(tunnel: Tunnel) -> dict[str, object]:
    """A tunnel of ``list --json`` and ``show --json``: the keys are those of the YAML."""
    from pptpsetup.spec.values import plain_password

    return {
        "name": tunnel.name,
        "server": tunnel.server,
        "username": tunnel.username,
        "domain": tunnel.domain,
        "login": tunnel.login,
        "password": plain_password(tunnel.password),
        "password_delivery": tunnel.password_delivery.value,
        "encryption": tunnel.encryption.value,
        "authentication": [each.value for each in tunnel.authentication],
        "mode": tunnel.mode.value,
        "masquerade": tunnel.masquerade,
        "routes": [str(each) for each in tunnel.routes],
        "dns": {
            "servers": ["from-peer"] * tunnel.dns.from_peer + [str(each) for each in tunnel.dns.servers],
            "domains": list(tunnel.dns.domains),
        },
        "mtu": tunnel.mtu,
        "lcp_echo": {"interval": tunnel.lcp_echo.interval, "failure": tunnel.lcp_echo.failure},
        "reconnect_delay": tunnel.reconnect_delay,
        "persist": tunnel.persist,
        "reconnect_attempts": tunnel.reconnect_attempts,
        "demand": None if tunnel.demand is None else {"idle": tunnel.demand.idle},
        "on_boot": tunnel.on_boot,
        "init": tunnel.init.value,
        "engine": tunnel.engine.value,
        "runner": tunnel.runner.value,
        "datapath": tunnel.datapath.value,
        "pppd_options": [str(join(each)) for each in tunnel.pppd_options],
    }
