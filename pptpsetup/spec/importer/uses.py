"""All options that pppd would see, in its order: its own options file, the peers file, what they include."""

from collections.abc import Iterator

from pptpengine.record import dataclass, field
from pptpsetup.errors import Where
from pptpsetup.grammar.pppoption import Option, options
from pptpsetup.spec.importer.finding import LIMIT, Files, Found, Places, Verdict
from pptpsetup.spec.names import shown

MOST = 20_000
"Options of a tunnel, included files counted each time; nobody has written so many."
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Use:
    """An option where it stands."""

    option: Option
    where: Where
    shared: bool = False
    "It stands in pppd's own options file, which all tunnels of the host read first."

    @property
    def name(self) -> str:
        """The option's name."""
        return self.option.name

    @property
    def text(self) -> str:
        """Option and argument for people, on one line; not for passwords."""
        argument = self.option.argument
        if argument is None or argument == self.option.word.value:
            return _printable(self.option.word.value)
        return f"{_printable(self.option.word.value)} {_printable(argument)}"


def _printable(word: bytes, limit: int = 80) -> str:
    text = word.decode("utf-8", "backslashreplace")
    text = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)
    text = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return f'"{text}"' if " " in text or not text else text


@dataclass
class Reader:
    """Reads option files for one tunnel; what stops pppd becomes a problem of it."""

    found: Found
    files: Files
    peers: str
    "The directory of ``call``."
    read: int = 0
    included: list[str] = field(default_factory=list)
    "The files that were included, directly or not."

    def uses(self, path: str, data: bytes, *, shared: bool = False) -> list[Use]:
        """The options of the file *path* with content *data*, includes put in their places."""
        return list(self._uses(path, data, (path,), shared=shared))

    def _uses(self, path: str, data: bytes, chain: tuple[str, ...], *, shared: bool) -> Iterator[Use]:
        places = Places(path, data)
        if len(data) > LIMIT:
            self.found.problem("import-too-long", f"{path} is longer than {LIMIT} bytes", Where(path))
            return
        for option in options(data):
            self.read += 1
            if self.read > MOST:
                if self.read == MOST + 1:
                    message = f"there are more than {MOST} options"
                    self.found.problem("import-too-long", message, places(option.word.start))
                return
            use = Use(option, places(option.word.start), shared)
            if not self._is_sound(use, places):
                continue
            if option.name in {"file", "call"}:
                yield from self._included(use, chain)
            else:
                yield use

    def _is_sound(self, use: Use, places: Places) -> bool:
        option = use.option
        for word in (option.word, option.argument_word):
            if word is not None and word.unterminated:
                hint = "close the quote"
                self.found.problem(
                    "import-open-quote",
                    "a quote is not closed",
                    places(word.start),
                    why="pppd takes everything up to the end of the file for one word",
                    hint=hint,
                )
                return False
            if word is not None and word.too_long:
                message = "a word is longer than the 1023 bytes that pppd reads"
                self.found.problem("import-long-word", message, places(word.start), hint="shorten it")
                return False
        if not option.complete:
            message = f"the option {option.name} has no argument"
            why = "pppd does not start with this file"
            self.found.problem(
                "import-no-argument", message, use.where, why=why, hint="write one, see pppd(8)"
            )
            return False
        return True

    def _included(self, use: Use, chain: tuple[str, ...]) -> Iterator[Use]:
        target = (use.option.argument or b"").decode("utf-8", "surrogateescape")
        path = f"{self.peers}/{target}" if use.name == "call" else target
        shown_path = shown(path)
        if not path.startswith("/") or ".." in path.split("/") or not path.isprintable():
            message = f"the included file {shown_path} has no plain absolute path"
            self.found.problem("import-include", message, use.where, hint="write its path from / on")
        elif path in chain or len(chain) > _DEEPEST:
            why = "pppd would read them until it has no memory left"
            message = f"including {shown_path} goes round in circles"
            self.found.problem(
                "import-circle", message, use.where, why=why, hint="take one of the lines out"
            )
        elif (data := self.files.read(path)) is None:
            why = "pppd does not start without it"
            message = f"the included file {shown_path} is not there"
            hint = "take the line out, or put the file there"
            self.found.problem("import-include", message, use.where, why=why, hint=hint)
        else:
            why = "its options are taken over one by one, and the file stays"
            self.found.note(Verdict.SAME, use.text, use.where, why)
            self.included.append(path)
            yield from self._uses(path, data, (*chain, path), shared=use.shared)
