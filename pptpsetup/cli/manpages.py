"""Manual pages, made from the parsers and the settings: man(7) macros, no dates, the same bytes every
time."""

from collections.abc import Iterable

from pptpsetup import __version__
from pptpsetup.cli.reference import (
    EXIT_STATUSES,
    Section,
    common_section,
    legacy_section,
    pages,
)
from pptpsetup.spec.setting import ABSENT, Setting
from pptpsetup.spec.settings import SETTINGS

_SECURITY = (
    "PPTP is broken cryptography. Whoever records a tunnel's login (MS-CHAPv2, RFC 2759) can recover the "
    "password's hash with one DES key search, and with it everything that MPPE (RFC 3078) encrypted. MPPE "
    "does not protect against altered packets. Use PPTP to reach what speaks nothing better, and put "
    "nothing through it that must stay secret."
)

_FILES = (
    ("/etc/pptpsetup/tunnels.yaml", "the tunnels; yours to edit, see pptpsetup-tunnels.yaml(5)"),
    ("/etc/pptpsetup/secrets/NAME", "the password of the tunnel NAME, readable by root only"),
    ("/etc/ppp/peers/NAME", "what pppd does for the tunnel"),
    ("/etc/ppp/chap-secrets", "one line for each tunnel, among those of others"),
    ("/etc/systemd/system/pptp@.service", "the unit that runs a tunnel"),
    ("/usr/local/libexec/pptpengine", "the engine's launcher, if you installed it; see the command policy"),
    ("/run/pptpsetup/NAME.json", "what the engine says about the running tunnel"),
    ("/var/lib/pptpsetup", "which files are ours, the last changes, and what was put away"),
)

_ENGINE = """\
pptpengine is a PPTP client (RFC 2637) for pppd(8), with the options, the wire and the socket of pptp(8).
It opens a control connection to HOST, places a call, and carries PPP frames between pppd and GRE.

With --nolaunchpppd it is pppd's pty command and speaks PPP on its standard input and output. Otherwise
it starts pppd on a pseudo-terminal once the call is up, with the words that are no options of its own,
and returns: 0 when the call is up, else the status that says why not. With --debug it stays.

Three processes do this, by the names that ps -o comm shows: the gateway (pptpgw) moves the frames; the
call manager (pptpcm), one for each server, holds the control connection; its keeper (pptpkeep) has the
host route and the socket file, and takes them back when the manager is gone, however it went. The
gateway and the manager read what strangers send: once their sockets are open they become an unprivileged
user (--user) without any capability. The keeper stays root and reads nothing from the network.

When this machine's address or default route changes, the host route follows. If the address of the
control connection has gone, the connection and the call are made again: a link without MPPE is then
negotiated anew by pppd, one with MPPE ends with status 17 and is there again as soon as pppd or a
service manager dials.
"""

_ENGINE_SIGNALS = (
    ("SIGTERM, SIGINT, SIGHUP", "end the call; frames still move for two seconds, for pppd to take leave"),
    ("SIGUSR1", "log the statistics and bring the report up to date"),
)

_ENGINE_FILES = (("/var/run/pptp/LOCAL:SERVER", "the call manager's socket, open to root only"),)


def manual_pages() -> dict[str, str]:
    """Every manual page by its file name."""
    return {
        "pptpsetup.8": _pptpsetup(),
        "pptpsetup-tunnels.yaml.5": _tunnels_yaml(),
        "pptpengine.8": _pptpengine(),
    }


def _pptpsetup() -> str:
    lines = _title("pptpsetup", 8, "set up, run and understand PPTP tunnels")
    lines.append(".SH SYNOPSIS")
    for page in pages():
        lines += [".B " + _plain(page.usage), ".br"]
    lines += [
        ".SH DESCRIPTION",
        *_paragraphs(
            "pptpsetup keeps the PPTP tunnels of this system in one file, writes from it what pppd(8) and "
            "the init system need, and starts, stops and watches them. All files are written or none."
        ),
        ".SH COMMANDS",
    ]
    for page in pages():
        lines += [f".SS {_plain(page.name)}", *_paragraphs(page.description)]
        lines += _entries(page.sections)
        lines += _literal(page.epilog)
    lines += [".SH OPTIONS OF EVERY COMMAND", *_entries((common_section(),))]
    lines += [
        ".SH FORMS OF THE PERL PPTPSETUP",
        *_paragraphs(
            "These work as its manual page says. --create writes the whole configuration anew: what is "
            "not given is taken out. Without --encrypt no encryption is required."
        ),
        *_entries((legacy_section(),)),
    ]
    lines += [".SH EXIT STATUS", *_tagged((str(number), meaning) for number, meaning in EXIT_STATUSES)]
    lines += [".SH FILES", *_tagged(_FILES), ".SH SECURITY", *_paragraphs(_SECURITY)]
    lines += _see_also("pptpsetup-tunnels.yaml(5)", "pptpengine(8)", "pppd(8)", "systemd.unit(5)")
    return _joined(lines)


