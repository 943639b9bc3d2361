"""How this pptpsetup was called, for the commands and paths that messages tell the user to paste.

Whoever says ``pptpsetup confirm`` or ``chmod 600 /etc/ppp/chap-secrets`` to somebody who works on an image
with ``--root`` must say it for that image. No layer that has such words knows the options; so they ask here,
where the command line has left them. Without a command line, in a library or a test, nothing is added.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

WITH_SPEC = frozenset({"apply", "check", "diff", "firewall", "matrix", "plan", "render"})
"The commands that take ``--spec``, which of two specs they work on."
WITH_HOST = WITH_SPEC | {"show"}
"Those that take ``--host``."
ANYWHERE = frozenset({"profiles"})
"Those that look at no system."

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@%+=:,./-_")
"What no shell reads in a way of its own."
_root = ""
"Absolute; empty for the running system."
_words: tuple[str, ...] = ()
"Options that every command takes."
_spec: tuple[str, ...] = ()
_host: tuple[str, ...] = ()


def remember(args: argparse.Namespace) -> None:
    """From now on, messages are for a call with the options in *args*."""
    global _root, _words, _spec, _host  # noqa: PLW0603  a process has one command line
    _root = _directory(args.root)
    _words = (*_option("--root", _root), *_option("--profile", profile_from_anywhere(args.profile)))
    _spec = _option("--spec", getattr(args, "spec", None))
    _host = _option("--host", getattr(args, "host", None))


def forget() -> None:
    """The call is over."""
    global _root, _words, _spec, _host
    _root, _words, _spec, _host = "", (), (), ()


def program() -> str:
    """``pptpsetup`` with the options of this call that select a system and a profile."""
    return _joined("pptpsetup", *_words)


def command(text: str, *arguments: str) -> str:
    """The command ``pptpsetup TEXT ARGUMENTS`` for the system, profile and spec of this call.

    *text* is a shell's as it stands; *arguments* are quoted.
    """
    verb, space, rest = text.partition(" ")
    own = ((_spec if verb in WITH_SPEC else ()), (_host if verb in WITH_HOST else ()))
    words = f"{_joined(verb, *own[0], *own[1])}{space}{rest}"
    quoted = f" {_joined(*arguments)}" if arguments else ""
    return f"{'pptpsetup' if verb in ANYWHERE else program()} {words}{quoted}"


def shell_path(path: str) -> str:
    """*path* of the system worked on, as a word for a shell on this machine."""
    return _joined(f"{_root}{path}")


def _option(flag: str, value: str | None) -> tuple[str, ...]:
    return (flag, value) if value else ()


def _directory(given: str | None) -> str:
    if not given:
        return ""
    from os.path import realpath

    return realpath(given).rstrip("/")


def profile_from_anywhere(given: str | None) -> str | None:
    """What ``--profile`` says, a file by its whole path: a trial is confirmed from another login, which
    begins in another directory."""
    if given is None or not ("/" in given or given.endswith(".yaml")):
        return given
    from pathlib import Path

    return str(Path.cwd() / given)


def _joined(*words: str) -> str:
    if all(words) and _PLAIN.issuperset("".join(words)):
        return " ".join(words)
    from shlex import join  # only when it is needed: `status` names commands, too

    return join(words)
