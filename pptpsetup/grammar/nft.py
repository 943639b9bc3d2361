"""Words of nftables rulesets (nft(8)).

Words are bare or in double quotes, and there is no escape: a quoted string ends at the next double quote.
"""

import re
from ipaddress import AddressValueError, IPv4Address

from pptpsetup.grammar.safe import Safe, refuse

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_FAMILIES = ("inet", "ip")
_COMMENT_LIMIT = 128
"NFTNL_UDATA_COMMENT_MAXLEN: octets of a rule's comment, in every version of nft."


def address(value: str) -> Safe:
    """*value*, an IPv4 address, as it stands in a rule.

    Raises SpecError ``unquotable-nft``.
    """
    try:
        return Safe(IPv4Address(value))
    except AddressValueError as error:
        raise refuse("unquotable-nft", f"{value!r} is no IPv4 address") from error


def name(value: str) -> Safe:
    """*value* as the name of a table or chain.

    Raises SpecError ``unquotable-nft``.
    """
    if not _NAME.fullmatch(value):
        raise refuse("unquotable-nft", f"{value!r} cannot be a name in a ruleset")
    return Safe(value)


def table(value: str) -> Safe:
    """*value* as ``FAMILY NAME``, of a table that sees IPv4.

    Raises SpecError ``unquotable-nft``.
    """
    family, _, own = value.partition(" ")
    if family not in _FAMILIES or not _NAME.fullmatch(own):
        raise refuse(
            "unquotable-nft",
            f"{value!r} is no table that IPv4 packets pass",
            why="family and name are needed, the family being inet or ip",
            hint='see the names with: nft list tables; often it is "inet filter"',
        )
    return Safe(f"{family} {own}")


def remark(text: str) -> Safe:
    """*text* as the comment of a rule, in quotes.

    Raises SpecError ``unquotable-nft``: a double quote, a control character, or more than 128 octets.
    """
    if '"' in text or not text.isprintable() or len(text.encode()) >= _COMMENT_LIMIT:
        raise refuse("unquotable-nft", "a rule's comment has no way to hold this text")
    return Safe(f'"{text}"')
