"""State machines as tables, and what hangs on them; no I/O."""
