"""Options for pppd that a tunnel may have: what passes, what is refused, and why."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.errors import Diagnostic, SpecError
from pptpsetup.grammar import pppoption, pppword
from pptpsetup.render.artifact import FileArtifact
from pptpsetup.render.peers import peers
from pptpsetup.spec import pppdoptions
from pptpsetup.spec.document import Document
from pptpsetup.spec.model import Encryption, Tunnel
from tests.golden.cases import PROGRAMS, WORK
from tests.oracle.pppd import Pppd
from tests.oracle.pppdoptions import EXAMPLES, NEWER

_SPEC = (
    "version: 1\ntunnels:\n  work:\n    server: vpn.example.com\n    username: alice\n    pppd_options: {}\n"
)


def _content(tunnel: Tunnel) -> bytes:
    (file,) = (
        each for each in peers(tunnel, load_profile("debian"), PROGRAMS) if isinstance(each, FileArtifact)
    )
    return file.content


def _fault(text: str) -> Diagnostic:
    fault = pppdoptions.check(text)[1]
    assert fault is not None
    return fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("debug", ("debug",)),
        ("lcp-max-failure 20", ("lcp-max-failure", "20")),
        ("  idle   600 # ten minutes", ("idle", "600")),
        ('active-filter "outbound and not icmp"', ("active-filter", "outbound and not icmp")),
        ("10.0.0.1:10.0.0.2", ("10.0.0.1:10.0.0.2",)),
        ("ifname ppp-work", ("ifname", "ppp-work")),
        ("-d", ("-d",)),
    ],
)
def test_fine_tuning_passes(text: str, words: tuple[str, ...]) -> None:
    assert pppdoptions.check(text) == (words, None)


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("pty 'sh -c id'", "pppd-option-refused", "engine"),
        ("connect /bin/sh", "pppd-option-refused", "another program as root"),
        ("plugin /tmp/evil.so", "pppd-option-refused", "runs as root"),
        ("call other", "pppd-option-refused", "write the options here"),
        ("file /etc/ppp/options.pptp", "pppd-option-refused", "neither sees nor keeps"),
        ("linkname x", "pppd-option-refused", "pid file"),
        ("ipparam x", "pppd-option-refused", "hooks"),
        ("defaultroute", "pppd-option-refused", "mode: all-to-tunnel"),
        ("demand", "pppd-option-refused", "on demand"),
        ("proxyarp", "pppd-option-refused", "both"),
        ("require-mppe", "pppd-option-refused", "required-128"),
        ("+mppe", "pppd-option-refused", "required-128"),
        ("mtu 1400", "pppd-option-refused", "use mtu"),
        ("password secret", "pppd-option-refused", "readable by everybody"),
        ("noauth", "pppd-option-refused", "every peers file"),
        ("idle 0", "pppd-option-refused", "every peers file"),
        ("/dev/ttyS0", "pppd-option-refused", "pseudo-terminal"),
        ("115200", "pppd-option-refused", "pseudo-terminal"),
        ("ifname a/b", "pppd-option-invalid", "15 letters"),
        ("lcp-max-failure", "pppd-option-invalid", "needs an argument"),
        ("debug idle 5", "pppd-option-invalid", "more than one"),
        ("debug\nidle 5", "pppd-option-invalid", "control character"),
        ("idle '5", "pppd-option-invalid", "quote"),
        ("", "pppd-option-invalid", "empty"),
        ("# only a comment", "pppd-option-invalid", "comment"),
        ("debgu", "pppd-option-unknown", "did you mean debug?"),
        ("zzz", "pppd-option-unknown", "does not know it"),
    ],
)
def test_what_would_break_the_tunnel_is_refused_with_the_reason(text: str, code: str, told: str) -> None:
    fault = _fault(text)
    assert fault.code == code
    assert told in f"{fault.why} {fault.hint}"


def test_every_refusal_is_about_an_option_that_there_is() -> None:
    forms = {pppoption.DEVICE, pppoption.SPEED}
    assert {*pppdoptions.REFUSED, *pppdoptions.STATED, *pppdoptions.STATED_WITH} - forms <= set(
        pppoption.ARGUMENTS
    )


def test_what_is_said_to_be_stated_is_stated() -> None:
    stated = {(each.name, each.argument) for each in pppoption.options(_content(WORK))}
    assert {(name, None) for name in pppdoptions.STATED} <= stated
    assert set(pppdoptions.STATED_WITH.items()) <= stated


def test_errors_have_their_places() -> None:
    with pytest.raises(SpecError) as caught:
        Document.parse(_SPEC.format('["debug", "plugin x.so", "nonsense"]'), "t.yaml")
    assert [str(each.where) for each in caught.value.diagnostics] == ["t.yaml:6:29", "t.yaml:6:44"]


def test_encryption_needs_what_noccp_switches_off() -> None:
    with pytest.raises(SpecError, match="noccp"):
        Document.parse(_SPEC.format("noccp"), "t.yaml")
    spec = Document.parse(_SPEC.format("noccp") + "    encryption: none\n", "t.yaml").spec
    assert spec.tunnels[0].pppd_options == (("noccp",),)


@pytest.mark.host
def test_the_real_pppd_takes_whatever_passes_behind_what_we_state(pppd_oracle: Pppd) -> None:
    """Some options make pppd refuse others: a ``proxyarp`` after ``noproxyarp`` is an error."""
    passing = []
    for name, count in pppoption.ARGUMENTS.items():
        words, fault = pppdoptions.check(f"{name} {EXAMPLES.get(name, '1')}" if count else name)
        if fault is None and name not in NEWER and name not in {"-d", "debug"}:
            passing.append(words)
    assert len(passing) > 60
    refused = []
    for option in (*passing, ("10.0.0.1:10.0.0.2",)):
        encryption = Encryption.NONE if option[0] in {"noccp", "-ccp"} else Encryption.REQUIRED_128
        tunnel = replace(WORK, pppd_options=(option,), encryption=encryption)
        done = pppd_oracle.dryrun(_content(tunnel))
        if done.status != 0:
            refused.append((option, done.output))
    assert refused == []


@given(st.text(max_size=60))
def test_whatever_passes_is_read_back_as_itself(text: str) -> None:
    words, fault = pppdoptions.check(text)
    if fault is None:
        assert pppdoptions.check(pppdoptions.plain(words)) == (words, None)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), max_size=4))
def test_joined_words_are_read_back(values: list[str]) -> None:
    line = pppword.join(values)
    assert [each.value.decode() for each in pppword.words(line.encode() + b"\n")] == values
