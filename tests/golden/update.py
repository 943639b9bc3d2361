"""``python -m tests.golden.update``: write all golden trees anew; look at ``git diff`` afterwards."""

import shutil

from tests.golden.cases import GOLDEN, expected, pairs


def update() -> None:
    """Replace every tree, and remove those of cases and profiles that are no more."""
    for folder in GOLDEN.iterdir():
        if folder.is_dir() and folder.name != "__pycache__":
            shutil.rmtree(folder)
    for profile, case in pairs():
        for path, content in expected(profile, case).items():
            place = GOLDEN / profile / case / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)


if __name__ == "__main__":
    update()
