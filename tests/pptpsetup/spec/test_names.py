"""Names of tunnels, servers, users and domains."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.errors import Diagnostic, SpecError
from pptpsetup.spec import names


def problem_of(check: object, value: str) -> Diagnostic:
    """The one diagnostic *check* raises."""
    assert callable(check)
    with pytest.raises(SpecError) as caught:
        check(value)
    (problem,) = caught.value.diagnostics
    return problem


@pytest.mark.parametrize("name", ["work", "my-vpn", "a.b", "0", "_x", "W" * 63, "pptp1", "work.d", "true"])
def test_good_tunnel_names(name: str) -> None:
    """Also those the Perl tool refused: my-vpn, a.b, 0."""
    assert names.check_tunnel_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "-x", ".x", "a b", "a\n", "a/b", "a*", "é", "x" * 64, "pptp"),
        *(
            "a.",
            "a~",
            "a.bak",
            "a.dpkg-new",
            "a.rpmsave",
            "a.rpm",
            "a.orig",
            "a.old",
            "a.swp",
            "a.scpmbackup",
        ),
        *("a\0", "a;b", "$x", "a%b", "a@b", "a,b", "a\\b"),
    ],
)
def test_bad_tunnel_names(name: str) -> None:
    """Whatever a file name, a unit name, a shell or an editor would make of it."""
    problem = problem_of(names.check_tunnel_name, name)
    assert problem.code == "tunnel-name-invalid"
    assert problem.hint
    assert problem.message.isprintable()


@pytest.mark.parametrize(
    "server", ["vpn.example.com", "vpn", "203.0.113.9", "a-b.c", "x1.example.com.", "127.0.0.1", "3com.com"]
)
def test_good_servers(server: str) -> None:
    """Names with digits and hyphens, a final dot, addresses."""
    assert names.check_server(server) == server


@pytest.mark.parametrize(
    ("server", "why"),
    [
        ("x; reboot", 'it contains ";", which no host name has'),
        ("$(reboot)", 'it contains "$", which no host name has'),
        ("`id`", 'it contains "`", which no host name has'),
        ('x" plugin /evil.so #', 'it contains """, which no host name has'),
        ("x nodetach", "it contains a space, which no host name has"),
        ("x\nplugin", "it contains a line break, which no host name has"),
        ("--nolaunchpppd", "programs would take it for an option"),
        ("-x", "programs would take it for an option"),
        (
            "vpn.example.com:1723",
            "it ends in a port, and PPTP always uses TCP port 1723 (RFC 2637 section 1.1)",
        ),
        ("pptp://vpn.example.com", "it is a URL"),
        ("256.1.1.1", "it looks like an address, but: Octet 256 (> 255) not permitted"),
        ("1.2.3", "it looks like an address, but: Expected 4 octets"),
        ("a..b", "it has two dots in a row, or begins with one"),
        (".a", "it has two dots in a row, or begins with one"),
        ("a-.b", 'the part "a-" begins or ends with a hyphen'),
        ("a_b", 'it contains "_"; a host name has letters, digits, hyphens and dots (RFC 1123)'),
        ("a@b", 'it contains "@"; a host name has letters, digits, hyphens and dots (RFC 1123)'),
        ("x" * 64, None),
        ("x." * 127, "it has 254 characters; a domain name has at most 253"),
        ("a\0", 'it contains "\\u0000"; a host name has letters, digits, hyphens and dots (RFC 1123)'),
    ],
)
def test_bad_servers_say_why(server: str, why: str | None) -> None:
    """Everything that could be shell or option text, and slips."""
    problem = problem_of(names.check_server, server)
    assert problem.code == "server-invalid"
    assert problem.hint
    if why is not None:
        assert problem.why == why


@pytest.mark.parametrize(
    "server", ["::1", "[2001:db8::1]", "fe80::1%eth0", "2001:db8::/32", "::ffff:1.2.3.4"]
)
def test_ipv6_servers(server: str) -> None:
    """PPTP carries and uses IPv4 only."""
    problem = problem_of(names.check_server, server)
    assert problem.code == "server-is-ipv6"
    assert problem.why is not None
    assert "IPv4 only" in problem.why


@pytest.mark.parametrize("server", ["0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1"])  # noqa: S104 - refused
def test_addresses_no_host_has(server: str) -> None:
    """Unspecified, multicast, broadcast, reserved."""
    assert problem_of(names.check_server, server).message == f'"{server}" is not the address of a host'


def test_a_server_in_another_script_gets_its_wire_form() -> None:
    """The hint can be pasted."""
    assert problem_of(names.check_server, "büro.example").hint == "write xn--bro-hoa.example"


@given(st.text(max_size=30))
def test_no_server_reaches_a_shell(text: str) -> None:
    """What passes needs no quoting in sh, pppd or YAML."""
    try:
        names.check_server(text)
    except SpecError as error:
        messages = [each.message for each in error.diagnostics]
        assert all(each.isprintable() for each in messages)
        return
    assert all(each.isascii() and (each.isalnum() or each in ".-") for each in text)
    assert not text.startswith("-")


@pytest.mark.parametrize(
    "user", ["alice", "John Smith", "u#x", "o'neil", "a@b.c", "tom\u00e9", "x" * 255, "**", "漢"]
)
def test_good_user_names(user: str) -> None:
    """Spaces, quotes, comment signs: the grammars downstream quote them."""
    assert names.check_username(user) == user


@pytest.mark.parametrize(
    "user", ["", "*", "a\nb", "a\0", "a\x7f", "a\u2028", "\udc80", "x" * 256, "é" * 128, "C\\t"]
)
def test_bad_user_names(user: str) -> None:
    """Control characters, wildcards, too many bytes."""
    problem = problem_of(names.check_username, user)
    assert problem.code == "username-invalid"
    assert problem.message.isprintable()


def test_a_backslash_in_the_user_name_means_a_domain() -> None:
    """The hint can be pasted."""
    hint = problem_of(names.check_username, "CORP\\tom").hint
    assert hint == "--domain CORP --username tom, or domain: CORP and username: tom in the file"


@pytest.mark.parametrize("domain", ["", "*", "CORP\\", "a\nb", "x" * 255])
def test_bad_domains(domain: str) -> None:
    """As user names; 254 bytes leave room for the backslash."""
    assert problem_of(names.check_domain, domain).code == "domain-invalid"


def test_a_domain_with_its_backslash() -> None:
    """The hint takes it off."""
    assert problem_of(names.check_domain, "CORP\\").hint == "write CORP"


def test_user_and_domain_share_255_bytes() -> None:
    """One byte is the backslash's."""
    names.check_login_length("x" * 250, "CORP")
    with pytest.raises(SpecError):
        names.check_login_length("x" * 251, "CORP")


@pytest.mark.parametrize(
    "domain", ["", "~corp.example", ".corp", "*.corp", "a b", "a..b", "büro", "x" * 254]
)
def test_bad_dns_domains(domain: str) -> None:
    """systemd-resolved's ~, leading dots, spaces."""
    assert problem_of(names.check_dns_domain, domain).code == "dns-domain-invalid"
