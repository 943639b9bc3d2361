"""What rules have in common."""

from collections.abc import Callable

from pptpsetup.errors import Diagnostic
from pptpsetup.render.init.choice import KINDS, Kind
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Init, Tunnel

Rule = Callable[[Tunnel, Target], Diagnostic | None]
"None: no objection."


def init_of(tunnel: Tunnel, target: Target) -> Init:
    """The init system that *tunnel* is for."""
    return Init(target.facts.init_for(tunnel.init.value))


def kind_of(tunnel: Tunnel, target: Target) -> Kind:
    """What is written for it."""
    return KINDS[init_of(tunnel, target)]
