"""From the options that pppd would see to settings: what is in effect once all files have been read.

Of most options the last one counts. Three kinds are different: the strengths of MPPE add up, a method
that was refused stays so, and some options (``ms-dns``, ``escape``) collect. What a setting expresses is
kept as it was, pppd's own defaults included, even where pptpsetup's default is better; what no setting
expresses goes to ``pppd_options``.
"""

from collections.abc import Sequence
from typing import Final

from pptpsetup.errors import Where
from pptpsetup.grammar.pppoption import SPEED, options
from pptpsetup.spec.importer.finding import Found, Note, Verdict
from pptpsetup.spec.importer.numbers import number
from pptpsetup.spec.importer.ptycommand import read_pty
from pptpsetup.spec.importer.redial import Last, read_redial
from pptpsetup.spec.importer.security import read_mppe, read_refusals
from pptpsetup.spec.importer.uses import Use
from pptpsetup.spec.pppdoptions import REFUSED, STATED, STATED_WITH, check, is_stated, plain

_MPPE: Final = frozenset(
    {"require-mppe", "require-mppe-40", "require-mppe-128", "nomppe", "nomppe-40", "nomppe-128"}
)
_COLLECTING: Final = frozenset({"ms-dns", "ms-wins", "escape"})
_OLD_MPPE: Final = frozenset({"mppe", "mppe-40", "mppe-56", "mppe-128", "mppe-stateless"})
_OLD: Final = _OLD_MPPE | {"chapms", "+chapms", "-chapms", "chapms-v2", "+chapms-v2", "-chapms-v2"}
"Of pppd 2.4.1 with the MPPE patch; no pppd since 2.4.2 starts with them."

_CHANGED: Final[dict[str, str]] = {
    "linkname": "the pid file is named after pptpsetup's name of the link",
    "ipparam": "the hooks are given pptpsetup's name of the tunnel",
    "remotename": "the line in the secrets files gets the tunnel's name",
    **dict.fromkeys(
        ("auth", "require-pap", "require-chap", "require-mschap", "require-mschap-v2", "require-eap"),
        "no PPTP server proves who it is, so nothing could connect with it; noauth is said instead",
    ),
    "default-mru": "one number, mtu, holds for both directions and is always said",
}
_SERIAL: Final = (
    "lock",
    "nolock",
    "modem",
    "local",
    "crtscts",
    "cdtrcts",
    "nocrtscts",
    "nocdtrcts",
    "stop-bits",
)
_RUN: Final = ("nodetach", "updetach", "master_detach", "up_sdnotify", "nolog", "nologfd", "logfd", "dump")
_NO_EFFECT: Final[dict[str, str]] = {
    **dict.fromkeys(_SERIAL, "it is about serial lines and has no effect on a pseudo-terminal"),
    SPEED: "it is about serial lines and has no effect on a pseudo-terminal",
    **dict.fromkeys(_RUN, "the init system decides how pppd is run"),
    **dict.fromkeys(("usehostname", "domain"), "the login is stated"),
    **dict.fromkeys(("ipx", "noipx"), "Linux has no IPX any more"),
    "noreplacedefaultroute": "pptpsetup leaves the default route alone",
    "nomultilink": "it is pppd's default",
}
_PROGRAMS: Final = frozenset({"connect", "disconnect", "init", "welcome"})
_IDLE: Final = frozenset({b"", b"true", b"/bin/true", b"/usr/bin/true", b":"})
"Programs that do nothing; HOWTOs for ADSL modems have pppd connect with one of them."
_OWN_SCRIPTS: Final = {
    "ip-up-script": b"/etc/pptpsetup/link-up",
    "ip-down-script": b"/etc/pptpsetup/link-down",
}


def read_meaning(found: Found, uses: Sequence[Use]) -> None:
    """Give *found* the settings that *uses* amount to, and a note on each of them."""
    last, collected = _in_effect(found, uses)
    if "pty" in last:
        read_pty(found, last.pop("pty"))
    _read_login(found, last)
    encryption = read_mppe(found, [use for use in uses if use.name in _MPPE])
    read_refusals(found, [use for use in uses if use.name.startswith("refuse-")], encryption)
    _read_mtu(found, last)
    _read_echo(found, last)
    _read_demand(found, last)
    read_redial(found, last)
    _read_dns(found, last)
    _read_routing(found, last)
    kept: list[str] = []
    for use in (*last.values(), *collected):
        _read_rest(found, use, kept)
    if kept:
        found.values["pppd_options"] = list(dict.fromkeys(kept))


