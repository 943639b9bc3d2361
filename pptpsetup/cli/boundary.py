"""Where every error ends: as a message on standard error and an exit status."""

from collections.abc import Iterable

from pptpsetup.cli.console import Console
from pptpsetup.errors import Diagnostic, ExitStatus, PptpsetupError, Where


def report(error: Exception, arguments: Iterable[str]) -> int:
    """Tell the user about *error*, with a traceback if *arguments* ask for it; the exit status."""
    given = list(arguments)
    if "--debug" in given:
        from traceback import print_exception

        print_exception(error)
    console = Console(_color(given))
    for diagnostic in _diagnostics(error):
        console.error(diagnostic)
    return int(_status(error))


def _status(error: Exception) -> ExitStatus:
    if isinstance(error, PptpsetupError):
        return error.status
    return ExitStatus.NO_PRIVILEGE if isinstance(error, PermissionError) else ExitStatus.FAILURE


def _diagnostics(error: Exception) -> tuple[Diagnostic, ...]:
    if isinstance(error, PptpsetupError):
        return error.diagnostics
    if isinstance(error, OSError):
        where = Where(str(error.filename)) if error.filename is not None else None
        denied = isinstance(error, PermissionError)
        hint = "repeat the command as root, for example with sudo" if denied else None
        return (Diagnostic("system-error", error.strerror or str(error), where, hint=hint),)
    # Not the error's own text: it may quote what was being worked on, a password for instance.
    message = f"pptpsetup has a fault ({type(error).__name__}); this should not happen"
    hint = "repeat the command with --debug and report what it prints"
    return (Diagnostic("internal-error", message, hint=hint),)


def _color(arguments: list[str]) -> str | None:
    """The value of --color, found without a parser: the arguments may be what is wrong."""
    for position, argument in enumerate(arguments):
        if argument.startswith("--color="):
            return argument.partition("=")[2]
        if argument == "--color" and position + 1 < len(arguments):
            return arguments[position + 1]
    return None
