"""Settings to be changed, as edits of the file's keys."""

from collections.abc import Callable, Mapping
from typing import Final

from pptpsetup.errors import Diagnostic, SpecError
from pptpsetup.spec import edit
from pptpsetup.spec.keys import TOP
from pptpsetup.spec.names import check_tunnel_name
from pptpsetup.spec.options import read_plain
from pptpsetup.spec.settings import BY_PATH, SETTINGS
from pptpsetup.yaml.node import Node

ORDER: Final = (*TOP, *dict.fromkeys(key for each in SETTINGS for key in each.keys))
"Of keys, as they are written."
_RANK = {path: rank for rank, path in enumerate(BY_PATH)}


def rank(path: str) -> int:
    """The place of the setting *path* among all; -1 for one that is none."""
    return _RANK.get(path, -1)


def of_tunnel(name: str, values: Mapping[str, object]) -> edit.Group:
    """The edit that gives tunnel *name* the plain data *values*, by path; None takes a setting out.

    Raises SpecError with every problem of the name and the values.
    """
    found = list(_problems(check_tunnel_name, name))
    changes: dict[str, object] = {}
    # The settings' order becomes the order of the lines.
    for path in sorted(values, key=rank):
        found.extend(_problems(_add_change, changes, path, values[path]))
    if found:
        raise SpecError(found)
    return edit.Group(changes, keep_empty=True)


def _problems(function: Callable[..., object], *arguments: object) -> tuple[Diagnostic, ...]:
    try:
        function(*arguments)
    except SpecError as error:
        return error.diagnostics
    return ()


def _add_change(changes: dict[str, object], path: str, value: object) -> None:
    """Add one setting to a tree of changes, in its canonical form."""
    change: object = edit.REMOVE
    if value is not None or path not in BY_PATH:
        read_value = read_plain(path, value)
        change = BY_PATH[path].kind.plain(read_value)
    outer, _, inner = path.partition(".")
    if not inner:
        changes[outer] = change
        return
    group = changes.get(outer)
    known = group.changes if isinstance(group, edit.Group) else {}
    changes[outer] = edit.Group({**known, inner: change})


def same(path: tuple[str, ...], node: Node, value: object) -> bool:
    """Whether *node*, standing at (tunnels, NAME, setting…), already means *value*."""
    setting = BY_PATH[".".join(path[2:])]
    try:
        return setting.kind.read(node) == read_plain(setting.path, value)
    except SpecError:
        return False
