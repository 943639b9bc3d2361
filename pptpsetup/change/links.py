"""Links of ours on the way to other things of ours.

When such a link goes or is made to lead elsewhere, what is behind it would be left where nobody looks for it
any more. So what shall be is planned on a view in which these links are as they shall be.
"""

from collections.abc import Collection, Iterable
from posixpath import dirname

from pptpsetup.change.entry import LinkEntry
from pptpsetup.change.manifest import Manifest
from pptpsetup.change.memory import MemorySystem
from pptpsetup.change.system import System
from pptpsetup.render.artifact import Artifact, LinkArtifact


def links_ahead(system: System, old: Manifest, artifacts: Collection[Artifact]) -> System | None:
    """*system* with its links as *artifacts* want them; None when that makes no difference to any path."""
    links = {path: owned.target for path, owned in old.entries.items() if owned.kind == "link"}
    if not links:
        return None
    passed = _above((*old.entries, *(each.path for each in artifacts)))
    wanted = {each.path: each.target for each in artifacts if isinstance(each, LinkArtifact)}
    view = MemorySystem(base=system)
    changed = False
    for path in sorted(links.keys() & passed):
        place = system.resolve(path, last=False)
        found = system.read(place)
        if (
            not isinstance(found, LinkEntry)
            or found.target != links[path]
            or wanted.get(path) == found.target
        ):
            continue
        changed = True
        if path in wanted:
            view.put(place, LinkEntry(wanted[path]))
        else:
            view.remove(place)
    return view if changed else None


def _above(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        while (path := dirname(path)) not in found and path != "/":
            found.add(path)
    return found
