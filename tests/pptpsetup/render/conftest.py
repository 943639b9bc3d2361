"""The real pppd for this directory's tests."""

from tests.oracle.pppd import pppd_oracle

__all__ = ["pppd_oracle"]
