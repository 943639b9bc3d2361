"""Set up, run and understand PPTP tunnels, the same way on every distribution."""

__version__ = "0.1.0"