def _key(use: Use) -> str:
    """Options with one key override each other."""
    if use.name in {"noipv6", "+ipv6"}:
        return "IPv6"
    return use.name.removeprefix("no") if use.name != "notty" else use.name


def _in_effect(found: Found, uses: Sequence[Use]) -> tuple[Last, list[Use]]:
    last: Last = {}
    collected: list[Use] = []
    plugin = next((use for use in uses if use.name == "plugin"), None)
    for use in uses:
        if not use.option.known:
            _read_unknown(found, use, plugin)
        elif use.name in _COLLECTING:
            collected.append(use)
        elif use.name not in _MPPE and not use.name.startswith("refuse-"):
            last.pop(_key(use), None)  # so that the order is that of the last ones
            last[_key(use)] = use
    return last, collected


def _read_unknown(found: Found, use: Use, plugin: Use | None) -> None:
    if use.name in _OLD:
        why = "it is an option of the patched pppd 2.4.1; no pppd since 2.4.2 starts with it"
        if use.name in _OLD_MPPE:
            found.values["encryption"] = "required-128"
        found.note(Verdict.REPAIRED, use.text, use.where, why)
    elif "required" in use.text or "stateless" in use.text or use.text.startswith(("no40", "no56")):
        found.note(Verdict.REPAIRED, use.text, use.where, "it belongs to the mppe option before it")
    elif plugin is not None:
        why = f"pppd has no such option; it may be one of the {plugin.text}, which cannot be kept"
        found.note(Verdict.LOST, use.text, use.where, why)
    else:
        found.problem(
            "import-unknown-option",
            f"pppd does not know the option {use.text}",
            use.where,
            why="pppd does not start with this file, and what follows may be its argument",
            hint="correct it or take it out, see pppd(8)",
        )


def _read_login(found: Found, last: Last) -> None:
    user, name = last.pop("user", None), last.pop("name", None)
    use = user or name
    if user is not None and name is not None and user.option.argument != name.option.argument:
        why = "pppd logs in with the name after user"
        found.note(Verdict.SAME, name.text, name.where, why)
    password = last.pop("password", None)
    if password is not None:
        found.set_password((password.option.argument or b"").decode("latin-1"), password.where)
        found.notes.append(_password_note(password.where))
    if use is None:
        if "username" not in found.values:
            found.problem(
                "import-no-name",
                "no name to log in with is given",
                Where(found.path),
                why="pppd would use the host's name",
                hint="add the option name with the login",
            )
        return
    if "username" in found.values:
        return  # the source has a word of its own for it
    try:
        login = (use.option.argument or b"").decode("utf-8")
    except UnicodeDecodeError:
        message = "the login is not valid UTF-8"
        found.problem("import-login", message, use.where, hint="write it in UTF-8")
        return
    found.set_login(login, use.where)


def _password_note(where: Where) -> Note:
    return Note(Verdict.SETTING, "password (not shown)", where, None, "password")


def _read_mtu(found: Found, last: Last) -> None:
    mtu, mru = last.pop("mtu", None), last.pop("mru", None)
    size, receive = number(found, mtu, 1500), number(found, mru, 1500)
    use = mtu or mru
    where = use.where if use else Where(found.path)
    if use is None:
        why = "pppd's default; 1400, pptpsetup's, fits through more networks without fragments"
        found.set("mtu", size, "no mtu is given", where, why)
        return
    found.set("mtu", size, f"mtu {size}", where)
    if receive != size:
        why = "one number, mtu, holds for both directions"
        found.note(Verdict.CHANGED, f"mru {receive} → {size}", (mru or use).where, why)


def _read_echo(found: Found, last: Last) -> None:
    interval, failure = last.pop("lcp-echo-interval", None), last.pop("lcp-echo-failure", None)
    seconds, count = number(found, interval, 0), number(found, failure, 0)
    use = interval or failure
    where = use.where if use else Where(found.path)
    if seconds and count:
        found.set("lcp_echo.interval", f"{seconds}s", f"lcp-echo-interval {seconds}", where)
        found.set(
            "lcp_echo.failure", count, f"lcp-echo-failure {count}", failure.where if failure else where
        )
        return
    why = "a server that is gone is not noticed; pptpsetup's default is 20s"
    if seconds:
        why = f"requests every {seconds} seconds were sent, but their answers not counted; {why}"
    found.set("lcp_echo.interval", "0s", "no LCP echo that counts", where, why)


