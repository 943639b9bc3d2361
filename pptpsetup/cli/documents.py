"""The documents made from the parsers and the profiles: ``python -m pptpsetup.cli.documents``."""

import json
import sys
from pathlib import Path

from pptpsetup.change.report import schema
from pptpsetup.cli.distributions import pages
from pptpsetup.cli.manpages import manual_pages
from pptpsetup.cli.reference import markdown


def documents() -> dict[str, str]:
    """Every generated document by its path below ``docs``."""
    return {
        "reference/cli.md": markdown(),
        "reference/plan.schema.json": json.dumps(schema(), indent=2) + "\n",
        **{f"man/{name}": text for name, text in manual_pages().items()},
        **{f"distributions/{name}": text for name, text in pages().items()},
    }


def main() -> None:
    """Write the documents of this checkout."""
    docs = Path(__file__).resolve().parents[2] / "docs"
    for name, text in documents().items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        print(path.relative_to(docs.parent), file=sys.stderr)


if __name__ == "__main__":
    main()
