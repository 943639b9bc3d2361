"""Overrides: whom they are for, what they change, and what is wrong with them."""

import pytest

from pptpsetup.errors import SpecError, UsageError
from pptpsetup.spec.document import Document
from pptpsetup.spec.model import Init, Tunnel
from pptpsetup.spec.selection import NOBODY, Fixed, Selection, names_of

BASE = """\
version: 1
defaults: {username: tom, mtu: 1300}
tunnels:
  work: {server: vpn.example.com, reconnect_delay: 30s}
  home: {server: home.example.net, mtu: 1200}
"""


def read(overrides: str, selection: Selection = NOBODY) -> Document:
    return Document.parse(f"{BASE}overrides:\n{overrides}", "f", selection)


def names(document: Document) -> list[str]:
    return [each.name for each in document.spec.tunnels]


def work(document: Document) -> Tunnel:
    found = document.spec.find("work")
    assert found is not None
    return found


def on(host: str = "", *profiles: str) -> Fixed:
    return Fixed(names_of(host), profiles)


@pytest.mark.parametrize(
    ("condition", "selection", "holds"),
    [
        ("host: gw1", on("gw1"), True),
        ("host: gw1", on("gw1.example.com"), True),
        ("host: GW1.Example.com", on("gw1.EXAMPLE.com"), True),
        ("host: gw1.example.com", on("gw1"), False),
        ("host: gw1", on("gw10"), False),
        ("host: gw*", on("gw10"), True),
        ("host: '*.example.com'", on("gw10.example.com"), True),
        ("host: '[!g]*'", on("gw1"), False),
        ("host: gw?", on("gw1"), True),
        ("host: [a, gw1]", on("gw1"), True),
        ("host: '*'", on("anything"), True),
        ("host: '*'", on(""), False),
        ("profile: debian", on("", "debian"), True),
        ("profile: debian", on("", "ubuntu", "debian"), True),
        ("profile: ubuntu", on("", "debian"), False),
        ("profile: [gentoo, ubuntu]", on("", "ubuntu", "debian"), True),
        ("profile: debian", on("debian"), False),
        ("host: a, profile: debian", on("a", "debian"), True),
        ("host: a, profile: debian", on("b", "debian"), False),
        ("host: a, profile: debian", on("a", "gentoo"), False),
    ],
)
def test_whom_an_override_is_for(condition: str, selection: Selection, holds: bool) -> None:
    document = read(f"- {{{condition}, tunnels: {{work: {{mtu: 1000}}}}}}", selection)
    assert work(document).mtu == (1000 if holds else 1300)


def test_the_later_one_wins_setting_by_setting() -> None:
    overrides = """\
- {host: a, tunnels: {work: {mtu: 1000, dns: {servers: 10.0.0.1}}}}
- {host: a, tunnels: {work: {mtu: 1100, dns: {domains: a.example}}}}
- {host: b, tunnels: {work: {mtu: 1150}}}
"""
    tunnel = work(read(overrides, on("a")))
    assert tunnel.mtu == 1100
    assert [str(each) for each in tunnel.dns.servers] == ["10.0.0.1"]
    assert tunnel.dns.domains == ("a.example",)
    assert tunnel.reconnect_delay == 30


def test_defaults_replace_defaults_and_nothing_else() -> None:
    document = read("- {profile: gentoo, defaults: {mtu: 1000, init: openrc}}", on("", "gentoo"))
    assert [(each.mtu, each.init) for each in document.spec.tunnels] == [
        (1000, Init.OPENRC),
        (1200, Init.OPENRC),
    ]


def test_tunnels_come_and_go() -> None:
    overrides = """\
- {host: a, tunnels: {lab: {server: lab.example.com}, work: absent}}
- {host: [a, b], tunnels: {home: absent}}
- {host: b, tunnels: {home: {mtu: 1250}}}
- {host: c, tunnels: {home: }}
"""
    assert names(read(overrides)) == ["work", "home"]
    assert names(read(overrides, on("a"))) == ["lab"]
    assert names(read(overrides, on("c"))) == ["work", "home"]
    again = read(overrides, on("b")).spec.find("home")
    assert again is not None
    assert (again.server, again.mtu) == ("home.example.net", 1250)


def test_it_can_be_read_again_for_another_host() -> None:
    document = read("- {host: a, tunnels: {work: {mtu: 1000}}}")
    assert work(document.read_for(on("a"))).mtu == 1000
    assert work(document.read_for(on("a")).read_for(on("b"))).mtu == 1300


def test_what_is_missing_on_a_host_only() -> None:
    document = read("- {host: a, tunnels: {lab: {mtu: 1000}}}")
    with pytest.raises(SpecError) as caught:
        document.read_for(on("a"))
    (problem,) = caught.value.diagnostics
    assert (problem.code, str(problem.where)) == ("setting-missing", "f:7:23")
    assert problem.source == "- {host: a, tunnels: {lab: {mtu: 1000}}}"


