"""What a valid file means."""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from pptpsetup.errors import SpecError
from pptpsetup.spec.document import Document
from pptpsetup.spec.model import (
    Authentication,
    Demand,
    Dns,
    Encryption,
    Engine,
    Init,
    LcpEcho,
    Mode,
    PasswordSource,
    Tunnel,
)
from pptpsetup.spec.selection import Fixed


def only(text: str) -> Tunnel:
    """The single tunnel of a file."""
    (tunnel,) = Document.parse(text, "f").spec.tunnels
    return tunnel


def test_defaults_of_every_setting() -> None:
    """A tunnel with the two required settings."""
    assert only("version: 1\ntunnels: {work: {server: vpn, username: tom}}") == Tunnel(
        name="work",
        server="vpn",
        username="tom",
        domain=None,
        password=PasswordSource("file", "/etc/pptpsetup/secrets/work"),
        encryption=Encryption.REQUIRED_128,
        authentication=(Authentication.MSCHAP_V2,),
        mode=Mode.INTERFACE_ONLY,
        routes=(),
        dns=Dns(),
        mtu=1400,
        lcp_echo=LcpEcho(20, 3),
        reconnect_delay=10,
        on_boot=False,
        init=Init.AUTO,
        engine=Engine.BUNDLED,
    )


def test_every_setting() -> None:
    """Each with a value that is not the default."""
    tunnel = only("""\
version: 1
tunnels:
  work:
    server: 203.0.113.9
    username: "007"
    domain: CORP
    password: {command: [pass, show, "vpn work"]}
    encryption: none
    authentication: [chap, pap]
    routes: 192.168.7.0/24
    dns: {servers: [from-peer, 10.0.0.1], domains: corp.example}
    mtu: 1_300
    lcp_echo: {interval: 1m, failure: 5}
    reconnect_delay: 90
    reconnect_attempts: 5
    on_boot: true
    init: systemd
    engine: system
""")
    assert tunnel.login == "CORP\\007"
    assert tunnel.password == PasswordSource("command", ("pass", "show", "vpn work"))
    assert tunnel.authentication == (Authentication.CHAP, Authentication.PAP)
    assert (tunnel.mode, tunnel.routes) == (Mode.CLIENT_TO_LAN, (IPv4Network("192.168.7.0/24"),))
    assert tunnel.dns == Dns(True, (IPv4Address("10.0.0.1"),), ("corp.example",))
    assert (tunnel.mtu, tunnel.lcp_echo, tunnel.reconnect_delay) == (1300, LcpEcho(60, 5), 90)
    assert (tunnel.persist, tunnel.reconnect_attempts) == (True, 5)
    assert (tunnel.on_boot, tunnel.init, tunnel.engine) == (True, Init.SYSTEMD, Engine.SYSTEM)


def test_defaults_are_merged_setting_by_setting() -> None:
    """Groups key by key; a password source as a whole."""
    text = """\
version: 1
defaults: {username: tom, lcp_echo: {interval: 5s}, mtu: 1300, password: {env: PW}, routes: [10.0.0.0/8]}
tunnels:
  a: {server: a, lcp_echo: {failure: 9}}
  b: {server: b, mtu: 1200, username: bob, password: {file: /pw}, routes: []}
"""
    a, b = Document.parse(text, "f").spec.tunnels
    assert (a.lcp_echo, a.mtu, a.username, a.mode) == (LcpEcho(5, 9), 1300, "tom", Mode.CLIENT_TO_LAN)
    assert (b.lcp_echo, b.mtu, b.username, b.mode) == (LcpEcho(5, 3), 1200, "bob", Mode.INTERFACE_ONLY)
    assert (a.password, b.password) == (PasswordSource("env", "PW"), PasswordSource("file", "/pw"))


def test_a_tunnel_can_stay_connected_where_the_default_is_to_dial_on_demand() -> None:
    text = """\
version: 1
defaults: {demand: {idle: 10m}}
tunnels:
  a: {server: x, username: y}
  b: {server: x, username: y, demand: {idle: 0s}}
"""
    a, b = Document.parse(text, "f").spec.tunnels
    assert (a.demand, b.demand) == (Demand(idle=600), None)