def _read_demand(found: Found, last: Last) -> None:
    """``idle`` without ``demand`` ends a call that pppd then makes again at once; it is passed on."""
    use, idle = last.pop("demand", None), last.get("idle")
    if use is None:
        return
    last.pop("idle", None)
    seconds = number(found, idle, 0)
    if seconds:
        found.set("demand.idle", f"{seconds}s", f"demand, idle {seconds}", use.where)
        return
    why = "without idle the call never ended once it was there; give --demand to have it dialled so"
    found.note(Verdict.LOST, use.text, use.where, why)


def _read_dns(found: Found, last: Last) -> None:
    use = last.pop("usepeerdns", None)
    if use is not None:
        found.set("dns.servers", ["from-peer"], use.text, use.where)


def _read_routing(found: Found, last: Last) -> None:
    replace, default = last.get("replacedefaultroute"), last.get("defaultroute")
    routed = default is not None and default.name == "defaultroute"
    if replace is not None and replace.name == "replacedefaultroute":
        del last["replacedefaultroute"]
        if not routed:
            why = "it only says how defaultroute is meant, which is not there"
            found.note(Verdict.SAME, replace.text, replace.where, why)
            return
        last.pop("defaultroute", None)
        why = "two routes that cover everything instead of the default route, which stays as it is"
        found.set("mode", "all-to-tunnel", replace.text, replace.where, why)
    elif default is not None and routed:
        del last["defaultroute"]
        why = (
            "pppd adds a default route only where there is none, so with one to the server it did nothing; "
            "mode: all-to-tunnel (--all-to-tunnel) is what sends everything through the tunnel"
        )
        found.note(Verdict.LOST, default.text, default.where, why)


def _read_rest(found: Found, use: Use, kept: list[str]) -> None:
    """An option that no setting expresses."""
    if is_stated(use.option) or use.name in _SAID_BY_SETTINGS:
        found.note(Verdict.SAME, use.text, use.where, "pptpsetup writes it as well")
    elif use.name in _PROGRAMS and (use.option.argument or b"") in _IDLE:
        found.note(Verdict.SAME, use.text, use.where, "it names no program that does something")
    elif use.name == "remotename" and use.option.argument == found.name.encode():
        found.note(Verdict.SAME, use.text, use.where, "it is the tunnel's name")
    elif use.name in _OWN_SCRIPTS and use.option.argument == _OWN_SCRIPTS[use.name]:
        found.note(Verdict.SAME, use.text, use.where, "pptpsetup writes it where it is needed")
    elif use.name in _NO_EFFECT:
        found.note(Verdict.SAME, use.text, use.where, _NO_EFFECT[use.name])
    elif use.name in _CHANGED:
        found.note(Verdict.CHANGED, use.text, use.where, _CHANGED[use.name])
    elif use.shared and _key(use) not in _STATED_KEYS:
        found.note(Verdict.SAME, use.text, use.where, "it stays in that file, which pppd goes on reading")
    elif use.name in REFUSED:
        refusal = REFUSED[use.name]
        why = refusal.why + (f"; {refusal.instead}" if refusal.instead else "")
        found.note(Verdict.LOST, use.text, use.where, why)
    else:
        _keep(found, use, kept)


_SAID_BY_SETTINGS: Final = frozenset({"persist", "maxfail"})
"What is left of them after `redial.read_redial` is as we write it."
_STATED_KEYS: Final = frozenset(
    "IPv6" if name == "noipv6" else name.removeprefix("no")
    for name in (*STATED, *STATED_WITH, *_SAID_BY_SETTINGS)
)


def _keep(found: Found, use: Use, kept: list[str]) -> None:
    option = use.option
    words = [] if option.word is option.argument_word else [use.name]
    if option.argument is not None:
        words.append(option.argument.decode("utf-8", "backslashreplace"))
    line = plain(tuple(words))
    fault = check(line)[1]
    if fault is not None:
        found.note(Verdict.LOST, use.text, use.where, fault.why or fault.message)
        return
    kept.append(line)
    found.note(Verdict.KEPT, use.text, use.where, "goes to pppd_options")


def keep_options(found: Found, data: bytes, where: Where, *, without: str) -> None:
    """Options of pppd inside another kind of file: kept if they may be passed on, else noted as lost.

    Those that begin with *without* are read elsewhere.
    """
    kept: list[str] = []
    for option in options(data):
        use = Use(option, where)
        if use.name.startswith(without):
            continue
        if not option.known or not option.complete or option.word.unterminated:
            found.note(Verdict.LOST, use.text, where, "pppd does not know it, or it lacks its argument")
        else:
            _read_rest(found, use, kept)
    if kept:
        found.values["pppd_options"] = list(dict.fromkeys(kept))
