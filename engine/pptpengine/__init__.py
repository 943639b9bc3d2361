"""A PPTP (RFC 2637) protocol engine: the client's control connection, call and GRE tunnel, for use under
pppd.
"""

__version__ = "0.1.0"
