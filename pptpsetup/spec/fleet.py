"""A spec on all the hosts that its overrides tell apart."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

from pptpengine.record import dataclass, field
from pptpsetup.errors import Diagnostic
from pptpsetup.spec.build import build
from pptpsetup.spec.files import File
from pptpsetup.spec.gather import all_of, gather, roots_of
from pptpsetup.spec.model import Tunnel
from pptpsetup.spec.overrides import Override, example
from pptpsetup.spec.selection import Fixed, Selection, names_of

Lineage = Callable[[str], tuple[str, ...]]
"From a profile's id to itself and the ids of those that it extends."


@dataclass(slots=True)
class Fleet:
    """What a spec says on each host."""

    problems: tuple[Diagnostic, ...] = ()
    "On any of them, each once, in the order of the files."
    hosts: list[tuple[Selection, tuple[Tunnel, ...]]] = field(default_factory=list)
    "One host for each set of overrides that can hold together, and its tunnels."

    @property
    def tunnels(self) -> tuple[str, ...]:
        """The names of all tunnels."""
        return tuple(dict.fromkeys(each.name for _, tunnels in self.hosts for each in tunnels))


def survey(
    files: Sequence[File],
    lineage: Lineage,
    known_profiles: Sequence[str],
    *,
    host: str | None = None,
    profiles: Sequence[str] = (),
) -> Fleet:
    """The spec in *files* on every host that it tells apart.

    *host*: only on hosts of that name. *profiles*: only on these, and on each of them by itself.
    """
    problems: list[Diagnostic] = []
    roots = roots_of(files, problems)
    gathered = gather(roots, lambda: known_profiles, problems, whole=len(roots) == len(files))
    found = Fleet()
    seen = set()
    for selection in _selections(gathered.overrides, lineage, host, profiles):
        holding = tuple(each.holds(selection) for each in gathered.overrides)
        apart = (holding, selection.profiles if profiles else ())
        if apart not in seen:
            seen.add(apart)
            found.hosts.append((selection, build(gathered, selection, problems).spec.tunnels))
    found.problems = all_of(problems, files).diagnostics
    return found


def _selections(
    overrides: Sequence[Override], lineage: Lineage, host: str | None, profiles: Sequence[str]
) -> Iterator[Selection]:
    names: list[tuple[str, ...]] = [() if host is None else names_of(host)]
    if host is None:
        patterns = dict.fromkeys(pattern for each in overrides for pattern in each.hosts or ())
        names += [names_of(example(pattern)) for pattern in patterns]
    lineages: list[tuple[str, ...]] = [lineage(each) for each in profiles]
    if not profiles:
        conditions = dict.fromkeys(profile for each in overrides for profile in each.profiles or ())
        lineages = [(), *map(lineage, conditions)]
    for name, line in product(names, lineages):
        yield Fixed(name, line)
