r"""What names may look like: tunnels, servers, users, domains.

A tunnel's name becomes a file name, a systemd instance, pppd's ``ipparam`` and ``linkname`` and a word in
chap-secrets, so it is the narrowest. A server reaches a command line that pppd gives to ``/bin/sh`` (``pty``
in pppd(8)); it is quoted there, and still only a host name (RFC 1123 section 2.1) or an IPv4 address is let
through.

Every ``check_`` function returns the value it was given or raises SpecError with one diagnostic that has no
place; the caller knows the place.
"""

import re
import unicodedata
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from pptpsetup.errors import Diagnostic, SpecError

TUNNEL_NAME_PATTERN = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}"
_TUNNEL_NAME = re.compile(TUNNEL_NAME_PATTERN + r"\Z")
# Hook directories, package managers and editors skip or take over files that end so (ip-up on SUSE, dpkg).
_ENDINGS = r"(?:~|\.|\.bak|\.old|\.orig|\.rej|\.swp|\.scpmbackup|\.dpkg-\w+|\.ucf-\w+|\.rpm\w*)"
_SKIPPED_ENDINGS = re.compile(_ENDINGS + r"\Z")
_TAKEN = {"pptp": "SUSE's ppp package ships its own /etc/ppp/peers/pptp"}
TUNNEL_NAME_SCHEMA = rf"^(?!(?:{'|'.join(_TAKEN)})$)(?!.*{_ENDINGS}$){TUNNEL_NAME_PATTERN}$"
"The same as `check_tunnel_name`, as a pattern for JSON Schema (ECMA 262)."

LABEL_PATTERN = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LABEL = re.compile(LABEL_PATTERN + r"\Z")
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
ADDRESS_PATTERN = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
NETWORK_PATTERN = rf"^{ADDRESS_PATTERN}/(?:[1-9]|[12][0-9]|3[0-2])$"
SERVER_SCHEMA = rf"^(?:{ADDRESS_PATTERN}|(?![0-9.]+$){LABEL_PATTERN}(?:\.{LABEL_PATTERN})*\.?)$"
_SHELL = re.compile(r"[\s\"'`$\\;&|<>(){}\[\]*?!#~=,^]")
LOGIN_SCHEMA = r"^(?!\*$)[^\\\u0000-\u001f\u007f-\u009f\u2028\u2029]+$"
"What user name and domain have in common, as a pattern for JSON Schema."
LOGIN_LIMIT = 255
"pppd cuts longer names silently (MAXNAMELEN in pppd.h)."


def _refuse(code: str, message: str, why: str | None = None, hint: str | None = None) -> SpecError:
    return SpecError(Diagnostic(code, message, why=why, hint=hint))


def shown(text: str, limit: int = 60) -> str:
    """*text* in quotes for a message: one line, no control characters, not too long."""
    safe = text
    if not text.isprintable():
        safe = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)
    return f'"{safe}"' if len(safe) <= limit else f'"{safe[: limit - 1]}…"'


def named(name: str) -> str:
    """A tunnel's name for messages, in quotes if it cannot be one."""
    return name if _TUNNEL_NAME.match(name) else shown(name)


def check_tunnel_name(name: str) -> str:
    """A tunnel's name: ``[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}``, not one that other programs use or skip.

    Raises SpecError ``tunnel-name-invalid``.
    """
    code, subject = "tunnel-name-invalid", f"{shown(name)} cannot be a tunnel's name"
    rule = "use up to 63 letters, digits, _, - and ., beginning with a letter, digit or _, such as my-vpn"
    if not name:
        raise _refuse(code, "the tunnel's name is empty", hint=rule)
    if name in {".", ".."}:
        raise _refuse(code, subject, "the name becomes a file name, and this one means a directory", rule)
    if name.startswith("-"):
        raise _refuse(code, subject, "programs would take a name beginning with - for an option", rule)
    if name.startswith("."):
        raise _refuse(
            code, subject, "the name becomes a file name, and one beginning with . is hidden", rule
        )
    if len(name) > 63:
        raise _refuse(code, subject, f"it has {len(name)} characters; 63 is the most", rule)
    if not _TUNNEL_NAME.match(name):
        bad = next(each for each in name if not re.match(r"[A-Za-z0-9_.-]", each))
        what = "a space" if bad == " " else "a line break" if bad in "\r\n" else shown(bad)
        raise _refuse(code, subject, f"it contains {what}", rule)
    if ending := _SKIPPED_ENDINGS.search(name):
        why = f'the name becomes a file name, and programs skip files ending in "{ending.group()}"'
        raise _refuse(code, subject, why, f"choose another, such as {name[: ending.start()] or 'work'}")
    if name in _TAKEN:
        raise _refuse(code, subject, _TAKEN[name], f"choose another, such as {name}-vpn")
    return name


