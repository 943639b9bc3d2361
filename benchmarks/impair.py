"""A bad network with a fixed seed: loss, duplication, delay, jitter, reordering and rate, the same for
everybody who is measured.
"""

import heapq
import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a packet meets, in one direction."""

    loss: float = 0.0
    "Share of packets that vanish."
    duplicate: float = 0.0
    "Share that comes twice."
    reorder: float = 0.0
    "Share that overtakes: these skip the delay, or without a delay come `hold` later than they should."
    delay: float = 0.0
    "Seconds."
    jitter: float = 0.0
    "Seconds; uniform from -jitter to +jitter, so it reorders, too."
    rate: float = 0.0
    "Octets per second; 0: as fast as can be."
    queue: int = 100
    "Packets that wait for the rate; more are dropped."
    hold: float = 0.005


class Impairment:
    """One direction. `push` what is to be sent, `pop` what has arrived."""

    def __init__(self, conditions: Conditions, seed: int) -> None:
        self._conditions = conditions
        self._dice = random.Random(seed)  # noqa: S311 - dice of a measurement
        self._heap: list[tuple[float, int, bytes]] = []
        self._number = 0
        self._free = 0.0
        self.lost = 0
        self.duplicated = 0
        self.dropped = 0
        "By the queue of the rate."

    def push(self, packet: bytes, now: float) -> None:
        """Send *packet* at *now*."""
        it = self._conditions
        if self._dice.random() < it.loss:
            self.lost += 1
            return
        start = now
        if it.rate:
            time = len(packet) / it.rate
            if self._free - now > it.queue * time:
                self.dropped += 1
                return
            self._free = start = max(now, self._free) + time
        copies = 1 + (self._dice.random() < it.duplicate)
        self.duplicated += copies - 1
        for _ in range(copies):
            self._number += 1
            heapq.heappush(self._heap, (start + self._latency(), self._number, packet))

    def _latency(self) -> float:
        it = self._conditions
        odd = self._dice.random() < it.reorder
        if odd:
            return 0.0 if it.delay else it.hold
        return max(0.0, it.delay + self._dice.uniform(-it.jitter, it.jitter))

    def pop(self, now: float) -> list[bytes]:
        """What has arrived by *now*."""
        out = []
        while self._heap and self._heap[0][0] <= now:
            out.append(heapq.heappop(self._heap)[2])
        return out

    def due(self) -> float | None:
        """When the next packet arrives."""
        return self._heap[0][0] if self._heap else None

    def __len__(self) -> int:
        """How many packets are on their way."""
        return len(self._heap)
