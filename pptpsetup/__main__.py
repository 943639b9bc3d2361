"""``python -m pptpsetup``, or this file by its path; also works in a checkout that is not installed."""

import sys
from pathlib import Path

_home = Path(__file__).resolve().parent.parent
if not __package__:
    # Started by path: the directory that holds the package is not on sys.path, its inside may be.
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _home / "pptpsetup"]
    sys.path.insert(0, str(_home))
if (_home / "engine" / "pptpengine").is_dir():
    sys.path.insert(1, str(_home / "engine"))

from pptpsetup.cli.main import program  # noqa: E402 - the path above comes first

sys.exit(program())
