"""The password on a descriptor: a script that opens it and becomes pppd, and what each password is in.

pppd's plugin passwordfd.so reads descriptor `DESCRIPTOR` to its end, once, and keeps what it has read for
every later call of that pppd. It takes every byte for the password, a line end as well.
"""

from collections.abc import Iterable
from typing import Final

from pptpsetup.distro.profile import Profile
from pptpsetup.errors import Diagnostic, SpecError
from pptpsetup.render.artifact import Access, Artifact, DirectoryArtifact, FileArtifact
from pptpsetup.render.places import (
    CONFIGURATION,
    PASSWORDFD,
    SECRETS_DIRECTORY,
    SPEC_FILE,
    own_run_directory,
)
from pptpsetup.render.programs import DESCRIPTOR
from pptpsetup.render.target import Target
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import ENCRYPTED_CREDENTIAL, Delivery, Tunnel
from pptpsetup.spec.secret import Secret, secret_file

LIMIT: Final = 255
"Bytes that the plugin reads (MAXSECRETLEN - 1)."


def is_used_by(tunnel: Tunnel) -> bool:
    """Whether *tunnel*'s pppd reads its password from a descriptor."""
    return tunnel.password_delivery is Delivery.PASSWORDFD


def source(tunnel: Tunnel) -> str | None:
    """What the script takes the password of *tunnel* from: a file, or a credential of its unit by name."""
    if not is_used_by(tunnel):
        return None
    if tunnel.systemd_has_password:
        assert isinstance(tunnel.password.value, str), "a credential has one name"  # noqa: S101
        return tunnel.password.value
    return f"{secret_file(tunnel.name)}.pppd"


def pppd_command(tunnel: Tunnel, profile: Profile) -> tuple[str, ...]:
    """What stands before ``call NAME`` where pppd is started for *tunnel*."""
    found = source(tunnel)
    return (profile.pppd,) if found is None else (PASSWORDFD, found)


def credential_setting(tunnel: Tunnel) -> str | None:
    """The setting of a unit that loads the password of *tunnel* (systemd.exec(5)), if one does."""
    if not tunnel.systemd_has_password:
        return None
    encrypted = tunnel.password.kind == ENCRYPTED_CREDENTIAL
    return "LoadCredentialEncrypted" if encrypted else "LoadCredential"


def passwordfd_files(tunnels: Iterable[Tunnel], target: Target) -> tuple[Artifact, ...]:
    """The script, and a file with the very bytes of each password that is not systemd's to load.

    Raises SpecError ``password-too-long`` and for a password that pppd cannot be told; InternalError
    ``password-missing``.
    """
    chosen = [each for each in tunnels if is_used_by(each)]
    if not chosen:
        return ()
    content = rendered(
        "ppp/passwordfd.j2",
        spec_file=SPEC_FILE,
        pppd=target.profile.pppd,
        descriptor=DESCRIPTOR,
        run_directory=own_run_directory(target.profile.run_directory),
    )
    artifacts: list[Artifact] = [
        DirectoryArtifact(CONFIGURATION, Access("root", "root", 0o755)),
        FileArtifact(PASSWORDFD, content, Access("root", "root", 0o755)),
    ]
    for tunnel in chosen:
        if not tunnel.systemd_has_password:
            artifacts += _password_file(tunnel, target.password(tunnel.name))
    return tuple(dict.fromkeys(artifacts))


def _password_file(tunnel: Tunnel, password: Secret) -> tuple[Artifact, ...]:
    content = password.pppd_bytes()
    if len(content) > LIMIT:
        raise SpecError(
            Diagnostic(
                "password-too-long",
                f"the password of tunnel {tunnel.name} has {len(content)} characters; {LIMIT} is the most",
                why="pppd's plugin passwordfd.so cuts longer ones off",
                hint="password_delivery: chap-secrets (--password-delivery chap-secrets) takes one more",
            )
        )
    path = source(tunnel)
    assert path is not None, "the tunnel uses a descriptor"  # noqa: S101 - chosen above
    return (
        DirectoryArtifact(SECRETS_DIRECTORY, Access("root", "root", 0o700)),
        FileArtifact(path, content, Access("root", "root", 0o600), secret=True),
    )
