"""Whether specs are valid, for this host and for all others that their overrides tell apart."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from pptpengine.record import dataclass, field, replace
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.output import data, json_document
from pptpsetup.cli.sources import passed_over, spec_files
from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.detect import named
from pptpsetup.distro.kinds import Standing
from pptpsetup.distro.lineage import lineage
from pptpsetup.errors import Diagnostic, ExitStatus, SpecError, UnsupportedError, UsageError, Where
from pptpsetup.invocation import command
from pptpsetup.render.places import CONFIGURATION
from pptpsetup.spec.files import File, files_of
from pptpsetup.spec.fleet import Fleet, survey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpsetup.distro.profile import Profile


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one spec."""

    spec: str
    "As the user calls it."
    fleet: Fleet
    obstacles: dict[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    "What the distributions that were asked about cannot carry, by profile."

    @property
    def is_fine(self) -> bool:
        return not self.fleet.problems and not any(self.obstacles.values())


def check_specs(args: argparse.Namespace, console: Console) -> ExitStatus:
    """Check the specs at the paths of *args*, or the host's own, and tell what was found.

    Raises SpecError with every problem of all of them; UnsupportedError with what distributions that were
    asked about cannot carry; UsageError; OSError.
    """
    profiles = _profiles(args)
    host = Host(args)
    reports = []
    for path in args.paths or [None]:
        for each in passed_over(host.shown(CONFIGURATION) if path is None else path):
            console.warn(_passed_over(each))
        reports.append(_check(host, path, profiles, args))
    if args.json:
        json_document({"version": 1, "specs": [_json(each) for each in reports]})
        return _status(reports)
    for report in reports:
        if report.is_fine:
            count = len(report.fleet.tunnels)
            data(f"{report.spec}: OK, {count} tunnel{'' if count == 1 else 's'}")
    if any(report.fleet.problems for report in reports):
        raise SpecError(each for report in reports for each in report.fleet.problems)
    obstacles = [each for report in reports for each in _obstacles(report)]
    if obstacles:
        raise UnsupportedError(obstacles)
    return ExitStatus.OK


def _profiles(args: argparse.Namespace) -> dict[str, Profile]:
    """The profiles to judge by. Raises UnsupportedError ``profile-unknown``, SpecError for a faulty file."""
    if args.all_profiles:
        found = [load_profile(each) for each in profile_ids()]
        return {each.id: each for each in found if each.standing is not Standing.REFUSED}
    if args.profile is None:
        return {}
    chosen = named(args.profile)
    return {chosen.id: chosen}


def _check(host: Host, path: str | None, profiles: dict[str, Profile], args: argparse.Namespace) -> Report:
    own = args.profile if args.profile is not None and not args.all_profiles else None
    file = None if own is None or own in profile_ids() else Path(own)
    fleet = survey(
        _files(host, path),
        lambda each: lineage(each, file if each in profiles else None),
        (*profile_ids(), *profiles),
        host=args.host,
        profiles=tuple(profiles),
    )
    report = Report(path or host.shown(CONFIGURATION), fleet)
    if not fleet.problems:
        _judge(report, profiles)
    return report


def _files(host: Host, path: str | None) -> Sequence[File]:
    if path is not None:
        return spec_files(path)
    found = host.spec_bytes()
    if not found:
        hint = f"name one: {command('spec check FILE')}"
        where = Where(host.shown(CONFIGURATION))
        raise UsageError(Diagnostic("spec-missing", "there is no spec on this host", where, hint=hint))
    return files_of(found, host.shown(CONFIGURATION))


def _judge(report: Report, profiles: dict[str, Profile]) -> None:
    if not profiles:
        return
    from pptpsetup.render.matrix import judge

    for profile in profiles.values():
        tunnels = [
            each
            for selection, tunnels in report.fleet.hosts
            if selection.profiles[:1] == (profile.id,)
            for each in tunnels
        ]
        verdicts = (judge(each, profile) for each in dict.fromkeys(tunnels))
        found = dict.fromkeys(obstacle for verdict in verdicts for obstacle in verdict.obstacles)
        report.obstacles[profile.id] = tuple(found)


def _obstacles(report: Report) -> Iterator[Diagnostic]:
    """Each once, with the profiles that it is true of."""
    profiles: dict[Diagnostic, list[str]] = {}
    for profile, found in report.obstacles.items():
        for each in found:
            profiles.setdefault(each, []).append(profile)
    for each, ids in profiles.items():
        yield replace(each, message=f"{', '.join(ids)}: {each.message}")


def _status(reports: Sequence[Report]) -> ExitStatus:
    if any(each.fleet.problems for each in reports):
        return ExitStatus.SPEC_INVALID
    return ExitStatus.OK if all(each.is_fine for each in reports) else ExitStatus.UNSUPPORTED


def _passed_over(path: str) -> Diagnostic:
    message = f"{path} is not read: only names that end in .yaml are"
    return Diagnostic("file-passed-over", message, hint=f"mv {path} {path.rpartition('.')[0]}.yaml")


def _json(report: Report) -> dict[str, object]:
    return {
        "spec": report.spec,
        "ok": report.is_fine,
        "tunnels": list(report.fleet.tunnels),
        "problems": [_problem(each) for each in report.fleet.problems],
        "profiles": [
            {"id": profile, "ok": not found, "problems": [_problem(each) for each in found]}
            for profile, found in report.obstacles.items()
        ],
    }


def _problem(found: Diagnostic) -> dict[str, object]:
    where = found.where
    return {
        "code": found.code,
        "message": found.message,
        "file": None if where is None else where.file,
        "line": None if where is None else where.line,
        "column": None if where is None else where.column,
        "source": found.source,
        "why": found.why,
        "hint": found.hint,
    }
