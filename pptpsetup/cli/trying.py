"""Changing a host that one is logged in to: risks are refused, and a trial is taken back by itself."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from pptpengine.record import dataclass
from pptpsetup.change.login import Login
from pptpsetup.change.manifest import STATE_DIR
from pptpsetup.change.trial import Standing, Trial, arm, end, load, standing, when
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.words import duration
from pptpsetup.errors import Diagnostic, DifferentError, PptpsetupError, RolledBackError, UsageError, Where
from pptpsetup.invocation import command
from pptpsetup.render.programs import installed
from pptpsetup.spec.kinds import Duration
from pptpsetup.tunnel import timer
from pptpsetup.tunnel.risks import Foreseen, Risk, Started, WayIn, diagnostics, foreseen, happened
from pptpsetup.tunnel.wayin import uplinks, way_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpsetup.cli.changing import Change

LONGEST = 86400
_LENGTH = Duration("the time of a trial", 1, LONGEST)
_PATIENCE = 15.0
"Seconds that the timer may be late until we take the trial back ourselves."
_LOCK_WAIT = "300"
_IN_MEMORY = ("tmpfs", "ramfs")


def seconds_of(text: str) -> int:
    """The time after ``--try``. Raises SpecError."""
    return _LENGTH.read(_LENGTH.from_option(text, Where("--try")))


def accepted_risks(text: str | None) -> frozenset[Risk]:
    """What follows ``--accept-risk``. Raises UsageError for a name that is none."""
    names = [] if text is None else [each.strip() for each in text.split(",")]
    known = {each.value: each for each in Risk}
    unknown = [each for each in names if each not in known]
    if unknown:
        hint = f"the risks are {', '.join(known)}"
        raise UsageError(Diagnostic("usage", f"there is no risk {unknown[0]!r}", hint=hint))
    return frozenset(known[each] for each in names)


@dataclass(frozen=True, slots=True)
class Careful:
    """How a change is made to a host that one is logged in to."""

    command: str
    "What the hint of a risk begins with: the command with all that matters of it, or words."
    accepted: frozenset[Risk] = frozenset()
    seconds: int | None = None
    "How long it is on trial; None: it stays at once."


class Guard:
    """Stands by a change from before it to its end."""

    def __init__(self, host: Host, careful: Careful, console: Console, *, restart: bool) -> None:
        self._host = host
        self._careful = careful
        self._console = console
        self._restart = restart
        self._login = Login.present()
        self._way: WayIn | None = None
        self._trial: Trial | None = None

    @property
    def is_trial(self) -> bool:
        """Whether the change waits for a confirmation."""
        return self._trial is not None

    def before(self, change: Change, tunnels: Callable[[], Iterable[Started]], title: str) -> None:
        """Refuse what would lock out this login, and arm the trial. The caller holds the lock.

        *tunnels* tells what will be started or stopped; it is asked only if there is something to lose.

        Raises DifferentError with every risk; OSError when the timer cannot be started.
        """
        if change.plan.empty:
            return
        if self._host.live:
            self.look(tunnels)
        if self._careful.seconds is not None:
            self._arm(title, self._careful.seconds)

    def look(self, tunnels: Callable[[], Iterable[Started]]) -> None:
        """Remember the way in. Raises DifferentError with every risk that starting *tunnels* would be."""
        self._way = way_in(self._login.peer)
        found = () if self._way is None else foreseen(self._way, tunnels())
        serious = [each for each in found if each.risk not in self._careful.accepted]
        if serious:
            raise DifferentError(self._told(serious))

    def _told(self, found: Iterable[Foreseen]) -> tuple[Diagnostic, ...]:
        return diagnostics(found, self._careful.command, self._careful.accepted)

    def _arm(self, title: str, seconds: int) -> None:
        host = self._host
        self._trial = arm(host.system, title, seconds, restart=self._restart, login=self._login)
        words = (*installed().application_command, *host.options, "recover", "--wait", _LOCK_WAIT)
        try:
            said = timer.start(self._trial.id, seconds, (*words, "--trial", self._trial.id), live=host.live)
        except BaseException:
            end(host.system)
            raise
        if said is not None:
            self._console.say(said)
        for each in _lasting(host) if host.live else ():
            self._console.warn(each)

    def failed(self) -> None:
        """The change was not made, or Ctrl-C ended the wait for its end: nothing shall be left of it."""
        if self._trial is None:
            return
        from pptpsetup.change.lock import lock

        with lock(self._host.root, "apply", float(_LOCK_WAIT)):
            over = standing(self._trial, self._host.system) is Standing.NOT_MADE
            if over:
                end(self._host.system)
        if not over:
            self._take_back()
        timer.stop(self._trial.id, live=self._host.live)

    def _take_back(self) -> None:
        from pptpsetup.cli.returning import revert

        assert self._trial is not None  # noqa: S101
        if revert(self._host, self._trial, self._console, wait=float(_LOCK_WAIT)):
            self._console.say(f"`{self._trial.title}` was taken back")

    def after(self, change: Change) -> None:
        """See whether the way in is as before, and whether no tunnel has swallowed its own server.

        Raises RolledBackError when not: the change has been taken back then.
        """
        if not self._host.live or change.generation is None:
            return
        wrong = self.wrong(tunnel.name for tunnel in change.wanted.tunnels)
        if not wrong:
            return
        if self._trial is not None:
            self._take_back()
            timer.stop(self._trial.id, live=True)
        else:
            from pptpsetup.cli.returning import go_back

            go_back(
                self._host,
                None,
                self._console,
                overwrite=True,
                restart=self._restart,
                wait=float(_LOCK_WAIT),
                last=change.generation,
            )
        message = "the change was taken back at once"
        raise RolledBackError((*wrong, Diagnostic("taken-back", message)))

    def wrong(self, names: Iterable[str]) -> tuple[Diagnostic, ...]:
        """What has gone wrong since `look` with the way in and with the tunnels *names*."""
        now = None if self._way is None else way_in(self._login.peer)
        found = happened(self._way, now, uplinks(names))
        return self._told(each for each in found if not self._is_accepted(each.risk))

    def _is_accepted(self, risk: Risk) -> bool:
        """Whichever way a login is led elsewhere, it was accepted that it is."""
        moving = {Risk.SSH_PEER, Risk.DEFAULT_ROUTE, Risk.LAST_WAY_IN}
        accepted = self._careful.accepted
        return bool(accepted & moving) if risk in moving else risk in accepted

    def finish(self) -> None:
        """Say what the trial waits for; on a terminal, wait for its end.

        Raises RolledBackError when it is taken back meanwhile; KeyboardInterrupt, after taking it back.
        """
        if self._trial is None:
            return
        confirm = command("confirm", self._trial.id)
        left = duration(self._trial.left() + 0.5)
        self._console.say(f"on trial for {left}: it is taken back {when(self._trial)} by itself")
        self._console.say(f"to keep it, log in anew and type there: {confirm}")
        if sys.stderr.isatty() and sys.stdin.isatty():
            self._console.say("Ctrl-C here takes it back at once; losing this terminal does no harm")
            self._count_down(self._trial)

    def _count_down(self, trial: Trial) -> None:
        try:
            while (present := load(self._host.system)) is not None and present.id == trial.id:
                left = trial.left()
                if left < -_PATIENCE:
                    self._take_back()
                    break
                _show(f"{duration(left + 0.99)} left" if left > 0 else "taking it back …")
                time.sleep(min(1.0, left % 1.0 + 0.01) if left > 0 else 0.2)
        finally:
            _show("")
        if standing(trial, self._host.system) is Standing.PENDING:
            self._console.say(f"confirmed: `{trial.title}` stays")
            return
        message = f"`{trial.title}` was not confirmed and has been taken back"
        hint = f"{command('history')} shows what it had changed"
        raise RolledBackError(Diagnostic("not-confirmed", message, hint=hint))


def _show(text: str) -> None:
    """One line that the next one overwrites."""
    print(f"\r{text:<30}\r{text}", end="", file=sys.stderr, flush=True)


def _lasting(host: Host) -> tuple[Diagnostic, ...]:
    """What keeps a power cut from ending the trial."""
    found = []
    if _kind_of_file_system(Path(host.system.resolve(STATE_DIR))) in _IN_MEMORY:
        message = f"{STATE_DIR} is in memory: after a power cut nobody knows what to take back"
        found.append(Diagnostic("trial-not-lasting", message))
    else:
        from pptpsetup.render.init.recovery import covered

        try:
            if not covered(host.facts, host.profile):
                message = "nothing here takes the trial back at boot; the next command of pptpsetup does"
                found.append(Diagnostic("no-recovery-at-boot", message, hint=command("recover")))
        except PptpsetupError:
            pass
    return tuple(found)


def _kind_of_file_system(path: Path) -> str:
    """By proc(5), /proc/mounts; a later mount lies over an earlier one."""
    try:
        lines = Path("/proc/mounts").read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    mounts = [(Path(words[1]), words[2]) for words in map(str.split, lines)]
    over = [(len(where.parts), kind) for where, kind in mounts if where == path or where in path.parents]
    deepest = max((depth for depth, _ in over), default=0)
    return next((kind for depth, kind in reversed(over) if depth == deepest), "")
