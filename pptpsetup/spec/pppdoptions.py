"""More options for pppd: which of them a tunnel may have, and why not the others.

pppd's options are programs to run, files to write, privileges to give and much that this package says itself
in every peers file. What is left, the fine tuning of PPP, may be passed on; everything else is refused with
the reason and with what to use instead. See pppd(8) for each option.
"""

from typing import Final

from pptpengine.record import dataclass
from pptpsetup.errors import Diagnostic
from pptpsetup.grammar import pppoption, pppword
from pptpsetup.spec.names import shown
from pptpsetup.spec.values import suggestion, text_of
from pptpsetup.yaml.node import Node, invalid


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an option cannot be passed on."""

    why: str
    instead: str | None = None
    "What to write."


_RUN = "how pppd is run and where it logs is decided by the init system"
_PROGRAM = "pppd would run another program as root"
_SCRIPTS = "the routes and name servers of the tunnel depend on the hooks"
_LINE = "the line is a pseudo-terminal with the engine at its other end"
_SERIAL = "it is about serial lines, and the line is a pseudo-terminal"
_JUDGE = "it is about callers who must prove who they are; a PPTP server never does (noauth is always said)"
_EAP = "PPTP servers are logged in to by MS-CHAP, and EAP is always refused"
_ROUTES = "the default route belongs to the way to the server; pppd would lead the tunnel into itself"
_FILES = "the options would stand in a file that pptpsetup neither sees nor keeps"
_ONE_LINK = "a tunnel is one link"
_IPX = "Linux has no IPX any more"
_LOGIN = "use username and domain"
_FROM_PEER = "use dns.servers: from-peer"

_GROUPS: Final[tuple[tuple[str, str, str | None], ...]] = (
    ("pty", "it runs the engine, which pptpsetup chooses", "use server and engine"),
    ("connect disconnect init welcome", _PROGRAM, None),
    ("plugin", "a plug-in is code that runs as root inside pppd", None),
    ("call file", _FILES, "write the options here"),
    ("linkname", "the pid file is named by it, and pptpsetup looks for it", None),
    ("ipparam", "the hooks know the tunnel by it", None),
    ("remotename", "pppd finds the password by it", None),
    ("name user", "it is the login", _LOGIN),
    ("+ua", "it names a file with a login and a password", "use username and password"),
    ("usehostname domain", "the login is stated, not made from the host's name", _LOGIN),
    ("password", "this file is readable by everybody", "use password: {file: /etc/pptpsetup/secrets/NAME}"),
    ("chap-secrets pap-secrets", "the password would be looked for in another file", None),
    ("show-password", "passwords do not belong into logs", None),
    ("record", "it writes everything, the login too, into a file", None),
    ("defaultroute replacedefaultroute defaultroute-metric", _ROUTES, "use mode: all-to-tunnel"),
    ("proxyarp", "noproxyarp is always said, and pppd refuses to start with both", None),
    ("demand", "dialling on demand needs routes and addresses that fit", None),
    ("mtu mru default-mru", "it is a setting of its own", "use mtu"),
    ("lcp-echo-interval", "it is a setting of its own", "use lcp_echo: {interval: 20s}"),
    ("lcp-echo-failure", "it is a setting of its own", "use lcp_echo: {failure: 3}"),
    ("persist nopersist", "it is a setting of its own", "use persist"),
    ("maxfail", "it is a setting of its own", "use reconnect_attempts"),
    ("holdoff", "it is a setting of its own", "use reconnect_delay"),
    ("usepeerdns usepeerwins noresolvconf", "it is a setting of its own", _FROM_PEER),
    (
        "require-mppe",
        "it means any strength, and pppd 2.5 takes that for 40 bit or for one direction only",
        "use encryption: required-128",
    ),
    ("require-mppe-40 require-mppe-128", "it is a setting of its own", "use encryption"),
    ("nomppe nomppe-40 nomppe-128", "it is a setting of its own", "use encryption"),
    (
        "refuse-pap refuse-chap refuse-mschap refuse-mschap-v2",
        "it is a setting of its own",
        "use authentication",
    ),
    (
        "auth require-pap require-chap require-mschap require-mschap-v2 require-eap",
        _JUDGE,
        "use authentication",
    ),
    ("login enable-session papcrypt privgroup allow-ip allow-number remotenumber callback", _JUDGE, None),
    ("ca capath crl crl-dir max-tls-version tls-verify-key-usage tls-verify-method", _EAP, None),
    ("cert key pkcs12 need-peer-eap", _EAP, None),
    ("nodetach nolog nologfd logfile logfd updetach master_detach up_sdnotify dump dryrun", _RUN, None),
    ("--version --help show-options", "pppd would print and end", None),
    ("net-init-script net-pre-up-script net-down-script ipv6-up-script ipv6-down-script", _PROGRAM, None),
    ("ip-up-script ip-down-script ip-pre-up-script set unset", _SCRIPTS, None),
    ("notty socket sync", _LINE, None),
    (f"{pppoption.DEVICE} {pppoption.SPEED}", _LINE, None),
    ("lock nolock modem local crtscts cdtrcts nocrtscts nocdtrcts stop-bits", _SERIAL, "leave it out"),
    ("multilink mrru bundle endpoint mpshortseq nompshortseq", _ONE_LINK, None),
    ("noip", "a tunnel carries IPv4", None),
    ("vrf", "the routes of the tunnel would be in another table", None),
    ("lcp-rtt-file", "pppd would write to a file as root", None),
    ("ipx ipx-network ipx-node ipx-router-name ipx-routing ipxcp-accept-network", _IPX, "leave it out"),
    ("ipxcp-accept-local ipxcp-accept-remote ipxcp-restart ipxcp-max-terminate", _IPX, "leave it out"),
    ("ipxcp-max-configure ipxcp-max-failure noipx", _IPX, "leave it out"),
)
REFUSED: Final[dict[str, Refusal]] = {
    name: Refusal(why, instead) for names, why, instead in _GROUPS for name in names.split()
}
"By the option's name in :mod:`pptpsetup.grammar.pppoption`."

_STATED = """
    noauth refuse-eap hide-password nomppe-stateful nobsdcomp nodeflate nopredictor1 novj novjccomp noipv6
    noipdefault ipcp-accept-local ipcp-accept-remote nodefaultroute noproxyarp noktune
