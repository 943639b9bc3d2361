"""Hand edits of a peers file and the settings that they mean."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pptpsetup.change.readback import Readback, read_back
from pptpsetup.distro.catalogue import load_profile
from pptpsetup.render.artifact import FileArtifact
from pptpsetup.render.peers import peers
from pptpsetup.spec.document import Document
from pptpsetup.spec.model import Tunnel
from tests.golden.cases import PROGRAMS
from tests.oracle.pppd import Pppd
from tests.oracle.pppd import pppd_oracle as pppd_oracle  # noqa: PLC0414 - a fixture for the tests here

DEBIAN = load_profile("debian")
VALUES: Mapping[str, object] = {"server": "vpn.example.com", "username": "alice", "domain": "CORP"}


def document(**values: object) -> Document:
    named = {key.replace("__", "."): value for key, value in values.items()}
    return Document.empty("spec").set_tunnel("work", {**VALUES, **named})


def tunnel_of(spec: Document) -> Tunnel:
    found = spec.spec.find("work")
    assert found is not None
    return found


def rendered(spec: Document) -> bytes:
    files = peers(tunnel_of(spec), DEBIAN, PROGRAMS)
    return next(each.content for each in files if isinstance(each, FileArtifact))


def read(edited: bytes, spec: Document | None = None) -> Readback:
    spec = spec or document()
    return read_back(
        edited,
        tunnel_of(spec),
        lambda values: rendered(spec.set_tunnel("work", values) if values else spec),
    )


def edited(*replacements: tuple[bytes, bytes], more: bytes = b"") -> bytes:
    content = rendered(document())
    for old, new in replacements:
        assert old in content
        content = content.replace(old, new)
    return content + more


def test_the_file_as_it_was_written_means_nothing_new() -> None:
    assert read(rendered(document())) == Readback({}, ())


@pytest.mark.parametrize(
    ("content", "values"),
    [
        (edited(more=b"mtu 1300 mru 1300\n"), {"mtu": 1300}),
        (edited((b"holdoff 10", b"holdoff 60")), {"reconnect_delay": "60s"}),
        (edited((b"maxfail 0", b"maxfail 5")), {"reconnect_attempts": 5}),
        (edited((b"\npersist\n", b"\nnopersist\n")), {"persist": False}),
        (edited((b"lcp-echo-failure 3", b"lcp-echo-failure\n  5")), {"lcp_echo.failure": 5}),
        (edited((b"lcp-echo-interval 20", b"lcp-echo-interval 0")), {"lcp_echo.interval": "0s"}),
        (edited((b"require-mppe-128", b"require-mppe-40")), {"encryption": "required-40"}),
        (edited((b"require-mppe-128\n", b"")), {"encryption": "none"}),
        (edited((b"refuse-mschap\n", b"")), {"authentication": ["mschap-v2", "mschap"]}),
        (edited(more=b"usepeerdns\n"), {"dns.servers": ["from-peer"]}),
        (edited((b'"CORP\\\\alice"', b"bob")), {"username": "bob", "domain": None}),
        (edited((b"vpn.example.com --no", b"10.0.0.1 --no")), {"server": "10.0.0.1"}),
        (edited((b"# Names:", b"# Nomen:"), more=b"# mine\n"), {}),
    ],
)
def test_an_edit_that_a_setting_means(content: bytes, values: Mapping[str, object]) -> None:
    assert read(content) == Readback(values, ())


@pytest.mark.parametrize(
    ("content", "rest"),
    [
        (edited(more=b"debug\n"), "+ debug"),
        (edited(more=b"nopersist"), "+ nopersist"),
        (edited(more=b"ipcp-max-failure 3"), "+ ipcp-max-failure 3"),
        (edited((b"noauth\n", b"")), "- noauth"),
        (edited(more=b"mtu 1300"), "+ mru 1400"),
        (edited((b"mtu 1400", b"mtu 99"), (b"mru 1400", b"mru 99")), "+ the MTU 99 is too small"),
        (edited((b"require-mppe-128\n", b"require-mppe\n")), "+ require-mppe"),
        (edited(more=b"nomppe-40\n"), "+ nomppe-40"),
        (edited((b"nomppe\n", b""), (b"nomppe-stateful\n", b"nomppe-stateful\nnomppe\n")), "nomppe after"),
        (edited((b"--nolaunchpppd", b"--nolaunchpppd --debug")), "+ pty exec"),
        (edited(more=b'connect "/bin/sh'), "+ a quote that is never closed"),
        (edited(more=b"holdoff 10s"), "+ holdoff 10s"),
    ],
)
def test_an_edit_that_no_setting_means(content: bytes, rest: str) -> None:
    assert any(rest in each for each in read(content).rest), read(content).rest


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "server": st.sampled_from(["10.1.2.3", "other.example"]),
        "username": st.sampled_from(["bob", "a b", 'q"uote', "#hash"]),
        "mtu": st.integers(576, 1500),
        "lcp_echo.interval": st.integers(0, 3600).map("{}s".format),
        "lcp_echo.failure": st.integers(1, 100),
        "reconnect_delay": st.integers(1, 3600).map("{}s".format),
        "encryption": st.sampled_from(["required-128", "required-40", "none"]),
        "authentication": st.lists(st.sampled_from(["mschap-v2", "mschap"]), min_size=1, unique=True),
        "dns.servers": st.sampled_from([["from-peer"], ["10.0.0.53"], ["from-peer", "10.0.0.53"]]),
    },
)


@settings(deadline=None)
@given(SETTINGS, SETTINGS)
def test_what_one_spec_renders_is_read_back_from_the_file_of_another(
    first: Mapping[str, object], second: Mapping[str, object]
) -> None:
    """Whatever differs between two specs and reaches the peers file is read back from it."""
    before, after = document(**first), document(**second)
    found = read(rendered(after), before)
    assert found.rest == ()
    adopted = before.set_tunnel("work", found.values) if found.values else before
    assert rendered(adopted) == rendered(after)


@pytest.mark.host
def test_pppd_itself_sees_no_difference(pppd_oracle: Pppd) -> None:
    """The options that pppd dumps for the edited file and for the one rendered afterwards are the same."""
    content = edited(
        (b"mtu 1400\nmru 1400\n", b""),
        (b"require-mppe-128", b"require-mppe-40"),
        more=b"mtu 1200  mru 1200 # low\nholdoff\n44 usepeerdns",
    )
    found = read(content)
    assert found.rest == ()
    again = rendered(document().set_tunnel("work", found.values))
    dumps = [pppd_oracle.dryrun(each, arguments=("dump",)) for each in (content, again)]
    assert [each.status for each in dumps] == [0, 0], dumps
    assert sorted(dumps[0].output.splitlines()) == sorted(dumps[1].output.splitlines())
    assert "mtu 1200" in dumps[0].output
