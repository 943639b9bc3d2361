"""Measurements: ``python -m benchmarks.engine``, beside C pptp, and ``python -m benchmarks.soak``."""