def _tunnels_yaml() -> str:
    lines = _title("pptpsetup-tunnels.yaml", 5, "the PPTP tunnels of a system")
    lines += [
        ".SH SYNOPSIS",
        ".I /etc/pptpsetup/tunnels.yaml",
        ".SH DESCRIPTION",
        *_paragraphs(
            "A YAML 1.2 mapping: version (always 1), defaults (settings for every tunnel) and tunnels, "
            "which maps the name of each tunnel to its settings. pptpsetup(8) changes this file and keeps "
            "comments and order. After editing it by hand, pptpsetup plan shows what follows from it, and "
            "pptpsetup apply makes it so."
        ),
        ".SH SETTINGS",
        *_paragraphs("A dot stands for a level of nesting."),
        *_tagged((setting.path, _setting(setting)) for setting in SETTINGS),
        ".SH EXAMPLE",
        *_literal(example()),
        ".SH SECURITY",
        *_paragraphs(_SECURITY),
    ]
    lines += _see_also("pptpsetup(8)")
    return _joined(lines)


def _setting(setting: Setting) -> str:
    text = f"{setting.help[:1].upper()}{setting.help[1:]}. Takes {setting.kind.words}."
    if setting.required:
        return f"{text} Required."
    if setting.default_words is not None:
        return f"{text} Default: {setting.default_words.replace('`', '')}."
    if setting.default is not ABSENT:
        return f"{text} Default: {_yaml(setting.kind.plain(setting.default))}."
    return text


def example() -> str:
    """A spec with one tunnel that has every setting."""
    lines = ["version: 1", "tunnels:", "  work:"]
    group = None
    for setting in SETTINGS:
        outer, _, inner = setting.path.partition(".")
        if inner and outer != group:
            lines.append(f"    {outer}:")
        group = outer if inner else None
        indent, key = ("      ", inner) if inner else ("    ", outer)
        lines.append(f"{indent}{key}: {_yaml(setting.example)}")
    return "\n".join(lines)


def _yaml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    return "none" if value is None else str(value)


def _pptpengine() -> str:
    from pptpengine.arguments import GRAMMAR

    options = [option for group in GRAMMAR.groups.values() for option in group if option.name != "help"]
    lines = _title("pptpengine", 8, "speak PPTP for pppd")
    lines += [
        ".SH SYNOPSIS",
        ".B pptpengine \\fIHOST\\fP [options] [[\\-\\-] pppd options]",
        ".br",
        ".B pppd pty 'exec pptpengine \\fIHOST\\fP \\-\\-nolaunchpppd [options]' \\fR...",
        ".SH DESCRIPTION",
    ]
    for paragraph in _ENGINE.split("\n\n"):
        lines += _paragraphs(paragraph)
    lines += [
        ".SH OPTIONS",
        *_paragraphs("A unique beginning of an option stands for it, as in pptp(8)."),
        *_tagged([GRAMMAR.words, *((option.invocation, option.explanation) for option in options)]),
        ".SH SIGNALS",
        *_tagged(_ENGINE_SIGNALS),
        ".SH FILES",
        *_tagged(_ENGINE_FILES),
        ".SH EXIT STATUS",
        *_tagged(_engine_statuses()),
        ".SH SECURITY",
        *_paragraphs(_SECURITY),
    ]
    lines += _see_also("pptpsetup(8)", "pppd(8)", "pptp(8)")
    return _joined(lines)


def _engine_statuses() -> Iterable[tuple[str, str]]:
    from pptpengine.causes import HINTS
    from pptpengine.errors import EXIT_STATUS
    from pptpengine.helptext import MEANINGS

    codes = {status: code for code, status in EXIT_STATUS.items()}
    hints = {status: hint for code, hint in HINTS.items() for status in [EXIT_STATUS[code]]}
    for status, meaning in MEANINGS.items():
        tag = f"{status} ({codes[status]})" if status in codes else str(status)
        hint = f" {hints[status]}" if status in hints else ""
        yield tag, f"{meaning[:1].upper()}{meaning[1:]}.{hint}".replace("`", "")


def _title(name: str, section: int, summary: str) -> list[str]:
    upper = name.upper()
    return [
        '.\\" Made by `python \\-m pptpsetup.cli.documents`; do not edit.',
        f'.TH "{_plain(upper)}" {section} "" "pptpsetup {__version__}"',
        ".SH NAME",
        f"{_plain(name)} \\- {_plain(summary)}",
    ]


def _entries(groups: Iterable[Section]) -> list[str]:
    return _tagged((entry.invocation, entry.help) for group in groups for entry in group.entries)


def _tagged(pairs: Iterable[tuple[str, str]]) -> list[str]:
    lines = []
    for tag, text in pairs:
        lines += [".TP", f".B {_plain(tag)}", _text(text)]
    return lines


def _paragraphs(text: str) -> list[str]:
    return [".PP", _text(text.replace("\n", " "))] if text else []


def _literal(text: str) -> list[str]:
    """*text* with its line breaks and blanks."""
    return [".PP", ".nf", *map(_text, text.splitlines()), ".fi"] if text else []


def _see_also(*names: str) -> list[str]:
    return [".SH SEE ALSO", _text(", ".join(names))]


def _plain(text: str) -> str:
    """*text* as roff: backslashes and hyphens are themselves, so that options can be copied from the
    page."""
    return text.replace("\\", "\\e").replace("-", "\\-")


def _text(text: str) -> str:
    """A line of roff text: no word of it is taken for a request."""
    plain = _plain(text)
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
