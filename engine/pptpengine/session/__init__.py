"""The sans-I/O front door: bytes and ``now`` in, bytes and events out.

`ControlSession` is the TCP side (one per server, any number of calls), `DataSession` the GRE side of one
call. They are two objects because they live in two processes, the call manager and the gateway; and each is
loaded when it is asked for (PEP 562), because a call waits for what its processes load.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpengine.session.call import Role
    from pptpengine.session.control import ControlSession
    from pptpengine.session.data import DataSession
    from pptpengine.session.start import Addresses

__all__ = ["Addresses", "ControlSession", "DataSession", "Role"]

_ROOMS = {"Addresses": "start", "ControlSession": "control", "DataSession": "data", "Role": "call"}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
