"""The canonical form: what it looks like, and that nothing else changes, whatever the file looked like."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pptpsetup.errors import InternalError, SpecError
from pptpsetup.spec import canonical as module
from pptpsetup.spec.canonical import canonical
from pptpsetup.spec.comments import comments
from pptpsetup.spec.document import Document
from pptpsetup.spec.selection import Fixed
from pptpsetup.yaml.node import MappingNode, Node, Scalar, SequenceNode
from pptpsetup.yaml.reader import read

WILD = """\
# yaml-language-server: $schema=x
# header

version:   1
# of all tunnels
tunnels:
    work:   # the name
        username: "tom"   # quoted


        # about routes
        routes:
          - 10.0.0.0/8   # ten
          # before the last
          - 192.168.7.0/24
          # below the last
        server:    vpn.example.com
        # below work
    # about home
    home: {server: x, username: y, dns: {domains: [a.example], servers: from-peer}}
    lab: {server: x, # behind the server
       username: y, routes: [10.0.0.0/8 # ten
       , 10.1.0.0/16], pppd_options: ["debug", lcp-max-failure 20]
       }
    none:
    # below tunnels

# about defaults
defaults:
    lcp_echo:
        failure: 3
        interval: 20s   # so often
    username: 'z'
    server: z
overrides:
- tunnels: {work: absent, lab:
     {mtu: 1300}}
  host:
  - "a*"
# at the end
"""
TAME = """\
# yaml-language-server: $schema=x
# header

version: 1

# about defaults
defaults:
  server: z
  username: 'z'
  lcp_echo:
    interval: 20s  # so often
    failure: 3
# of all tunnels
tunnels:
  work:  # the name
    server: vpn.example.com
    username: "tom"  # quoted

    # about routes
    routes:
      - 10.0.0.0/8  # ten
      # before the last
      - 192.168.7.0/24
      # below the last
    # below work
  # about home
  home:
    server: x
    username: y
    dns: {servers: from-peer, domains: [a.example]}
  lab:
    server: x  # behind the server
    username: y
    routes:
      - 10.0.0.0/8  # ten
      - 10.1.0.0/16
    pppd_options: ["debug", lcp-max-failure 20]
  none:
  # below tunnels
overrides:
  - host: ["a*"]
    tunnels:
      work: absent
      lab: {mtu: 1300}
