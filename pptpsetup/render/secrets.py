"""Passwords: our lines in pppd's secrets files, and the files of our own that hold a password."""

from collections.abc import Iterable
from typing import Final

from pptpsetup.grammar.secrets import PAP_SECRET_LIMIT, SECRET_LIMIT, entry, indirect_content, needs_indirect
from pptpsetup.render.access import access
from pptpsetup.render.artifact import Access, Artifact, DirectoryArtifact, FileArtifact, SharedArtifact
from pptpsetup.render.passwordfd import is_used_by
from pptpsetup.render.places import CONFIGURATION, SECRETS_DIRECTORY
from pptpsetup.render.shared import PPP_SECRETS
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Authentication, Tunnel
from pptpsetup.spec.secret import Secret, is_kept_here, secret_file

_OURS_ALONE: Final = Access("root", "root", 0o600)
_DIRECTORIES: Final = (
    DirectoryArtifact(CONFIGURATION, Access("root", "root", 0o755)),
    DirectoryArtifact(SECRETS_DIRECTORY, Access("root", "root", 0o700)),
)


def password_files(tunnels: Iterable[Tunnel], target: Target) -> tuple[Artifact, ...]:
    """The files in which the passwords of *tunnels* are kept, where the spec names the usual ones.

    Raises InternalError ``password-missing``.
    """
    own = [
        _own_file(
            secret_file(each.name), target.password(each.name).reveal().encode() + b"\n", user_owned=True
        )
        for each in tunnels
        if is_kept_here(each.password, each.name)
    ]
    return (*own, *(_DIRECTORIES if own else ()))


def secret_files(tunnels: Iterable[Tunnel], target: Target) -> tuple[Artifact, ...]:
    """The lines of *tunnels* in chap-secrets and pap-secrets, and files that such lines name; nothing for a
    tunnel whose password pppd reads elsewhere.

    Raises SpecError for a password that pppd cannot be told; InternalError ``password-missing``.
    """
    places = target.profile.secrets
    chap: list[bytes] = []
    pap: list[bytes] = []
    own: list[Artifact] = []
    for tunnel in tunnels:
        if is_used_by(tunnel):
            continue
        password = target.password(tunnel.name)
        if needs_indirect(password.pppd_bytes()):
            own.append(_own_file(_indirect_file(tunnel.name), indirect_content(password.pppd_bytes())))
        if set(tunnel.authentication) - {Authentication.PAP}:
            chap.append(_line(tunnel, password, SECRET_LIMIT))
        if Authentication.PAP in tunnel.authentication:
            pap.append(_line(tunnel, password, PAP_SECRET_LIMIT))
    shared = [
        SharedArtifact(path, PPP_SECRETS, tuple(lines), access(places.access), secret=True)
        for path, lines in ((places.chap, chap), (places.pap, pap))
        if lines
    ]
    return (*shared, *own, *(_DIRECTORIES if own else ()))


def _line(tunnel: Tunnel, password: Secret, limit: int) -> bytes:
    return entry(
        tunnel.login,
        tunnel.name,
        password.pppd_bytes(),
        tunnel.name,
        indirect=_indirect_file(tunnel.name),
        limit=limit,
    )


def _own_file(path: str, content: bytes, *, user_owned: bool = False) -> FileArtifact:
    return FileArtifact(path, content, _OURS_ALONE, secret=True, user_owned=user_owned)


def _indirect_file(tunnel: str) -> str:
    """For a password that begins with ``@/``, which pppd takes for the name of the file that holds it."""
    return f"{secret_file(tunnel)}.pppd"