def check_server(text: str) -> str:
    """A server: a host name (RFC 1123 section 2.1) or an IPv4 address in dotted decimal.

    Raises SpecError ``server-invalid`` or ``server-is-ipv6``.
    """
    if not text:
        raise _refuse("server-invalid", "the server is empty", hint=_SERVER_RULE)
    _refuse_ipv6(text)
    if re.fullmatch(r"[0-9.]+", text):
        return _check_ipv4(text)
    fault = _server_fault(text)
    if fault is not None:
        why, hint = fault
        raise _refuse("server-invalid", f"{shown(text)} {_NO_SERVER}", why, hint)
    return text


_NO_SERVER = "is not a host name or an IPv4 address"
_SERVER_RULE = "write a name such as vpn.example.com or an address such as 203.0.113.9"


def _server_fault(text: str) -> tuple[str, str] | None:
    """Why *text* is no host name, and what to write; None when it is one."""
    if text.startswith("-"):
        return "programs would take it for an option", _SERVER_RULE
    if url := re.match(r"[A-Za-z]+://", text):
        return "it is a URL", f"leave out {shown(url.group())}"
    if re.fullmatch(r"[A-Za-z0-9.-]+:[0-9]+", text):
        why = "it ends in a port, and PPTP always uses TCP port 1723 (RFC 2637 section 1.1)"
        return why, f"write {text.partition(':')[0]}"
    if bad := _SHELL.search(text):
        named = {" ": "a space", "\n": "a line break", "\t": "a tab"}.get(bad.group(), shown(bad.group()))
        return f"it contains {named}, which no host name has", _SERVER_RULE
    fault = _domain_fault(text)
    return None if fault is None else (fault, _punycode(text) or _SERVER_RULE)


def _domain_fault(text: str) -> str | None:
    """Why *text* is not a domain name in the sense of RFC 1123, or None."""
    if not text.isascii():
        return "domain names on the wire are ASCII (RFC 5890)"
    if len(text) > 253:
        return f"it has {len(text)} characters; a domain name has at most 253"
    labels = text.removesuffix(".").split(".")
    return next((_label_fault(label) for label in labels if not _LABEL.match(label)), None)


def _check_ipv4(text: str) -> str:
    try:
        address = IPv4Address(text)
    except AddressValueError as error:
        reason = str(error).replace(f" in {text!r}", "")
        why = f"it looks like an address, but: {reason}"
        raise _refuse("server-invalid", f"{shown(text)} {_NO_SERVER}", why, _SERVER_RULE) from None
    if address.is_multicast or address.is_unspecified or address.is_reserved:
        raise _refuse("server-invalid", f"{shown(text)} is not the address of a host", hint=_SERVER_RULE)
    return text


def _refuse_ipv6(text: str) -> None:
    bare = text.removeprefix("[").partition("]")[0].partition("%")[0].partition("/")[0]
    try:
        IPv6Address(bare)
    except AddressValueError:
        return
    why = "PPTP is defined over IPv4 only (RFC 2637), and so is the kernel's GRE for it"
    raise _refuse(
        "server-is-ipv6", f"{shown(text)} is an IPv6 address", why, "give the server's IPv4 address"
    )


