"""Edits change the wanted tunnel and keep every other byte."""

import pytest

from pptpsetup.errors import SpecError, UsageError
from pptpsetup.spec.document import Document

FILE = "/etc/pptpsetup/tunnels.yaml"
TWO_GONE = {"mtu": None, "on_boot": None}
ALICE = {"server": "vpn.example.com", "username": "alice"}

HAND_WRITTEN = """\
# Tunnels of the branch office.
---
version: 1    # the format

defaults: {mtu: 1300}

tunnels:
  # Head office; ask Bob before changing it.
  work:
    server: "vpn.example.com"   # moved in May
    username:   alice
    routes:          # both LANs
      # the old one
      - 192.168.7.0/24   # ground floor
      - 192.168.8.0/24   # first floor
      # - 192.168.9.0/24
    dns:
      servers: from-peer
    # end of work

  # home: {server: 203.0.113.9, username: bob}

  'lab': {server: 203.0.113.7, username: carol, # inline
          on_boot: true}
# The end.
"""


def edited(text: str, name: str, **values: object) -> str:
    """*text* after setting *values* in tunnel *name*; ``dns__servers`` stands for ``dns.servers``."""
    paths = {key.replace("__", "."): value for key, value in values.items()}
    return Document.parse(text, FILE).set_tunnel(name, paths).text


def test_a_new_file_reads_well() -> None:
    """What create writes on a fresh machine."""
    values = {
        **ALICE,
        "domain": "CORP",
        "password": {"file": "/etc/pptpsetup/secrets/work"},
        "routes": ["192.168.7.0/24"],
        "dns.servers": ["from-peer"],
        "dns.domains": ["corp.example"],
        "on_boot": True,
    }
    assert Document.empty(FILE).set_tunnel("work", values).text == (
        "# The PPTP tunnels of this host. pptpsetup(8) edits this file and keeps your comments.\n"
        "version: 1\n"
        "tunnels:\n"
        "  work:\n"
        "    server: vpn.example.com\n"
        "    username: alice\n"
        "    domain: CORP\n"
        "    password: {file: /etc/pptpsetup/secrets/work}\n"
        "    routes: [192.168.7.0/24]\n"
        "    dns: {servers: [from-peer], domains: [corp.example]}\n"
        "    on_boot: true\n"
    )


def test_setting_the_same_again_changes_nothing() -> None:
    """However the value is written: quoted, with another unit, as a single item without brackets."""
    text = HAND_WRITTEN.replace(
        "    username:   alice\n", "    username:   alice\n    reconnect_delay: 120s\n"
    )
    values = {
        "server": "vpn.example.com",
        "username": "alice",
        "routes": ["192.168.7.0/24", "192.168.8.0/24"],
        "dns.servers": ["from-peer"],
        "reconnect_delay": "2m",
        "mtu": None,
    }
    assert Document.parse(text, FILE).set_tunnel("work", values).text == text


@pytest.mark.parametrize(
    ("values", "old", "new"),
    [
        ({"server": "vpn2.example.com"}, '"vpn.example.com"', "vpn2.example.com"),
        ({"username": "o'neil"}, "alice", '"o\'neil"'),
        ({"username": "0777"}, "  alice", '  "0777"'),
        ({"routes": ["192.168.7.0/24"]}, "      - 192.168.8.0/24   # first floor\n", ""),
        ({"routes": ["192.168.8.0/24"]}, "      - 192.168.7.0/24   # ground floor\n", ""),
        (
            {"routes": ["192.168.7.0/24", "192.168.8.0/24", "10.0.0.0/8"]},
            "# first floor\n",
            "# first floor\n      - 10.0.0.0/8\n",
        ),
        ({"dns.domains": ["corp.example"]}, "from-peer\n", "from-peer\n      domains: [corp.example]\n"),
        ({"dns.servers": None}, "    dns:\n      servers: from-peer\n", ""),
        ({"dns.servers": ["10.0.0.1"]}, "servers: from-peer", "servers: [10.0.0.1]"),
        ({"domain": "CORP"}, "alice\n", "alice\n    domain: CORP\n"),
        ({"lcp_echo.interval": 30}, "from-peer\n", "from-peer\n    lcp_echo: {interval: 30s}\n"),
    ],
)
def test_one_setting_changes_one_place(values: dict[str, object], old: str, new: str) -> None:
    """Comments, blank lines, quotes and order all around stay."""
    assert Document.parse(HAND_WRITTEN, FILE).set_tunnel("work", values).text == HAND_WRITTEN.replace(
        old, new
    )


