"""Run the engine: ``python -m pptpengine``, or this file by its path, also with ``python -I -S``."""

import sys

if not __package__:
    # Started by path: the directory that holds the package is not on sys.path, its inside may be.
    inside = __file__.rpartition("/")[0] or "."
    sys.path[:] = [entry for entry in sys.path if entry != inside]
    sys.path.insert(0, inside.rpartition("/")[0] or "..")

from pptpengine.interrupt import end_on_interrupt

# Before the rest is loaded.
end_on_interrupt()

from pptpengine.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
