"""The files of the spec on a host: the user's own, in which changes are written all the same."""

from pptpsetup.change.system import System, read_bytes
from pptpsetup.render.places import CONFIGURATION
from pptpsetup.spec.files import FRAGMENTS, MAIN, is_fragment


def spec_bytes(system: System) -> dict[str, bytes]:
    """Their contents, by their names below /etc/pptpsetup; nothing for a host without a spec.

    Raises OSError when one is no regular file or may not be read.
    """
    listed = system.list(system.resolve(f"{CONFIGURATION}/{FRAGMENTS}"))
    names = (MAIN, *(f"{FRAGMENTS}/{each}" for each in listed if is_fragment(each)))
    found = {name: read_bytes(system, f"{CONFIGURATION}/{name}") for name in names}
    return {name: content for name, content in found.items() if content is not None}
