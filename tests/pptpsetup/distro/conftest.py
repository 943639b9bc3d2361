"""Made roots: a directory with the few files that say what system it holds."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

MakeRoot = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def make_root(tmp_path: Path) -> MakeRoot:
    """A function that writes files (absolute path: text) under a root; ``-> TARGET`` makes a link."""

    def make(files: Mapping[str, str]) -> Path:
        root = tmp_path / "root"
        for name, text in files.items():
            path = root / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            if text.startswith("-> "):
                path.symlink_to(text[3:])
            else:
                path.write_text(text, encoding="utf-8")
        root.mkdir(exist_ok=True)
        return root

    return make
