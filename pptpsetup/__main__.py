"""``python -m pptpsetup``; also works in a checkout that is not installed."""

import sys
from pathlib import Path

_engine = Path(__file__).resolve().parent.parent / "engine"
if (_engine / "pptpengine").is_dir():
    sys.path.insert(1, str(_engine))

from pptpsetup.cli.main import main  # noqa: E402 - the path above comes first

sys.exit(main())
