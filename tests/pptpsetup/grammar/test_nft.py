"""Words of nftables rulesets, against nft itself, and those of npf, by their form alone."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pptpsetup.errors import SpecError
from pptpsetup.grammar import nft, npf
from tests.oracle import filters

REMARKS = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters='"') | st.just(" "), max_size=31
)
NAMES = st.from_regex(r"x[A-Za-z0-9_-]{0,20}", fullmatch=True)


def test_the_written_form_is_pinned() -> None:
    assert nft.address("203.0.113.9") == "203.0.113.9"
    assert nft.table("inet filter") == "inet filter"
    assert nft.remark("pptpsetup work") == '"pptpsetup work"'
    assert npf.address("203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize(
    "text", ["", "vpn.example.com", "203.0.113.9/24", "203.0.113.9;", "::1", "1.2.3.4 x"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    for quote in (nft.address, npf.address):
        with pytest.raises(SpecError, match="no IPv4 address"):
            quote(text)


@pytest.mark.parametrize(
    "text", ["filter", "ip6 filter", "inet", "inet ", "inet a b", "inet a;", "inet {", "inet 9", "bridge x"]
)
def test_what_is_no_table_of_ipv4_is_refused(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        nft.table(text)
    assert "nft list tables" in str(caught.value.diagnostics[0].hint)


@pytest.mark.parametrize("text", ['a"b', "a\nb", "\x1b[2J", "x" * 128, "é" * 64])
def test_what_a_comment_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        nft.remark(text)


@pytest.mark.host
@settings(max_examples=20)
@given(st.lists(st.tuples(REMARKS, st.ip_addresses(v=4)), min_size=1, max_size=20), NAMES)
def test_the_kernel_holds_what_was_written(rules: list[tuple[str, IPv4Address]], name: str) -> None:
    lines = [
        f"ip saddr {nft.address(str(address))} accept comment {nft.remark(text)}" for text, address in rules
    ]
    table = (
        f"table {nft.table('inet ' + name)} {{ chain {nft.name(name)} {{\n" + "\n".join(lines) + "\n}\n}\n"
    )
    found = [each["rule"] for each in filters.nft(table) if "rule" in each]
    assert [each.get("comment", "") for each in found] == [text for text, _ in rules]
    assert [each["expr"][0]["match"]["right"] for each in found] == [str(address) for _, address in rules]
