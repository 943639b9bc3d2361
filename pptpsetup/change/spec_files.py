"""The files of the spec on a host: the user's own, in which changes are written all the same."""

from collections.abc import Callable

from pptpsetup.change.entry import LinkEntry
from pptpsetup.change.system import System, read_bytes
from pptpsetup.render.places import CONFIGURATION
from pptpsetup.spec.files import FRAGMENTS, MAIN, dangling, is_fragment


def spec_bytes(system: System, shown: Callable[[str], str] = str) -> dict[str, bytes]:
    """Their contents, by their names below /etc/pptpsetup; nothing for a host without a spec.

    *shown* is what messages call a path. Raises OSError when one is no regular file or may not be read,
    SpecError for a link that leads to nothing.
    """
    listed = system.list(system.resolve(f"{CONFIGURATION}/{FRAGMENTS}"))
    names = (MAIN, *(f"{FRAGMENTS}/{each}" for each in listed if is_fragment(each)))
    found = {name: read_bytes(system, f"{CONFIGURATION}/{name}") for name in names}
    absent = [name for name, content in found.items() if content is None]
    for name in (*absent, *(() if listed else (FRAGMENTS,))):
        _require_no_link(system, f"{CONFIGURATION}/{name}", shown)
    return {name: content for name, content in found.items() if content is not None}


def _require_no_link(system: System, path: str, shown: Callable[[str], str]) -> None:
    """Raises SpecError for a link, there being nothing at its end."""
    is_link = isinstance(system.read(system.resolve(path, last=False)), LinkEntry)
    if is_link and system.read(system.resolve(path)) is None:
        raise dangling(shown(path))