# at the end
"""


def test_a_wild_file_is_tamed() -> None:
    assert canonical(WILD, "f") == TAME
    assert canonical(TAME, "f") == TAME
    assert Document.parse(WILD, "f").spec == Document.parse(TAME, "f").spec


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version: 1", "version: 1\n"),
        ("{version: 1, tunnels: {}}", "version: 1\ntunnels: {}\n"),
        ("version: 1\ntunnels:\n", "version: 1\ntunnels:\n"),
        ("version: 1\ntunnels: ~  # none\n", "version: 1\ntunnels: ~  # none\n"),
        ("# only this\n", "# only this\n"),
        ("", ""),
        ("\ufeffversion: 1 # c\n", "version: 1  # c\n"),
        ("version: 1\r\ntunnels: {} # c\r\n", "version: 1\r\ntunnels: {}  # c\r\n"),
        ("---\nversion: 1\n...\n", "---\nversion: 1\n"),
        ("# a\n--- # b\nversion: 1\n# c\n", "# a\n---\n# b\nversion: 1\n# c\n"),
        ("version: 1\ntunnels: { # none\n}\n", "version: 1\n# none\ntunnels: {}\n"),
        (
            "version: 1\ntunnels: {a: {username: |-\n   tom\n  , server: x}}\n".replace(
                "|-\n   tom\n  ", '"t\n  o"'
            ),
            'version: 1\ntunnels:\n  a:\n    server: x\n    username: "t o"\n',
        ),
        (
            "version: 1\ntunnels:\n  a:\n    username: | # so\n      tom\n    server: x\n",
            'version: 1\ntunnels:\n  a:\n    server: x\n    username: "tom\\n"  # so\n',
        ),
        ("version: 1\ndefaults: {pppd_options: debug}\n", "version: 1\ndefaults:\n  pppd_options: debug\n"),
        (
            "version: 1\ndefaults:\n  pppd_options:\n  - domain a,b\n",
            'version: 1\ndefaults:\n  pppd_options: ["domain a,b"]\n',
        ),
        ("a: 1\nversion: 1\nb: {d: 1, c: 2}\n", "version: 1\na: 1\nb: {d: 1, c: 2}\n"),
        (
            "version: 1\noverrides:\n-  # first\n  host: a\n  # second\n  defaults: {mtu: 600}\n",
            "version: 1\noverrides:\n  # first\n  - host: a\n    # second\n    defaults: {mtu: 600}\n",
        ),
    ],
)
def test_small_things(text: str, expected: str) -> None:
    assert canonical(text, "f") == expected
    assert canonical(expected, "f") == expected


def test_a_line_that_is_too_long_is_opened() -> None:
    routes = ", ".join(f"10.{number}.0.0/16" for number in range(9))
    text = f"version: 1\ndefaults: {{routes: [{routes}]}}\n"
    lines = canonical(text, "f").splitlines()
    assert lines[2:5] == ["  routes:", "    - 10.0.0.0/16", "    - 10.1.0.0/16"]
    assert max(map(len, lines)) <= module.WIDTH


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(SpecError):
        canonical("version: [", "f")


def test_nothing_is_given_that_means_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pptpsetup.spec.emit.text", lambda value: f'"{value}!"')
    with pytest.raises(InternalError) as caught:
        canonical("version: 1\ntunnels: {a: {username: 't\n o'}}\n", "f")
    assert caught.value.diagnostics[0].code == "format-spilled"


class Scribe:
    """Writes one and the same meaning in any style, with comments wherever YAML lets them be."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._count = 0

    def comment(self) -> str:
        self._count += 1
        return f"# comment {self._count}"

    def side(self) -> str:
        return self._chance.choice(["", "", "", "  "]) or f" {self.comment()}"

    def above(self) -> str:
        lines = ""
        while self._chance.random() < 0.3:
            lines += self._chance.choice(["\n", f"{' ' * self._chance.randrange(9)}{self.comment()}\n"])
        return lines

    def block(self, value: object, indent: int) -> str:
        """The lines of a mapping or list, all indented by *indent*."""
        margin, lines = " " * indent, ""
        if isinstance(value, dict):
            items = list(value.items())
            self._chance.shuffle(items)
            for key, item in items:
                lines += self.above() + f"{margin}{key}:" + self.after(item, indent)
        elif isinstance(value, list):
            for item in value:
                lines += self.above() + f"{margin}-" + self.after(item, indent)
        return lines

    def after(self, value: object, indent: int) -> str:
        if isinstance(value, (dict, list)) and value and self._chance.random() < 0.7:
            return f"{self.side()}\n" + self.block(value, indent + self._chance.randrange(1, 5))
        return f" {self.flow(value, indent + 1)}{self.side()}\n"

    def flow(self, value: object, indent: int) -> str:
        if isinstance(value, dict):
            items = [f"{key}: {self.flow(item, indent)}" for key, item in value.items()]
            self._chance.shuffle(items)
            return "{" + self.gap(indent) + f",{self.gap(indent)}".join(items) + self.gap(indent) + "}"
        if isinstance(value, list):
            inner = f" ,{self.gap(indent)}".join(self.flow(each, indent) for each in value)
            return "[" + self.gap(indent) + inner + self.gap(indent) + "]"
        return str(value)

    def gap(self, indent: int) -> str:
        if self._chance.random() < 0.8:
            return " " * self._chance.randrange(2)
        return f"{self.side()}\n" + self.above() + " " * (indent + self._chance.randrange(3))


