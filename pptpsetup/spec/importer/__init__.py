"""Configuration that others have written, read into settings: bytes in, findings out, no I/O.

A module for each kind of file says which tunnels are in it, what each word becomes, and what cannot be kept
and why. ``survey`` puts them together. What a finding means for the host's files is in ``Takeover``.
"""
