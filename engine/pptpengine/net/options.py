"""What the command line sets, as one value for both processes."""

from ipaddress import IPv4Address

from pptpengine.config import ControlConfig, TunnelConfig
from pptpengine.net.privilege import DEFAULT_USER
from pptpengine.record import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One run of the engine."""

    host: str
    "Name or address of the server, as the user gave it."
    port: int = 1723
    instance: str = ""
    "Only calls of this name share a control connection; empty: all calls to the server, pptp(8)'s too."
    localbind: IPv4Address | None = None
    "Source address of TCP and GRE."
    hostroute: bool = True
    connect_timeout: float = 10.0
    "Seconds until TCP must be connected."
    logstring: str = "anon"
    loglevel: int = 1
    debug: bool = False
    json: bool = False
    "Statistics in the log are JSON."
    report: str | None = None
    rtmark: int | None = None
    "SO_MARK of TCP and GRE, for policy routing."
    user: str = DEFAULT_USER
    "Who the processes become once their sockets are open."
    pppd: tuple[str, ...] | None = None
    "Start pppd with these options; None: somebody else speaks PPP on standard input and output."
    parent: int | None = None
    "The process that has started us as its pty command: pppd, or a shell of its."
    control: ControlConfig = field(default_factory=ControlConfig)
    tunnel: TunnelConfig = field(default_factory=TunnelConfig)
