"""Where running tunnels leave what others may read, found without a profile.

A profile's ``run_directory`` is /run where there is one, and /var/run elsewhere (NetBSD).
"""

from pathlib import Path

from pptpsetup.render import places


def run_directory(root: Path) -> Path:
    """pptpsetup's own directory below *root*."""
    return _inside(root, places.own_run_directory(_run(root)))


def report_name(root: Path, tunnel: str) -> str:
    """The report of *tunnel* as the engine is told, without *root*."""
    return places.report_file(tunnel, _run(root))


def report_file(root: Path, tunnel: str) -> Path:
    """The report of *tunnel* below *root*."""
    return _inside(root, report_name(root, tunnel))


def log_file(root: Path, tunnel: str) -> Path:
    """What the kept pppd of *tunnel* says."""
    return _inside(root, places.log_file(tunnel, _run(root)))


def exit_file(root: Path, tunnel: str) -> Path:
    """How the kept pppd of *tunnel* ended."""
    return _inside(root, places.exit_file(tunnel, _run(root)))


def _run(root: Path) -> str:
    return places.RUN if (root / "run").is_dir() else "/var/run"


def _inside(root: Path, path: str) -> Path:
    return root / path.lstrip("/")
