"""What a system calls itself."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from pptpsetup.rootfs import inside


def host_name(root: Path, *, live: bool) -> str | None:
    """The name of the running system (uname(2)), or the one that the system under *root* will have.

    None where no file says it, or says it in a way that only a shell could read. Raises OSError.
    """
    if live:
        return os.uname().nodename or None
    for path, read in _PLACES:
        file = inside(root, path)
        if file.is_file():
            found = read(file.read_text(encoding="utf-8", errors="replace"))
            if found is not None:
                return found
    return None


def _first_line(text: str) -> str | None:
    """As hostname(5): the first line that is no comment."""
    lines = (line.strip() for line in text.splitlines())
    return _name(next((line for line in lines if line and not line.startswith("#")), ""))


def _shell_variable(text: str) -> str | None:
    """``hostname="name"``, the last of them; nothing that a shell would have to work out."""
    found = re.findall(r"^[ \t]*(?:hostname|HOSTNAME)=(\S*)[ \t]*(?:#.*)?$", text, re.MULTILINE)
    return _name(found[-1].strip("\"'")) if found else None


def _uci_option(text: str) -> str | None:
    found = re.search(r"^[ \t]*option[ \t]+hostname[ \t]+[\"']?([^\s\"']+)[\"']?[ \t]*$", text, re.MULTILINE)
    return _name(found[1]) if found else None


def _name(text: str) -> str | None:
    return text if re.fullmatch(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})", text) else None


_PLACES: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    ("/etc/hostname", _first_line),
    # SUSE until 2014, Slackware.
    ("/etc/HOSTNAME", _first_line),
    # OpenRC, where there is no /etc/hostname.
    ("/etc/conf.d/hostname", _shell_variable),
    # Red Hat, Mandrake and Mageia without systemd.
    ("/etc/sysconfig/network", _shell_variable),
    # OpenWrt.
    ("/etc/config/system", _uci_option),
    # NetBSD: /etc/rc.conf, before that /etc/myname.
    ("/etc/rc.conf", _shell_variable),
    ("/etc/myname", _first_line),
)
