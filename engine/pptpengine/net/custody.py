"""What a call manager asks its keeper for; the other side is `pptpengine.net.keeper`."""

from pptpengine.causes import Cause
from pptpengine.errors import Refused
from pptpengine.net import dialogue, sockets
from pptpengine.net.way import HostRoute, decode_route

_LIMIT = 4096


class Custody:
    """The manager's side of *channel*. Every call waits for the answer."""

    def __init__(self, channel: sockets.socket) -> None:
        self._channel = channel
        self.spent = 0.0
        "Seconds of CPU time that the keeper needed for the last `pin`."

    def pin(self) -> HostRoute | None:
        """Let the server's host route be as the uplink wants it now; None where there can be none.

        Raises Refused.
        """
        words, _ = self._ask("pin")
        if words[0] != "route":
            return None
        *words, spent = words
        self.spent = float(spent)
        return decode_route(words)

    def tcp_socket(self) -> sockets.socket:
        """A TCP socket for the control connection. Raises Refused."""
        _, descriptors = self._ask("tcp")
        return sockets.socket(fileno=descriptors[0])

    def gre_socket(self) -> sockets.socket:
        """A raw GRE socket, connected to the server. Raises Refused."""
        _, descriptors = self._ask("gre")
        return sockets.socket(fileno=descriptors[0])

    def end(self, pid: int) -> None:
        """SIGTERM for a gateway of pptp(8). Raises Refused."""
        self._ask("end", str(pid))

    def _ask(self, *words: str) -> tuple[list[str], list[int]]:
        try:
            self._channel.send("\t".join(words).encode())
            answer, descriptors, _, _ = sockets.recv_fds(self._channel, _LIMIT, 1)
        except OSError:
            answer, descriptors = b"", []
        if not answer:
            raise Refused(Cause.of("internal", "The keeper of the host route died"))
        found = answer.decode("ascii", errors="replace").rstrip("\n").split("\t")
        if found[0] == "down":
            raise Refused(dialogue.decode_cause(found) or Cause.of("internal", "The keeper gives no reason"))
        return found, descriptors
