"""A plain os-release(5), read without a library.

Nearly every system has one, and reading its few lines takes a twentieth of what importing the ``distro``
library does (it brings ``logging`` and ``subprocess``). Whatever is not plain is for the library: it knows
the quoting of shells, other names for systems, and the older files that complete an os-release or stand
for one.
"""

import re
from collections.abc import Mapping

_LINE = re.compile(r"""([A-Z0-9_]+)=(?:"([^"\\\r]*)"|'([^'\r]*)'|([^\s"'\\#]*))[ \t]*|[ \t]*(?:#[^\r]*)?""")
_ENOUGH = ("id", "name", "version_id")
_RENAMED = frozenset({"ol", "opensuse-leap"})
"IDs for which the library says another name; see its NORMALIZED_OS_ID."


def read(text: str) -> Mapping[str, str] | None:
    """The values of *text* by their names in lower case; None if it is not plain or does not say enough."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        match = _LINE.fullmatch(line)
        if match is None:
            return None
        if match[1]:
            found[match[1].lower()] = match[2] or match[3] or match[4] or ""
    id_ = found.get("id", "").lower().replace(" ", "_")
    if id_ in _RENAMED or not all(found.get(each) for each in _ENOUGH):
        return None
    return {**found, "id": id_}
