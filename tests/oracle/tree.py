"""A rendered tree as the programs of a system find it: files on disk, with the lines of others left out."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pptpsetup.render.artifact import Artifact, FileArtifact, LinkArtifact, SharedArtifact
from pptpsetup.render.shared import MERGERS


@dataclass(frozen=True)
class Tree:
    """What was rendered, by path."""

    files: dict[str, bytes]
    links: dict[str, str]
    modes: dict[str, int]

    @classmethod
    def of(cls, artifacts: Iterable[Artifact]) -> "Tree":
        files: dict[str, bytes] = {}
        links: dict[str, str] = {}
        modes: dict[str, int] = {}
        for each in artifacts:
            if isinstance(each, LinkArtifact):
                links[each.path] = each.target
            elif isinstance(each, SharedArtifact):
                files[each.path] = MERGERS[each.kind](b"", each.lines)
                modes[each.path] = each.access.mode
            elif isinstance(each, FileArtifact):
                files[each.path] = each.content
                modes[each.path] = each.access.mode
        return cls(files, links, modes)

    def below(self, directory: str) -> list[str]:
        """The files in *directory*, sorted."""
        return sorted(path for path in self.files if path.rpartition("/")[0] == directory)

    def lay(self, root: Path) -> None:
        """Put files and links below *root*."""
        for path, content in self.files.items():
            place = root / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            place.chmod(self.modes[path])
        for path, target in self.links.items():
            place = root / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(target)
