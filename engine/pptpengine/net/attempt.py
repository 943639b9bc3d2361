"""One attempt at a call over one of the server's addresses: what it has open, and what the call manager's
words (`pptpengine.net.dialogue`) do to it.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from pptpengine.causes import Cause
from pptpengine.net import dialogue, privilege, rawgre
from pptpengine.net.log import Log
from pptpengine.net.loop import Loop
from pptpengine.net.options import Options
from pptpengine.net.progress import Progress
from pptpengine.net.report import Call, Peer
from pptpengine.net.way import decode_route

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpengine.net.launch import Pppd
    from pptpengine.net.managerlink import ManagerLink
    from pptpengine.net.pump import Pump
    from pptpengine.net.report import State
    from pptpengine.session.data import DataSession

_STATES: dict[str, State] = {"connecting": "connecting", "control": "control", "call": "call"}


def load_data_path() -> None:
    """What is needed once the call is up, loaded while the call manager gets it."""
    import pptpengine.net.pump
    import pptpengine.session.data  # noqa: F401


class Attempt:
    """A call to *server*, wanted or there. Frames move between *pty* and GRE once it is up.

    *pppd*: to be started then, which *on_call* is told. *on_end* is called when pppd's side is closed.
    Making it may raise Refused.
    """

    def __init__(
        self,
        options: Options,
        log: Log,
        loop: Loop,
        progress: Progress,
        server: IPv4Address,
        *,
        pty: tuple[int, int],
        pppd: Pppd | None,
        on_call: Callable[[], None],
        on_end: Callable[[], None],
    ) -> None:
        self._options = options
        self._log = log
        self._loop = loop
        self._progress = progress
        self._server = server
        self._pty = pty
        self._pppd = pppd
        self._on_call = on_call
        self._on_end = on_end
        self._gre = rawgre.open_socket(server, options.localbind, options.rtmark)
        self.link: ManagerLink | None = None
        self.pump: Pump | None = None
        self.data: DataSession | None = None
        self.over = False
        "The call is over, or cannot be had."
        self.returning = False
        "pppd will call again at once: only the uplink changed."
        self.cause: Cause | None = None
        "Why the manager says the call is over."

    def close(self) -> None:
        """Give the GRE socket back."""
        self._gre.close()

    def hear(self, words: list[str]) -> None:
        """Take in a line of the manager's."""
        self._log.detail(f"call manager: {' '.join(words)}")
        match words:
            case ["processes", manager, _]:
                self._progress.say(call_manager_pid=int(manager))
            case ["state", ("connecting" | "control" | "call") as state]:
                self._state(_STATES[state])
            case ["local", address]:
                self._progress.say(local_address=IPv4Address(address))
                self._leave_by(address)
            case ["route", *_]:
                self._progress.say(host_route=decode_route(words))
            case ["peer", host_name, vendor, firmware]:
                self._progress.say(peer=Peer(host_name, vendor, int(firmware)))
            case ["call", own, peer]:
                self._call_up(int(own), int(peer))
            case ["link-info", send_accm, receive_accm] if self.data is not None:
                self.data.link_info(int(send_accm), int(receive_accm))
            case ["down", *_]:
                self.over = True
                self.cause = dialogue.decode_cause(words)

    def _state(self, state: State) -> None:
        if state == "connecting" and self.data is not None:
            # The uplink changed, and the call is being made again: for the server it is a new one. pppd
            # negotiates anew on the same terminal, but one with MPPE gives up when its link is taken away.
            if self.data.observer.negotiated.encryption is not None:
                self.over = self.returning = True
                self.cause = Cause.of("uplink-changed", "This machine's way to the server changed")
                return
            self._log.line("the uplink changed: the call is made again")
        self._progress.say(state=state)

    def _leave_by(self, address: str) -> None:
        """Send GRE from the control connection's address, the only one that the server knows.

        Our socket was connected, and so given its address, before the host route was there. Dialling on
        demand, the way led into the tunnel then.
        """
        if self.pump is not None or self._gre.getsockname()[0] == address:
            return
        # The old one stays until the new one is there: without any, the kernel would refuse GRE.
        before = self._gre
        self._gre = rawgre.open_socket(self._server, self._options.localbind, self._options.rtmark)
        before.close()

    def _call_up(self, own: int, peer: int) -> None:
        self._log.line(f"call {own} (the peer's {peer}) is up")
        if self.pump is None:
            self._first_call(own, peer)
        elif self.link is not None and (sock := self.link.take_socket()) is not None:
            self.pump.drain()
            self.pump.rebind(sock, own, peer)
            self._gre.close()
            self._gre = sock
        self._progress.call_is_up()
        self._progress.say(state="negotiating", call=Call(own, peer))

    def _first_call(self, own: int, peer: int) -> None:
        from pptpengine.net.pump import Pump
        from pptpengine.session.data import DataSession

        pty_in, pty_out = self._pty
        self.data = DataSession(self._options.tunnel, own, peer)
        self._loop.unwatch(pty_in)
        self.pump = Pump(
            self._loop, self.data, self._gre, pty_in=pty_in, pty_out=pty_out, on_end=self._on_end
        )
        if self._pppd is not None:
            self._pppd.start()
        self._on_call()
        for what in privilege.drop(self._options.user):
            self._log.line(f"the gateway could not give up {what}")
