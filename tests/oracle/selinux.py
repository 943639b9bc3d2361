"""Debian's SELinux policy, linked with a module of ours and asked what it allows; no kernel enforces it.

checkpolicy turns the linked policy into CIL text: one rule a line, types or attributes on either side.
"""

import bz2
import re
import subprocess
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support import need, unpacked

_MODULES = ("base", "ppp", "unconfined", "networkmanager")
"What pppd's and pptp's domains are made of."
_ALLOW = re.compile(r"\(allow (\S+) (\S+) \((\S+) \(([^)]*)\)\)\)")
_ATTRIBUTE = re.compile(r"\(typeattributeset (\S+) \((.*)\)\)")
_ALIAS = re.compile(r"\(typealiasactual (\S+) (\S+)\)")

Rule = tuple[str, str, str]
"Source, target, class."


class Policy:
    """One linked policy."""

    def __init__(self, cil: str) -> None:
        self.rules: dict[Rule, set[str]] = defaultdict(set)
        self.transitions: set[str] = set()
        self._attributes: dict[str, set[str]] = defaultdict(set)
        aliases: dict[str, str] = {}
        for line in cil.splitlines():
            # Rules under a boolean are indented: what a boolean may switch off is not counted on.
            if found := _ALLOW.fullmatch(line):
                self.rules[found[1], found[2], found[3]].update(found[4].split())
            elif found := _ATTRIBUTE.fullmatch(line):
                for name in found[2].replace("(", "").replace(")", "").split():
                    self._attributes[name].add(found[1])
            elif found := _ALIAS.fullmatch(line):
                aliases[found[1]] = found[2]
            elif line.startswith("(typetransition "):
                self.transitions.add(line)
        self.aliases = aliases

    def permissions(self, source: str, target: str, kind: str) -> set[str]:
        """What *source* may do to *target* as a *kind* (a class), attributes taken into account."""
        sources = {source} | self._attributes[source]
        targets = {target} | self._attributes[target] | ({"self"} if source == target else set())
        return {each for one in sources for two in targets for each in self.rules.get((one, two, kind), ())}


def compile_module(folder: Path) -> Path:
    """pptpsetup.te and pptpsetup.fc in *folder* as a package, by the programs that an administrator runs."""
    module, package = folder / "pptpsetup.mod", folder / "pptpsetup.pp"
    te, fc = folder / "pptpsetup.te", folder / "pptpsetup.fc"
    _run(need("checkmodule", package="checkpolicy"), "-M", "-m", "-o", module, te)
    _run(need("semodule_package", package="semodule-utils"), "-o", package, "-m", module, "-f", fc)
    return package


def link(*packages: Path) -> Policy:
    """Debian's policy with *packages*; a type that it does not know fails here."""
    with TemporaryDirectory(prefix="pptpsetup-selinux.") as name:
        folder = Path(name)
        linked, binary, cil = folder / "linked", folder / "binary", folder / "cil"
        base, *rest = (_packaged(each, folder) for each in _MODULES)
        _run(need("semodule_link", package="semodule-utils"), "-o", linked, base, *rest, *packages)
        _run(need("semodule_expand", package="semodule-utils"), linked, binary)
        _run(need("checkpolicy", package="checkpolicy"), "-b", "-M", "-C", "-o", cil, binary)
        return Policy(cil.read_text())


def _packaged(name: str, folder: Path) -> Path:
    source = unpacked("selinux-policy-default") / f"usr/share/selinux/default/{name}.pp.bz2"
    path = folder / f"{name}.pp"
    path.write_bytes(bz2.decompress(source.read_bytes()))
    return path


def file_contexts(package: Path, folder: Path) -> Path:
    """The file contexts in *package*, as semodule would install them, in a file in *folder*."""
    program = need("semodule_unpackage", package="semodule-utils")
    _run(program, package, folder / "module", folder / "contexts")
    return folder / "contexts"


def label(contexts: Path, path: str, mode: str) -> str:
    """The context of *path* by the real matcher; *mode* is ``file`` or ``dir``."""
    program = need("matchpathcon", package="selinux-utils")
    done = subprocess.run(
        [program, "-n", "-N", "-m", mode, "-f", contexts, path],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout.strip() or done.stderr.strip()


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
