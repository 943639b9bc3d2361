"""Looking for a password where others could see it: arguments, environments, open files."""

import os
import threading
from contextlib import suppress
from pathlib import Path


class Watch:
    """Looks at every process of the host over and over, while something is going on."""

    def __init__(self, password: str) -> None:
        self._password = password.encode()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.seen: list[str] = []
        "Each: a file below /proc and what it showed."
        self.looks = 0

    def __enter__(self) -> "Watch":  # noqa: PYI034 - typing.Self is new in Python 3.11
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.looks += 1
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    with suppress(OSError):
                        content = (process / name).read_bytes()
                        if self._password in content:
                            self.seen.append(f"{process / name}: {content!r}")
            self._stop.wait(0.02)


def holders(path: str) -> list[str]:
    """The processes, by their names, that have *path* open."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            files = [os.readlink(each) for each in (process / "fd").iterdir()]
            if path in files:
                found.append((process / "comm").read_text().strip())
    return found
