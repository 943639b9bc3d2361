"""Which transactions there are, told by the names of their directories (see `pptpsetup.change.journal`)."""

from posixpath import basename

from pptpsetup.change.system import System

COMMITTED = ".gen"
"How the name of a generation ends."


def journals(state_dir: str) -> str:
    """The directory that all of them are in."""
    return f"{state_dir}/tx"


def number_in(name: str) -> int:
    """The number that the directory *name* begins with; 0: none."""
    digits = name.partition(".")[0]
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def registered(system: System, state_dir: str) -> tuple[str, ...]:
    """The directories of journals that are neither committed nor undone, the latest first."""
    root = journals(state_dir)
    return tuple(f"{root}/{name}" for name in reversed(system.list(root)) if "." not in name)


def committed(system: System, state_dir: str) -> tuple[str, ...]:
    """The directories of the generations, the oldest first."""
    root = journals(state_dir)
    return tuple(f"{root}/{name}" for name in system.list(root) if name.endswith(COMMITTED))


def numbers(system: System, state_dir: str) -> tuple[int, ...]:
    """The numbers of the generations, the oldest first."""
    return tuple(number_in(basename(each)) for each in committed(system, state_dir))
