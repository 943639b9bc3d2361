"""The kind of the setting ``password``: where one comes from."""

from pptpengine.record import dataclass
from pptpsetup.spec.kinds import TextOption
from pptpsetup.spec.model import ENCRYPTED_CREDENTIAL, PasswordSource
from pptpsetup.spec.values import plain_password, read_password
from pptpsetup.yaml.node import Node

_CREDENTIAL_PATTERN = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$"


@dataclass(frozen=True)
class Password(TextOption):
    """Where a password comes from: a mapping with one key."""

    words: str = (
        "{file: PATH}, {env: VARIABLE}, {command: [PROGRAM, ARGUMENT…]}, {credential: NAME}, "
        "{encrypted_credential: NAME} or {keyring: [SERVICE, USER]}; "
        "{forgotten: true} for a tunnel that is not set up, because its password was taken off this machine"
    )

    def read(self, node: Node) -> PasswordSource:
        return read_password(node)

    def plain(self, value: object) -> object:
        return plain_password(value)

    def schema(self) -> dict[str, object]:
        return {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {
                "file": {"type": "string", "pattern": "^/"},
                "env": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
                "command": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                "credential": {"type": "string", "pattern": _CREDENTIAL_PATTERN},
                ENCRYPTED_CREDENTIAL: {"type": "string", "pattern": _CREDENTIAL_PATTERN},
                "keyring": {
                    "type": "array",
                    "items": {"type": "string", "minLength": 1},
                    "minItems": 2,
                    "maxItems": 2,
                },
                "forgotten": {"const": True},
            },
        }