WORDS = st.sampled_from(["x", "'y'", '"z z"', "10.0.0.0/8", "12", "true", "~", "a b"])
VALUES = st.one_of(
    WORDS,
    st.lists(WORDS, max_size=3, unique=True),
    st.dictionaries(st.sampled_from(["servers", "domains", "idle", "odd"]), WORDS, max_size=3),
)
SETTINGS = st.dictionaries(
    st.sampled_from(["server", "username", "routes", "dns", "password", "odd", "mtu"]), VALUES, max_size=5
)
TUNNELS = st.dictionaries(st.sampled_from(["work", "home", "server", "'q'"]), SETTINGS, max_size=3)
OVERRIDES = st.lists(
    st.fixed_dictionaries({"host": WORDS}, optional={"defaults": SETTINGS, "tunnels": TUNNELS}), max_size=2
)
FILES = st.fixed_dictionaries(
    {"version": st.just("1")}, optional={"defaults": SETTINGS, "tunnels": TUNNELS, "overrides": OVERRIDES}
)


def plain(node: Node) -> object:
    if isinstance(node, MappingNode):
        return {each.key.text: plain(each.value) for each in node.entries}
    return [plain(each) for each in node.items] if isinstance(node, SequenceNode) else (node.text, node.tag)


def quotes(text: str, node: Node) -> Counter[str]:
    """How each scalar is written."""
    if isinstance(node, Scalar):
        return Counter([text[node.span.start : node.span.end]])
    parts = node.items if isinstance(node, SequenceNode) else [each.value for each in node.entries]
    return sum((quotes(text, each) for each in parts), Counter())


@settings(max_examples=150, deadline=None)
@given(value=FILES, seed=st.integers(0, 10**6))
def test_any_style_becomes_one_and_keeps_all(value: dict[str, object], seed: int) -> None:
    scribe = Scribe(random.Random(seed))  # noqa: S311  styles, no secrets
    text = scribe.block(value, 0) + scribe.above()
    before = read(text, "f", [])
    made = canonical(text, "f")
    after = read(made, "f", [])
    assert plain(before) == plain(after)
    assert quotes(text, before) == quotes(made, after)
    assert Counter(each.text for each in comments(text, before)) == Counter(
        each.text for each in comments(made, after)
    )
    assert canonical(made, "f") == made
    assert "\n\n\n" not in made
    assert not any(line != line.rstrip() for line in made.splitlines())


@settings(max_examples=50, deadline=None)
@given(value=FILES, seed=st.integers(0, 10**6))
def test_without_comments_the_style_leaves_no_trace(value: dict[str, object], seed: int) -> None:
    plainly, wildly = (Scribe(random.Random(each)) for each in (0, seed))  # noqa: S311  styles, no secrets
    for each in (plainly, wildly):
        each.above = each.side = lambda: ""  # type: ignore[method-assign]
    # The order of tunnels and of keys that are none means something or may: only what is known is sorted.
    if all(len(found) < 2 for found in _named(value)):
        first, second = (canonical(each.block(value, 0), "f") for each in (plainly, wildly))
        assert first == second


def _named(value: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    if isinstance(value, dict):
        found += [value["tunnels"]] if isinstance(value.get("tunnels"), dict) else []
        found += [{key: each for key, each in value.items() if key in {"odd", "'q'", "idle"}}]
        found += [inner for each in value.values() for inner in _named(each)]
    elif isinstance(value, list):
        found += [inner for each in value for inner in _named(each)]
    return found


def test_the_example_of_the_reference_is_canonical_but_for_its_layout() -> None:
    from pptpsetup.spec import reference

    text = reference.markdown().split("```yaml\n")[1].split("```")[0]
    made = canonical(text, "f")
    assert Document.parse(made, "f", Fixed()).spec == Document.parse(text, "f", Fixed()).spec