def test_a_list_that_is_replaced_altogether_becomes_one_line() -> None:
    """Item comments have lost their items; the comment behind the key stays."""
    text = edited(HAND_WRITTEN, "work", routes=["10.0.0.0/8"])
    assert "    routes: [10.0.0.0/8]          # both LANs\n      # the old one\n" in text
    assert "192.168.7.0/24   # ground floor" not in text


def test_flow_mappings_are_edited_between_their_brackets() -> None:
    """An inline tunnel stays inline, and its comments stay."""
    text = edited(HAND_WRITTEN, "lab", mtu=1200, dns__servers=["from-peer"], on_boot=None)
    assert (
        "  'lab': {server: 203.0.113.7, username: carol, dns: {servers: [from-peer]}, mtu: 1200, # inline\n"
        "          }\n# The end.\n"
    ) in text
    spec = Document.parse(text, FILE).spec
    lab = spec.find("lab")
    assert lab is not None
    assert (lab.mtu, lab.on_boot, lab.dns.from_peer) == (1200, False, True)


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        ("{server: a, username: b, mtu: 600}", {"mtu": None}, "{server: a, username: b}"),
        ("{mtu: 600, server: a, username: b}", {"mtu": None}, "{server: a, username: b}"),
        ("{server: a, mtu: 600, on_boot: true, username: b}", TWO_GONE, "{server: a, username: b}"),
        ("{server: a, username: b,}", {"mtu": 600}, "{server: a, username: b, mtu: 600,}"),
        ('{"server":"a","username":"b"}', {"server": "c"}, '{"server": c,"username":"b"}'),
        (
            "{server: a, username: b, dns: {servers: 1.2.3.4}}",
            {"dns.servers": None},
            "{server: a, username: b}",
        ),
        (
            "{server: a, username: b, dns: {}}",
            {"dns.servers": ["1.2.3.4"]},
            "{server: a, username: b, dns: {servers: [1.2.3.4]}}",
        ),
    ],
)
def test_inline_tunnels(before: str, values: dict[str, object], after: str) -> None:
    """Removing first, middle and last keys, trailing commas, JSON style."""
    text = f"version: 1\ntunnels: {{work: {before}, home: {{server: x, username: y}}}}\n"
    changed = Document.parse(text, FILE).set_tunnel("work", values)
    assert changed.text == text.replace(before, after)


def test_the_whole_file_in_json() -> None:
    """A tool may have written the file; JSON is YAML."""
    text = '{"version": 1, "tunnels": {"work": {"server": "a", "username": "b"}}}'
    document = Document.parse(text, FILE).set_tunnel("home", ALICE)
    assert document.text == text.replace('"b"}}', '"b"}, home: {server: vpn.example.com, username: alice}}')
    assert document.remove_tunnel("home").text == text
    assert document.remove_tunnel("work").remove_tunnel("home").text == '{"version": 1, "tunnels": {}}'


def test_removing_keeps_what_is_not_the_tunnels() -> None:
    """Its lines and the comments further in go; the rest stays."""
    text = Document.parse(HAND_WRITTEN, FILE).remove_tunnel("work").text
    start, end = HAND_WRITTEN.index("  work:"), HAND_WRITTEN.index("\n  # home:")
    assert text == HAND_WRITTEN[:start] + HAND_WRITTEN[end:]
    text = Document.parse(text, FILE).remove_tunnel("lab").text
    assert "tunnels: {}\n  # Head office" in text
    assert text.endswith("bob}\n\n# The end.\n")


@pytest.mark.parametrize(
    "text",
    [
        HAND_WRITTEN,
        HAND_WRITTEN.replace("\n", "\r\n"),
        "\ufeff" + HAND_WRITTEN,
        "version: 1\n",
        "version: 1\ntunnels:\n  a:\n    server: x\n    username: y\n",
        "version: 1\ntunnels:\n    a:\n          username: y\n          server: x\n    # tail\n\n# end\n",
        "tunnels: {a: {server: x, username: y}}\nversion: 1\n",
        "{version: 1}",
        "version: 1\ntunnels: {}  # none yet\n# end\n",
        "version: 1\ntunnels: {}\n  # further in\n# end\n",
        "version: 1\ntunnels:\n  a:\n    server: x\n    username: |-\n      y\n\n\ndefaults: {}\n",
        "version: 1\ndefaults: {server: x, username: y}\ntunnels:\n  a:\n  b:\n...\n",
    ],
)
def test_creating_and_deleting_gives_the_same_bytes(text: str) -> None:
    """Whatever the file looked like."""
    document = Document.parse(text, FILE)
    created = document.set_tunnel("new", {**ALICE, "routes": ["10.0.0.0/8"]})
    assert created.set_tunnel("new", {**ALICE, "routes": ["10.0.0.0/8"]}).text == created.text
    deleted = created.remove_tunnel("new")
    if "tunnels" not in text:
        assert not deleted.spec.tunnels
    else:
        assert deleted.text == text


