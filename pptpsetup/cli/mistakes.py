"""What is wrong with a command line, and what was probably meant."""

from collections.abc import Iterable, Sequence

from pptpsetup.cli.commands import COMMANDS
from pptpsetup.errors import Diagnostic, UsageError

_ASK_INSTEAD = (
    "leave it out and be asked, or use --password-file FILE or --password-stdin; "
    "a password among the arguments can be read by every user of this machine (ps)"
)


def usage_error(program: str, message: str) -> UsageError:
    """argparse's *message* with a hint."""
    return UsageError(Diagnostic("usage", message, hint=f"{program} --help"))


def no_command() -> UsageError:
    """Nothing but options was given."""
    message = f"no command given; there are {', '.join(COMMANDS)}"
    return UsageError(Diagnostic("no-command", message, hint="pptpsetup --help"))


def unknown_command(word: str) -> UsageError:
    """*word* stands where a command should."""
    hint = _did_you_mean(word, COMMANDS) or "pptpsetup --help"
    return UsageError(Diagnostic("unknown-command", f"there is no command {word!r}", hint=hint))


def unknown_arguments(program: str, unknown: Sequence[str], flags: Iterable[str]) -> UsageError:
    """One diagnostic for each option that *program* does not have, else for the words too many.

    The values of unknown options are left out: one of them may be a password.
    """
    options = [each.partition("=")[0] for each in unknown if each.startswith("-") and each != "--"]
    known = tuple(flags)
    if not options:
        words = ", ".join(map(repr, unknown))
        hint = f"{program} --help"
        return UsageError(Diagnostic("unexpected-argument", f"unexpected: {words}", hint=hint))
    return UsageError(_unknown_option(program, option, known) for option in dict.fromkeys(options))


def _unknown_option(program: str, option: str, known: Sequence[str]) -> Diagnostic:
    asks_password = option in ("--password", "-p") and "--password-file" in known
    hint = _ASK_INSTEAD if asks_password else _source(option, known) or _did_you_mean(option, known)
    message = f"{program} has no option {option}"
    return Diagnostic("unknown-option", message, hint=hint or f"{program} --help")


def _source(option: str, known: Sequence[str]) -> str | None:
    """For ``--password-env`` and its like, which other programs have."""
    from pptpsetup.spec.values import SOURCE_KINDS

    kind = option.removeprefix("--password-").replace("-", "_")
    if kind in SOURCE_KINDS and "--password-from" in known:
        return f"did you mean --password-from {kind}:…?"
    return None


def _did_you_mean(word: str, known: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]}?" if close else None
