"""The kind of the setting ``password``: where one comes from."""

from typing import ClassVar

from pptpengine.record import dataclass
from pptpsetup.errors import Diagnostic, SpecError, Where
from pptpsetup.invocation import command
from pptpsetup.spec.model import ENCRYPTED_CREDENTIAL, FORGOTTEN, PasswordSource
from pptpsetup.spec.values import SOURCE_KINDS, plain_password, read_password, suggestion
from pptpsetup.yaml.node import Node, node_of

_PRINTABLE = r"[^\u0000-\u001f\u007f]"
_PATH_PATTERN = rf"^(?!.*/\.\.(?:/|$))/{_PRINTABLE}*$"
_CREDENTIAL_PATTERN = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$"
_OPERATORS = frozenset(["|", "||", "&", "&&", ";", ">", ">>", "2>", "2>&1", "<"])
"Words that a shell would not hand to a program."
_OPTION_RULE = (
    "write file:PATH, env:VARIABLE, 'command:PROGRAM ARGUMENT …', credential:NAME, "
    "encrypted_credential:NAME or 'keyring:SERVICE USER'"
)


@dataclass(frozen=True)
class Password:
    """Where a password comes from: a mapping with one key, or ``KIND:VALUE`` as an option's argument."""

    many: ClassVar[bool] = False

    words: str = (
        "{file: PATH}, {env: VARIABLE}, {command: [PROGRAM, ARGUMENT…]}, {credential: NAME}, "
        "{encrypted_credential: NAME} or {keyring: [SERVICE, USER]}; "
        "{forgotten: true} for a tunnel that is not set up, because its password was taken off this machine"
    )

    def read(self, node: Node) -> PasswordSource:
        return read_password(node)

    def plain(self, value: object) -> object:
        return plain_password(value)

    def from_option(self, text: str, where: Where) -> Node:
        """``KIND:VALUE``; no message repeats any of it, since it may be the password itself."""
        kind, colon, value = text.partition(":")
        if not colon or kind not in SOURCE_KINDS or kind == FORGOTTEN:
            raise _no_source(kind if colon else "", where)
        words = _words(kind, value, where) if kind in {"command", "keyring"} else value
        return node_of({kind: words}, where)

    def schema(self) -> dict[str, object]:
        return {
            "type": "object",
            "additionalProperties": False,
            # Said by each alternative: editors offer no keys where one is the most that there may be.
            "oneOf": [{"type": "object", "required": [kind]} for kind in SOURCE_KINDS],
            "properties": {
                "file": {"type": "string", "pattern": _PATH_PATTERN},
                "env": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
                "command": {
                    "type": "array",
                    "prefixItems": [{"type": "string", "pattern": f"^{_PRINTABLE}+$"}],
                    "items": {"type": "string", "pattern": f"^{_PRINTABLE}*$"},
                    "minItems": 1,
                },
                "credential": {"type": "string", "pattern": _CREDENTIAL_PATTERN},
                ENCRYPTED_CREDENTIAL: {"type": "string", "pattern": _CREDENTIAL_PATTERN},
                "keyring": {
                    "type": "array",
                    "items": {"type": "string", "pattern": f"^{_PRINTABLE}+$"},
                    "minItems": 2,
                    "maxItems": 2,
                },
                "forgotten": {"const": True},
            },
        }


def _no_source(kind: str, where: Where) -> SpecError:
    """For an argument that names no source, or *kind*, which is none."""
    why, hint = None, _OPTION_RULE
    if kind == FORGOTTEN:
        hint = f"to take a password off this machine: {command('secret forget NAME')}"
    elif kind and (close := suggestion(kind, SOURCE_KINDS)):
        hint = f"did you mean {close}:?"
    elif not kind:
        why = "a password itself does not belong here: every user of this machine can read it (ps)"
    return SpecError(Diagnostic("password-source", "that is no source for a password", where, why, hint))


def _words(kind: str, text: str, where: Where) -> list[str]:
    """*text* in words, by a shell's rules of quoting and no others."""
    import shlex

    example = "'command:pass show vpn/work'" if kind == "command" else "'keyring:pptp tom'"
    code = f"password-{kind}-invalid"
    try:
        words = shlex.split(text)
    except ValueError:
        message = "a quotation in it has no end"
        raise SpecError(Diagnostic(code, message, where, hint=f"write it like this: {example}")) from None
    if not words or (kind == "keyring" and len(words) != 2):
        message = f"the password's {kind} is empty" if not words else "a keyring wants a service and a user"
        raise SpecError(Diagnostic(code, message, where, hint=f"write it like this: {example}"))
    if kind == "command" and _OPERATORS.intersection(words):
        why = "the program is run without a shell, and would get this as an argument"
        message = "the password's command has a word in it that only a shell understands"
        hint = "run one yourself: \"command:sh -c 'pass show vpn/work | head -n 1'\""
        raise SpecError(Diagnostic(code, message, where, why, hint))
    return words