def test_line_ends_follow_the_file() -> None:
    """A file with CRLF gets CRLF."""
    text = edited("version: 1\r\ntunnels:\r\n  a: {server: x, username: y}\r\n", "work", **ALICE)
    assert text.count("\n") == text.count("\r\n") == 6


def test_a_last_line_without_end_gets_one() -> None:
    """The new lines must not stick to it."""
    text = edited("version: 1\ntunnels:\n  a:\n    server: x\n    username: y", "work", **ALICE)
    assert "    username: y\n  work:\n    server: vpn.example.com\n" in text


def test_a_null_section_is_filled() -> None:
    """``tunnels:`` with nothing below it, and a comment behind it."""
    assert edited("version: 1\ntunnels:   # ours\n# end\n", "work", **ALICE) == (
        "version: 1\ntunnels:   # ours\n  work:\n    server: vpn.example.com\n    username: alice\n# end\n"
    )


def test_a_null_tunnel_is_filled() -> None:
    """A tunnel whose settings all came from the defaults."""
    text = "version: 1\ndefaults: {server: x, username: y}\ntunnels:\n  work:\n  home: {}\n"
    assert edited(text, "work", mtu=1200) == text.replace("work:\n", "work:\n    mtu: 1200\n")
    assert edited(text, "home", mtu=1200) == text.replace("home: {}\n", "home:\n    mtu: 1200\n")


def test_a_key_that_shares_its_line_is_not_guessed_at() -> None:
    """Explicit keys (``? key``) are legal and cannot be spliced by lines."""
    text = (
        "version: 1\ntunnels:\n  ? work\n  : server: x\n    username: y\n  home: {server: x, username: y}\n"
    )
    with pytest.raises(SpecError) as caught:
        Document.parse(text, FILE).remove_tunnel("work")
    assert [each.code for each in caught.value.diagnostics] == ["not-editable"]


def test_pristine_until_somebody_cares() -> None:
    """Only our own empty text may be deleted."""
    document = Document.empty(FILE)
    assert document.is_pristine
    changed = document.set_tunnel("work", ALICE)
    assert not changed.is_pristine
    assert changed.remove_tunnel("work").is_pristine
    assert not Document.parse(document.text + "# mine\n", FILE).is_pristine


def test_an_unknown_tunnel_is_neither_changed_nor_removed() -> None:
    """A slip of the fingers."""
    document = Document.parse(HAND_WRITTEN, FILE)
    for act in (document.remove_tunnel, lambda name: document.change_tunnel(name, {"mtu": 1300})):
        with pytest.raises(UsageError) as caught:
            act("wrok")
        (problem,) = caught.value.diagnostics
        assert (problem.code, problem.hint) == ("no-such-tunnel", "did you mean work?")


def test_bad_values_are_reported_together_and_nothing_changes() -> None:
    """Name, unknown path and values in one go."""
    with pytest.raises(SpecError) as caught:
        Document.empty(FILE).set_tunnel("a b", {"server": "x y", "mtu": 1, "routs": [], "username": "u"})
    codes = {each.code for each in caught.value.diagnostics}
    assert codes == {"tunnel-name-invalid", "server-invalid", "out-of-range", "unknown-key"}


def test_a_contradiction_after_an_edit_names_the_file_but_no_line() -> None:
    """The line would be one of a text that exists nowhere."""
    with pytest.raises(SpecError) as caught:
        Document.parse(HAND_WRITTEN, FILE).set_tunnel("work", {"mode": "all-to-tunnel"})
    (problem,) = caught.value.diagnostics
    assert problem.code == "mode-contradicts-routes"
    assert str(problem.where) == FILE


def test_a_tunnel_without_settings_is_not_created() -> None:
    """No values at all still means a tunnel, and it lacks everything."""
    with pytest.raises(SpecError) as caught:
        Document.empty(FILE).set_tunnel("work", {})
    (problem,) = caught.value.diagnostics
    assert problem.message == "tunnel work has no server and no username"
