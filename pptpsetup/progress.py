"""How far a long piece of work is, for whoever wants to know."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

_T = TypeVar("_T")

Tell = Callable[[str, int, int], None]
"Called often, with what is being done, how many are done and how many there are: (``writing files``, 3, 9)."


def nobody(doing: str, done: int, total: int) -> None:
    """A `Tell` that tells nobody."""


def counted(items: Sequence[_T], doing: str, tell: Tell) -> Iterator[_T]:
    """*items*, telling before each one how many were before it."""
    for done, item in enumerate(items):
        tell(doing, done, len(items))
        yield item