@pytest.mark.parametrize(
    ("overrides", "code", "place"),
    [
        ("- host: a\n  tunnels:\n    work: {mode: all-to-tunnel, routes: [10.0.0.0/8]}\n", None, "f:9:33"),
        ("- host: a\n  tunnels:\n    work:\n      mtu: 1000\n      mode: lan-to-lan\n", None, "f:11:7"),
        ("- host: a\n  defaults:\n    masquerade: true\n", None, "f:9:5"),
        (
            (
                "- {host: a, tunnels: {work: {routes: 10.0.0.0/8}}}\n"
                "- host: a\n  tunnels: {work: {mode: interface-only}}\n"
            ),
            "mode-contradicts-routes",
            "f:9:20",
        ),
    ],
)
def test_a_contradiction_is_told_where_the_override_brings_it_in(
    overrides: str, code: str | None, place: str
) -> None:
    read(overrides)
    with pytest.raises(SpecError) as caught:
        read(overrides, on("a"))
    problem = caught.value.diagnostics[0]
    assert str(problem.where) == place
    assert problem.message.endswith(", with this override")
    assert code in {None, problem.code}


def test_a_contradiction_that_is_there_anyway_is_told_once_and_without_the_override() -> None:
    text = BASE.replace("mtu: 1200", "mode: lan-to-lan") + "overrides: [{host: a, defaults: {mtu: 1000}}]"
    with pytest.raises(SpecError) as caught:
        Document.parse(text, "f", on("a"))
    assert [each.code for each in caught.value.diagnostics] == ["mode-needs-routes"]
    assert "override" not in caught.value.diagnostics[0].message


KNOWN = Fixed(("a",), ("debian",), ("debian", "gentoo", "ubuntu"))


def test_a_profile_that_is_none_is_told_on_every_host() -> None:
    with pytest.raises(SpecError) as caught:
        read("- {profile: [debian, gento], defaults: {mtu: 1000}}", KNOWN)
    (problem,) = caught.value.diagnostics
    assert (problem.code, str(problem.where)) == ("profile-unknown", "f:7:22")
    assert problem.hint == "did you mean gentoo?"


def test_the_system_is_not_asked_what_no_condition_asks() -> None:
    class Nothing:
        @property
        def host_names(self) -> tuple[str, ...]:
            raise AssertionError

        profiles = known_profiles = host_names

    assert names(Document.parse(BASE, "f", Nothing())) == ["work", "home"]


def test_without_a_name_overrides_by_name_are_told() -> None:
    document = read("- {profile: debian, defaults: {mtu: 1000}}\n- {host: a, defaults: {mtu: 1000}}")
    (note,) = document.notes
    assert (note.code, str(note.where)) == ("host-unknown", "f:8:3")
    assert document.read_for(on("b")).notes == ()
    assert read("- {profile: debian, defaults: {mtu: 1000}}").notes == ()


OVERRIDDEN = """\
- host: a   # here
  tunnels:
    work: {mtu: 1000}
    lab: {server: lab.example.com}
    home: absent
"""


@pytest.mark.parametrize(
    ("name", "values", "message", "place"),
    [
        ("work", {"mtu": 1400}, "an override sets mtu of tunnel work on this host", "f:9:12"),
        ("work", {"mtu": None}, "an override sets mtu of tunnel work on this host", "f:9:12"),
        ("lab", {"mtu": 1400}, "tunnel lab stands in an override for this host", "f:10:11"),
        ("home", {"mtu": 1400}, "an override leaves tunnel home out on this host", "f:11:5"),
    ],
)
def test_a_change_without_effect_is_refused(
    name: str, values: dict[str, object], message: str, place: str
) -> None:
    document = read(OVERRIDDEN, on("a"))
    with pytest.raises(UsageError) as caught:
        document.set_tunnel(name, values)
    (problem,) = caught.value.diagnostics
    assert (problem.code, str(problem.where)) == ("overridden", place)
    assert problem.message.startswith(message)
    assert problem.source
    assert problem.hint


def test_a_change_beside_an_override_is_made() -> None:
    changed = read(OVERRIDDEN, on("a")).set_tunnel("work", {"mtu": 1000, "reconnect_delay": "5s"})
    assert "work: {server: vpn.example.com, reconnect_delay: 5s, mtu: 1000}" in changed.text
    assert read(OVERRIDDEN, on("b")).set_tunnel("work", {"mtu": 1400}).spec.tunnels[0].mtu == 1400


def test_a_tunnel_that_overrides_speak_of_is_not_deleted() -> None:
    for host in ("a", "b"):
        with pytest.raises(UsageError) as caught:
            read(OVERRIDDEN, on(host)).remove_tunnel("work")
        assert caught.value.diagnostics[0].code == "overridden"
        assert "f:9:5" in (caught.value.diagnostics[0].hint or "")
    assert names(read("- {host: a, defaults: {mtu: 1000}}").remove_tunnel("work")) == ["home"]
