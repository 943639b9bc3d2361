"""The generated reference: current, and a schema that agrees with the validator."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pptpsetup.errors import SpecError
from pptpsetup.spec import names, reference
from pptpsetup.spec.document import Document
from pptpsetup.spec.selection import Fixed
from pptpsetup.spec.setting import Setting
from pptpsetup.spec.settings import SETTINGS
from pptpsetup.spec.values import SOURCE_KINDS
from pptpsetup.yaml.node import node_of

DOCS = Path(__file__).parents[3] / "docs" / "reference"
VALIDATOR = jsonschema.Draft202012Validator(reference.schema())


def plain(text: str) -> Any:
    """A YAML text as an editor's schema check sees it."""
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.project
@pytest.mark.parametrize("name", sorted(reference.files()))
def test_the_files_are_current(name: str) -> None:
    """Otherwise: python -m pptpsetup.spec.reference docs/reference."""
    assert (DOCS / name).read_text(encoding="utf-8") == reference.files()[name]


def test_it_is_a_schema() -> None:
    """Draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(reference.schema())


@pytest.mark.parametrize(
    "text",
    [
        "version: 1",
        "version: 1\ntunnels:\ndefaults:\n",
        "version: 1\ntunnels: {work: {server: vpn.example.com, username: tom}}",
        "version: 1\ndefaults: {server: x, username: y}\ntunnels: {work: , home: {mtu: 600}}",
        "version: 1\ndefaults: {server: x}\ntunnels: {a: {username: y, routes: 10.0.0.0/8}}",
        "version: 1\ntunnels: {a: {server: x, username: y, dns: {servers: from-peer}}}",
        "version: 1\ntunnels: {a: {server: 1.2.3.4, username: y, password: {command: [a, b]}}}",
        "version: 1\noverrides:",
        (
            "version: 1\ntunnels: {a: }\noverrides: [{host: ['*'], defaults: {server: x, username: y}},"
            " {profile: debian, tunnels: {a: absent}}]"
        ),
        (
            "version: 1\noverrides: [{host: a, profile: [debian, gentoo], defaults: , tunnels: {b: }},"
            " {host: '[ab]?', tunnels: {c: {server: x, username: y}}}]"
        ),
        "version: 1\ntunnels: {a: {server: x., username: y, lcp_echo: {interval: 0}, dns: {servers: []}}}",
    ],
)
def test_valid_files_are_valid_by_the_schema(text: str) -> None:
    """Both say yes."""
    Document.parse(text, "f", Fixed(("any",)))
    VALIDATOR.validate(plain(text))


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "version: 2",
        "version: 1\ntunnel: {}",
        "version: 1\ntunnels: {work: {server: x}}",
        "version: 1\ntunnels: {work: }",
        "version: 1\ndefaults: {server: x}\ntunnels: {work: {}}",
        "version: 1\ntunnels: {a b: {server: x, username: y}}",
        "version: 1\ntunnels: {pptp: {server: x, username: y}}",
        "version: 1\ntunnels: {a.bak: {server: x, username: y}}",
        "version: 1\ntunnels: {a.: {server: x, username: y}}",
        "version: 1\ntunnels: {a: {server: x}}\noverrides: []",
        "version: 1\ntunnels: {a: {server: x}}\noverrides:",
        *(
            f"version: 1\ntunnels: {{a: {{server: x, username: y}}}}\noverrides: {each}"
            for each in (
                "{host: a, tunnels: }",
                "[a]",
                "[{tunnels: {a: {mtu: 600}}}]",
                "[{host: a}]",
                "[{host: [], defaults: {mtu: 600}}]",
                "[{host: a b, defaults: {mtu: 600}}]",
                "[{host: '', defaults: {mtu: 600}}]",
                "[{profile: Debian, defaults: {mtu: 600}}]",
                "[{host: a, defaults: {mtu: 1}}]",
                "[{host: a, tunnels: {a: gone}}]",
                "[{host: a, tunnels: {a b: {mtu: 600}}}]",
                "[{host: a, tunnels: [a]}]",
                "[{host: a, hosts: b, defaults: {mtu: 600}}]",
            )
        ),
        *(
            f"version: 1\ndefaults: {{server: x, username: y}}\ntunnels: {{work: {{{setting}}}}}"
            for setting in (
                *(f"server: {each}" for each in ('"5"', "10.0.0", "10.0.0.256", "a..b", "a_b")),
                *(f"username: {each}" for each in ('"*"', "'a\\b'", '"a\\nb"', '"a\\u0085b"', '""')),
                *(f"domain: {each}" for each in ('"*"', "'a\\b'", '"a\\u2028b"')),
                "password: {file: /a/../b}",
                "password: {file: /a/..}",
                'password: {file: "/a\\nb"}',
                "password: {env: A, file: /b}",
                "password: {command: []}",
                'password: {command: [""]}',
                'password: {command: [a, "b\\nc"]}',
                'password: {keyring: [a, ""]}',
                "password: {keyring: [a, b, c]}",
                "routes: 300.0.0.0/8",
                "routes: 10.0.0.0/33",
                "routes: 10.0.0.0/08",
                "routes: 0.0.0.0/0",
                "dns: {servers: 300.0.0.1}",
                "server: a b",
                "server: -x",
                "username: 5",
                "password: secret",
                "password: {}",
                "password: {file: x}",
                "encryption: strong",
                "authentication: []",
                "mode: lan",
                "routes: {a: b}",
                "routes: [10.0.0.0]",
                "dns: {servers: x}",
                "dns: from-peer",
                "mtu: 10",
                'mtu: "1400"',
                "on_boot: yes",
                "lcp_echo: {interval: 5 min}",
                "lcp_echo: {failures: 5}",
                "init: upstart",
                "engine: [system]",
                "host: x",
            )
        ),
    ],
)
def test_invalid_files_are_invalid_by_the_schema(text: str) -> None:
    """Both say no."""
    with pytest.raises(SpecError):
        Document.parse(text, "f")
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(plain(text))


ODD = st.text(alphabet="0123456789./:-_ *~\\\n\u0085\u2028abS\u00e9", max_size=12)
NEAR = st.sampled_from(
    [
        "10.0.0.0/8",
        "240.0.0.0/4",
        "255.255.255.255",
        "1.2.3.4/32",
        "from-peer",
        "debug",
        "a.b.",
        "20s",
    ]
)
SCALARS = ODD | NEAR | st.integers(-1, 90000) | st.booleans() | st.none()
SOURCES = st.dictionaries(st.sampled_from(SOURCE_KINDS), SCALARS | st.lists(ODD, max_size=3), max_size=2)


def _accepts(function: Callable[[Any], object], value: object) -> bool:
    try:
        function(value)
    except SpecError:
        return False
    return True


def _said_of(setting: Setting) -> Any:
    found: Any = reference.schema()["$defs"]
    found = found["settings"]
    for key in setting.keys:
        found = found["properties"][key]
    return found


VALIDATORS = {each.path: jsonschema.Draft202012Validator(_said_of(each)) for each in SETTINGS}


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from(SETTINGS), SCALARS | st.lists(SCALARS, max_size=2) | SOURCES)
def test_whatever_we_take_the_schema_takes(setting: Setting, value: object) -> None:
    """An editor that marks what is right is soon switched off."""
    if _accepts(setting.kind.read, node_of(value)):
        VALIDATORS[setting.path].validate(value)


@settings(max_examples=500, deadline=None)
@given(ODD | st.sampled_from(["pptp", "a.bak", "a.rpmsave", "a~", "..", "a" * 63, "a" * 64]))
@example("a\\b")
def test_names_are_the_same_to_both(text: str) -> None:
    """To the letter; a line's end is what Python's $ lets through."""
    if text.endswith("\n"):
        return
    assert bool(re.search(names.TUNNEL_NAME_SCHEMA, text)) == _accepts(names.check_tunnel_name, text)
    assert bool(re.search(names.LOGIN_SCHEMA, text)) == _accepts(names.check_username, text)
    assert bool(re.search(names.LOGIN_SCHEMA, text)) == _accepts(names.check_domain, text)


def test_every_setting_is_in_both() -> None:
    """One declaration, every view."""
    table = reference.markdown()
    for setting in SETTINGS:
        assert f"| `{setting.path}` |" in table
        assert _said_of(setting)["description"]


def test_it_writes_where_told(tmp_path: Path) -> None:
    """And says how it is used."""
    assert reference.main([str(tmp_path / "new")]) == 0
    assert {each.name for each in (tmp_path / "new").iterdir()} == set(reference.files())
    assert reference.main([]) == 1
