"""The Jinja2 environment that every generated file goes through.

Its rule removes a class of faults: an expression may print an ``int`` or text that a quoting function of
:mod:`pptpsetup.grammar` has made, and nothing else. A value that nobody quoted, or that was changed
afterwards, stops rendering.
"""

import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.util import cache_from_source
from pathlib import Path
from types import TracebackType

from jinja2 import (
    BytecodeCache,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    __version__,
    pass_context,
)
from jinja2.bccache import Bucket
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pptpengine.record import is_record
from pptpsetup.errors import Diagnostic, InternalError, Where
from pptpsetup.grammar.safe import Safe
from pptpsetup.resources import data_dir

_EXPRESSION = r"\{\{.*?\}\}"


class _UnquotedError(Exception):
    """An expression printed something else than a number or quoted text."""


# Given the context, it cannot be asked while a template is compiled: what a filter says of a constant would
# be kept with the compiled template.
@pass_context
def _finalize(_context: object, value: object) -> object:
    # Not isinstance: True is an int, and Markup or a subclass of ours would be text that nobody has quoted.
    if type(value) in (int, Safe):
        return value
    raise _UnquotedError(type(value).__name__)


FILTERS = {
    "ppp": "pppword.quote",
    "pppname": "pppword.quote_name",
    "pppline": "pppword.join",
    "sh": "shell.quote_line",
    "shjoin": "shell.join",
    "shname": "shell.variable",
    "unit": "unit.value",
    "exec": "unit.exec_line",
    "ifupdown": "interfaces.word",
    "keyfile": "keyfile.value",
    "nft": "nft.address",
    "nftname": "nft.name",
    "nfttable": "nft.table",
    "nftremark": "nft.remark",
    "npf": "npf.address",
    "selinux": "policy.selinux",
    "apparmor": "policy.apparmor",
    "python": "python.string",
    "shebang": "python.shebang",
    "uci": "uci.quote",
    "uciname": "uci.name",
    "comment": "shell.comment",
}
"Filter names and the quoting function of `pptpsetup.grammar` that each one is."


class _Filters(dict[str, Callable[..., object]]):
    """Jinja2's filters and ours, whose modules are imported when a template needs them: few need many."""

    def __missing__(self, name: str) -> Callable[..., object]:
        module, _, function = FILTERS[name].partition(".")
        found: Callable[..., object] = getattr(import_module(f"pptpsetup.grammar.{module}"), function)
        self[name] = found
        return found

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override]  # one form is used
        return self[name] if name in self or name in FILTERS else default


class CompiledTemplates(FileSystemBytecodeCache):
    """Compiled templates, kept where Python keeps its compiled modules, and trusted as these are.

    Each is used only for the very text that it was made from; the file's name tells the versions of Python
    and Jinja2 and what this module says of the environment, so that a change to any of them is another name.
    """

    def __init__(self) -> None:
        own = Path(cache_from_source(__file__))
        settings = sha256(Path(__file__).read_bytes()).hexdigest()[:12]
        super().__init__(str(own.parent), f"{own.stem}.{__version__}.{settings}.%s.jinja")

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it if we may."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                super().dump_bytecode(bucket)


class _Environment(ImmutableSandboxedEnvironment):
    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        # Records are values of ours; asking of each whether it is one of Python's inner objects takes longer
        # than all else that rendering does with it.
        if is_record(obj):
            return not attr.startswith("_")
        return super().is_safe_attribute(obj, attr, value)


class Templates:
    """Templates of a folder, rendered under the rule above."""

    def __init__(self, folder: Path, compiled: BytecodeCache | None = None) -> None:
        self._folder = folder
        self._environment = _Environment(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            finalize=_finalize,
            autoescape=False,
            keep_trailing_newline=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            optimized=False,
            bytecode_cache=compiled,
        )
        self._environment.filters = _Filters(self._environment.filters)

    def render(self, name: str, /, **context: object) -> bytes:
        """Template *name* (a path below the folder) with *context*, as UTF-8.

        Raises InternalError ``template-unquoted`` or ``template-broken``, naming line and expression.
        Raises SpecError when a grammar cannot carry a value.
        """
        try:
            return self._environment.get_template(name).render(context).encode()
        except _UnquotedError as error:
            where, expression = self._place(error.__traceback__, name)
            raise InternalError(
                Diagnostic(
                    "template-unquoted",
                    f"{expression} prints a {error} that no quoting filter has made",
                    where=where,
                    why="such a value could say something else to the program that reads the file",
                    hint=f"use one of the filters {', '.join(FILTERS)}",
                )
            ) from error
        except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            where, expression = self._place(error.__traceback__, name)
            what = f"{expression}: {error}"
            raise InternalError(Diagnostic("template-broken", what, where=where)) from error

    def compile_all(self) -> None:
        """Have every template compiled and kept, as `compileall` does for modules.

        Raises InternalError ``template-broken``.
        """
        name = ""
        try:
            for name in self._environment.list_templates(extensions=("j2",)):
                self._environment.get_template(name)
        except TemplateError as error:
            where = Where(f"templates/{name}", getattr(error, "lineno", None))
            raise InternalError(Diagnostic("template-broken", str(error), where=where)) from error

    def _place(self, traceback: TracebackType | None, name: str) -> tuple[Where, str]:
        """The innermost template line of *traceback* and the expressions on it."""
        file, line = self._folder / name, 1
        while traceback is not None:
            source = Path(traceback.tb_frame.f_code.co_filename)
            if source.is_relative_to(self._folder):
                file, line = source, traceback.tb_lineno
            traceback = traceback.tb_next
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        text = lines[line - 1].strip() if line <= len(lines) else name
        expressions = ", ".join(re.findall(_EXPRESSION, text)) or text
        return Where(f"templates/{file.relative_to(self._folder)}", line), expressions


@cache
def templates() -> Templates:
    """The templates that come with pptpsetup."""
    return Templates(data_dir("templates"), CompiledTemplates())
