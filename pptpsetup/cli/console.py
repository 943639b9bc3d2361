"""Talking to people on standard error: messages, diagnostics, colour and width.

Data goes to standard output and is the commands' business. Whatever comes from elsewhere (a server, a log,
a file) may hold terminal escapes; everything printed here passes `printable` first.
"""

import sys
from typing import TextIO

from pptpsetup.cli.progress import Progress, heard_or_not
from pptpsetup.errors import Diagnostic

_RED, _YELLOW, _BOLD, _OFF = "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[0m"
_NARROWEST = 40


def printable(text: str) -> str:
    """*text* with everything but printable characters and line ends made visible.

    Escape sequences, C0 and C1 controls, and the invisible characters that change direction come out as
    ``\\x1b`` and so on.
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("unicode_escape").decode()
        for each in text
    )


def wants_color(choice: str | None, stream: TextIO) -> bool:
    """Whether to colour *stream*: as *choice* says, else on a terminal that can and may
    (https://no-color.org)."""
    import os

    if choice in ("always", "never"):
        return choice == "always"
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


class Console:
    """Standard error."""

    def __init__(self, color: str | None = None) -> None:
        self._stream = sys.stderr
        self._color = wants_color(color, self._stream)
        self._width = self._terminal_width()
        self.progress = Progress(self._stream)

    def say(self, text: str = "") -> None:
        """One line of talk."""
        self._print(printable(text))

    def warn(self, warning: Diagnostic) -> None:
        """Something that did not stop the command."""
        self._diagnostic("warning", _YELLOW, warning)

    def error(self, error: Diagnostic) -> None:
        """What stopped the command."""
        self._diagnostic("error", _RED, error)

    def _diagnostic(self, word: str, color: str, what: Diagnostic) -> None:
        label = self._paint(color + _BOLD, f"{word}[{what.code}]:")
        indent = " " * (len(word) + 1)
        self._print(f"{label} {self._wrap(what.message, len(f'{word}[{what.code}]: '), indent)}")
        if what.where is not None:
            self._print(f"  --> {printable(str(what.where))}")
            if what.source is not None:
                from pptpsetup.cli.excerpt import excerpt

                *lines, last = excerpt(what.source, what.where, self._width)
                self._print("\n".join([*lines, self._paint(color + _BOLD, last)]))
        if what.why is not None:
            self._print(f"  {self._paint(_BOLD, 'why:')} {self._wrap(what.why, 7, ' ' * 7)}")
        if what.hint is not None:
            # Not wrapped: a command in it must survive being copied.
            hint = printable(what.hint).replace("\n", "\n" + " " * 8)
            self._print(f"  {self._paint(_BOLD, 'hint:')} {hint}")

    def _wrap(self, text: str, used: int, indent: str) -> str:
        clean = printable(text)
        if self._width is None:
            return clean.replace("\n", "\n" + indent)
        from textwrap import wrap

        lines = wrap(
            clean,
            self._width,
            initial_indent=" " * min(used, self._width // 2),
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return "\n".join(lines).lstrip()

    def _paint(self, color: str, text: str) -> str:
        return f"{color}{text}{_OFF}" if self._color else text

    def _print(self, text: str) -> None:
        self.progress.clear()
        with heard_or_not(self._stream):
            print(text, file=self._stream, flush=True)

    def _terminal_width(self) -> int | None:
        """Columns of the terminal; None where nobody counts them."""
        import os

        try:
            return max(_NARROWEST, os.get_terminal_size(self._stream.fileno()).columns)
        except (OSError, ValueError):
            return None