def test_a_fault_in_the_defaults_is_said_once() -> None:
    """Not again for every tunnel that inherits it."""
    text = "version: 1\ndefaults: {server: a b, mtu: 1}\ntunnels: {a: {username: x}, b: {username: y}}\n"
    with pytest.raises(SpecError) as caught:
        Document.parse(text, "f")
    assert [each.code for each in caught.value.diagnostics] == ["server-invalid", "out-of-range"]


def test_order_is_the_files() -> None:
    """list shows them like that."""
    text = "version: 1\ntunnels: {z: {server: x, username: y}, a: {server: x, username: y}}"
    assert [each.name for each in Document.parse(text, "f").spec.tunnels] == ["z", "a"]


def test_yaml_1_1_words_are_text() -> None:
    """A tunnel may be called no, a user on."""
    assert only("version: 1\ntunnels: {no: {server: x, username: on}}").name == "no"


@pytest.mark.parametrize(
    "text", ["\ufeffversion: 1\n", "version: 1\r\ntunnels:\r\n", "---\nversion: 1\n...\n"]
)
def test_byte_order_mark_crlf_and_document_marks(text: str) -> None:
    """Editors write them."""
    document = Document.parse_bytes(text.encode(), "f")
    assert document.spec.tunnels == ()
    assert document.text == text


def test_places_count_characters_after_the_byte_order_mark() -> None:
    """Editors do not count it."""
    with pytest.raises(SpecError) as caught:
        Document.parse("\ufeffversion: 2\n", "f")
    assert str(caught.value.diagnostics[0].where) == "f:1:10"


def test_bytes_that_are_not_utf8() -> None:
    """The place is the byte's."""
    with pytest.raises(SpecError) as caught:
        Document.parse_bytes(b"version: 1\n# caf\xe9\n", "f.yaml")
    (problem,) = caught.value.diagnostics
    assert (problem.code, str(problem.where)) == ("not-utf8", "f.yaml:2:6")


def test_a_huge_file_is_refused_before_it_is_parsed() -> None:
    """Sixteen megabytes are more than anybody's tunnels."""
    with pytest.raises(SpecError) as caught:
        Document.parse("#" * (1 << 24) + "\n", "f")
    assert caught.value.diagnostics[0].code == "file-too-large"


def test_a_large_file_must_be_simple_and_the_line_that_is_not_is_named() -> None:
    """The library that reads all of YAML would take minutes for ten thousand tunnels."""
    comment = "#" * (1 << 18)
    text = f"version: 1\ntunnels:\n  work: {{server: x, username: y}}\n{comment}\n"
    assert only(text).server == "x"
    with pytest.raises(SpecError) as caught:
        Document.parse(text + "  home:\n    server: |\n      x\n    username: y\n", "f")
    (problem,) = caught.value.diagnostics
    assert (problem.code, str(problem.where)) == ("file-too-large", "f:6:1")


def test_the_documented_example_is_valid() -> None:
    """docs/reference/settings.md shows files that work."""
    text = (Path(__file__).parents[3] / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    first, overrides, settings = (block.split("```")[0] for block in text.split("```yaml\n")[1:])
    assert only(first).dns.from_peer
    assert Document.parse(first + overrides, "f", Fixed(("lab1",), ("debian",))).spec.find("lab")
    lines = "".join(f"    {line}\n" for line in settings.splitlines())
    assert only(f"version: 1\ntunnels:\n  work:\n{lines}").on_boot


def test_a_forgotten_password_is_a_source_of_its_own() -> None:
    """The tunnel is described and not set up; nothing but true makes sense there."""
    text = "version: 1\ntunnels:\n  a: {server: x.example, username: u, password: {forgotten: true}}\n"
    (tunnel,) = Document.parse(text, "f").spec.tunnels
    assert not tunnel.is_set_up
    again = Document.empty("f").set_tunnel(
        "a", {"server": "x.example", "username": "u", "password": {"forgotten": True}}
    )
    assert "password: {forgotten: true}" in again.text
    with pytest.raises(SpecError, match="forgotten can only be true"):
        Document.parse(text.replace("forgotten: true", "forgotten: false"), "f")
