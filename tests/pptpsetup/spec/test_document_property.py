"""Whatever the input: a valid document or SpecError; whatever the edit: only the wanted tunnel changes."""

import string
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pptpsetup.errors import SpecError
from pptpsetup.spec import emit
from pptpsetup.spec.document import Document
from pptpsetup.spec.names import check_tunnel_name
from pptpsetup.spec.options import read_plain
from pptpsetup.spec.settings import SETTINGS
from pptpsetup.yaml.node import MappingNode, Node, Scalar, SequenceNode, integer
from pptpsetup.yaml.reader import read

MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])

WORDS = st.sampled_from(
    [
        *("version: 1\n", "tunnels:", "defaults:", "work:", "server: x", "username: y", "routes:", "dns:"),
        *(
            "password:",
            "file:",
            "10.0.0.0/8",
            "1",
            "é",
            "~",
            "- ",
            "\n",
            "\r\n",
            "  ",
            "    ",
            "\t",
            ": ",
            ",",
        ),
        *("{", "}", "[", "]", "#", "'", '"', "\\", "|", ">", "&a", "*a", "!t", "?", "%", "@", "---", "..."),
        *("\ufeff", "\x85", "\u2028", "\0", '"\\U99999999"'),
    ]
)


def parses_or_refuses(data: bytes) -> None:
    """Nothing else may come out."""
    try:
        document = Document.parse_bytes(data, "f")
    except SpecError as error:
        found = error.diagnostics
        assert found
        return
    assert document.text.encode() == data


@MANY
@given(st.binary(max_size=200))
@example(b'a: "\\U99999999"')
@example(b"%")
@example(b"%YAML 1.1\n---\nversion: 1\n")
@example(b"version: 1\ntunnels: &a {b: *a}\n")
def test_any_bytes(data: bytes) -> None:
    """Mostly not UTF-8."""
    parses_or_refuses(data)


@MANY
@given(st.lists(WORDS, max_size=40).map("".join))
@example("version: 1\n? |\n")
@example("- {a\n")
def test_any_yaml_like_text(text: str) -> None:
    """Built from what matters to YAML and to us."""
    parses_or_refuses(text.encode())


LABEL = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8).map(lambda each: f"a{each}")
TUNNEL_NAMES = st.text(string.ascii_letters + string.digits + "_.-", min_size=1, max_size=12).filter(
    lambda name: _accepts(check_tunnel_name, name)
)
LOGINS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
NETWORKS = st.integers(1, 200).map(lambda octet: f"10.{octet}.0.0/16")
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "server": LABEL | st.just("203.0.113.9"),
    "username": LOGINS.filter(lambda text: _accepts(lambda each: read_plain("username", each), text)),
    "domain": LOGINS.filter(lambda text: _accepts(lambda each: read_plain("domain", each), text)),
    "password": st.fixed_dictionaries({"command": st.lists(LABEL, min_size=1, max_size=3)})
    | st.fixed_dictionaries({"env": st.just("PASSWORD")}),
    "encryption": st.sampled_from(["required-128", "required-40", "none"]),
    "routes": st.lists(NETWORKS, unique=True, max_size=4),
    "dns.servers": st.just(["from-peer", "10.0.0.1"]),
    "dns.domains": st.lists(LABEL, unique=True, max_size=2),
    "mtu": st.integers(576, 1500),
    "lcp_echo.interval": st.integers(0, 3600),
    "lcp_echo.failure": st.integers(1, 100),
    "reconnect_delay": st.integers(1, 3600),
    "on_boot": st.booleans(),
    "engine": st.sampled_from(["bundled", "system"]),
    "runner": st.sampled_from(["auto", "pppd"]),
    "datapath": st.sampled_from(["auto", "pty"]),
}
REQUIRED = {path: VALUES[path] for path in ("server", "username", "dns.servers")}
TUNNELS = st.fixed_dictionaries(REQUIRED, optional={k: v for k, v in VALUES.items() if k not in REQUIRED})
UPDATES = st.fixed_dictionaries(
    {}, optional={k: v if k in REQUIRED else v | st.none() for k, v in VALUES.items()}
)


def _accepts(check: Any, value: str) -> bool:
    try:
        check(value)
    except SpecError:
        return False
    return True


