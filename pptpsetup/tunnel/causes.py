"""Why a tunnel is not up, in words, with a remedy.

Three witnesses are heard in the order of what they can know: the engine (it saw the control connection, the
call and the frames in clear), pppd's exit status (pppd(8), EXIT STATUS), pppd's last lines. A number alone
is never shown.
"""

from pptpengine.record import dataclass
from pptpsetup.errors import Diagnostic
from pptpsetup.invocation import program
from pptpsetup.tunnel.report import Cause


@dataclass(frozen=True, slots=True)
class Subject:
    """What the words are about."""

    tunnel: str
    server: str
    login: str
    log: str = "journalctl -t pppd -n 50"
    "A command that shows the messages of pppd and the engine."


@dataclass(frozen=True, slots=True)
class Words:
    """A diagnostic in which the names of `about`, such as ``{tunnel}``, are not filled in yet."""

    message: str
    why: str | None = None
    hint: str | None = None

    def about(
        self, code: str, subject: Subject, *, witness: str | None, advice: str | None = None
    ) -> Diagnostic:
        """The diagnostic; *witness* is the reason and *advice* the hint where the words have none."""
        names = {
            "tunnel": subject.tunnel,
            "server": subject.server,
            "login": subject.login,
            "log": subject.log,
            "pptpsetup": program(),
        }
        return Diagnostic(
            code,
            self.message.format(**names),
            why=self.why.format(**names) if self.why else witness,
            hint=self.hint.format(**names) if self.hint else advice,
        )


_ENGINE: dict[str, Words] = {
    "host-unknown": Words(
        "the server name {server} cannot be resolved",
        hint="check the spelling and this host's name servers: getent ahostsv4 {server}",
    ),
    "network-unreachable": Words(
        "there is no route to {server}",
        hint="check this host's own network connection: ip route get {server}",
    ),
    "connect-refused": Words(
        "{server} refused the connection to TCP port 1723",
        why="the host is there, but no PPTP server listens on it or a firewall rejects the port",
        hint="check the server address with whoever runs it, and that PPTP is switched on there",
    ),
    "connect-timeout": Words(
        "{server} did not answer on TCP port 1723",
        why="the host is off, the address is wrong, or a firewall drops TCP port 1723",
        hint="check the server address, and that this network lets TCP port 1723 out; what this host's own "
        "firewall needs: {pptpsetup} firewall {tunnel}",
    ),
    "control-refused": Words(
        "{server} refused the control connection",
    ),
    "control-timeout": Words(
        "{server} accepted the connection but did not answer as a PPTP server",
        hint="check that {server} is the PPTP server and not another service on TCP port 1723",
    ),
    "call-refused": Words(
        "{server} refused the call",
    ),
    "call-timeout": Words(
        "{server} did not answer the call request",
        hint="try again in a minute; if it stays so, the server needs attention",
    ),
    "no-gre": Words(
        "the control connection to {server} works, but nothing comes back over GRE",
        why="a firewall or NAT between here and the server drops GRE (IP protocol 47)",
        hint="allow IP protocol 47 to and from {server}, here ({pptpsetup} firewall {tunnel}) and on the "
        "router; on a Linux router load nf_conntrack_pptp and assign the pptp helper to TCP port 1723",
    ),
    "auth-failed": Words(
        "{server} refused the login {login}",
        hint="check user name, domain and password, and that the account may dial in; a new password is set "
        "with: {pptpsetup} create {tunnel} --ask-password",
    ),
    "password-unavailable": Words(
        "there was no password to give to pppd",
        hint="store one: {pptpsetup} secret set {tunnel}; a credential must be where systemd looks for it: "
        "systemd-creds list, and /etc/credstore or /etc/credstore.encrypted",
    ),
    "encryption-refused": Words(
        "{server} and this host could not agree on encryption",
        why="the tunnel requires MPPE; the server does not offer it in this strength, or a kernel lacks it",
        hint="switch on 128-bit MPPE on the server, or, if you accept a tunnel that everybody can read: "
        "{pptpsetup} create {tunnel} --no-encrypt",
    ),
    "peer-closed": Words(
        "{server} ended the call",
    ),
    "peer-silent": Words(
        "{server} stopped answering",
        hint="check the network between here and the server, then: {pptpsetup} start {tunnel}",
    ),
    "uplink-changed": Words(
        "this host's way to {server} changed, and with it the address that {server} knows",
        hint="it is dialled again by itself; if not: {pptpsetup} start {tunnel}",
    ),
    "pppd-failed": Words(
        "pppd did not start",
        hint="see its messages: {log}",
    ),
    "internal": Words(
        "the PPTP engine failed",
        hint="see the tunnel's own messages: {log}",
    ),
    "routing-loop": Words("the way to {server} would lead through a tunnel"),
    "ended-unexpectedly": Words(
        "the tunnel's processes ended without saying why",
        hint="start it again: {pptpsetup} start {tunnel}",
    ),
}
_VAGUE = frozenset(
    {"peer-closed", "peer-silent", "pppd-failed", "uplink-changed", "internal", "ended-unexpectedly"}
)

