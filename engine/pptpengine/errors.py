"""What can go wrong in the engine.

The class of an error says who is to blame: the peer's bytes (`DecodeError`), the caller (`LocalError`), or
the outside world for a reason that the user can be told (`Refused`, which carries a `Cause`).
"""

from pptpengine.causes import Cause


class EngineError(Exception):
    """Base of every error this package raises on purpose."""


class DecodeError(EngineError):
    """Bytes from the peer are not what the protocol allows. The only error a decoder may raise."""


class LocalError(EngineError):
    """The caller misused a protocol object: an input its state does not allow, a value that does not fit."""


class Refused(EngineError):  # noqa: N818 - names an outcome, as in "connection refused"
    """The tunnel cannot be made or kept, for the reason in ``cause``."""

    def __init__(self, cause: Cause) -> None:
        self.cause = cause
        super().__init__(cause.message)


EXIT_STATUS: dict[str, int] = {
    "internal": 1,
    "host-unknown": 3,
    "network-unreachable": 4,
    "connect-refused": 5,
    "connect-timeout": 6,
    "control-refused": 7,
    "control-timeout": 8,
    "call-refused": 9,
    "call-timeout": 10,
    "no-gre": 11,
    "auth-failed": 12,
    "encryption-refused": 13,
    "peer-closed": 14,
    "peer-silent": 15,
    "routing-loop": 16,
    "uplink-changed": 17,
    "pppd-failed": 18,
}
"""Exit status of the ``pptpengine`` command for each cause code. A normal end is 0, a wrong command line
2.
"""


def exit_status(cause: Cause | None) -> int:
    """The exit status that says *cause*; 0 for a normal end."""
    return 0 if cause is None else EXIT_STATUS[cause.code]
