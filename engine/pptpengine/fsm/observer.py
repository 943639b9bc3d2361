"""What both sides of a PPP link agreed on, learnt by watching: a gateway forwards frames and never takes
part.

Only control protocols are read (LCP, PAP, CHAP, CCP, IPCP); MPPE leaves them in clear, for it encrypts
protocols 0x0021 to 0x00FA only (RFC 3078 section 3). A Configure-Ack settles what its sender's peer asked
for, if it answers the newest request with the same octets (RFC 1661 section 5.2); both directions settled is
what RFC 1661 calls Opened.

Memory is bounded: the newest request and the agreed options of two sides for three protocols.
"""

from pptpengine.causes import Cause
from pptpengine.errors import DecodeError
from pptpengine.fsm.ending import Ending
from pptpengine.fsm.negotiated import FULL_ASYNC_MAP, Negotiated
from pptpengine.fsm.negotiation import (
    Exchange,
    Side,
    address,
    encryption,
    key_length,
    link_options,
    refuses_mppe,
)
from pptpengine.wire.ppp import (
    ChapCode,
    Code,
    IpcpOption,
    LcpOption,
    Packet,
    PapCode,
    Protocol,
    decode_frame,
    decode_options,
    decode_packet,
    is_control,
)


class Observer:
    """Follows one link. `sent` takes frames from our pppd to the peer, `received` those from the peer to our
    pppd.

    Frames come without flags, escapes and FCS, address and control octets present or not. The caller's clock
    is passed in and only handed back as `up_since`. Nothing is raised: what makes no sense is counted in
    `malformed`.
    """

    def __init__(self) -> None:
        self.negotiated = Negotiated()
        self.up_since: float | None = None
        "When IPCP opened, in the caller's clock; None while the link does not carry IP."
        self.changed = 0
        "Grows whenever `negotiated`, `up_since` or `cause` change."
        self.malformed = 0
        "Control packets that were ignored because they do not parse or answer nothing."
        self._exchanges = {Protocol.LCP: Exchange(), Protocol.CCP: Exchange(), Protocol.IPCP: Exchange()}
        self._ending = Ending()

    def sent(self, frame: bytes, now: float) -> None:
        """A frame on its way from our pppd to the peer."""
        if is_control(frame):
            self._see(Side.OURS, frame, now)

    def received(self, frame: bytes, now: float) -> None:
        """A frame on its way from the peer to our pppd."""
        if is_control(frame):
            self._see(Side.THEIRS, frame, now)

    @property
    def opened(self) -> bool:
        """LCP is open."""
        return self._exchanges[Protocol.LCP].opened

    @property
    def cause(self) -> Cause | None:
        """Why the link ended or is about to; None while all is well and after an end that we asked for."""
        return self._ending.cause

    def cause_of_end(self) -> Cause | None:
        """`cause`, or what the negotiation left unsettled: for use once the link went without a word."""
        return self._ending.guess(up=self.up_since is not None)

    @property
    def agreed_asyncmap(self) -> int:
        """The control characters to escape in network-layer frames written to pppd's pty, one bit each.

        pppd believes that its asynchronous line reaches the peer, but the gateway ends that line: the HDLC
        on the pty is spoken by pppd and the gateway alone. pppd drops unescaped characters that its receive
        map names. That map is the one *our* Configure-Request asked for and the peer acknowledged, so it is
        the one returned here. The peer's map says what pppd itself escapes; reading the pty needs no map,
        since every escape is undone.

        Until IPCP is open this is FULL_ASYNC_MAP: pppd sets its receive map a moment after the last LCP
        Configure-Ack, and authentication frames could overtake that. For the same reason, and because RFC
        1662 section 7 wants it for LCP, escape everything in control frames (protocol 0x8000 and above) at
        all times.
        """
        ours = self.negotiated.ours
        return ours.asyncmap if ours and self.up_since is not None else FULL_ASYNC_MAP

    def _see(self, sender: Side, frame: bytes, now: float) -> None:
        before = (self.negotiated, self.up_since, self.cause)
        try:
            self._dispatch(sender, frame)
        except DecodeError:
            self.malformed += 1
        self._settle(now)
        if before != (self.negotiated, self.up_since, self.cause):
            self.changed += 1

    def _dispatch(self, sender: Side, data: bytes) -> None:
        frame = decode_frame(data)
        if frame.protocol in self._exchanges:
            self._negotiation(Protocol(frame.protocol), sender, decode_packet(frame.information))
        elif frame.protocol == Protocol.CHAP:
            self._chap(sender, decode_packet(frame.information))
        elif frame.protocol == Protocol.PAP:
            self._pap(sender, decode_packet(frame.information))

    def _negotiation(self, protocol: Protocol, sender: Side, packet: Packet) -> None:
        exchange = self._exchanges[protocol]
        if packet.code == Code.CONFIGURE_REQUEST:
            was_open = exchange.opened
            exchange.request(sender, packet)
            if protocol == Protocol.LCP and was_open:
                self._network_layer_down()
            if protocol == Protocol.CCP and sender == Side.OURS:
                self._ending.mppe_asked = key_length(exchange.asked(sender)) is not None
        elif packet.code == Code.CONFIGURE_ACK:
            self._acknowledged(protocol, sender, packet)
        elif packet.code in {Code.CONFIGURE_NAK, Code.CONFIGURE_REJECT}:
            self._declined(protocol, sender, packet)
        elif packet.code in {Code.TERMINATE_REQUEST, Code.TERMINATE_ACK}:
            self._terminated(protocol, sender, packet)
        elif protocol == Protocol.LCP:
            self._link_maintenance(sender, packet)

    def _acknowledged(self, protocol: Protocol, sender: Side, packet: Packet) -> None:
        exchange = self._exchanges[protocol]
        was_open = exchange.opened
        exchange.ack(sender.other, packet)
        if protocol == Protocol.LCP and exchange.opened and not was_open:
            self._ending = self._ending.reopened(link_options(exchange.agreed(Side.THEIRS)).authentication)

    def _declined(self, protocol: Protocol, sender: Side, packet: Packet) -> None:
        options = decode_options(packet.data)
        if protocol == Protocol.LCP and sender == Side.OURS:
            asked = self._exchanges[protocol].asked(Side.THEIRS)
            if any(option.type == LcpOption.AUTHENTICATION for option in options):
                self._ending.declined_authentication = link_options(asked).authentication
        elif protocol == Protocol.CCP and sender == Side.THEIRS and refuses_mppe(packet.code, options):
            self._ending.mppe_refused = self._ending.mppe_asked

    def _terminated(self, protocol: Protocol, sender: Side, packet: Packet) -> None:
        exchange = self._exchanges[protocol]
        request = packet.code == Code.TERMINATE_REQUEST
        if not (request or exchange.opened):
            exchange.forget(sender.other)
            return
        if protocol == Protocol.LCP:
            up = self.up_since is not None
            self._ending.terminate(packet.data if request else b"", by_us=sender == Side.OURS, up=up)
            self._network_layer_down()
        elif protocol == Protocol.CCP:
            self._ending.mppe_refused = self._ending.mppe_asked
        elif request:
            self._ending.ip_terminated(packet.data, by_us=sender == Side.OURS)
        exchange.reset()

    def _link_maintenance(self, sender: Side, packet: Packet) -> None:
        if packet.code == Code.ECHO_REQUEST and sender == Side.OURS:
            self._ending.unanswered_echoes += 1
        elif packet.code == Code.ECHO_REPLY and sender == Side.THEIRS:
            self._ending.unanswered_echoes = 0
        elif packet.code == Code.PROTOCOL_REJECT:
            self._protocol_rejected(sender, int.from_bytes(packet.data[:2], "big"))

    def _protocol_rejected(self, sender: Side, rejected: int) -> None:
        if rejected == Protocol.CCP and sender == Side.THEIRS:
            self._ending.mppe_refused = self._ending.mppe_asked
        if rejected == Protocol.IPCP and sender == Side.THEIRS:
            self._ending.ip_terminated(b"", by_us=False)
        if rejected in {Protocol.CCP, Protocol.IPCP}:
            self._exchanges[Protocol(rejected)].reset()

    def _chap(self, sender: Side, packet: Packet) -> None:
        if packet.code == ChapCode.SUCCESS and sender == Side.THEIRS:
            self._ending.authenticated = True
        elif packet.code == ChapCode.FAILURE:
            self._ending.chap_failure(packet.data, by_us=sender == Side.OURS)

    def _pap(self, sender: Side, packet: Packet) -> None:
        if packet.code == PapCode.ACK and sender == Side.THEIRS:
            self._ending.authenticated = True
        elif packet.code == PapCode.NAK and sender == Side.THEIRS:
            self._ending.pap_nak(packet.data[1 : 1 + packet.data[0]] if packet.data else b"")

    def _network_layer_down(self) -> None:
        self._exchanges[Protocol.CCP].reset()
        self._exchanges[Protocol.IPCP].reset()

    def _settle(self, now: float) -> None:
        lcp, ccp, ipcp = (
            self._exchanges[protocol] for protocol in (Protocol.LCP, Protocol.CCP, Protocol.IPCP)
        )
        if not (lcp.opened and ipcp.opened):
            self.up_since = None
        elif self.up_since is None:
            self.up_since = now
        if not lcp.opened:
            self.negotiated = Negotiated()
            return
        mppe = encryption(ccp)
        if mppe is not None:
            self._ending.mppe_refused = False
        ours = ipcp.agreed(Side.OURS) if ipcp.opened else {}
        theirs = ipcp.agreed(Side.THEIRS) if ipcp.opened else {}
        if ipcp.opened:
            self._ending.ip_refused = None
        servers = (address(ours, IpcpOption.PRIMARY_DNS), address(ours, IpcpOption.SECONDARY_DNS))
        self.negotiated = Negotiated(
            ours=link_options(lcp.agreed(Side.OURS)),
            theirs=link_options(lcp.agreed(Side.THEIRS)),
            authenticated=self._ending.authenticated,
            encryption=mppe,
            local=address(ours, IpcpOption.IP_ADDRESS),
            remote=address(theirs, IpcpOption.IP_ADDRESS),
            dns=tuple(server for server in servers if server is not None),
        )
