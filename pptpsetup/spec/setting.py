"""What a setting of a tunnel is: how each is declared in ``settings``."""

from typing import Final

from pptpengine.record import dataclass
from pptpsetup.spec import kinds


class _Absent:
    """The type of :data:`ABSENT`; a type of its own, so that no value equals it."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"No default: the setting is required, derived from others, or simply not there."


@dataclass(frozen=True)
class Option:
    """A command-line option that sets a setting."""

    flag: str
    metavar: str | None = None
    "None: the option takes no argument and means ``value``."
    value: object = None
    "Plain data."
    help: str = ""


@dataclass(frozen=True)
class Setting:
    """One setting of a tunnel."""

    path: str
    "Keys joined by dots: ``lcp_echo.interval``."
    kind: kinds.Kind
    help: str
    "One sentence without a full stop."
    example: object
    "Plain data, valid."
    default: object = ABSENT
    "What the model holds when the file says nothing."
    default_words: str | None = None
    "The default in words, where it is derived."
    options: tuple[Option, ...] = ()
    required: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The path as keys from the outside in."""
        return tuple(self.path.split("."))

    @property
    def dest(self) -> str:
        """The attribute argparse stores the options in."""
        return self.options[0].flag.removeprefix("--").replace("-", "_") if self.options else ""
