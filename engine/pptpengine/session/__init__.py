"""The sans-I/O front door: bytes and ``now`` in, bytes and events out.

`ControlSession` is the TCP side (one per server, any number of calls), `DataSession` the GRE side of one
call. They are two objects because they live in two processes, the call manager and the gateway.
"""

from pptpengine.session.call import Role
from pptpengine.session.control import ControlSession
from pptpengine.session.data import DataSession
from pptpengine.session.start import Addresses

__all__ = ["Addresses", "ControlSession", "DataSession", "Role"]
