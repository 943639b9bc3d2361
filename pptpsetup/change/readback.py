"""Hand edits of a peers file, read back into settings of the spec, as far as the spec can say them.

What counts is what pppd would do. The options of the edited file give values for settings; rendering with
these values must give the same options again, else the edit is not one that the spec can carry, and the
words that make the difference are named.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping

from pptpengine.record import dataclass
from pptpsetup.errors import PptpsetupError, UsageError
from pptpsetup.grammar import pppword
from pptpsetup.spec.model import Authentication, Encryption, Tunnel
from pptpsetup.spec.values import FROM_PEER

Rendering = Callable[[Mapping[str, object]], bytes]
"""The peers file for the tunnel with some settings changed: path to plain data, None for taken out."""


@dataclass(frozen=True, slots=True)
class Readback:
    """What a hand edit means."""

    values: Mapping[str, object]
    "The settings that differ now: path to plain data, None for taken out."
    rest: tuple[str, ...]
    "What the spec cannot say: ``+`` was put in, ``-`` was taken out. Empty: everything was read."


def read_back(edited: bytes, tunnel: Tunnel, render: Rendering) -> Readback:
    """What *edited*, the content of the peers file of *tunnel*, asks for. Raises what *render* raises."""
    present = _Options.of(edited, _arities(render({})))
    if present is None:
        return Readback({}, ("+ a quote that is never closed",))
    values = dict(_values(present, tunnel, render))
    try:
        content = render(values)
    except UsageError:
        raise  # no fault of the edit: the spec says it elsewhere
    except PptpsetupError as error:
        return Readback({}, tuple(f"+ {each.message}" for each in error.diagnostics))
    again = _Options.of(content, _arities(content))
    assert again is not None, "what we render ends its quotes"  # noqa: S101 - held by tests of the grammar
    return Readback(values, again.differences(present))


@dataclass(frozen=True, slots=True)
class _Options:
    """The options of a peers file, as they are in force at its end."""

    valued: Mapping[str, tuple[bytes, ...]]
    "With arguments: the last one counts."
    flags: tuple[str, ...]
    "Without: in the order of the file, each once."

    @classmethod
    def of(cls, data: bytes, arities: Mapping[str, int]) -> "_Options | None":
        """The options in *data*; an unknown one takes the rest of its line. None for an open quote."""
        words = list(pppword.words(data))
        if any(word.unterminated for word in words):
            return None
        valued: dict[str, tuple[bytes, ...]] = {}
        flags: dict[str, None] = {}
        at = 0
        while at < len(words):
            name = words[at].value.decode("utf-8", "backslashreplace")
            end = at + 1 + arities[name] if name in arities else _line_end(words, at)
            arguments = tuple(word.value for word in words[at + 1 : end])
            if arguments:
                valued[name] = arguments
            else:
                flags[name] = None
            at = end
        return cls(valued, tuple(flags))

    def text(self, name: str) -> str | None:
        """The argument of option *name*, if it is there and UTF-8."""
        found = self.valued.get(name)
        try:
            return None if found is None else found[0].decode()
        except UnicodeDecodeError:
            return None

    def differences(self, edited: "_Options") -> tuple[str, ...]:
        """What *edited* has and lacks; empty when pppd would do the same with both."""
        lines = [
            (sign, line)
            for sign, one, other in (("+", edited, self), ("-", self, edited))
            for line in one - other
        ]
        if not lines and edited.clears_mppe_late() != self.clears_mppe_late():
            lines.append(("+", "nomppe after the options that it clears"))
        return tuple(f"{sign} {line}" for sign, line in lines)

    def __sub__(self, other: "_Options") -> Iterator[str]:
        for name, arguments in self.valued.items():
            if other.valued.get(name) != arguments:
                yield " ".join([name, *(each.decode("utf-8", "backslashreplace") for each in arguments)])
        yield from (flag for flag in self.flags if flag not in other.flags)

    def clears_mppe_late(self) -> bool:
        """Flags may stand in any order but this one: ``nomppe`` clears what stands before it."""
        mppe = [flag for flag in self.flags if "mppe" in flag]
        return "nomppe" in mppe[1:]


def _line_end(words: list[pppword.Word], at: int) -> int:
    return next((end for end in range(at + 1, len(words)) if words[end].newline), len(words))


def _arities(rendered: bytes) -> dict[str, int]:
    """How many arguments each option takes; in what we render, an option and its arguments are one line."""
    words = list(pppword.words(rendered))
    starts = [at for at, word in enumerate(words) if word.newline or at == 0]
    return {
        words[at].value.decode("ascii", "replace"): end - at - 1
        for at, end in zip(starts, [*starts[1:], len(words)], strict=True)
    }


def _values(options: _Options, tunnel: Tunnel, render: Rendering) -> Iterator[tuple[str, object]]:
    for name, path, before in (
        ("mtu", "mtu", tunnel.mtu),
        ("lcp-echo-failure", "lcp_echo.failure", tunnel.lcp_echo.failure),
        ("maxfail", "reconnect_attempts", tunnel.reconnect_attempts),
    ):
        if (number := _number(options, name)) not in (None, before):
            yield path, number
    for name, path, before in (
        ("lcp-echo-interval", "lcp_echo.interval", tunnel.lcp_echo.interval),
        ("holdoff", "reconnect_delay", tunnel.reconnect_delay),
    ):
        if (number := _number(options, name)) not in (None, before):
            yield path, f"{number}s"
    said = {"persist", "nopersist"}.intersection(options.flags)
    if said == {"nopersist" if tunnel.persist else "persist"}:
        yield "persist", not tunnel.persist
    yield from _login(options, tunnel)
    yield from _encryption(options, tunnel)
    yield from _authentication(options, tunnel)
    yield from _name_servers(options, tunnel)
    yield from _server(options, tunnel, render)


def _number(options: _Options, name: str) -> int | None:
    text = options.text(name)
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


def _login(options: _Options, tunnel: Tunnel) -> Iterator[tuple[str, object]]:
    login = options.text("name")
    if login is None or login == tunnel.login:
        return
    domain, backslash, user = login.partition("\\")
    yield "username", user if backslash else login
    yield "domain", domain if backslash else None


def _encryption(options: _Options, tunnel: Tunnel) -> Iterator[tuple[str, object]]:
    found = Encryption.NONE
    if "require-mppe-128" in options.flags:
        found = Encryption.REQUIRED_128
    elif "require-mppe-40" in options.flags:
        found = Encryption.REQUIRED_40
    if found is not tunnel.encryption:
        yield "encryption", found.value


def _authentication(options: _Options, tunnel: Tunnel) -> Iterator[tuple[str, object]]:
    allowed = [each for each in Authentication if f"refuse-{each.value}" not in options.flags]
    if set(allowed) != set(tunnel.authentication):
        yield "authentication", [each.value for each in allowed]


def _name_servers(options: _Options, tunnel: Tunnel) -> Iterator[tuple[str, object]]:
    wanted = "usepeerdns" in options.flags
    if wanted != tunnel.dns.from_peer:
        servers = [*([FROM_PEER] if wanted else []), *map(str, tunnel.dns.servers)]
        yield "dns.servers", servers or None


def _server(options: _Options, tunnel: Tunnel, render: Rendering) -> Iterator[tuple[str, object]]:
    """The server is one word of the command; every other word must be as we write it."""
    before = _command(render({}))
    after = _split(options.text("pty"))
    if len(before) != len(after):
        return
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    if len(changed) == 1 and changed[0][0] == tunnel.server:
        yield "server", changed[0][1]


def _command(rendered: bytes) -> list[str]:
    options = _Options.of(rendered, _arities(rendered))
    return _split(None if options is None else options.text("pty"))


def _split(command: str | None) -> list[str]:
    try:
        return shlex.split(command or "")
    except ValueError:  # an open quote
        return []
