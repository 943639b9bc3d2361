"""The lab as a fixture."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.net.lab import Lab
from tests.support import need, need_root


@pytest.fixture
def make_lab(tmp_path: Path) -> Iterator[Callable[[], Lab]]:
    """Fresh pairs of namespaces; closed, with all that was started in them, after the test."""
    need("ip", package="iproute2")
    need_root("network namespaces and raw sockets")
    labs: list[Lab] = []

    def make() -> Lab:
        directory = tmp_path / f"lab{len(labs)}"
        directory.mkdir()
        labs.append(Lab(directory))
        return labs[-1]

    yield make
    for lab in labs:
        lab.close()


@pytest.fixture
def lab(make_lab: Callable[[], Lab]) -> Lab:
    """One of them."""
    return make_lab()
