"""The password that a tunnel has on the host already, from where it was put for pppd."""

from pptpsetup.change.system import System, read_bytes
from pptpsetup.distro.facts import Facts
from pptpsetup.distro.profile import Profile
from pptpsetup.render.init.choice import choose
from pptpsetup.render.passwordfd import is_used_by, source
from pptpsetup.spec.model import Init, Tunnel
from pptpsetup.spec.secret import Secret


def installed_password(tunnel: Tunnel, profile: Profile, facts: Facts, system: System) -> Secret | None:
    """What *tunnel*, as it was applied, logs in with; None when no file of *system* tells.

    Raises UnsupportedError ``no-init``, OSError when a file cannot be read.
    """
    init = choose(tunnel, facts)
    if init is Init.NETWORKMANAGER:
        found = _in_keyfile(tunnel, profile, system)
    elif init is Init.UCI:
        found = _in_uci(tunnel, profile, system)
    else:
        found = _for_pppd(tunnel, profile, system)
    return Secret(found) if found else None


def _for_pppd(tunnel: Tunnel, profile: Profile, system: System) -> str | None:
    if is_used_by(tunnel):
        path = None if tunnel.systemd_has_password else source(tunnel)
        content = None if path is None else read_bytes(system, path)
        return None if content is None else content.decode("latin-1")
    from pptpsetup.grammar.pppword import words
    from pptpsetup.grammar.secrets import needs_indirect, secrets_of

    for path in (profile.secrets.chap, profile.secrets.pap):
        for found in secrets_of(read_bytes(system, path) or b"", tunnel.name):
            if not needs_indirect(found):
                return found.decode()
            content = read_bytes(system, found.decode().removeprefix("@"))
            return next((each.value.decode("latin-1") for each in words(content or b"")), None)
    return None


def _in_keyfile(tunnel: Tunnel, profile: Profile, system: System) -> str | None:
    from pptpsetup.grammar.keyfile import KeyFileError, file_name, read

    places = profile.networkmanager
    content = None if places is None else read_bytes(system, f"{places.directory}/{file_name(tunnel.name)}")
    try:
        value = read(content or b"").get("vpn-secrets", {}).get("password")
    except KeyFileError:
        return None
    return None if value is None else value.text


def _in_uci(tunnel: Tunnel, profile: Profile, system: System) -> str | None:
    from pptpsetup.grammar.uci import sections

    places = profile.uci
    content = None if places is None else read_bytes(system, places.configuration)
    own = (each for each in sections(content or b"") if each.ours and each.name == tunnel.name)
    return next((dict(each.options).get("password") for each in own), None)
