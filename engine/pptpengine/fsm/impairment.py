"""Packets deliberately out of order, to test servers: --test-type and --test-rate of pptp(8).

After every *rate* packets in order comes one event. By the numbers of packets, as the manual page has them:

- type 1, a swap: 1 2 3 4 6 5 7 8 9
- type 2, ten held, the next one first, then the ten in order: 1 2 3 4 5 16 6 7 8 9 10 11 12 13 14 15 17
- type 3, the same with the ten reversed: 1 2 3 4 5 16 15 14 13 12 11 10 9 8 7 6 17

Nothing is lost. (In the page's own examples of types 2 and 3 number 5 is not where ten packets would have
it; its words decide. The C program never sends the first of the ten of type 3.)
"""

_HELD = (0, 1, 10, 10)
"How many packets an event of each type holds."


class Impairment:
    """Takes packets and gives them back in another order."""

    __slots__ = ("_held", "_left", "_pocket", "_rate", "_reverse")

    def __init__(self, test_type: int, rate: int) -> None:
        """Raises ValueError for a type other than 1 to 3, or a rate below 0."""
        if not 1 <= test_type <= 3 or rate < 0:
            raise ValueError(f"no test type {test_type} at a rate of {rate}")
        self._held = _HELD[test_type]
        self._reverse = test_type == 3
        self._rate = self._left = rate
        self._pocket: list[bytes] = []

    def disturb(self, packets: list[bytes]) -> list[bytes]:
        """What is to be sent when *packets* are next; some may be kept back."""
        out = []
        for packet in packets:
            if self._left:
                self._left -= 1
                out.append(packet)
            elif len(self._pocket) < self._held:
                self._pocket.append(packet)
            else:
                out.append(packet)
                out += reversed(self._pocket) if self._reverse else self._pocket
                self._pocket.clear()
                self._left = self._rate
        return out
