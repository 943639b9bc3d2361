"""The text that ``--help`` shows, laid out for a terminal."""

import os
from textwrap import wrap

from pptpengine.longopts import Grammar

MEANINGS = {
    0: "normal end: pppd closed its side, or a signal",
    1: "a fault of the engine, or no privilege",
    2: "wrong command line",
    3: "the name does not resolve",
    4: "no route to the server",
    5: "nothing listens on TCP port 1723",
    6: "TCP is not answered (`--connect-timeout`, 10 s)",
    7: "the server refused the control connection, or does not speak PPTP",
    8: "no Start-Control-Connection-Reply within 15 s",
    9: "the server refused the call",
    10: "no Outgoing-Call-Reply within 15 s",
    11: "the call was up, but nothing came back over GRE for 10 s or more",
    12: "the server refused the login",
    13: "no MPPE that both sides allow",
    14: "the server ended the call or the connection",
    15: "the server does not answer any more",
    16: "the way to the server leads through a tunnel that ends at this server",
    17: "this machine has another address towards the server: dial again",
    18: "the pppd that was started from here ended with an error",
}
"What each exit status means, for manuals."
_INDENT = 2
_COLUMN = 24
"Where the explanations begin."
_NARROWEST = 22
"Columns; a terminal with less is taken for one that does not know its width."


def terminal_width() -> int:
    """Columns for help texts, two less than there are."""
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(1).columns)
    except (OSError, ValueError):
        columns = 80
    return max(columns, _NARROWEST) - 2


def help_text(grammar: Grammar, width: int) -> str:
    """Everything *grammar* says, in lines of *width* columns at most where words allow it."""
    parts = [f"usage: {grammar.usage}\n", grammar.description + "\n", _entry(*grammar.words, width)]
    for title, options in grammar.groups.items():
        entries = [_entry(option.invocation, option.explanation, width) for option in options]
        parts.append(f"{title}:\n" + "".join(entries))
    return "\n".join([*parts, grammar.epilog])


def _entry(invocation: str, explanation: str, width: int) -> str:
    head = " " * _INDENT + invocation
    lines = wrap(explanation, max(width - _COLUMN, _NARROWEST // 2))
    if len(head) + 2 <= _COLUMN:
        first, *lines = lines
        head = head.ljust(_COLUMN) + first
    return "\n".join([head, *(" " * _COLUMN + line for line in lines)]) + "\n"
