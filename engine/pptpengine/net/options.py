"""What the command line sets, as one value for all processes. `pptpengine.arguments` has the defaults."""

from ipaddress import IPv4Address

from pptpengine.config import ControlConfig, TunnelConfig
from pptpengine.record import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One run of the engine."""

    host: str
    "Name or address of the server, as the user gave it."
    port: int
    instance: str
    "Only calls of this name share a control connection; empty: all calls to the server, pptp(8)'s too."
    localbind: IPv4Address | None
    "Source address of TCP and GRE."
    hostroute: bool
    connect_timeout: float
    "Seconds until TCP must be connected."
    logstring: str
    loglevel: int
    debug: bool
    json: bool
    "Statistics in the log are JSON."
    report: str | None
    rtmark: int | None
    "SO_MARK of TCP and GRE, for policy routing."
    user: str
    "Who the processes become once their sockets are open."
    pppd: tuple[str, ...] | None
    "Start pppd with these options; None: somebody else speaks PPP on standard input and output."
    parent: int | None
    "The process that has started us as its pty command: pppd, or a shell of its."
    control: ControlConfig
    tunnel: TunnelConfig
