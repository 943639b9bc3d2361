"""Passwords: where they come from, and a type that keeps them out of logs, diffs, tracebacks and pickles."""

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from pptpengine.record import replace
from pptpsetup.errors import Diagnostic, SpecError, Where
from pptpsetup.invocation import command, shell_path
from pptpsetup.rootfs import inside
from pptpsetup.spec.model import PasswordSource

LIMIT = 256
"Characters: what MS-CHAPv2 takes (RFC 2759 section 8) and pppd keeps (MAXSECRETLEN)."
COMMAND_SECONDS = 60.0
"A password manager may ask somebody to unlock it; waiting longer would hang a boot."
_FILE_LIMIT = 4 * LIMIT + 2
_MASK = "‹secret›"  # noqa: RUF001 - the mask used in diffs; unlikely to be text of the user's
_MANAGED = "/etc/pptpsetup/secrets"


class Secret:
    """A password; only its two methods give it away, not printing, formatting, pickling or copying it."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The password itself."""
        return self.__text

    def pppd_bytes(self) -> bytes:
        """The password as pppd must read it: one byte per character.

        pppd widens each byte to 16 bits before hashing (ascii2unicode in chap_ms.c), so only Latin-1 hashes
        to what the server expects. Raises SpecError ``password-not-latin1``.
        """
        position = next((index for index, each in enumerate(self.__text, 1) if ord(each) > 0xFF), None)
        if position is not None:
            why = "pppd can only hash the characters of Latin-1 (U+0001 to U+00FF) the way the server does"
            hint = "choose a password of ASCII or western European characters on the server"
            message = f"pppd cannot use this password: character {position} is outside Latin-1"
            raise SpecError(Diagnostic("password-not-latin1", message, why=why, hint=hint))
        return self.__text.encode("latin-1")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self.reveal() == other.reveal()

    __hash__ = None  # type: ignore[assignment]  # a hash would tell whether two passwords are equal

    def __repr__(self) -> str:
        return f"Secret({_MASK})"

    def __str__(self) -> str:
        return _MASK

    def __format__(self, spec: str) -> str:
        return format(_MASK, spec)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret is neither copied nor pickled")


def secret_file(name: str) -> str:
    """The file that holds tunnel *name*'s password, as the running system sees it."""
    return f"{_MANAGED}/{name}"


def is_kept_here(source: PasswordSource, name: str) -> bool:
    """Whether *source* is the file in which we keep tunnel *name*'s password ourselves."""
    return source.kind == "file" and source.value == secret_file(name)


def _refuse(
    code: str, message: str, where: Where | None, why: str | None = None, hint: str | None = None
) -> SpecError:
    return SpecError(Diagnostic(code, message, where, why, hint))


def from_text(text: str, where: Where | None = None) -> Secret:
    """A password as somebody typed it.

    Raises SpecError: ``password-empty``, ``password-newline``, ``password-nul``, ``password-not-utf8`` or
    ``password-too-long``. No message contains any part of it.
    """
    if not text:
        raise _refuse("password-empty", "the password is empty", where)
    if "\r" in text or "\n" in text:
        hint = "the password is one line; for a file with Windows line ends: sed -i 's/\\r$//' FILE"
        raise _refuse("password-newline", "the password contains a line break", where, hint=hint)
    if "\0" in text:
        why = "pppd would cut the password off there"
        raise _refuse("password-nul", "the password contains a NUL character", where, why)
    if text.startswith("\ufeff"):
        hint = "save the file as UTF-8 without BOM: sed -i '1s/^\\xEF\\xBB\\xBF//' FILE"
        raise _refuse("password-bom", "the password begins with a byte order mark", where, hint=hint)
    if any(0xD800 <= ord(each) <= 0xDFFF for each in text):
        raise _refuse("password-not-utf8", "the password is not valid UTF-8", where)
    if len(text) > LIMIT:
        message = f"the password has {len(text)} characters; {LIMIT} is the most"
        raise _refuse("password-too-long", message, where, "pppd cuts longer passwords off")
    return Secret(text)


def from_file_bytes(data: bytes, where: Where | None = None) -> Secret:
    """The password a file or a program's output holds: UTF-8, with one newline at the end taken off.

    Raises SpecError as :func:`from_text` does.
    """
    if len(data) > _FILE_LIMIT:
        raise _refuse("password-too-long", f"the password is longer than {LIMIT} characters", where)
    try:
        text: str | None = data.decode("utf-8")
    except UnicodeDecodeError:
        # Raised below: the decoder's exception holds the password, and would be this one's context.
        text = None
    if text is None:
        hint = "if it is Latin-1: iconv -f latin1 -t utf-8 FILE > NEWFILE"
        raise _refuse("password-not-utf8", "the password is not valid UTF-8", where, hint=hint)
    return from_text(text.removesuffix("\n"), where)


def _read(path: Path, shown: str, *, wait: bool = True) -> tuple[bytes, os.stat_result]:
    """What a file or pipe holds, cut off behind what a password may have, and its status.

    Without *wait* a pipe's writer is not waited for, and what is no file has nothing to read.
    """
    where = Where(shown)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | (0 if wait else os.O_NONBLOCK))
        try:
            status = os.fstat(descriptor)
            may_read = wait or stat.S_ISREG(status.st_mode)
            return _up_to(_FILE_LIMIT + 1, descriptor) if may_read else b"", status
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        hint = "write the password there, or create the tunnel again with --password-file"
        failure = _refuse("password-file-missing", "the password's file does not exist", where, hint=hint)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        message = f"the password's file cannot be read: {reason}"
        failure = _refuse("password-file-unreadable", message, where)
    raise failure


