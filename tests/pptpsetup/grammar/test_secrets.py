r"""Lines of chap-secrets: written, merged among those of others, and found by pppd's get_secret()."""

import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pptpsetup.errors import SpecError
from pptpsetup.grammar import secrets
from tests.oracle.pppd import Pppd
from tests.support import need

BATCHES = settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
NAME = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=60
).filter(lambda name: name != "*" and len(name.encode()) < 256)
SECRET = st.binary(min_size=1, max_size=256).map(lambda data: data.replace(b"\0", b"x"))
NASTY_SECRETS = [
    b"pw with words",
    b'has"dquote',
    b"it's",
    b"both\"'",
    b"back\\slash",
    b"trail\\",
    b"a\\x41b\\1",
    b"#hash",
    b"a#b",
    b"*",
    b"-- option",
    b"!cmd",
    b"&cmd",
    b"$HOME`id`",
    b"@file",
    b" leading and trailing ",
    b"tab\tcr\r",
    "café ÿ".encode("latin-1"),
    bytes(range(1, 256)),
    b"x" * 255,
    b"x" * 256,
]
OURS = (secrets.entry("CORP\\tom", "work", b"pw", "work"), secrets.entry("u", "home", b"x y", "home"))
FOREIGN = [
    b"",
    b"\n",
    b"# Secrets for authentication using CHAP\n# client\tserver\tsecret\t\t\tIP addresses\n\n\n",
    b"# comment without line end",
    b"   ",
    b"other * secret *\n",
    b"# c\n\n  # d\r\n\t\nother * secret",
    b"\xef\xbb\xbf# BOM\nother * secret\n",
    b'open "quote\n and more\n',
    b"\\\njoined * x\n",
    b"\r\n# dos\r\nother * secret\r\n",
    b"\0 nul\n",
    b'x y "# managed by pptpsetup: work" *\n',
    b"# managed by pptpsetup: work\n",
    b'other work "CORP\\\\tom" * # managed by somebody: work\n',
    b"latin1 * caf\xe9 *\n",
]


def test_the_written_form_is_pinned() -> None:
    assert OURS[0] == b'"CORP\\\\tom" "work" "pw" * # managed by pptpsetup: work\n'
    assert secrets.entry("é", "w", b"\xe9", "w") == '"é" "w" "\\351" * # managed by pptpsetup: w\n'.encode()


@pytest.mark.parametrize("names", [("*", "work"), ("tom", "*")])
def test_a_wildcard_is_no_name(names: tuple[str, str]) -> None:
    """pppd takes it for every name even when it is quoted."""
    with pytest.raises(SpecError) as caught:
        secrets.entry(*names, b"pw", "work")
    assert caught.value.diagnostics[0].code == "wildcard-name"


@pytest.mark.parametrize("tunnel", ["a\nb * c", "a b", "é", ""])
def test_the_tunnel_in_the_comment_is_a_plain_name(tunnel: str) -> None:
    with pytest.raises(SpecError) as caught:
        secrets.entry("tom", "work", b"pw", tunnel)
    assert caught.value.diagnostics[0].code == "bad-peers-name"


def test_a_secret_like_a_file_name_needs_a_file() -> None:
    with pytest.raises(SpecError) as caught:
        secrets.entry("tom", "work", b"@/etc/hostname", "work")
    assert caught.value.diagnostics[0].code == "secret-needs-file"
    line = secrets.entry(
        "tom", "work", b"@/etc/hostname", "work", indirect="/etc/pptpsetup/secrets/work.pppd"
    )
    assert line == b'"tom" "work" "@/etc/pptpsetup/secrets/work.pppd" * # managed by pptpsetup: work\n'
    assert not secrets.needs_indirect(b"@file")
    assert secrets.entry("t", "w", b"@f", "w", indirect="/x") == secrets.entry("t", "w", b"@f", "w")


@pytest.mark.parametrize(("length", "limit"), [(257, secrets.SECRET_LIMIT), (256, secrets.PAP_SECRET_LIMIT)])
def test_a_secret_that_pppd_would_cut_is_refused(length: int, limit: int) -> None:
    with pytest.raises(SpecError) as caught:
        secrets.entry("tom", "work", b"g" * length, "work", limit=limit)
    assert caught.value.diagnostics[0].code == "secret-too-long"
    assert "ggg" not in str(caught.value.diagnostics)


