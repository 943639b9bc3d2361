"""Modules of the standard library that no call waits for, or not yet: names as in ``sys.modules``."""

NEVER = {
    *("argparse", "getopt", "gettext", "shutil", "textwrap"),
    *("typing", "dataclasses", "inspect", "ast", "dis", "tokenize"),
    *("enum", "re", "socket", "signal", "selectors", "array"),
    *("json", "asyncio", "subprocess", "logging", "tempfile", "pathlib"),
    *("warnings", "traceback", "importlib"),
}
"What no call waits for; each of them costs milliseconds, or brings others that do."
LATER = {"ctypes", "pwd"}
"What is loaded once the sockets are open."