"""
STATED: Final[frozenset[str]] = frozenset(_STATED.split())
"What stands in every peers file of ours, so that saying it again changes nothing."
STATED_WITH: Final[dict[str, bytes]] = {
    "idle": b"0",
    "maxconnect": b"0",
    "lcp-restart": b"3",
    "lcp-max-configure": b"10",
    "lcp-max-failure": b"5",
    "lcp-max-terminate": b"2",
    "ipcp-restart": b"3",
    "ipcp-max-configure": b"10",
    "ipcp-max-failure": b"5",
    "ipcp-max-terminate": b"2",
    "child-timeout": b"5",
    "connect-delay": b"1000",
    "asyncmap": b"0",
}
"The same for options with an argument; another one may be passed on."


def read(node: Node) -> tuple[str, ...]:
    """One option with its argument, as words; raises SpecError with the reason when it must not be there."""
    text = text_of(node, "an option for pppd", "lcp-max-failure 20")
    words, fault = check(text)
    if fault is not None:
        raise invalid(node, fault.code, fault.message, why=fault.why, hint=fault.hint)
    return words


def plain(option: object) -> str:
    """What :func:`read` reads."""
    return str(pppword.join([str(word) for word in option])) if isinstance(option, tuple) else str(option)


def check(text: str) -> tuple[tuple[str, ...], Diagnostic | None]:
    """The words of one option, or what is wrong with it; the diagnostic has no place."""
    subject = f"{shown(text)} cannot be an option for pppd"
    code = "pppd-option-invalid"
    if any(not each.isprintable() for each in text):
        return (), Diagnostic(code, subject, why="it contains a control character", hint="write one line")
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return (), Diagnostic(code, subject, why="it is not valid Unicode text")
    found = list(pppoption.options(data))
    if not found:
        hint = "write an option of pppd(8), such as lcp-max-failure 20"
        return (), Diagnostic(code, subject, why="it is empty or a comment", hint=hint)
    fault = _fault(subject, found)
    if fault is not None:
        return (), fault
    option = found[0]
    words = [option.word.value]
    if option.argument is not None and option.argument_word is not option.word:
        words.append(option.argument)
    return tuple(word.decode() for word in words), None


def _fault(subject: str, found: list[pppoption.Option]) -> Diagnostic | None:
    code, option = "pppd-option-invalid", found[0]
    words = [each for option in found for each in (option.word, option.argument_word) if each is not None]
    if any(word.unterminated or word.too_long for word in words):
        return Diagnostic(code, subject, why="a quote is not closed, or a word is longer than pppd reads")
    if not option.known:
        close = suggestion(option.name, tuple(pppoption.ARGUMENTS))
        return Diagnostic(
            "pppd-option-unknown",
            subject,
            why="pppd does not know it, and would not start" if close is None else None,
            hint="see pppd(8)" if close is None else f"did you mean {close}?",
        )
    if not option.complete:
        return Diagnostic(code, subject, why="it needs an argument, and would take the next option for it")
    if len(found) > 1:
        return Diagnostic(code, subject, why="it is more than one option", hint="write one option an item")
    return refusal(option, subject)


def refusal(option: pppoption.Option, subject: str) -> Diagnostic | None:
    """Why a known, complete *option* must not be passed on to pppd, or None; *subject* says what it is."""
    code = "pppd-option-refused"
    refused = REFUSED.get(option.name)
    if refused is not None:
        return Diagnostic(code, subject, why=refused.why, hint=refused.instead)
    if is_stated(option):
        why = "pptpsetup writes it into every peers file"
        return Diagnostic(code, subject, why=why, hint="leave it out")
    if option.name == "ifname" and not _is_interface(option.argument or b""):
        why = "an interface has up to 15 letters, digits, _, - and ."
        return Diagnostic("pppd-option-invalid", subject, why=why, hint="write a name such as ppp-work")
    return None


def is_stated(option: pppoption.Option) -> bool:
    """Whether every peers file of ours says exactly this."""
    return option.name in STATED or (
        option.name in STATED_WITH and STATED_WITH[option.name] == option.argument
    )


def _is_interface(name: bytes) -> bool:
    text = name.decode("latin-1")
    plain_name = text.replace("_", "").replace("-", "").replace(".", "")
    return 0 < len(text) <= 15 and plain_name.isascii() and plain_name.isalnum() and text[0].isalnum()
