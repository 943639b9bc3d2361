"""Where the data folders are: in a wheel, an editable install or a bare checkout."""

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent


def data_dir(kind: Literal["templates", "profiles"]) -> Path:
    """The folder holding *kind*.

    Raises FileNotFoundError when the package was installed without its data.
    """
    packaged = _PACKAGE / "_data" / kind
    if packaged.is_dir():
        return packaged
    if (_CHECKOUT / "pyproject.toml").is_file() and (_CHECKOUT / kind).is_dir():
        return _CHECKOUT / kind
    raise FileNotFoundError(f"pptpsetup was installed without its {kind} folder")


def engine_main() -> Path:
    """The engine's ``__main__.py``, found without importing the engine.

    It runs as ``python3 -I -S PATH`` from every kind of installation, so a rendered ``pty`` command needs no
    console script, no PYTHONPATH and no site-packages.

    Raises FileNotFoundError when pptpengine is not installed beside this package.
    """
    spec = find_spec("pptpengine")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).resolve().parent / "__main__.py"
    checkout = _CHECKOUT / "engine" / "pptpengine" / "__main__.py"
    if checkout.is_file():
        return checkout
    raise FileNotFoundError("pptpsetup was installed without pptpengine")


def application_main() -> Path:
    """This package's ``__main__.py``, which runs as ``python3 -I PATH`` from every kind of installation."""
    return Path(__file__).resolve().parent / "__main__.py"
