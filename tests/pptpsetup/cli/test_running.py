"""``start`` where another program runs pppd and does not run itself."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pptpsetup.cli.running import bring_up
from pptpsetup.distro.kinds import InitKind
from pptpsetup.errors import UnsupportedError
from tests import inits
from tests.golden.cases import FACTS, WORK


def test_a_tunnel_of_netifd_needs_netifd() -> None:
    host: Any = SimpleNamespace(
        facts=replace(FACTS, init=(InitKind.UCI,)), profile=inits.profile(InitKind.UCI), root=Path("/")
    )
    console: Any = None
    with pytest.raises(UnsupportedError) as caught:
        bring_up(host, replace(WORK, name="vpn"), console)
    (found,) = caught.value.diagnostics
    assert found.code == "init-not-running"
    assert "uci does not run here" in found.message
