"""The forms of the Perl pptpsetup."""

import pytest

from pptpsetup.cli.legacy import parse
from tests.pptpsetup.cli.shop import Cli, picture

_LONG = ("--create", "work", "--server", "10.0.0.1", "--username", "tom", "--password", "pw")


def test_long_and_short_options_mean_the_same(cli: Cli) -> None:
    assert cli(*_LONG, "--domain", "CORP", "--encrypt").status == 0
    long = picture(cli.root)
    arguments = ("-c", "work", "-s", "10.0.0.1", "-u", "tom", "-p", "pw", "-d", "CORP", "-e")
    result = cli(*arguments)
    assert result.status == 0
    assert "nothing to do" in result.err
    assert picture(cli.root) == long


def test_the_order_of_options_does_not_matter(cli: Cli) -> None:
    result = cli(
        "--server", "10.0.0.1", "--encrypt", "--username", "tom", "--password", "pw", "--create=work"
    )
    assert result.status == 0


def test_without_encrypt_none_is_required_and_that_is_said(cli: Cli) -> None:
    result = cli(*_LONG)
    assert result.status == 0
    assert "warning[no-encryption]" in result.err
    assert "require-mppe" not in cli.text_of("/etc/ppp/peers/work")


def test_a_password_among_the_arguments_works_and_is_warned_about(cli: Cli) -> None:
    result = cli(*_LONG, "--encrypt")
    assert "warning[password-in-arguments]" in result.err
    assert cli.bytes_of("/etc/pptpsetup/secrets/work") == b"pw\n"


def test_create_writes_everything_anew(cli: Cli) -> None:
    cli(*_LONG, "--domain", "CORP", "--encrypt")
    cli(*_LONG)
    text = cli.text_of("/etc/pptpsetup/tunnels.yaml")
    assert "CORP" not in text
    assert "encryption: none" in text


def test_delete(cli: Cli) -> None:
    before = picture(cli.root)
    cli(*_LONG)
    assert cli("--delete", "work").status == 0
    assert picture(cli.root) == before


def test_tunnels_of_both_forms_are_the_same_tunnels(cli: Cli) -> None:
    cli.create("modern")
    cli(*_LONG)
    assert cli("delete", "work").status == 0
    assert cli("--delete", "modern").status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--create", "work", "--delete", "work"),
        ("--delete", "work", "--encrypt"),
        ("--create", "work", "--serverr", "x"),
        ("--create",),
        ("--create", "work", "--server", "a", "--username", "u", "--start", "now"),
        ("--creat", "work"),
        ("--server", "a", "--username", "u"),
    ],
)
def test_contradictions_and_mistakes_are_refused(cli: Cli, arguments: tuple[str, ...]) -> None:
    before = picture(cli.root)
    assert cli(*arguments).status == 1
    assert picture(cli.root) == before


def test_start_and_values_that_look_like_options_get_through() -> None:
    import argparse

    empty = argparse.Namespace(root=None, profile=None, color=None, debug=None)
    words = ["--create", "-n", "--start"]
    with pytest.raises(Exception, match="expected one argument"):
        parse(words, empty)
    parsed = parse(["--create=-n", "--server=-s", "--username=-u", "--password=-p", "--start"], empty)
    assert (parsed.name, parsed.server, parsed.username, parsed.start) == ("-n", "-s", "-u", True)
    assert parsed.password.reveal() == "-p"
