"""Paths of a system that lies in a directory: `pptpsetup.rootfs`, which other wings use, too."""

from pptpsetup.rootfs import any_exists, inside

__all__ = ["any_exists", "inside"]
