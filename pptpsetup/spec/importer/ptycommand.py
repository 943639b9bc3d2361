"""The command after ``pty`` in a peers file: which server, and what else pptp(8) was told."""

import shlex
from posixpath import basename
from typing import Final

from pptpsetup.spec.importer.finding import Found, Verdict
from pptpsetup.spec.importer.uses import Use

_DYNAMIC: Final = frozenset("$`;|&<>(){}*?!\n")
"What /bin/sh, which pppd hands the command to, would do more with than split it into words."
_CLIENTS: Final = frozenset({"pptp", "pptpengine"})
_TUNING = "the engine finds its own; it has no setting"
_OPTIONS: Final[dict[str, tuple[int, Verdict, str]]] = {
    "--nolaunchpppd": (0, Verdict.SAME, "pptpsetup says it as well"),
    "--loglevel": (1, Verdict.SAME, "the engine logs what matters"),
    "--logstring": (1, Verdict.SAME, "the engine logs with the tunnel's name"),
    "--debug": (0, Verdict.SAME, "it has no effect here"),
    "--instance": (1, Verdict.SAME, "pptpsetup gives the tunnel's name"),
    "--report": (1, Verdict.SAME, "pptpsetup has the engine report, too"),
    "--nohostroute": (
        0,
        Verdict.CHANGED,
        "the route to the server is always pinned, so that no loop can arise",
    ),
    "--timeout": (1, Verdict.LOST, _TUNING),
    "--nobuffer": (0, Verdict.LOST, _TUNING),
    "--idle-wait": (1, Verdict.LOST, _TUNING),
    "--max-echo-wait": (1, Verdict.LOST, _TUNING),
    "--missing-window": (1, Verdict.LOST, _TUNING),
    "--phone": (1, Verdict.LOST, "there is no setting for it"),
    "--quirks": (1, Verdict.LOST, "there is no setting for it"),
    "--localbind": (1, Verdict.LOST, "there is no setting for it"),
    "--rtmark": (1, Verdict.LOST, "there is no setting for it"),
    "--sync": (0, Verdict.LOST, "the line is asynchronous"),
}
"Options of pptp(8): arguments, what becomes of them, and why."


def is_pptp(command: bytes) -> bool:
    """Whether the command after ``pty`` runs a PPTP client, as far as one can see."""
    return any(basename(word) in _CLIENTS or "pptpengine" in word for word in _rough_words(command))


def _rough_words(command: bytes) -> list[str]:
    return [word.strip("\"'") for word in command.decode("utf-8", "replace").split()]


def read_pty(found: Found, use: Use) -> None:
    """Take the server and the other options of the client from a ``pty`` option."""
    text = (use.option.argument or b"").decode("utf-8", "backslashreplace")
    hint = "write the command without them, with the server's name or address in it"
    dynamic = sorted(_DYNAMIC.intersection(text))
    if dynamic:
        message = f"the command after pty is more than words: it contains {' '.join(dynamic)}"
        why = "pppd has /bin/sh run it, and only running it would tell the server"
        found.problem("import-dynamic", message, use.where, why=why, hint=hint)
        return
    try:
        words = shlex.split(text)
    except ValueError:
        found.problem(
            "import-open-quote", "a quote in the command after pty is not closed", use.where, hint=hint
        )
        return
    _read_words(found, use, _arguments(words))


def _arguments(words: list[str]) -> list[str]:
    """What follows the program, which may be Python with our engine."""
    rest = words[1:] if words[:1] == ["exec"] else words
    for position, word in enumerate(rest):
        if basename(word) in _CLIENTS or word.endswith(("pptpengine/__main__.py", "pptpengine")):
            return rest[position + 1 :]
    return rest[1:]


def _read_words(found: Found, use: Use, words: list[str]) -> None:
    servers: list[str] = []
    launches = True
    position = 0
    while position < len(words):
        name, equals, _ = words[position].partition("=")
        if not name.startswith("-"):
            servers.append(words[position])
            position += 1
            continue
        launches = launches and name != "--nolaunchpppd"
        count, verdict, why = _OPTIONS.get(name, (0, Verdict.LOST, "pptpsetup does not know it"))
        taken = 1 if equals else 1 + count
        found.note(verdict, f"pty: {' '.join(words[position : position + taken])}", use.where, why)
        position += taken
    if launches:
        why = "without it pptp starts a pppd of its own"
        message = "the command after pty lacks --nolaunchpppd"
        found.problem("import-pty", message, use.where, why=why, hint="add --nolaunchpppd")
    if not servers:
        message = "the command after pty names no server"
        found.problem("import-no-server", message, use.where, hint="add the server's name or address")
        return
    found.set("server", servers[0], f"pty: {servers[0]}", use.where)
    for extra in servers[1:]:
        found.note(
            Verdict.LOST, f"pty: {extra}", use.where, "with --nolaunchpppd pptp ignores options of pppd"
        )
