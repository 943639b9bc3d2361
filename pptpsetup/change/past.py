"""Several generations taken together."""

from collections.abc import Mapping, Sequence

from pptpengine.record import dataclass
from pptpsetup.change.journal import Journal
from pptpsetup.change.undo import Description, Undo


@dataclass(frozen=True, slots=True)
class Past:
    """What some generations, taken together, have found and left, by place."""

    found: Mapping[str, Undo]
    "The earliest one's: its ``before`` is where we go back to."
    left: Mapping[str, Description | None]
    all: Mapping[str, Sequence[Undo]]
    "What each of them has done there, the earliest first."

    @classmethod
    def of(cls, journals: Sequence[Journal], kept: str) -> "Past":
        """What *journals*, the oldest first, have done; what is below the directory *kept* stays there."""
        found: dict[str, Undo] = {}
        left: dict[str, Description | None] = {}
        every: dict[str, list[Undo]] = {}
        for journal in journals:
            for undo in journal.undos:
                if undo.place == kept or undo.place.startswith(f"{kept}/"):
                    continue  # what was put away stays where it was put
                found.setdefault(undo.place, undo)
                left[undo.place] = undo.after
                every.setdefault(undo.place, []).append(undo)
        return cls(found, left, every)
