"""Questions to a real pppd: its version, the options it knows, whether it takes a peers file.

``pppd … dryrun`` reads the command line and every file and stops before it touches a device. Statuses
(pppd(8)): 0 all right; 2 an option is unknown or has a bad value; 1 options contradict each other; 4 all
options were read and there is no /dev/ppp; 3 we may not run it. /etc/ppp/options is read, too, so messages
are told apart by the file they name.
"""

import re
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from pptpsetup.errors import Diagnostic, UnsupportedError, Where

_SECONDS = 10
"pppd answers in milliseconds; a plugin named in /etc/ppp/options could hang."
_LEAST = ("noauth", "pty", "x", "dryrun")
"What pppd wants to see before it comes to dryrun; the command is not run."
_ARGUMENTS = {"ip-up-script": ("/bin/true",)}
"What options that are asked for take."


def version(pppd: str) -> tuple[int, ...] | None:
    """What ``pppd --version`` says, such as (2, 4, 9); None when it cannot be run."""
    _, output = _run(pppd, "--version")
    found = re.search(r"version (\d+(?:\.\d+)*)", output)
    return tuple(int(part) for part in found[1].split(".")) if found else None


def lacking_options(pppd: str, options: Iterable[str]) -> frozenset[str]:
    """Those of *options* that this pppd refuses; none when it cannot be run."""
    asked = {each: (each, *_ARGUMENTS.get(each, ())) for each in options}
    # All at once; pppd names the first that it does not know and ends, so one by one only then.
    if "unrecognized option '" not in _run(pppd, *chain(*asked.values()), *_LEAST)[1]:
        return frozenset()
    return frozenset(
        each
        for each, words in asked.items()
        if f"unrecognized option '{each}'" in _run(pppd, *words, *_LEAST)[1]
    )


def loads_plugin(pppd: str, plugin: str) -> bool:
    """Whether this pppd has *plugin*; True when it cannot be run."""
    return "Couldn't load plugin" not in _run(pppd, "plugin", plugin, *_LEAST)[1]


def validate_peers(content: bytes, pppd: str, path: str) -> None:
    """Let the real pppd parse *content* as the peers file that will be at *path*.

    Nothing is validated when pppd cannot be run (not installed, not root).

    Raises UnsupportedError with pppd's words: ``peers-rejected`` when this pppd refuses what we rendered or
    what the user added; ``pppd-options-broken`` when another file, such as /etc/ppp/options, is at fault.
    """
    from os import geteuid
    from tempfile import NamedTemporaryFile

    # /run is writable by root alone, so that nobody can put another file in its place.
    folder = "/run" if geteuid() == 0 and Path("/run").is_dir() else None
    with NamedTemporaryFile(prefix="pptpsetup-peers-", dir=folder) as file:
        file.write(content)
        file.flush()
        status, output = _run(pppd, "file", file.name, "dryrun")
        said = output.replace(file.name, path)
        ours = file.name in output or "In file " not in output
    if status not in (1, 2):
        return
    message = re.sub(r"^\S*pppd: ", "", said.partition("\n")[0])
    if ours:
        hint = "if that is one of the tunnel's pppd_options, take it out of the spec"
        raise UnsupportedError(
            Diagnostic("peers-rejected", "this pppd refuses the peers file", Where(path), message, hint)
        )
    raise UnsupportedError(
        Diagnostic(
            "pppd-options-broken",
            "pppd refuses its own options file",
            why=message,
            hint="mend that file first",
        )
    )


def _run(pppd: str, *arguments: str) -> tuple[int | None, str]:
    """Status and all output; None and no output when it cannot be run or does not end."""
    import subprocess

    try:
        done = subprocess.run(
            [pppd, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None, ""
    return done.returncode, done.stdout.decode("utf-8", "replace")
