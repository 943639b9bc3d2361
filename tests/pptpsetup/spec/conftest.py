"""The installed pppd, for what it makes of a file before and after."""

from tests.oracle.pppd import pppd_oracle as pppd_oracle  # noqa: PLC0414 - a fixture for the tests here
