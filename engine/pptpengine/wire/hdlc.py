"""Asynchronous HDLC-like framing (RFC 1662): flags, transparency, FCS-16.

Nothing here loops over octets: escaping is a chain of ``bytes.replace``, of which the usual map needs two,
and escapes are undone between the pieces of a ``bytes.split``. The FCS is in `fcs`.
"""

from pptpengine.wire import fcs as _fcs

FLAG = b"\x7e"
ESCAPE = b"\x7d"
FULL_MAP = 0xFFFFFFFF
"Async control character map with every control character in it, RFC 1662 section 7.1: the default."
MAX_FRAME = 16384
"Longest frame taken from the line, in octets behind the removal of escapes; far above any PPTP MRU."

_MIN_FRAME = 4
_FLIP = tuple(bytes((octet ^ 0x20,)) for octet in range(256))


def fcs(frame: bytes) -> bytes:
    """The two octets of FCS-16 as they are sent, low octet first."""
    return _fcs.trailer(frame)


def escapes(accm: int) -> tuple[tuple[bytes, bytes], ...]:
    """The replacements that make a frame transparent under the async control character map *accm*."""
    octets = [0x7D, 0x7E, *(octet for octet in range(32) if accm >> octet & 1)]
    return tuple((bytes((octet,)), bytes((0x7D, octet ^ 0x20))) for octet in octets)


FULL_ESCAPES = escapes(FULL_MAP)
MINIMAL_ESCAPES = escapes(0)


def encode(frame: bytes, replacements: tuple[tuple[bytes, bytes], ...] = FULL_ESCAPES) -> bytes:
    """*frame* with FCS, escaped by *replacements* (see `escapes`), between two flags."""
    frame += _fcs.trailer(frame)
    for plain, escaped in replacements:
        frame = frame.replace(plain, escaped)
    return FLAG + frame + FLAG


def encode_all(frames: list[bytes], replacements: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Each of *frames* as `encode` has it, one after the other."""
    trailer = _fcs.trailer
    pieces = []
    for frame in frames:
        coded = frame + trailer(frame)
        for plain, escaped in replacements:
            # The test is much cheaper than a replacement that finds nothing.
            if plain in coded:
                coded = coded.replace(plain, escaped)
        pieces.append(coded)
    return b"~%b~" % b"~~".join(pieces) if pieces else b""


def unescape(piece: bytes) -> bytes:
    """*piece* without its escapes; the last octet of it is none."""
    first, *rest = piece.split(ESCAPE)
    if b"" in rest:
        return _unescape_doubled(first, rest)
    out = bytearray().join((first, *rest))
    at = len(first)
    for part in rest:
        out[at] ^= 0x20
        at += len(part)
    return bytes(out)


def _unescape_doubled(first: bytes, rest: list[bytes]) -> bytes:
    """0x7D 0x7D stands for 0x5D; a split shows it as an empty part."""
    out = [first]
    after_empty = False
    for part in rest:
        if after_empty:
            out.append(part)
            after_empty = False
        elif part:
            out += (_FLIP[part[0]], part[1:])
        else:
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
        if pieces and self._skipping:
            self._skipping = False
            del pieces[0]
        intact = _fcs.intact
        frames = []
        for piece in pieces:
            # The usual frame, whole and good; everything else is looked at closer.
            if 0x7D not in piece:
                frame = piece
            elif piece[-1] == 0x7D:
                self.aborted += 1
                continue
            else:
                frame = unescape(piece)
            if _MIN_FRAME <= len(frame) <= MAX_FRAME and intact(frame):
                frames.append(frame[:-2])
            elif piece:
                self._count_bad(frame)
        if len(self._tail) > 2 * MAX_FRAME:
            self._tail = b""
            self.oversize += not self._skipping
            self._skipping = True
        elif self._skipping:
            self._tail = b""
        return frames

    def _count_bad(self, frame: bytes) -> None:
        if len(frame) < _MIN_FRAME:
            self.short += 1
        elif len(frame) > MAX_FRAME:
            self.oversize += 1
        else:
            self.bad_fcs += 1
