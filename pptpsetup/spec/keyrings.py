"""Passwords in a keyring, through the Python library of that name: an extra, imported when it is needed."""

import shlex

from pptpsetup.errors import Diagnostic, SpecError, Where

NO_LIBRARY = "password-keyring-library"
"The code of the problem that a package would solve."


def from_keyring(service: str, user: str) -> str:
    """What the keyring of whoever runs this has for *user* at *service*.

    Raises SpecError: ``password-keyring-library`` (not installed), ``password-keyring-unusable`` (there is
    none, or it cannot be opened), ``password-keyring-missing``.
    """
    where = Where(f"keyring {service}")
    try:
        import keyring
    except ImportError:
        why = "keyrings are an extra: pptpsetup does without the library keyring otherwise"
        hint = "in a virtual environment: pip install 'pptpsetup[keyring]'"
        message = "the password is in a keyring, and Python's library for them is not installed"
        raise SpecError(Diagnostic(NO_LIBRARY, message, where, why, hint)) from None
    failure = None
    try:
        found = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001 - each back-end has exceptions of its own
        found, failure = None, type(error).__name__
    # Raised here: what a back-end says could be anything, and it would be this one's context.
    if failure is not None:
        message = f"the keyring cannot be used ({failure})"
        why = "root has a keyring of its own, and most are open only while their user is logged in"
        hint = "see what root has: keyring --list-backends; without one: {command: [pass, show, vpn/work]}"
        raise SpecError(Diagnostic("password-keyring-unusable", message, where, why, hint))
    if found is None:
        message = f"the keyring has no password for {user} at {service}"
        why = "it is the keyring of whoever runs pptpsetup, which is root's"
        hint = f"as root: {shlex.join(['keyring', 'set', service, user])}"
        raise SpecError(Diagnostic("password-keyring-missing", message, where, why, hint))
    return found
