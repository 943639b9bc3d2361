"""The generated reference: current, and a schema that agrees with the validator."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pptpsetup.errors import SpecError
from pptpsetup.spec import reference
from pptpsetup.spec.document import Document
from pptpsetup.spec.selection import Fixed
from pptpsetup.spec.settings import SETTINGS

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


def test_every_setting_is_in_both() -> None:
    """One declaration, every view."""
    table = reference.markdown()
    settings = reference.schema()["$defs"]
    assert isinstance(settings, dict)
    for setting in SETTINGS:
        assert f"| `{setting.path}` |" in table
        found = settings["settings"]
        for key in setting.keys:
            found = found["properties"][key]
        assert found["description"]


def test_it_writes_where_told(tmp_path: Path) -> None:
    """And says how it is used."""
    assert reference.main([str(tmp_path / "new")]) == 0
    assert {each.name for each in (tmp_path / "new").iterdir()} == set(reference.files())
    assert reference.main([]) == 1