@pytest.mark.parametrize("old", FOREIGN)
def test_merging_keeps_foreign_bytes_and_undoes_itself(old: bytes) -> None:
    merged = secrets.merge(old, OURS)
    assert secrets.merge(merged, ()) == old
    assert b"".join(OURS) in merged
    assert secrets.merge(merged, OURS) == merged
    assert secrets.merge(merged, OURS[1:]) == secrets.merge(old, OURS[1:])


@given(
    st.lists(
        st.sampled_from(
            [b" ", b"\t", b"\n", b"#", b'"', b"\\", b"a", b"\r", b"\0", b"\xef", b"# c\n", b"a b c\n"]
        )
    ).map(b"".join)
)
def test_merging_into_any_file_undoes_itself(old: bytes) -> None:
    assert secrets.merge(secrets.merge(old, OURS), ()) == old


def test_our_lines_stand_after_the_leading_comments() -> None:
    old = b"# title\n\nother * secret\n# tail\n"
    assert secrets.merge(old, OURS) == b"# title\n\n" + b"".join(OURS) + b"other * secret\n# tail\n"


def test_our_lines_stand_first_in_a_file_with_a_bom() -> None:
    """pppd reads a BOM as part of the first word, so no comment begins there."""
    assert secrets.merge(b"\xef\xbb\xbf# title\n", OURS).startswith(OURS[0])


def test_moved_and_re_ended_lines_of_ours_are_still_found() -> None:
    old = b"# c\r\nother * x\r\n" + OURS[0].replace(b"\n", b"\r\n") + b"tail * y"
    assert secrets.merge(old, ()) == b"# c\r\nother * x\r\ntail * y"


def test_ours_goes_by_the_comment_that_pppd_would_see() -> None:
    assert secrets.ours(OURS[0]) == "work"
    assert secrets.ours(b"edited work pw * # managed by pptpsetup: work") == "work"
    for line in (
        b'a b "# managed by pptpsetup: work"\n',
        b"# managed by pptpsetup: work\n",
        b"a b c\n",
        b"",
    ):
        assert secrets.ours(line) is None


@pytest.mark.host
@BATCHES
@given(st.lists(st.tuples(NAME, NAME, SECRET | st.sampled_from(NASTY_SECRETS)), min_size=30, max_size=60))
def test_pppd_finds_every_secret(pppd_oracle: Pppd, entries: list[tuple[str, str, bytes]]) -> None:
    """Some hundreds of random clients, servers and secrets, each alone in a file of others' lines."""
    indirect = "/etc/ppp/indirect"
    queries = [
        (
            secrets.merge(
                b"# c\n* * wrong\n", (secrets.entry(client, server, secret, "t", indirect=indirect),)
            ),
            client.encode(),
            server.encode(),
        )
        for client, server, secret in entries
        if not secrets.needs_indirect(secret)
    ]
    wanted = [secret for *_, secret in entries if not secrets.needs_indirect(secret)]
    assert pppd_oracle.secrets(queries) == wanted


@pytest.mark.host
def test_pppd_finds_nasty_secrets_of_a_domain_login(pppd_oracle: Pppd) -> None:
    queries = [
        (secrets.entry("CORP\\tom", "work", each, "work"), b"CORP\\tom", b"work") for each in NASTY_SECRETS
    ]
    assert pppd_oracle.secrets(queries) == NASTY_SECRETS


@pytest.mark.host
@pytest.mark.parametrize("old", FOREIGN)
def test_our_line_takes_effect_among_any_others(pppd_oracle: Pppd, old: bytes) -> None:
    """Even above an open quote, a BOM, and an older entry for the same names."""
    merged = secrets.merge(old + b'"CORP\\\\tom" work old *\n', OURS)
    found = pppd_oracle.secrets([(merged, b"CORP\\tom", b"work"), (merged, b"u", b"home")])
    assert found == [b"pw", b"x y"]


