"""YAML's syntax errors in plain words."""

import re
from collections.abc import Callable
from typing import Any

from pptpsetup.errors import Diagnostic, Where

_INDENT = "indent this line exactly like the others of its block, with spaces"
_EXPLANATIONS: tuple[tuple[str, str, str, str | None, str], ...] = (
    # pattern in "context: problem"; which mark; message; why; hint
    (
        r"quoted scalar.*unexpected (end of stream|document separator)",
        "context",
        "the quote that opens here is never closed",
        None,
        "add the closing quote",
    ),
    (
        r"flow (sequence|mapping).*expected ','",
        "context",
        "the bracket that opens here is not closed, or a comma is missing inside",
        None,
        "close the bracket, and put a comma between the items",
    ),
    (
        r"unknown escape character",
        "problem",
        "the backslash here means nothing between double quotes",
        "between double quotes a backslash begins an escape such as \\n",
        "use single quotes, or write the backslash twice",
    ),
    (
        r"could not find expected ':'",
        "context",
        "this line has no colon after its key",
        None,
        "write key: value, with a space after the colon",
    ),
    (
        r"mapping values are not allowed",
        "problem",
        "a colon stands where no key can be",
        "the line above has no colon, this line is indented differently, or a value contains a colon",
        "write key: value with equal indentation, and a value that contains a colon in quotes",
    ),
    (
        r"expected <block end>, but found '<scalar>'",
        "problem",
        "there is text after the end of a value",
        None,
        "put the whole value in quotes; a single quote inside single quotes is written twice",
    ),
    (
        r"expected <block end>, but found '(-|\?|<block sequence start>)'",
        "problem",
        "list items (-) and keys are mixed here",
        None,
        "indent the list items further than the key they belong to",
    ),
    (
        r"expected <block end>",
        "problem",
        "this line is indented differently from the others of its block",
        None,
        _INDENT,
    ),
    (
        r"expected the node content",
        "problem",
        "a value is missing before this character",
        None,
        "add the value, or put the text in quotes if it begins with this character",
    ),
    (
        r"document start",
        "problem",
        "there is something after the end of the document",
        None,
        "remove it, or indent it so that it belongs to a key",
    ),
)


def explain(
    error: Any, text: str, where: Callable[[int], Where], bracket: int | None = None
) -> tuple[Diagnostic, ...]:
    """ruamel.yaml's *error* as diagnostics; several when a tab is the cause, for then every tab is shown.

    *bracket* is where the innermost bracket stands that was open there.
    """
    context, problem = str(getattr(error, "context", "") or ""), str(getattr(error, "problem", "") or "")
    marks = {
        "problem": getattr(error, "problem_mark", None),
        "context": getattr(error, "context_mark", None),
    }
    at = {kind: min(mark.index, len(text)) for kind, mark in marks.items() if mark is not None}
    place = at.get("problem", at.get("context", 0))
    if bracket is not None and problem.endswith("'<stream end>'"):
        # The library has only the end of the text to point at.
        problem, at["context"] = "expected ',' or the bracket", bracket
        context = "flow sequence or flow mapping"
    if problem.startswith("found character") and text[place : place + 1] == "\t":
        return _tabs(text, place, where)
    if match := re.match(r"found character '(.)' that cannot start", problem):
        message = f"no value can begin with {match[1]} unless it is in quotes"
        return (Diagnostic("yaml-syntax", message, where(place), hint="put the value in quotes"),)
    for pattern, mark, message, why, hint in _EXPLANATIONS:
        if re.search(pattern, f"{context}: {problem}"):
            return (Diagnostic("yaml-syntax", message, where(at.get(mark, place)), why, hint),)
    detail = f": {problem.splitlines()[0]}" if problem else ""
    return (Diagnostic("yaml-syntax", f"this is not valid YAML{detail}", where(place)),)


def _tabs(text: str, place: int, where: Callable[[int], Where]) -> tuple[Diagnostic, ...]:
    indents = {match.end() - 1 for match in re.finditer(r"^[ ]*\t", text, re.MULTILINE)}
    message = "a tab stands where only spaces may be"
    whys = {
        False: "only spaces may stand around values here",
        True: "YAML does not allow tabs in indentation",
    }
    return tuple(
        Diagnostic("yaml-tab", message, where(each), whys[each in indents], "replace the tab by spaces")
        for each in sorted(indents | {place})
    )
