"""Coverage-guided fuzzing of one target for as long as one likes.

``python -m tests.engine.fuzz.run TARGET [libFuzzer options]``, for example ``-max_total_time=3600`` or a
directory that collects inputs; ``everything`` is a target, too. An input that breaks the target is written
to ``crash-…`` and named on stderr.
"""

import sys
import tempfile
from pathlib import Path

import atheris


def main() -> None:
    """Start from the target's seeds, with the engine instrumented."""
    name, options = sys.argv[1], sys.argv[2:]
    with atheris.instrument_imports(include=["pptpengine"]):
        from tests.engine.fuzz.seeds import seeds
        from tests.engine.fuzz.targets import TARGETS, everything

    with tempfile.TemporaryDirectory() as directory:
        for number, seed in enumerate(seeds(name)):
            (Path(directory) / f"seed{number}").write_bytes(seed)
        atheris.Setup([sys.argv[0], "-max_len=2048", *options, directory], TARGETS.get(name, everything))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
