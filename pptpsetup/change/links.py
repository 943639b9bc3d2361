"""Links of ours on the way to other things of ours.

When such a link goes or is made to lead elsewhere, what is behind it would be left where nobody looks for it
any more. So what shall be is planned on a view in which these links are as they shall be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from posixpath import dirname

from pptpsetup.change.draft import resolved
from pptpsetup.change.entry import LinkEntry
from pptpsetup.change.manifest import Manifest
from pptpsetup.change.system import System
from pptpsetup.render.artifact import Artifact, LinkArtifact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpsetup.change.memory import MemorySystem


def links_ahead(
    system: System, old: Manifest, artifacts: Collection[Artifact], view: MemorySystem | None
) -> MemorySystem | None:
    """*view* of *system*, or a new one, with links as *artifacts* want them; None when that makes no
    difference to any path and there is no view yet."""
    links = {path: owned.target for path, owned in old.entries.items() if owned.kind == "link"}
    if not links:
        return view
    passed = above((*old.entries, *(each.path for each in artifacts)))
    wanted = {each.path: each.target for each in artifacts if isinstance(each, LinkArtifact)}
    for path in sorted(links.keys() & passed):
        place = resolved(system, path, last=False)
        found = None if place is None else system.read(place)
        as_left = isinstance(found, LinkEntry) and found.target == links[path]
        if place is None or not as_left or wanted.get(path) == links[path]:
            continue
        if view is None:
            from pptpsetup.change.memory import MemorySystem

            view = MemorySystem(base=system)
        if path in wanted:
            view.put(place, LinkEntry(wanted[path]))
        else:
            view.remove(place)
    return view


def above(paths: Iterable[str]) -> set[str]:
    """The directories that lead to *paths*, without the root."""
    found: set[str] = set()
    for path in paths:
        while (path := dirname(path)) not in found and path != "/":
            found.add(path)
    return found
