"""Words of NetBSD's npf.conf(5): addresses only, and the comments that `pptpsetup.grammar.shell` makes.

npf's lexer takes ``{``, ``}``, ``,``, ``$``, ``<`` and quotes for its own, so nothing but digits and dots is
written.
"""

from ipaddress import AddressValueError, IPv4Address

from pptpsetup.grammar.safe import Safe, refuse


def address(value: str) -> Safe:
    """*value*, an IPv4 address, as it stands in a rule.

    Raises SpecError ``unquotable-npf``.
    """
    try:
        return Safe(IPv4Address(value))
    except AddressValueError as error:
        raise refuse("unquotable-npf", f"{value!r} is no IPv4 address") from error
