"""Signals as the C module beneath ``signal`` has them: plain numbers.

``signal`` loads ``enum`` and makes enumerations of its constants, for which a call would wait. Type checkers
see ``signal``.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from signal import *  # noqa: F403 - this module in its place
else:
    from _signal import *  # noqa: F403 - as signal does it
