"""Data on standard output."""

import json

from pptpsetup.cli.console import printable


def data(text: str) -> None:
    """Lines of text for people or simple scripts."""
    print(printable(text))


def json_document(document: dict[str, object]) -> None:
    """One JSON document; ``version`` in it rises when its shape changes in a way that readers would
    notice."""
    print(json.dumps(document, indent=2, ensure_ascii=True))
