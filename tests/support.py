"""What tests share: finding real programs, and saying precisely what is missing."""

import os
import shutil
from pathlib import Path

import pytest


def missing(what: str) -> None:
    """Skip because *what* is not here; on CI nothing may be skipped, so fail there."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must have it: {what}")
    pytest.skip(what)


def need(program: str, *, package: str) -> str:
    """The path of *program*, or a skip that names the Debian package it comes in."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if path is None:
        missing(f"{program} is not installed (Debian package {package})")
        raise AssertionError("not reached")
    return path


def unpacked(package: str) -> Path:
    """Where tests/setup has unpacked *package*, or a skip that says so."""
    path = Path(__file__).parent.parent / ".cache/unpacked" / package
    if not path.is_dir():
        missing(f"Debian package {package} is not unpacked in .cache (tests/setup does it)")
    return path


def need_root(why: str) -> None:
    """Skip unless we are root."""
    if os.geteuid() != 0:
        missing(f"needs root: {why}")
