"""Asynchronous HDLC-like framing (RFC 1662): flags, transparency, FCS-16.

Nothing here loops over octets. The FCS is the CRC of CCITT in bit-reversed octets (RFC 1662 appendix C), so
``binascii.crc_hqx``, the same polynomial the other way round, computes it from octets reversed by
``bytes.translate``; escaping is a chain of ``bytes.replace``; the usual escapes (only 0x7D and 0x7E) are
undone by two of them.
"""

from binascii import crc_hqx

FLAG = b"\x7e"
ESCAPE = b"\x7d"
FULL_MAP = 0xFFFFFFFF
"Async control character map with every control character in it, RFC 1662 section 7.1: the default."
MAX_FRAME = 16384
"Longest frame taken from the line, in octets behind the removal of escapes; far above any PPTP MRU."

_REVERSE = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))
_COMPLEMENT = bytes(octet ^ 0xFF for octet in _REVERSE)
# The good FCS 0xF0B8 (RFC 1662 section C.2), bit-reversed.
_GOOD = 0x1D0F
_MIN_FRAME = 4
_UNESCAPE_FLAG = (b"\x7d\x5e", b"\x7e")
_UNESCAPE_ESCAPE = (b"\x7d\x5d", b"\x7d")
_FLIP = tuple(bytes((octet ^ 0x20,)) for octet in range(256))


def fcs(frame: bytes) -> bytes:
    """The two octets of FCS-16 as they are sent, low octet first."""
    crc = crc_hqx(frame.translate(_REVERSE), 0xFFFF)
    return bytes((_COMPLEMENT[crc >> 8], _COMPLEMENT[crc & 0xFF]))


def escapes(accm: int) -> tuple[tuple[bytes, bytes], ...]:
    """The replacements that make a frame transparent under the async control character map *accm*."""
    octets = [0x7D, 0x7E, *(octet for octet in range(32) if accm >> octet & 1)]
    return tuple((bytes((octet,)), bytes((0x7D, octet ^ 0x20))) for octet in octets)


FULL_ESCAPES = escapes(FULL_MAP)
MINIMAL_ESCAPES = escapes(0)


def encode(frame: bytes, replacements: tuple[tuple[bytes, bytes], ...] = FULL_ESCAPES) -> bytes:
    """*frame* with FCS, escaped by *replacements* (see `escapes`), between two flags."""
    crc = crc_hqx(frame.translate(_REVERSE), 0xFFFF)
    frame += bytes((_COMPLEMENT[crc >> 8], _COMPLEMENT[crc & 0xFF]))
    for plain, escaped in replacements:
        frame = frame.replace(plain, escaped)
    return FLAG + frame + FLAG


def _unescape(piece: bytes) -> bytes:
    count = piece.count(ESCAPE)
    if not count:
        return piece
    # When the two usual pairs account for every 0x7D there is, each one was the first octet of such a pair.
    short = piece.replace(*_UNESCAPE_FLAG).replace(*_UNESCAPE_ESCAPE)
    if len(piece) - len(short) == count:
        return short
    first, *rest = piece.split(ESCAPE)
    out = [first]
    after_empty = False
    for part in rest:
        if after_empty:
            out.append(part)
            after_empty = False
        elif part:
            out += (_FLIP[part[0]], part[1:])
        else:
            # 0x7D 0x7D stands for 0x5D; the split shows it as an empty part.
            out.append(_FLIP[0x7D])
            after_empty = True
    return b"".join(out)


class Deframer:
    """Finds the frames in a stream of octets. Bad ones are counted and dropped."""

    __slots__ = ("_skipping", "_tail", "aborted", "bad_fcs", "oversize", "short")

    def __init__(self) -> None:
        self._tail = b""
        self._skipping = False
        self.bad_fcs = 0
        "Frames whose FCS was wrong."
        self.short = 0
        "Frames of less than four octets; empty ones between two flags do not count."
        self.aborted = 0
        "Frames that ended with the abort sequence 0x7D 0x7E."
        self.oversize = 0
        "Frames of more than `MAX_FRAME` octets."

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that *data* completes, without flags, escapes and FCS."""
        pieces = data.split(FLAG)
        if self._tail:
            pieces[0] = self._tail + pieces[0]
        self._tail = pieces.pop()
        frames = []
        if pieces and self._skipping:
            self._skipping = False
            del pieces[0]
        for piece in pieces:
            if piece:
                frame = self._frame(piece)
                if frame is not None:
                    frames.append(frame)
        if len(self._tail) > 2 * MAX_FRAME:
            self._tail = b""
            self.oversize += not self._skipping
            self._skipping = True
        elif self._skipping:
            self._tail = b""
        return frames

    def _frame(self, piece: bytes) -> bytes | None:
        if piece[-1] == 0x7D:
            self.aborted += 1
            return None
        frame = _unescape(piece)
        if len(frame) < _MIN_FRAME:
            self.short += 1
            return None
        if len(frame) > MAX_FRAME:
            self.oversize += 1
            return None
        if crc_hqx(frame.translate(_REVERSE), 0xFFFF) != _GOOD:
            self.bad_fcs += 1
            return None
        return frame[:-2]
