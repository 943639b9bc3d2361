"""Servers that want other values in our messages, by the names that pptp(8) gives them.

A quirk is nothing but a changed `ControlConfig`: the protocol code knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pptpengine.config import ControlConfig
from pptpengine.errors import LocalError
from pptpengine.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

_ALL_CONTROL_CHARACTERS: Final = 0xFFFFFFFF
_RELAY: Final = b"RELAY_PPP1"


def _bezeq_israel(config: ControlConfig) -> ControlConfig:
    """Orckit's ADSL modem, as Bezeq (Israel) gave it out: a PAC for exactly one call, whose ID is 0.

    It takes the host name for the line to relay to, and a phone number that was asked for explicitly wins.
    """
    return replace(
        config,
        framing=1,
        bearer=1,
        max_channels=0,
        firmware=0x6021,
        host_name=_RELAY,
        vendor=b"MS Win NT",
        call_bearer=2,
        call_framing=3,
        phone=config.phone or _RELAY,
        fixed_call_id=0,
        fixed_serial=0,
        link_info_accm=_ALL_CONTROL_CHARACTERS,
    )


_QUIRKS: Final[Mapping[str, Callable[[ControlConfig], ControlConfig]]] = {"BEZEQ_ISRAEL": _bezeq_israel}

NAMES: Final = tuple(_QUIRKS)
"What `apply` knows."


def apply(name: str, config: ControlConfig) -> ControlConfig:
    """*config* as the servers called *name* want it. Raises LocalError for a name that is not in `NAMES`."""
    try:
        quirk = _QUIRKS[name]
    except KeyError:
        raise LocalError(f"there is no quirk {name}; there are: {', '.join(NAMES)}") from None
    return quirk(config)