@pytest.mark.host
@pytest.mark.parametrize("old", FOREIGN)
def test_others_entries_work_as_before(pppd_oracle: Pppd, old: bytes) -> None:
    before, after = pppd_oracle.secrets([(old, b"other", b"s"), (secrets.merge(old, OURS), b"other", b"s")])
    assert after == before


@pytest.mark.host
def test_pppd_reads_the_indirect_file(pppd_oracle: Pppd) -> None:
    for secret in (b"@/etc/hostname", b'@/a b "#', b"@/" + b"\xe9" * 254):
        path = pppd_oracle.place("indirect", secrets.indirect_content(secret))
        line = secrets.entry("tom", "work", secret, "work", indirect=path)
        assert pppd_oracle.secrets([(line, b"tom", b"work")]) == [secret]


@pytest.mark.host
def test_pppd_really_takes_these_for_something_else(pppd_oracle: Pppd) -> None:
    """What entry() refuses, were it written: a wildcard, the name of a file, a secret that is cut."""
    path = pppd_oracle.place("indirect", b"content of the file\n")
    questions = [
        (b'"*" "work" "pw" *\n', b"anybody", b"work"),
        (f'"tom" "work" "@{path}" *\n'.encode(), b"tom", b"work"),
        (b"tom work " + b"x" * 257 + b"\n", b"tom", b"work"),
    ]
    assert pppd_oracle.secrets(questions) == [b"pw", b"content", b"x" * 256]


def _nt_response(password: str, user: bytes, authenticator: bytes, peer: bytes) -> bytes:
    """RFC 2759 section 8.1, with OpenSSL's MD4 and DES."""
    legacy = ["-provider", "legacy", "-provider", "default"]
    openssl = need("openssl", package="openssl")

    def run(arguments: list[str], data: bytes) -> bytes:
        return subprocess.run(
            [openssl, *arguments, *legacy], input=data, capture_output=True, check=True
        ).stdout

    challenge = run(["dgst", "-sha1", "-binary"], peer + authenticator + user)[:8]
    digest = run(["dgst", "-md4", "-binary"], password.encode("utf-16-le")).ljust(21, b"\0")
    response = b""
    for part in (digest[:7], digest[7:14], digest[14:]):
        bits = int.from_bytes(part, "big")
        key = bytes((bits >> (49 - 7 * at) & 0x7F) << 1 for at in range(8))
        response += run(["enc", "-des-ecb", "-nopad", "-K", key.hex()], challenge)
    return response


AUTHENTICATOR = bytes.fromhex("5B5D7C7D7B3F2F3E3C2C602132262628")
PEER = bytes.fromhex("21402324255E262A28295F2B3A337C7E")


@pytest.mark.host
def test_the_reference_agrees_with_the_published_vector() -> None:
    """RFC 2759 section 9.2."""
    wanted = "82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF"
    assert _nt_response("clientPass", b"User", AUTHENTICATOR, PEER).hex().upper() == wanted


@pytest.mark.host
@pytest.mark.parametrize("password", ["clientPass", "café", "ÿ¡\xa0", "x" * 256, "\\\"'#"])
def test_pppd_hashes_latin_1_passwords_right(pppd_oracle: Pppd, password: str) -> None:
    """From our line in the file to the NT-Response; the server hashes UTF-16, pppd widens bytes."""
    line = secrets.entry("User", "work", password.encode("latin-1"), "work")
    (stored,) = pppd_oracle.secrets([(line, b"User", b"work")])
    assert stored is not None
    (response,) = pppd_oracle.nt_responses([(stored, b"User", AUTHENTICATOR, PEER)])
    assert response == _nt_response(password, b"User", AUTHENTICATOR, PEER)


@pytest.mark.host
def test_pppd_hashes_utf_8_passwords_wrong(pppd_oracle: Pppd) -> None:
    """Why a password is transcoded, and refused above U+00FF."""
    (response,) = pppd_oracle.nt_responses([("café".encode(), b"User", AUTHENTICATOR, PEER)])
    assert response != _nt_response("café", b"User", AUTHENTICATOR, PEER)
