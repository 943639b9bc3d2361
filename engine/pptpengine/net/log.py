"""Log lines: to syslog (facility daemon), and to standard error when asked. Logging never fails."""

import sys
import syslog
from contextlib import suppress

ERROR = 0
NOTICE = 1
DETAIL = 2
_PRIORITY = {ERROR: syslog.LOG_ERR, NOTICE: syslog.LOG_NOTICE, DETAIL: syslog.LOG_INFO}


class Log:
    """Lines of one tunnel: ``pptpengine[PID]: TAG: text``.

    *level*: 0 only errors, 1 what happens once, 2 everything. *debug*: every line also to standard error.
    """

    def __init__(self, tag: str, level: int = NOTICE, *, debug: bool = False) -> None:
        self.tag = tag
        self.level = DETAIL if debug else level
        self.debug = debug
        self.reopen()

    def reopen(self) -> None:
        """Forget the connection to the syslog daemon and the process ID; needed after a fork."""
        syslog.closelog()
        syslog.openlog("pptpengine", syslog.LOG_PID, syslog.LOG_DAEMON)

    def close(self) -> None:
        """Give the descriptor back; the next line opens it again."""
        syslog.closelog()

    def line(self, text: str, level: int = NOTICE) -> None:
        """One line; control characters are made visible, since text from the peer may be in it."""
        if level > self.level:
            return
        clean = "".join(char if char.isprintable() else _escaped(char) for char in text)
        # syslog(3) swallows its own failures; what may come out is text that cannot be encoded.
        with suppress(OSError, UnicodeError, ValueError):
            syslog.syslog(_PRIORITY[level], f"{self.tag}: {clean}")
        if self.debug or level == ERROR:
            with suppress(OSError, UnicodeError, ValueError):
                sys.stderr.write(f"pptpengine: {self.tag}: {clean}\n")
                sys.stderr.flush()

    def error(self, text: str) -> None:
        """What the user must know; also on standard error."""
        self.line(text, ERROR)

    def fault(self, error: BaseException) -> None:
        """An exception that nobody expected: what it was, what it came from, and each place on its way.

        The module ``traceback`` would have to be loaded, and whoever has given up its privileges may not be
        allowed to read it (a virtual environment in /root, say).
        """
        later: BaseException | None = error
        while later is not None:
            self.error(f"{type(later).__name__}: {later}")
            place = later.__traceback__
            while place is not None:
                code = place.tb_frame.f_code
                self.error(f"  {code.co_filename}:{place.tb_lineno} in {code.co_name}")
                place = place.tb_next
            later = later.__cause__ or later.__context__

    def detail(self, text: str) -> None:
        """What helps to find a fault."""
        self.line(text, DETAIL)


def _escaped(char: str) -> str:
    """A character as in a Python literal; the codec ``unicode_escape`` would have to be loaded, too."""
    number = ord(char)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
