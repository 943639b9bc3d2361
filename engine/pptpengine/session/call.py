"""One call of a control connection, and the two sides that it has."""

from pptpengine.enumeration import Enum, auto
from pptpengine.events import LinkInfo
from pptpengine.fsm.call import CallMachine
from pptpengine.record import dataclass, field


class Role(Enum):
    """Who we are in RFC 2637's words."""

    PNS = auto()
    "The client."
    PAC = auto()
    "The server."


@dataclass(slots=True)
class Call:
    """One call that is not over."""

    id: int
    "Ours."
    peer_id: int | None = None
    machine: CallMachine = field(default_factory=CallMachine)
    window: int = 0
    link_info: LinkInfo | None = None
    refusal: tuple[int, int] = (7, 0)
    "Result and error code, if the owner refuses it."
