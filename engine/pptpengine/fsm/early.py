"""Packets that came before others with lower numbers, and the numbers that were given up for them."""

HELD_OCTETS = 1 << 19
"Octets held at most: enough for packets of 1532 octets (section 4.4), and far less than IP's largest need."
_MISSING_LIMIT = 1024
"Numbers remembered at most."
_MASK = (1 << 32) - 1


class EarlyPackets:
    """Held until the missing ones have come, or have been given up."""

    __slots__ = ("_missing", "_octets", "packets")

    def __init__(self) -> None:
        self.packets: dict[int, tuple[float, bytes]] = {}
        "Time of arrival and payload by number, in order of arrival."
        self._octets = 0
        self._missing: dict[int, None] = {}

    def put(self, sequence: int, payload: bytes, now: float) -> None:
        """Hold a packet that is not held yet."""
        self.packets[sequence] = now, payload
        self._octets += len(payload)

    def take(self, sequence: int) -> bytes | None:
        """The payload of a packet, which is held no more; None if it is not there."""
        entry = self.packets.pop(sequence, None)
        if entry is None:
            return None
        self._octets -= len(entry[1])
        return entry[1]

    def over(self, limit: int) -> bool:
        """Whether more than *limit* packets are held, or too many octets."""
        return len(self.packets) > limit or self._octets > HELD_OCTETS

    def oldest(self) -> float:
        """When the packet came that is held for longest. There must be one."""
        # Insertion order is order of arrival, whatever the numbers are.
        return next(iter(self.packets.values()))[0]

    def give_up(self, expected: int) -> int:
        """Give up what is missing from *expected* to the first packet that is held; returns its number."""
        nearest = min(self.packets, key=lambda sequence: (sequence - expected) & _MASK)
        gap = (nearest - expected) & _MASK
        for back in range(min(gap, _MISSING_LIMIT), 0, -1):
            self._missing[(nearest - back) & _MASK] = None
        while len(self._missing) > _MISSING_LIMIT:
            del self._missing[next(iter(self._missing))]
        return nearest

    def was_given_up(self, sequence: int) -> bool:
        """Whether this one was, as far as that is remembered; from now on it counts as there."""
        if sequence not in self._missing:
            return False
        del self._missing[sequence]
        return True

    def forget(self) -> None:
        """Numbers of before mean nothing any more."""
        self._missing.clear()
