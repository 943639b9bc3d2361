"""Settings as options: parsed, checked all at once, given back as plain data."""

import argparse
import subprocess
import sys

import pytest

from pptpsetup.errors import SpecError
from pptpsetup.spec.document import Document
from pptpsetup.spec.model import Encryption, Mode
from pptpsetup.spec.options import add_options, values_from_args
from pptpsetup.spec.settings import SETTINGS


def parse(*arguments: str) -> argparse.Namespace:
    """The namespace create would get."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_options(parser)
    return parser.parse_args(arguments)


BASIC = ("--server", "vpn.example.com", "--username", "alice")


def test_only_what_was_given() -> None:
    """Canonical plain data, as it will stand in the file."""
    args = parse(
        *(*BASIC, "--domain", "CORP", "--no-encrypt", "--mtu", "1300", "--on-boot"),
        *("--route", "192.168.7.0/24", "--route", "10.0.0.0/8", "--init", "systemd", "--engine", "system"),
        *("--dns", "from-peer", "--dns", "10.0.0.1", "--dns-domain", "corp.example"),
    )
    assert values_from_args(args) == {
        "server": "vpn.example.com",
        "username": "alice",
        "domain": "CORP",
        "encryption": "none",
        "routes": ["192.168.7.0/24", "10.0.0.0/8"],
        "dns.servers": ["from-peer", "10.0.0.1"],
        "dns.domains": ["corp.example"],
        "mtu": 1300,
        "on_boot": True,
        "init": "systemd",
        "engine": "system",
    }


def test_every_setting_has_an_option() -> None:
    """What a file can say, the command line can."""
    assert [each.path for each in SETTINGS if not each.options] == []
    args = parse(
        *("--authentication", "mschap-v2", "--authentication", "mschap", "--lcp-echo-interval", "1m"),
        *("--lcp-echo-failure", "5", "--reconnect-delay", "30", "--reconnect-attempts", "9", "--no-on-boot"),
    )
    assert values_from_args(args) == {
        "authentication": ["mschap-v2", "mschap"],
        "lcp_echo.interval": "1m",
        "lcp_echo.failure": 5,
        "reconnect_delay": "30s",
        "reconnect_attempts": 9,
        "on_boot": False,
    }


def test_nothing_given_is_nothing() -> None:
    """Defaults belong to the model, not to the file."""
    assert values_from_args(parse()) == {}


def test_reset_takes_out_what_was_not_given_and_has_an_option() -> None:
    """So that a second create with fewer options means fewer settings."""
    values = values_from_args(parse(*BASIC), reset=True)
    assert values["server"] == "vpn.example.com"
    assert {path for path, value in values.items() if value is None} == {
        setting.path for setting in SETTINGS if setting.options
    } - {"server", "username"}


def test_the_last_of_encrypt_and_no_encrypt_holds() -> None:
    """As usual for options; the default is encryption."""
    assert values_from_args(parse("--no-encrypt", "--encrypt")) == {"encryption": "required-128"}
    spec = Document.empty("f").set_tunnel("work", values_from_args(parse(*BASIC))).spec
    assert spec.tunnels[0].encryption is Encryption.REQUIRED_128


def test_modes_follow_from_the_options() -> None:
    """Routes mean client-to-lan, nothing means interface-only."""

    def mode(*arguments: str) -> Mode:
        values = values_from_args(parse(*BASIC, *arguments))
        return Document.empty("f").set_tunnel("work", values).spec.tunnels[0].mode

    assert mode() is Mode.INTERFACE_ONLY
    assert mode("--route", "10.0.0.0/8") is Mode.CLIENT_TO_LAN
    assert mode("--all-to-tunnel") is Mode.ALL_TO_TUNNEL
    assert mode("--lan-to-lan", "--route", "10.0.0.0/8") is Mode.LAN_TO_LAN


def test_a_route_given_twice_is_one_route() -> None:
    """On the command line that is no mistake worth stopping for."""
    assert values_from_args(parse("--route", "10.0.0.0/8", "--route", "10.0.0.0/8")) == {
        "routes": ["10.0.0.0/8"]
    }


def test_user_names_that_look_like_numbers_are_text() -> None:
    """The shell has no types."""
    assert values_from_args(parse("--username", "007")) == {"username": "007"}


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("file:/etc/vpn: password", {"file": "/etc/vpn: password"}),
        ("env:VPN_PASSWORD", {"env": "VPN_PASSWORD"}),
        ("command:pass show vpn/work", {"command": ["pass", "show", "vpn/work"]}),
        ("command:  sh -c 'a | b' \"c d\" e\\ f ''", {"command": ["sh", "-c", "a | b", "c d", "e f", ""]}),
        ("credential:pptp-work", {"credential": "pptp-work"}),
        ("encrypted_credential:pptp-work", {"encrypted_credential": "pptp-work"}),
        ("keyring:'my vpn' https://tom:x", {"keyring": ["my vpn", "https://tom:x"]}),
    ],
)
def test_where_a_password_comes_from(text: str, source: object) -> None:
    """Words as a shell splits them, and as the file has them."""
    assert values_from_args(parse("--password-from", text)) == {"password": source}


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("Tr0ub4dor", "password-source", "write file:PATH"),
        ("", "password-source", "write file:PATH"),
        ("Tr0ub4dor:&3", "password-source", "write file:PATH"),
        ("commnd:Tr0ub4dor", "password-source", "did you mean command:?"),
        ("encrypted-credential:Tr0ub4dor", "password-source", "did you mean encrypted_credential:?"),
        ("forgotten:true", "password-source", "pptpsetup secret forget"),
        ("file:Tr0ub4dor", "password-file-relative", "write a path"),
        ("env:Tr0ub4dor!", "password-env-invalid", "VPN_PASSWORD"),
        ("credential:-Tr0ub4dor", "password-credential-invalid", "pptp-work"),
        ("command:", "password-command-invalid", "'command:pass show"),
        ("command:'Tr0ub4dor", "password-command-invalid", "'command:pass show"),
        ("command:echo Tr0ub4dor | cat", "password-command-invalid", "sh -c"),
        ("command:'' Tr0ub4dor", "password-command-invalid", "pass"),
        ("keyring:Tr0ub4dor", "password-keyring-invalid", "'keyring:pptp tom'"),
        ("keyring:Tr0ub4dor a b", "password-keyring-invalid", "'keyring:pptp tom'"),
        ("keyring:'' Tr0ub4dor", "password-keyring-invalid", "pptp"),
    ],
)
def test_a_source_that_is_none_is_never_repeated(text: str, code: str, hint: str) -> None:
    """It may be the password."""
    with pytest.raises(SpecError) as caught:
        values_from_args(parse(f"--password-from={text}"))
    (problem,) = caught.value.diagnostics
    assert (str(problem.where), problem.code) == ("--password-from", code)
    assert hint in (problem.hint or "")
    assert "Tr0ub4dor" not in repr(problem)


def test_all_problems_at_once_and_each_names_its_option() -> None:
    """Six slips, six messages."""
    args = parse(
        *("--server", "a;b", "--username", "C\\tom", "--route", "10.0.0.1/8", "--route", "0.0.0.0/0"),
        *("--mtu", "9000", "--init", "sytemd", "--dns", "::1"),
    )
    with pytest.raises(SpecError) as caught:
        values_from_args(args)
    assert [(str(each.where), each.code) for each in caught.value.diagnostics] == [
        ("--server", "server-invalid"),
        ("--username", "username-invalid"),
        ("--route", "route-has-host-bits"),
        ("--route", "route-is-default"),
        ("--dns", "dns-invalid"),
        ("--mtu", "out-of-range"),
        ("--init", "unknown-choice"),
    ]


@pytest.mark.parametrize("text", ["", "abc", "1400.5", "0x", "١٤٠٠", "1e3", "null", "true", "-1"])
def test_odd_numbers(text: str) -> None:
    """Only a whole number is one."""
    with pytest.raises(SpecError) as caught:
        values_from_args(parse(f"--mtu={text}"))
    assert {each.code for each in caught.value.diagnostics} <= {"wrong-type", "out-of-range"}


@pytest.mark.project
def test_help_needs_no_yaml() -> None:
    """create --help must not wait for ruamel, json or a subprocess module."""
    program = (
        "import argparse, sys; from pptpsetup.spec.options import add_options;"
        "add_options(argparse.ArgumentParser());"
        "unwanted = {'ruamel.yaml', 'json', 'subprocess', 'difflib', 'jinja2'};"
        "print([m for m in sys.modules if m in unwanted])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