def _up_to(limit: int, descriptor: int) -> bytes:
    data = b""
    while len(data) < limit and (part := os.read(descriptor, limit - len(data))):
        data += part
    return data


def _exposed(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and bool(status.st_mode & 0o077)


def read_password_file(path: Path, warn: Callable[[Diagnostic], None]) -> Secret:
    """The password in a file that the user named; other users' access to it is only warned about.

    Raises SpecError: ``password-file-missing``, ``password-file-unreadable``, or one of from_file_bytes.
    """
    return _from_file(path, str(path), warn)


def _from_file(path: Path, shown: str, warn: Callable[[Diagnostic], None] | None) -> Secret:
    data, status = _read(path, shown)
    if _exposed(status) and warn is not None:
        message = f"other users can read this password (mode {stat.S_IMODE(status.st_mode):04o})"
        hint = f"chmod 600 {shown}"
        warn(Diagnostic("secret-file-exposed", message, Where(shown), hint=hint))
    return from_file_bytes(data, Where(shown))


def _from_managed_file(path: Path, shown: str) -> Secret:
    # A pipe would keep us waiting for its writer, with the lock held.
    data, status = _read(path, shown, wait=False)
    if not stat.S_ISREG(status.st_mode):
        message = "what is in the place of this password's file is no file"
        hint = f"rm -r {shell_path(shown)}, and store the password again: {command('secret set', path.name)}"
        raise _refuse("password-file-unreadable", message, Where(shown), hint=hint)
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o177 or status.st_uid not in {0, os.geteuid()}:
        message = (
            f"this password's file must be root's with mode 0600, not user {status.st_uid}'s with {mode:04o}"
        )
        why = "somebody else may have read or replaced the password"
        file = shell_path(shown)
        hint = f"chown root:root {file} && chmod 600 {file}"
        raise _refuse("secret-file-exposed", message, Where(shown), why, hint)
    return from_file_bytes(data, Where(shown))


def resolve(
    source: PasswordSource,
    *,
    root: Path,
    owner: str,
    environ: Mapping[str, str],
    warn: Callable[[Diagnostic], None] | None = None,
) -> Secret:
    """The password of tunnel *owner*, which every message names.

    Files are looked up below *root*, except a systemd credential (LoadCredential= in systemd.exec(5)): its
    directory is in *environ*. Raises SpecError when the password is not there, not usable, or in a file of
    ours that others can read.
    """
    try:
        return _resolve(source, root, owner, environ, warn)
    except SpecError as error:
        found = error.diagnostics
    raise SpecError(replace(each, message=f"tunnel {owner}: {each.message}") for each in found)


def _resolve(
    source: PasswordSource,
    root: Path,
    owner: str,
    environ: Mapping[str, str],
    warn: Callable[[Diagnostic], None] | None,
) -> Secret:
    value = source.value
    if isinstance(value, tuple):
        return _from_program(source.kind, value, environ)
    if source.kind == "file":
        path = inside(root, value)
        return (
            _from_managed_file(path, value) if value == secret_file(owner) else _from_file(path, value, warn)
        )
    if source.kind == "env":
        if value not in environ:
            message = f"the environment variable {value}, which holds the password, is not set"
            hint = f"export {value}, or keep it through sudo with --preserve-env={value}"
            raise _refuse("password-variable-missing", message, None, hint=hint)
        return from_text(environ[value], Where(f"${value}"))
    return _from_credential(value, environ)


def _from_program(kind: str, value: tuple[str, ...], environ: Mapping[str, str]) -> Secret:
    if kind == "keyring":
        from pptpsetup.spec.keyrings import from_keyring

        return from_text(from_keyring(*value), Where(f"keyring {value[0]}"))
    from pptpsetup.spec.command import output

    data, where = output(value, environ, COMMAND_SECONDS, _FILE_LIMIT), Where(value[0])
    if b"\n" in data.removesuffix(b"\n") and len(data) <= _FILE_LIMIT:
        message = "the password's command prints several lines"
        why = "the password must be all that it prints; which of the lines it is, is not for guessing"
        hint = 'if it is the first one: {command: [sh, -c, "pass show vpn/work | head -n 1"]}'
        raise _refuse("password-newline", message, where, why, hint)
    return from_file_bytes(data, where)


def _from_credential(value: str, environ: Mapping[str, str]) -> Secret:
    """One that was loaded for us, not for the tunnel's own unit: that one pptpsetup never sees."""
    directory = environ.get("CREDENTIALS_DIRECTORY")
    if not directory:
        why = "$CREDENTIALS_DIRECTORY is set only in a systemd service that loads credentials"
        message = "the password is a systemd credential, and there are none here"
        hint = (
            f"run in a unit with LoadCredential={value}:PATH; or let the tunnel's own unit load it: "
            "password_delivery: passwordfd"
        )
        raise _refuse("password-credential-missing", message, None, why, hint)
    path = Path(directory) / value
    if not path.exists():
        message = f"the unit that runs this loads no credential {value}, which is the password"
        hint = f"add LoadCredential={value}:PATH to it"
        raise _refuse("password-credential-missing", message, Where(directory), hint=hint)
    return _from_file(path, f"{directory}/{value}", None)
