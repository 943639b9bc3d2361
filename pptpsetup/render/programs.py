"""Command lines of programs in rendered files: all paths are absolute, since nobody sets a PATH there."""

import shlex
import sys

from pptpengine.record import dataclass
from pptpsetup.distro.facts import LAUNCHER, Facts
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import Diagnostic, InternalError
from pptpsetup.render.places import report_file
from pptpsetup.resources import application_main, engine_main
from pptpsetup.spec.model import Delivery, Engine, Tunnel

_PACKAGED = "/usr/lib/python3/dist-packages/pptpsetup/__main__.py"
"On a system that is only rendered for."
DESCRIPTOR = 3
"Where pppd reads a password; not 0 to 2, which it closes when it goes to the background."
_INSTANCE_LIMIT = 60
"What the engine takes: the name becomes part of a socket's path."


@dataclass(frozen=True, slots=True)
class Programs:
    """Where our programs are on the system that the files are for."""

    python: str
    "Absolute path of the interpreter."
    engine: str
    "Absolute path of the engine's ``__main__.py``."
    launcher: str | None = None
    "Absolute path of a script that is the engine, for security modules; see `pptpsetup.render.policy`."
    application: str = _PACKAGED
    "Absolute path of pptpsetup's own ``__main__.py``."

    @property
    def engine_command(self) -> tuple[str, ...]:
        """The engine without arguments: isolated (-I), and without site packages (-S): it uses none."""
        return (self.python, "-I", "-S", self.engine)

    @property
    def application_command(self) -> tuple[str, ...]:
        """``pptpsetup`` without arguments, isolated (-I)."""
        return (self.python, "-I", self.application)

    @property
    def dialling_command(self) -> tuple[str, ...]:
        """The engine as pppd and NetworkManager start it: by the launcher, where there is one."""
        return self.engine_command if self.launcher is None else (self.launcher,)


def installed(*, launcher: bool = False) -> Programs:
    """This interpreter and the engine beside this package, and the *launcher*, if it is there.

    Raises InternalError ``engine-missing``.
    """
    try:
        main = str(engine_main())
    except FileNotFoundError as error:
        raise InternalError(Diagnostic("engine-missing", str(error))) from error
    if not sys.executable:
        raise InternalError(Diagnostic("engine-missing", "Python does not know its own path"))
    return Programs(sys.executable, main, LAUNCHER if launcher else None, str(application_main()))


def programs_of(facts: Facts) -> Programs:
    """Where they are on the system of *facts*: for one that does not run, where it has or will have them.

    Raises InternalError ``engine-missing``.
    """
    if facts.engine is None:
        return installed(launcher=facts.launcher)
    return Programs(facts.engine.python, facts.engine.main, LAUNCHER if facts.launcher else None)


def pty_command(tunnel: Tunnel, profile: Profile, programs: Programs) -> str:
    """The command line after ``pty``, quoted for the ``/bin/sh -c`` that pppd runs it with.

    ``exec``: dash does not replace itself by the last command of its own accord, and pppd, which signals its
    process group at the end, would then wait for a shell that is gone instead of the program that is hanging
    up.

    Each tunnel has a control connection of its own: pptpd and the PPTP helpers of NAT routers know one call
    per connection, and a second one ends the first.

    A password on a descriptor is pppd's alone: it starts this before it has read it.
    """
    options = [tunnel.server, "--nolaunchpppd", "--logstring", tunnel.name]
    if tunnel.engine is Engine.SYSTEM:
        command = [profile.pptp, *options]
    else:
        own = ["--instance", instance(tunnel), "--report", report_file(tunnel.name, profile.run_directory)]
        command = [*programs.dialling_command, *options, *own]
    line = f"exec {shlex.join(command)}"
    return f"{line} {DESCRIPTOR}<&-" if tunnel.password_delivery is Delivery.PASSWORDFD else line


def instance(tunnel: Tunnel) -> str:
    """What the engine calls *tunnel* among its control connections."""
    return tunnel.name[:_INSTANCE_LIMIT]
