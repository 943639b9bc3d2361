"""The system that a command works on: this one, or one installed below ``--root``."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from pptpsetup.errors import Diagnostic, PrivilegeError, UsageError
from pptpsetup.invocation import profile_from_anywhere
from pptpsetup.render.places import CONFIGURATION, SPEC_FILE

# Commands that only look at running tunnels start quickly: the rest is imported where it is needed.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from pptpsetup.change.system import RealSystem
    from pptpsetup.cli.selecting import HostSelection
    from pptpsetup.distro.detect import Detection
    from pptpsetup.distro.facts import Facts
    from pptpsetup.distro.profile import Profile
    from pptpsetup.spec.document import Document
    from pptpsetup.spec.model import Spec, Tunnel


class Host:
    """What the options of every command select; profile and facts are looked up when they are first
    needed."""

    def __init__(self, args: argparse.Namespace) -> None:
        if args.root == "":
            # Not the running system: a script's variable may be unset.
            hint = "name a directory; for the running system leave out --root"
            raise UsageError(Diagnostic("root-missing", "--root names no directory", hint=hint))
        self.root = Path(args.root or "/").resolve()
        self._profile: str | None = args.profile
        self._name: str | None = getattr(args, "host", None)
        self._spec: str | None = getattr(args, "spec", None)
        if not self.root.is_dir():
            message = f"there is no directory {self.root}"
            raise UsageError(Diagnostic("root-missing", message, hint="create it, or correct --root"))

    @property
    def live(self) -> bool:
        """Whether this is the running system."""
        return self.root == Path("/")

    @property
    def options(self) -> tuple[str, ...]:
        """What selects this system and its profile, for another process of ours."""
        profile = profile_from_anywhere(self._profile)
        root = () if self.live else ("--root", str(self.root))
        return (*root, *(() if profile is None else ("--profile", profile)))

    @cached_property
    def system(self) -> RealSystem:
        """The files; links in a system below ``--root`` stay inside it."""
        from pptpsetup.change.system import RealSystem

        return RealSystem(self.root)

    @cached_property
    def detection(self) -> Detection:
        """Raises UnsupportedError when no profile fits, or when it says that nothing can be done here;
        SpecError for a faulty file given with ``--profile``."""
        from pptpsetup.distro.detect import detect
        from pptpsetup.distro.standing import require_usable

        found = detect(self.root, self._profile)
        require_usable(found, live=self.live)
        return found

    @property
    def profile(self) -> Profile:
        """What this distribution wants. Raises as `detection` does."""
        return self.detection.profile

    @cached_property
    def facts(self) -> Facts:
        """What this host has. Raises as `detection` does."""
        from pptpsetup.distro.facts import gather

        return gather(self.root, self.profile, self.live, self.detection.ppp, self.detection.python)

    def advice(self, tunnels: tuple[str, ...] = ()) -> tuple[Diagnostic, ...]:
        """What will not stop a tunnel, one of *tunnels* by name, from being written, but from working as
        wanted."""
        from pptpsetup.distro import needs, standing

        return (
            *standing.advice(self.detection, live=self.live),
            *needs.advice(self.facts, self.profile, tunnels),
        )

    def shown(self, path: str) -> str:
        """*path* of this system as a path that the user can open."""
        return path if self.live else f"{self.root}{path}"

    @cached_property
    def selection(self) -> HostSelection:
        """What the conditions of overrides are compared with."""
        from pptpsetup.cli.selecting import HostSelection

        return HostSelection(self, self._name, self._profile)

    @cached_property
    def given_spec(self) -> Document | None:
        """The spec named with ``--spec``, read for this host. Raises SpecError, OSError."""
        if self._spec is None:
            return None
        from pptpsetup.cli.sources import read_spec

        return read_spec(self._spec, self.selection)

    def spec_file(self) -> Document | None:
        """The spec as it is, read for this host; None when there is no file.

        Raises SpecError with every problem, PermissionError when it may not be read.
        """
        found = self.spec_bytes()
        if not found:
            return None
        from pptpsetup.spec.document import Document
        from pptpsetup.spec.files import files_of

        return Document.read(files_of(found, self.shown(CONFIGURATION)), self.selection)

    def has_spec_file(self) -> bool:
        """Whether there is a spec, valid or not. Raises PermissionError when it may not be read."""
        return bool(self.spec_bytes())

    def spec_bytes(self) -> dict[str, bytes]:
        """The files of the spec, by their names below /etc/pptpsetup.

        Raises OSError, SpecError for a link that leads to nothing.
        """
        if not self.live:
            from pptpsetup.change import spec_files

            return spec_files.spec_bytes(self.system, self.shown)
        # As above, without what only a change needs.
        from pptpsetup.spec.files import FRAGMENTS, is_fragment

        directory = Path(CONFIGURATION, FRAGMENTS)
        fragments = sorted(map(str, directory.iterdir())) if directory.is_dir() else []
        if not fragments:
            _require_no_link(directory)
        paths = [SPEC_FILE, *(each for each in fragments if is_fragment(each.rpartition("/")[2]))]
        found = {path.removeprefix(f"{CONFIGURATION}/"): _content(path) for path in paths}
        return {name: content for name, content in found.items() if content is not None}

    def empty_document(self) -> Document:
        """What a spec file begins as."""
        from pptpsetup.spec.document import Document

        return Document.empty(self.shown(SPEC_FILE), self.selection)

    def spec(self) -> Spec:
        """All tunnels, of the spec named with ``--spec`` if there is one; none when there is no file.

        Raises as `spec_file` does.
        """
        from pptpsetup.spec.model import Spec

        document = self._document()
        return Spec(()) if document is None else document.spec

    def _document(self) -> Document | None:
        return self.spec_file() if self._spec is None else self.given_spec

    def tunnel(self, name: str) -> Tunnel:
        """The tunnel called *name*.

        Raises UsageError when there is none, with the nearest name, or the override that leaves it out.
        """
        document = self._document()
        tunnel = None if document is None else document.spec.find(name)
        if tunnel is None:
            from pptpsetup.spec.document import no_such_tunnel
            from pptpsetup.spec.model import Spec

            if document is not None:
                document.require_here(name)
            raise no_such_tunnel(name, Spec(()) if document is None else document.spec)
        return tunnel

    def require_root(self) -> None:
        """Raises PrivilegeError unless we are root."""
        if os.geteuid() != 0:
            hint = "repeat the command as root, for example with sudo"
            raise PrivilegeError(Diagnostic("not-root", "only root may do this", hint=hint))

    def require_live(self, command: str) -> None:
        """Raises UsageError below ``--root``: nothing can run there."""
        if not self.live:
            message = f"{command} works on the running system only, not below --root"
            raise UsageError(Diagnostic("not-live", message, hint=f"leave out --root {self.root}"))


def _content(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        _require_no_link(Path(path))
        return None


def _require_no_link(path: Path) -> None:
    """Raises SpecError for a part of the spec that is a link to nothing."""
    if path.is_symlink() and not path.exists():
        from pptpsetup.spec.files import dangling

        raise dangling(str(path))
