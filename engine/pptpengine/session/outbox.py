"""What a control connection and its calls write to: messages, events, timers, counts."""

from collections import deque

from pptpengine.events import Event
from pptpengine.record import asdict, dataclass
from pptpengine.timers import Timers
from pptpengine.wire import control as wire


@dataclass(slots=True)
class ControlStatistics:
    """Counts since the connection was made."""

    received: int = 0
    "Messages of the peer."
    sent: int = 0
    ignored: int = 0
    "Messages that made no sense where they came."
    echo_requests: int = 0
    "Echo-Requests of the peer; each is answered."
    echo_replies: int = 0
    "Answers to ours."
    wan_errors: int = 0
    "WAN-Error-Notify messages: the serial line behind the server loses data."

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


class Outbox:
    """Collects until the session's owner fetches."""

    __slots__ = ("_events", "_messages", "statistics", "timers")

    def __init__(self) -> None:
        self.timers = Timers()
        self.statistics = ControlStatistics()
        self._events: deque[Event] = deque()
        self._messages: list[bytes] = []

    def send(self, message: wire.Message) -> None:
        """Queue *message* for TCP."""
        self._messages.append(message.encode())
        self.statistics.sent += 1

    def tell(self, event: Event) -> None:
        """Queue *event* for the owner."""
        self._events.append(event)

    def take_data(self) -> bytes:
        """All messages since the last time."""
        data = b"".join(self._messages)
        self._messages.clear()
        return data

    def take_events(self) -> list[Event]:
        """All events since the last time."""
        events = list(self._events)
        self._events.clear()
        return events
