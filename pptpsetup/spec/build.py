"""From what the files say to the tunnels of one host."""

from collections.abc import Mapping, Sequence
from typing import Any

from pptpengine.record import dataclass, field, replace
from pptpsetup.errors import Diagnostic, Where
from pptpsetup.spec.contradictions import contradictions
from pptpsetup.spec.gather import Gathered
from pptpsetup.spec.model import Demand, Dns, LcpEcho, Mode, PasswordSource, Spec, Tunnel
from pptpsetup.spec.names import named
from pptpsetup.spec.overrides import Override
from pptpsetup.spec.reading import Settings
from pptpsetup.spec.secret import secret_file
from pptpsetup.spec.selection import Selection
from pptpsetup.spec.setting import ABSENT
from pptpsetup.spec.settings import DEFAULTS, REQUIRED, SETTINGS
from pptpsetup.spec.values import FROM_PEER
from pptpsetup.yaml.node import Scalar


@dataclass(slots=True)
class Built:
    """The tunnels of one host, and what overrides have done to them."""

    tunnels: list[Tunnel] = field(default_factory=list)
    values: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    "Of each tunnel: what is said of it or by default, by path."
    places: dict[str, Mapping[str, Where | None]] = field(default_factory=dict)
    "Of each tunnel: where that is said."
    overridden: dict[str, set[str]] = field(default_factory=dict)
    "Of each tunnel that an override for this host speaks of: the paths that stand there."
    absent: dict[str, Where | None] = field(default_factory=dict)
    "Tunnels that an override leaves out on this host."

    @property
    def spec(self) -> Spec:
        return Spec(tuple(self.tunnels))


def build(found: Gathered, selection: Selection, problems: list[Diagnostic]) -> Built:
    """The tunnels of the host *selection*; what is missing or contradicts itself goes to *problems*."""
    holding = [each for each in found.overrides if each.holds(selection)]
    built = Built()
    names = dict.fromkeys((*found.tunnels, *(name for each in holding for name in each.tunnels)))
    for name in names:
        _Builder(found, holding, name, built, problems).build()
    return built


class _Builder:
    """Builds one tunnel."""

    def __init__(
        self,
        found: Gathered,
        holding: Sequence[Override],
        name: str,
        built: Built,
        problems: list[Diagnostic],
    ) -> None:
        self._found, self._holding, self._name = found, holding, name
        self._built, self._problems = built, problems
        self._described = found.tunnels.get(name)

    def build(self) -> None:
        parts = [part for each in self._holding if (part := each.tunnels.get(self._name)) is not None]
        if parts and parts[-1].settings is None:
            self._built.absent[self._name] = parts[-1].key.where
            return
        key = parts[0].key if self._described is None else self._described.key
        layers = self._layers(len(self._holding))
        values, keys = _merged(layers)
        places = {path: key.where for path, key in keys.items()}
        if self._is_whole(key, layers, keys) and all(path in values for path in (*keys, *REQUIRED)):
            complete = {**DEFAULTS, **values}
            found = contradictions(self._name, complete, places)
            self._problems.extend(self._blamed(each) for each in found)
            if not found:
                self._built.tunnels.append(_tunnel(self._name, complete))
        self._built.values[self._name], self._built.places[self._name] = values, places
        if parts:
            said = (part.settings.keys for part in parts if part.settings is not None)
            self._built.overridden[self._name] = {path for keys in said for path in keys}

    def _layers(self, count: int) -> list[Settings]:
        """What is said of the tunnel by default and itself, with the first *count* overrides."""
        holding = self._holding[:count]
        own = [] if self._described is None else [self._described.settings]
        parts = (each.tunnels.get(self._name) for each in holding)
        own += [part.settings for part in parts if part is not None and part.settings is not None]
        return [self._found.defaults, *(each.defaults for each in holding), *own]

    def _is_whole(self, key: Scalar, layers: Sequence[Settings], present: Mapping[str, Scalar]) -> bool:
        """Whether nothing is missing or misspelt; what is missing is a problem, if every file was read."""
        guessed = {path for each in layers for path in each.guessed}
        missing = _missing(key, {*present, *guessed})
        self._problems.extend(missing if self._found.whole else ())
        sound = self._described is None or self._described.sound
        return sound and not missing

    def _blamed(self, problem: Diagnostic) -> Diagnostic:
        """*problem* at the place of the override that it arises with, if it does."""
        counts = range(len(self._holding))
        arises = (at for at in counts if not self._has(problem.code, at) and self._has(problem.code, at + 1))
        at = next(arises, None)
        if at is None:
            return problem
        override = self._holding[at]
        part = override.tunnels.get(self._name)
        said = override.defaults.keys | ({} if part is None or part.settings is None else part.settings.keys)
        places = [key.where for key in said.values()]
        where = problem.where if problem.where in places or not places else places[0]
        return replace(problem, message=f"{problem.message}, with this override", where=where)

    def _has(self, code: str, count: int) -> bool:
        """Whether there is a contradiction *code* with the first *count* overrides."""
        values, _ = _merged(self._layers(count))
        if not all(path in values for path in REQUIRED):
            return False
        return any(each.code == code for each in contradictions(self._name, {**DEFAULTS, **values}, {}))


def _merged(layers: Sequence[Settings]) -> tuple[dict[str, Any], dict[str, Scalar]]:
    """The values and keys of *layers*, where a later one wins."""
    values: dict[str, Any] = {}
    keys: dict[str, Scalar] = {}
    for each in layers:
        values |= each.values
        keys |= each.keys
    return values, keys


def _missing(name: Scalar, present: set[str]) -> list[Diagnostic]:
    missing = [setting for setting in SETTINGS if setting.required and setting.path not in present]
    if not missing:
        return []
    message = f"tunnel {named(name.text)} has {' and '.join(f'no {each.path}' for each in missing)}"
    lines = " and ".join(f"{each.path}: {each.example}" for each in missing)
    options = " ".join(f"{each.options[0].flag} {each.options[0].metavar}" for each in missing)
    hint = f"add {lines} to the file, or give {options}"
    return [Diagnostic("setting-missing", message, name.where, hint=hint)]


def _tunnel(name: str, values: Mapping[str, Any]) -> Tunnel:
    routes = values["routes"]
    servers = values["dns.servers"]
    mode = values["mode"]
    if mode is ABSENT:
        mode = Mode.CLIENT_TO_LAN if routes else Mode.INTERFACE_ONLY
    password = values["password"]
    idle = values["demand.idle"]
    return Tunnel(
        name=name,
        server=values["server"],
        username=values["username"],
        domain=values["domain"],
        password=PasswordSource("file", secret_file(name)) if password is ABSENT else password,
        encryption=values["encryption"],
        authentication=values["authentication"],
        mode=mode,
        routes=routes,
        dns=Dns(
            from_peer=FROM_PEER in servers,
            servers=tuple(each for each in servers if each != FROM_PEER),
            domains=values["dns.domains"],
        ),
        mtu=values["mtu"],
        lcp_echo=LcpEcho(values["lcp_echo.interval"], values["lcp_echo.failure"]),
        reconnect_delay=values["reconnect_delay"],
        on_boot=values["on_boot"],
        init=values["init"],
        engine=values["engine"],
        masquerade=values["masquerade"],
        demand=Demand(idle) if idle else None,
        pppd_options=values["pppd_options"],
        persist=values["persist"],
        reconnect_attempts=values["reconnect_attempts"],
        password_delivery=values["password_delivery"],
        runner=values["runner"],
        datapath=values["datapath"],
    )
