"""Long options as getopt_long(3) reads them, by one table from which help and manual page are made, too.

pptp(8) uses that function. ``argparse``, and ``getopt`` as well, load ``re``, ``enum`` and ``gettext``, for
which a call would wait on each redial.
"""

from __future__ import annotations

from pptpengine.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


_LONG_FORMS = {"-h": "--help"}


class MistakeError(Exception):
    """The command line is wrong, in words for its author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option. Its value is False or True, or what *read* makes of the word that goes with it."""

    name: str
    "Without the dashes."
    help: str
    "``{default}`` stands for the default."
    metavar: str | None = None
    "Stands for the value in help; None: there is no value."
    read: Callable[[str], object] = str
    "The value in a word; raises MistakeError."
    default: object = None
    addition: bool = False
    "It came later: it does not take away a beginning that was unique without it."

    @property
    def invocation(self) -> str:
        """How it is written."""
        return f"--{self.name} {self.metavar}" if self.metavar else f"--{self.name}"

    @property
    def explanation(self) -> str:
        """Its help with the default filled in."""
        return self.help.format(default=self.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """A program's command line."""

    program: str
    usage: str
    description: str
    words: tuple[str, str]
    "What the first word that is no option stands for, and its help."
    groups: Mapping[str, tuple[Option, ...]]
    "The options by the title they have in help."
    epilog: str

    def parse(self, argv: Sequence[str]) -> tuple[dict[str, object], list[str]]:
        """The value of every option by name, and the words that are no options.

        Options and words may come in any order; behind ``--`` there are only words. A unique beginning of a
        name stands for it. Raises MistakeError.
        """
        options = {option.name: option for group in self.groups.values() for option in group}
        values = {name: option.default if option.metavar else False for name, option in options.items()}
        words: list[str] = []
        rest = iter(argv)
        for given in rest:
            word = _LONG_FORMS.get(given, given)
            if word == "--":
                words.extend(rest)
            elif word.startswith("--"):
                name, equals, value = word[2:].partition("=")
                option = _completed(name, options)
                values[option.name] = _value(option, value if equals else None, rest)
            elif word.startswith("-") and word != "-":
                raise MistakeError(f"unknown option {word}")
            else:
                words.append(word)
        return values, words


def _completed(name: str, options: Mapping[str, Option]) -> Option:
    """The only one of *options* that begins with *name*, unless that is one itself."""
    if name in options:
        return options[name]
    found = [option for option in options.values() if option.name.startswith(name)]
    if len(found) > 1:
        found = [option for option in found if not option.addition] or found
    if not found:
        raise MistakeError(f"unknown option --{name}")
    if len(found) > 1:
        raise MistakeError(f"--{name} is ambiguous: --{', --'.join(option.name for option in found)}")
    return found[0]


def _value(option: Option, given: str | None, rest: Iterable[str]) -> object:
    """What *option* is set to, by the word behind its ``=`` or the next one."""
    if option.metavar is None:
        if given is not None:
            raise MistakeError(f"--{option.name} takes no value")
        return True
    if given is None:
        given = next(iter(rest), None)
    if given is None:
        raise MistakeError(f"{option.invocation}: the value is missing")
    try:
        return option.read(given)
    except MistakeError as mistake:
        raise MistakeError(f"--{option.name}: {mistake}") from None
