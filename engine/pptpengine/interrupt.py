"""Ctrl-C while the program is being loaded, or looks up a name."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from signal import SIG_DFL, SIGINT, default_int_handler, getsignal, signal
else:
    from _signal import SIG_DFL, SIGINT, default_int_handler, getsignal, signal


def end_on_interrupt() -> None:
    """Let SIGINT simply end the process, and not raise KeyboardInterrupt; one that is ignored stays so."""
    if getsignal(SIGINT) is default_int_handler:
        signal(SIGINT, SIG_DFL)
