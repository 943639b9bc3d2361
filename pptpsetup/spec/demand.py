"""What contradicts dialling on demand: settings that would keep the first packet from ever dialling."""

from collections.abc import Callable, Mapping
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from pptpsetup.spec.model import Engine, Mode

Add = Callable[[str, str, str, str | None, str], None]
"Takes code, setting, message, why and hint of a contradiction."


def demand_contradictions(values: Mapping[str, Any], add: Add) -> None:
    """Tell *add* what of *values*, by path and with defaults, does not go with ``demand``."""
    if not values["demand.idle"]:
        return
    if values["mode"] is Mode.ALL_TO_TUNNEL and not _is_address(values["server"]):
        why = (
            "before the first packet everything goes into the tunnel that waits for it, also the question"
            " for the server's address, which must be answered before the tunnel can dial"
        )
        hint = "give the server as an address (--server), or name the networks behind it (--route)"
        message = f"demand and mode all-to-tunnel need the server's address, not the name {values['server']}"
        add("demand-needs-address", "server", message, why, hint)
    if not values["persist"]:
        why = "after the first call pppd would end, and packets would find no tunnel to wake"
        hint = "leave out persist: false (--no-persist), or demand (--demand)"
        add("demand-needs-persist", "persist", "persist: false cannot dial on demand", why, hint)
    if values["engine"] is Engine.SYSTEM:
        why = (
            "pptp(8) looks for the way to the server when the tunnel's routes are there already, and leaves"
            " a route behind after every call"
        )
        hint = "choose engine: bundled (--engine bundled)"
        add("demand-needs-our-engine", "engine", "engine system cannot dial on demand", why, hint)


def _is_address(server: str) -> bool:
    try:
        IPv4Address(server)
    except AddressValueError:
        return False
    return True