def meant(document: Document, name: str) -> object:
    """The tunnel as the model has it."""
    tunnel = document.spec.find(name)
    assert tunnel is not None
    return tunnel


def commented(document: Document) -> Document:
    """The same document, every line with a comment of its own, and comments between the lines."""
    lines = []
    for number, line in enumerate(document.text.splitlines()):
        indent = " " * (len(line) - len(line.lstrip()))
        lines += [
            f"{indent}# over {number}",
            line if line.startswith("#") else f"{line}  # line {number}",
            "",
        ]
    return Document.parse("\n".join(lines) + "\n", "f")


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(st.dictionaries(TUNNEL_NAMES, TUNNELS, min_size=1, max_size=3), st.data(), st.booleans())
def test_edits_stay_inside_their_tunnel(tunnels: dict[str, Any], data: st.DataObject, inline: bool) -> None:
    """Create several, change one, repeat the change, delete it: each step does that and no more."""
    document = Document.empty("f")
    if inline:
        document = Document.parse("{version: 1, tunnels: {}}", "f")
    for name, values in tunnels.items():
        document = document.set_tunnel(name, values)
    if not inline:
        document = commented(document)
    name = data.draw(st.sampled_from(sorted(tunnels)))
    update = data.draw(UPDATES)
    other = {each.name: each for each in document.spec.tunnels if each.name != name}
    try:
        changed = document.set_tunnel(name, update)
    except SpecError as error:
        codes = {each.code for each in error.diagnostics}
        assert codes <= {"login-too-long"}
        return
    assert {each.name: each for each in changed.spec.tunnels if each.name != name} == other
    merged = {path: value for path, value in {**tunnels[name], **update}.items() if value is not None}
    assert meant(changed, name) == meant(Document.empty("f").set_tunnel(name, merged), name)
    assert changed.set_tunnel(name, update).text == changed.text
    removed = changed.remove_tunnel(name)
    assert {each.name: each for each in removed.spec.tunnels} == other
    for line in document.text.splitlines() if other and not inline else ():
        if "# over" in line and not line.startswith("    "):
            assert line in removed.text


PLAIN = st.recursive(
    st.text(st.characters(codec="utf-8"), max_size=20) | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def data_of(node: Node) -> object:
    """A node as plain data."""
    if isinstance(node, MappingNode):
        return {entry.key.text: data_of(entry.value) for entry in node.entries}
    if isinstance(node, SequenceNode):
        return [data_of(item) for item in node.items]
    if node.tag == "int":
        return integer(node)
    return node.text == "true" if node.tag == "bool" else node.text


@MANY
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), PLAIN, min_size=1, max_size=3))
@example({"yes": "no", "0": "1e3", "": "~", "a": "2024-01-01"})
@example({"é": "\ufeff\x85\u2028\0", "b": "10.0.0.1"})
def test_what_is_written_reads_back(value: dict[str, Any]) -> None:
    """Every string, number and nesting; no value is taken for another type."""
    problems: list[Any] = []
    small = all(abs(each) < 10**19 for each in _integers(value))
    if small:
        assert data_of(read(emit.flow(value), "f", problems)) == value
        assert not problems


def _integers(value: object) -> list[int]:
    if isinstance(value, dict):
        return [each for item in value.values() for each in _integers(item)]
    if isinstance(value, list):
        return [each for item in value for each in _integers(item)]
    return [value] if isinstance(value, int) else []


@MANY
@given(st.text(st.characters(codec="utf-8"), max_size=20))
@example("on")
@example("1:30")
@example("2024-01-01")
@example("<<")
@example("=")
def test_strings_read_back_with_yaml_1_1_too(text: str) -> None:
    """Other tools may read the file with PyYAML's rules, where on is true and 1:30 is ninety."""
    from ruamel.yaml import YAML

    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 1)
    assert reader.load(f"key: {emit.text(text)}\n") == {"key": text}


def test_every_example_is_valid() -> None:
    """The settings' own examples and defaults."""
    for setting in SETTINGS:
        value = read_plain(setting.path, setting.example)
        assert read_plain(setting.path, setting.kind.plain(value)) == value


def test_integers_of_absurd_length_are_out_of_range() -> None:
    """CPython refuses to convert more than 4300 digits; the message is ours."""
    assert integer(Scalar("9" * 5000, "int", None)) == 10**20