def _label_fault(label: str) -> str:
    if not label:
        return "it has two dots in a row, or begins with one"
    if len(label) > 63:
        return f"the part {shown(label)} has {len(label)} characters; 63 is the most"
    if label.startswith("-") or label.endswith("-"):
        return f"the part {shown(label)} begins or ends with a hyphen"
    bad = next(each for each in label if not re.match(r"[A-Za-z0-9-]", each))
    return f"it contains {shown(bad)}; a host name has letters, digits, hyphens and dots (RFC 1123)"


def _punycode(text: str) -> str | None:
    """What to write instead of a name in another script (RFC 3490), or None when it has no such form."""
    if text.isascii():
        return None
    try:
        encoded = text.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return f"write {encoded}" if all(map(_LABEL.match, encoded.split("."))) else None


def _check_login_part(text: str, what: str, code: str) -> None:
    if not text:
        raise _refuse(code, f"the {what} is empty", hint=f"write the {what}, or leave the setting out")
    if text == "*":
        why = "pppd takes * in its secrets files for anybody, even in quotes"
        raise _refuse(code, f"* cannot be a {what}", why)
    for position, each in enumerate(text, 1):
        if unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"}:
            named = "a line break" if each in "\r\n\x85\u2028\u2029" else "a control character"
            if unicodedata.category(each) == "Cs":
                named = "a byte that is not UTF-8"
            raise _refuse(code, f"the {what} {shown(text)} contains {named} (character {position})")


def check_username(text: str) -> str:
    """A user name: no control characters, not ``*``, no backslash, at most 255 bytes in UTF-8.

    Raises SpecError ``username-invalid``.
    """
    _check_login_part(text, "user name", "username-invalid")
    if "\\" in text:
        domain, _, user = text.partition("\\")
        why = "the part before a backslash is the Windows domain, which is a setting of its own"
        hint = "give the domain with --domain (or domain:) and the user name without it"
        if domain and user and "\\" not in user and re.fullmatch(r"[\w.-]+", domain + user):
            hint = (
                f"--domain {domain} --username {user}, or domain: {domain} and username: {user} in the file"
            )
        raise _refuse("username-invalid", f"the user name {shown(text)} contains a backslash", why, hint)
    check_login_length(text, None, "username-invalid")
    return text


def check_domain(text: str) -> str:
    """A Windows domain: no control characters, not ``*``, no backslash.

    Raises SpecError ``domain-invalid``.
    """
    _check_login_part(text, "domain", "domain-invalid")
    if "\\" in text:
        raise _refuse(
            "domain-invalid",
            f"the domain {shown(text)} contains a backslash",
            "the backslash between domain and user name is added for you",
            f"write {text.strip(chr(92))}" if "\\" not in text.strip("\\") and text.strip("\\") else None,
        )
    check_login_length("", text, "domain-invalid")
    return text


def check_login_length(username: str, domain: str | None, code: str = "login-too-long") -> None:
    """Raises SpecError when user name and domain together are longer than pppd can carry."""
    size = len(username.encode()) + (0 if domain is None else len(domain.encode()) + 1)
    if size > LOGIN_LIMIT:
        what = "user name" if domain is None else "domain" if not username else "user name with its domain"
        why = f"pppd carries at most {LOGIN_LIMIT} bytes and would cut the rest off silently"
        raise _refuse(code, f"the {what} is {size} bytes long", why)


def check_dns_domain(text: str) -> str:
    """A DNS domain (RFC 1123 labels, no leading dot or ``~``).

    Raises SpecError ``dns-domain-invalid``.
    """
    subject = f"{shown(text)} is not a DNS domain"
    rule = "write a domain such as corp.example"
    if text.startswith(("~", ".", "*.")):
        raise _refuse("dns-domain-invalid", subject, hint=f"write {shown(text.lstrip('~*.'))}")
    if not text:
        raise _refuse("dns-domain-invalid", "the DNS domain is empty", hint=rule)
    fault = _domain_fault(text)
    if fault is not None:
        raise _refuse("dns-domain-invalid", subject, fault, _punycode(text) or rule)
    return text
