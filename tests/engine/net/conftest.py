"""The lab as a fixture."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.net.lab import Lab
from tests.support import need, need_root


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A fresh pair of namespaces; closed, with all that was started in it, after the test."""
    need("ip", package="iproute2")
    need_root("network namespaces and raw sockets")
    lab = Lab(tmp_path)
    yield lab
    lab.close()
