"""The text that ``--help`` shows, laid out for a terminal."""

import os
from textwrap import wrap

from pptpengine.longopts import Grammar

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