_PPPD: dict[int, tuple[str, Words]] = {
    1: (
        "pppd-fatal",
        Words(
            "pppd stopped with a fatal error",
            hint="see its messages: {log}",
        ),
    ),
    2: (
        "pppd-options",
        Words(
            "pppd does not accept its configuration",
            hint="look for options it does not know in /etc/ppp/options and /etc/ppp/peers/{tunnel}",
        ),
    ),
    3: (
        "pppd-not-root",
        Words(
            "pppd may not run: it needs root",
            hint="sudo {pptpsetup} start {tunnel}",
        ),
    ),
    4: (
        "kernel-ppp-missing",
        Words(
            "this kernel has no PPP support",
            why="/dev/ppp cannot be opened: ppp_generic is missing, or this is a container",
            hint="modprobe ppp_generic",
        ),
    ),
    5: (
        "stopped",
        Words(
            "the tunnel was stopped while it was starting",
        ),
    ),
    6: (
        "pppd-locked",
        Words(
            "another pppd holds the line",
            hint="{pptpsetup} stop {tunnel}",
        ),
    ),
    9: (
        "engine-missing",
        Words(
            "pppd could not run the PPTP engine",
            hint="write the files again: {pptpsetup} create {tunnel}",
        ),
    ),
    10: (
        "negotiation-failed",
        Words(
            "{server} and this host found no common PPP settings",
            hint="see what each side asked for: {log}",
        ),
    ),
    11: (
        "peer-auth",
        Words(
            "pppd wanted the server to prove who it is, and it did not",
            hint="make sure that no file named in /etc/ppp/peers/{tunnel} says “auth”",
        ),
    ),
    12: (
        "idle",
        Words(
            "the tunnel was closed because nothing used it",
            hint="{pptpsetup} start {tunnel}",
        ),
    ),
    13: (
        "time-limit",
        Words(
            "the tunnel reached its time limit",
            hint="{pptpsetup} start {tunnel}",
        ),
    ),
    15: ("peer-silent", _ENGINE["peer-silent"]),
    16: (
        "hangup",
        Words(
            "the connection to {server} was lost before the tunnel was up",
            hint="see the messages of pppd and the engine: {log}",
        ),
    ),
    17: (
        "loopback",
        Words(
            "the line sends our own data back",
            hint="check the address: {server} must not be this host",
        ),
    ),
    19: ("auth-failed", _ENGINE["auth-failed"]),
}
_UNKNOWN = (
    "not-up",
    Words("the tunnel {tunnel} did not come up", hint="see its messages: {log}"),
)

_LINES: tuple[tuple[str, str], ...] = (
    ("pppd-passwordfd: ", "password-unavailable"),
    ("authentication failed", "auth-failed"),
    ("MPPE required", "encryption-refused"),
    ("LCP: timeout sending Config-Requests", "no-gre"),
    ("Peer not responding", "peer-silent"),
)
_CERTAIN = frozenset({2, 3, 4, 9, 11, 17, 19})
"Exit statuses that mean one thing only."


def explain(
    subject: Subject,
    *,
    cause: Cause | None = None,
    exit_status: int | None = None,
    log: str = "",
    said_by: str = "pppd",
) -> Diagnostic:
    """One diagnostic for a tunnel that ended or did not come up.

    *cause* is the engine's, *exit_status* pppd's, *log* what pppd and the engine wrote, or somebody else
    whom *said_by* names.
    """
    if cause is not None and cause.code not in _VAGUE:
        return _from_engine(subject, cause)
    if exit_status in _CERTAIN:
        return _from_pppd(subject, exit_status, log, said_by)
    for text, code in _LINES:
        if text in log:
            return _ENGINE[code].about(code, subject, witness=_line_with(text, log))
    if cause is not None:
        return _from_engine(subject, cause)
    return _from_pppd(subject, exit_status, log, said_by)


def _from_engine(subject: Subject, cause: Cause) -> Diagnostic:
    words = _ENGINE.get(cause.code)
    if words is None:
        return Diagnostic(cause.code, cause.message.rstrip("."), hint=cause.hint)
    return words.about(cause.code, subject, witness=cause.message, advice=cause.hint)


def _from_pppd(subject: Subject, exit_status: int | None, log: str, said_by: str) -> Diagnostic:
    code, words = _PPPD.get(-1 if exit_status is None else exit_status, _UNKNOWN)
    telling = [line for text, meaning in _LINES if meaning == code and (line := _line_with(text, log))]
    return words.about(code, subject, witness=telling[0] if telling else _last_line(log, said_by))


def _line_with(text: str, log: str) -> str | None:
    return next((_quote(line) for line in log.splitlines() if text in line), None)


def _last_line(log: str, said_by: str) -> str | None:
    """The last line that is not pppd's farewell."""
    farewells = ("Exit.", "Connection terminated.", "Modem hangup", "Using interface", "Connect: ")
    lines = [line.strip() for line in log.splitlines()]
    telling = (line for line in reversed(lines) if line and not line.startswith(farewells))
    return next((_quote(line, said_by) for line in telling), None)


def _quote(line: str, said_by: str = "pppd") -> str:
    return f"{said_by} said: {line.strip()}"
