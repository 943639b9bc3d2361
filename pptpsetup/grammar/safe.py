"""Text that a quoting function of this package has made, told apart from text that nobody has looked at."""

from pptpsetup.errors import Diagnostic, SpecError


class Safe(str):
    """Output of a quoting function: the only text that a template may print.

    Every operation of :class:`str` gives a plain ``str`` again, so quoted text that was changed or joined
    afterwards is refused. Only the modules of :mod:`pptpsetup.grammar` construct it.
    """

    __slots__ = ()


def refuse(code: str, message: str, *, why: str | None = None, hint: str | None = None) -> SpecError:
    """The error for a value that a grammar cannot carry. The value may be a secret and is not part of it."""
    return SpecError(Diagnostic(code, message, why=why, hint=hint))
