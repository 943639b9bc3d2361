"""Scripts of ip-up and ip-down, as far as they know a tunnel by its ``ipparam`` or ``linkname``."""

from pptpsetup.errors import Where
from pptpsetup.spec.importer.finding import Files, Found, Layout, Note, Takeover, Verdict
from pptpsetup.spec.importer.neighbours import Neighbours, needed_by
from pptpsetup.spec.importer.routescript import EVERYTHING, Script, read_script
from pptpsetup.spec.importer.uses import Use

_DIRECTORIES = ("ip-up.d", "ip-down.d")
_FILES = ("ip-up", "ip-down", "ip-up.local", "ip-down.local")
"What one distribution or another runs, beside pppd's options."
_RENAMED = "ipparam and linkname of the tunnel become pptpsetup-NAME and pptp-NAME"
_OURS = b"Written by pptpsetup from "
"In the head of our own scripts."
_TWO_ROUTES = "two routes that cover everything; the default route stays as it is"


def read_hooks(found: Found, uses: list[Use], files: Files, layout: Layout, others: Neighbours) -> None:
    """Routes that scripts set become the tunnel's, and the scripts go; what they do besides is told."""
    names = frozenset(use.option.argument for use in _last(uses) if use.option.argument)
    if not names:
        return
    networks: list[str] = []
    for path in _scripts(files, layout):
        data = files.read(path)
        if data is None or _OURS in data:
            continue
        script = read_script(data, frozenset(map(_text, names)))
        if not script.mentions:
            continue
        if script.networks is not None:
            networks += script.networks
            _take(found, path, data, script, others.users_of_name(found.path, names))
        else:
            _tell(found, path, script, names)
    _set_routes(found, list(dict.fromkeys(networks)))


def _last(uses: list[Use]) -> tuple[Use, ...]:
    """The ``ipparam`` and the ``linkname`` that count."""
    return tuple({use.name: use for use in uses if use.name in {"ipparam", "linkname"}}.values())


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _scripts(files: Files, layout: Layout) -> list[str]:
    directory = layout.options.rpartition("/")[0]
    places = dict.fromkeys((*layout.hooks, *(f"{directory}/{each}" for each in (*_DIRECTORIES, *_FILES))))
    found: list[str] = []
    for each in places:
        inside = files.list(each)
        found += [f"{each}/{name}" for name in inside] if inside else [each]
    return found


def _take(found: Found, path: str, data: bytes, script: Script, users: list[str]) -> None:
    where, networks = Where(path), script.networks or ()
    everything = not EVERYTHING.isdisjoint(networks)
    setting, why = ("mode", _TWO_ROUTES) if everything else ("routes", None)
    text = f"a script for {' and '.join(networks)}"
    found.notes.append(Note(Verdict.SETTING, text, where, why, setting))
    if users:
        found.note(Verdict.ADVICE, "the script stays", where, needed_by(users))
    else:
        found.takeovers[path] = Takeover(path, data, None)


def _tell(found: Found, path: str, script: Script, names: frozenset[bytes]) -> None:
    text = f"the script names {' or '.join(sorted(map(_text, names)))}"
    if script.asks:
        why = f"it goes by that name, and {_RENAMED}, so that it would not do for the tunnel what it did"
        found.note(Verdict.LOST, text, Where(path), why)
    else:
        found.note(Verdict.ADVICE, text, Where(path), f"it stays as it is; {_RENAMED}")


def _set_routes(found: Found, networks: list[str]) -> None:
    if not EVERYTHING.isdisjoint(networks):
        found.values["mode"] = "all-to-tunnel"
    elif networks and found.values.get("mode") != "all-to-tunnel":
        found.values["routes"] = networks
