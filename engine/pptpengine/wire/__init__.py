"""Bytes to frozen types and back; no state, no policy."""
