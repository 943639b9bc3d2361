"""Put the data folders in the wheel; an editable install reads them in place."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DataFolders(BuildHookInterface[Any]):
    """Copies ``templates/`` and ``profiles/`` to ``pptpsetup/_data/`` of a standard wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            for folder in ("templates", "profiles"):
                build_data["force_include"][folder] = f"pptpsetup/_data/{folder}"
