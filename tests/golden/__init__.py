"""Rendered files as they should be; ``python -m tests.golden.update`` writes them anew."""
