"""What the user wants, validated: the tunnels of a spec as frozen values.

Every value here has passed ``settings.py``; nothing in this module does I/O. Durations are whole seconds,
addresses are :mod:`ipaddress` objects, text is free of control characters.
"""

from enum import Enum
from ipaddress import IPv4Address, IPv4Network

from pptpengine.record import dataclass


class Encryption(str, Enum):
    """How strong MPPE (RFC 3078) must be. There is no "any strength": pppd 2.5 turns that into 40 bit."""

    REQUIRED_128 = "required-128"
    REQUIRED_40 = "required-40"
    NONE = "none"


class Authentication(str, Enum):
    """Ways to prove who we are that pppd may agree to."""

    MSCHAP_V2 = "mschap-v2"
    MSCHAP = "mschap"
    CHAP = "chap"
    PAP = "pap"


class Mode(str, Enum):
    """Which traffic goes through the tunnel."""

    INTERFACE_ONLY = "interface-only"
    CLIENT_TO_LAN = "client-to-lan"
    ALL_TO_TUNNEL = "all-to-tunnel"
    LAN_TO_LAN = "lan-to-lan"
    "As client-to-lan, and this host forwards between the networks there and its own."


class Init(str, Enum):
    """Who starts the tunnel at boot and keeps it running."""

    AUTO = "auto"
    SYSTEMD = "systemd"
    IFUPDOWN = "ifupdown"
    OPENRC = "openrc"
    NETIFRC = "netifrc"
    SYSV = "sysv"
    RC_D = "rc.d"
    RUNIT = "runit"
    UCI = "uci"
    NETWORKMANAGER = "networkmanager"
    MANUAL = "manual"


class Engine(str, Enum):
    """The program that speaks PPTP for pppd."""

    BUNDLED = "bundled"
    SYSTEM = "system"
    "The distribution's pptp-linux."


class Runner(str, Enum):
    """Who speaks PPP."""

    AUTO = "auto"
    PPPD = "pppd"


class Datapath(str, Enum):
    """How PPP frames get from the engine to who speaks PPP."""

    AUTO = "auto"
    PTY = "pty"
    "The pseudo-terminal that pppd gives its ``pty`` program."


class Delivery(str, Enum):
    """How pppd gets the password."""

    CHAP_SECRETS = "chap-secrets"
    "From its secrets files, as everybody's passwords are: /etc/ppp/chap-secrets and pap-secrets."
    PASSWORDFD = "passwordfd"
    "From a descriptor that is open when it starts, with its plugin passwordfd.so."


ENCRYPTED_CREDENTIAL = "encrypted_credential"
"The kind of a password that only systemd can read, when it starts the tunnel."
FORGOTTEN = "forgotten"
"The kind of a password that this host has no more."


@dataclass(frozen=True, slots=True)
class PasswordSource:
    """Where the password comes from; the spec itself never holds it."""

    kind: str
    "One of file, env, command, credential, ENCRYPTED_CREDENTIAL, keyring, or FORGOTTEN."
    value: str | tuple[str, ...]
    "A path, a variable, a program with its arguments, a systemd credential's name, or service and user."


@dataclass(frozen=True, slots=True)
class Dns:
    """Name servers reached through the tunnel."""

    from_peer: bool = False
    servers: tuple[IPv4Address, ...] = ()
    domains: tuple[str, ...] = ()
    "Only these domains are asked there; empty: all names."

    @property
    def wanted(self) -> bool:
        return self.from_peer or bool(self.servers)


@dataclass(frozen=True, slots=True)
class LcpEcho:
    """How a dead peer is noticed (pppd's lcp-echo-interval and lcp-echo-failure)."""

    interval: int
    failure: int


@dataclass(frozen=True, slots=True)
class Demand:
    """Dialling on demand: the interface is there always, the call only while something uses it."""

    idle: int
    "Seconds without traffic after which the call ends (pppd's ``idle``)."


@dataclass(frozen=True, slots=True)
class Tunnel:
    """One configured connection."""

    name: str
    server: str
    "Host name or IPv4 address."
    username: str
    domain: str | None
    password: PasswordSource
    encryption: Encryption
    authentication: tuple[Authentication, ...]
    mode: Mode
    routes: tuple[IPv4Network, ...]
    dns: Dns
    mtu: int
    lcp_echo: LcpEcho
    reconnect_delay: int
    "Seconds between an unexpected end and the next attempt."
    on_boot: bool
    init: Init
    engine: Engine
    masquerade: bool = False
    "With lan-to-lan: what is forwarded gets our address in the tunnel."
    demand: Demand | None = None
    "None: the call is there as long as the tunnel is started."
    pppd_options: tuple[tuple[str, ...], ...] = ()
    "More options for pppd, each with its words."
    persist: bool = True
    "Dial again after an unexpected end."
    reconnect_attempts: int = 0
    "Attempts in a row without a connection after which nobody dials again (pppd's ``maxfail``); 0: none."
    password_delivery: Delivery = Delivery.CHAP_SECRETS
    runner: Runner = Runner.AUTO
    datapath: Datapath = Datapath.AUTO

    @property
    def is_set_up(self) -> bool:
        """Whether there is a password to log in with; without, the tunnel is described and nothing more."""
        return self.password.kind != FORGOTTEN

    @property
    def redials_itself(self) -> bool:
        """Whether pppd dials again, whoever started it: it alone stands by and counts attempts."""
        return self.persist and (self.demand is not None or self.reconnect_attempts > 0)

    @property
    def systemd_has_password(self) -> bool:
        """Whether the tunnel's own unit loads the password, so that pptpsetup neither needs nor sees it."""
        return self.password.kind == ENCRYPTED_CREDENTIAL or (
            self.password.kind == "credential" and self.password_delivery is Delivery.PASSWORDFD
        )

    @property
    def login(self) -> str:
        r"""The name given to the server: ``DOMAIN\user`` or ``user``."""
        return self.username if self.domain is None else f"{self.domain}\\{self.username}"


@dataclass(frozen=True, slots=True)
class Spec:
    """All tunnels of a host, in the order of the file."""

    tunnels: tuple[Tunnel, ...]

    def find(self, name: str) -> Tunnel | None:
        """The tunnel called *name*, or None."""
        return next((tunnel for tunnel in self.tunnels if tunnel.name == name), None)
