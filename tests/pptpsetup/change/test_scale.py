"""Hundreds of tunnels: the work per tunnel is constant, without measuring time."""

import os
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pptpsetup.change.provision import provision
from pptpsetup.change.system import RealSystem
from pptpsetup.change.transaction import apply
from pptpsetup.distro.catalogue import load_profile
from pptpsetup.render.environment import Templates
from pptpsetup.render.places import SPEC_FILE
from pptpsetup.spec.document import Document
from pptpsetup.spec.secret import Secret
from tests.golden.cases import FACTS, PROGRAMS
from tests.pptpsetup.change.scene import CHANGING, at_call, make_host, memory_folder

pytestmark = pytest.mark.exhaustive

DEBIAN = load_profile("debian")
READING = ("stat", "readlink", "fstat", "read", "open", "close", "listxattr", "listdir")


@pytest.fixture
def folder() -> Iterator[Path]:
    with memory_folder() as path:
        yield path


def document(count: int) -> Document:
    """*count* tunnels, with a hint of what people set."""
    tunnels = "".join(
        f"  t{number}:\n    server: vpn{number}.example.com\n    username: u\n"
        f"    routes: [10.{number % 256}.0.0/16]\n"
        for number in range(count)
    )
    return Document.parse(f"version: 1\ntunnels:\n{tunnels}", SPEC_FILE)


def host(folder: Path, count: int) -> tuple[RealSystem, Document]:
    system = make_host(folder / str(count))
    wanted = document(count)
    (folder / str(count) / "etc/pptpsetup").mkdir()
    (folder / str(count) / SPEC_FILE[1:]).write_text(wanted.text)
    return system, wanted


def plan_and_apply(system: RealSystem, wanted: Document) -> int | None:
    passwords = {tunnel.name: Secret("pw") for tunnel in wanted.spec.tunnels}
    plan = provision(wanted, wanted, DEBIAN, FACTS, passwords, system, programs=PROGRAMS)
    return apply(plan, system, title="apply")


@contextmanager
def counting(target: Any, names: tuple[str, ...], calls: Counter[str]) -> Iterator[None]:
    """Count the calls of functions of *target* in *calls*."""
    real = {name: getattr(target, name) for name in names}

    def counted(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            calls[name] += 1
            return real[name](*arguments, **options)

        return call

    for name in names:
        setattr(target, name, counted(name))
    try:
        yield
    finally:
        for name, function in real.items():
            setattr(target, name, function)


def changing_calls(work: Callable[[], object]) -> Counter[str]:
    calls: Counter[str] = Counter()
    with at_call(lambda name, _: calls.update([name])):
        work()
    return calls


def test_syncs_do_not_grow_with_the_tunnels(folder: Path) -> None:
    """Ten times the files, and not one fsync(2) more: what a disk is slow at."""
    few, many = (
        changing_calls(lambda count=count: plan_and_apply(*host(folder, count)))  # type: ignore[misc]
        for count in (50, 200)
    )
    assert many["fsync"] == few["fsync"] < 40
    assert many["syncfs"] == few["syncfs"] > 1
    per_tunnel = {name: (many[name] - few[name]) / 150 for name in CHANGING}
    # The peers file and the password's.
    assert per_tunnel["write"] == 2
    assert per_tunnel["rename"] == 2
    assert per_tunnel["mkdir"] == 0
    assert per_tunnel["unlink"] == per_tunnel["rmdir"] == 0


def test_looks_per_tunnel_are_constant(folder: Path) -> None:
    """A plan that finds nothing to do looks at each file once, and reads nothing twice."""
    counts = []
    for number in (30, 300):
        system, wanted = host(folder, number)
        plan_and_apply(system, wanted)
        calls: Counter[str] = Counter()
        with counting(os, READING, calls), counting(Templates, ("render",), calls):
            assert plan_and_apply(system, wanted) is None
        counts.append(calls)
    few, many = counts
    per_tunnel = {name: (many[name] - few[name]) / 270 for name in (*READING, "render")}
    assert per_tunnel["render"] == 1
    assert per_tunnel["read"] == 4  # two files, each to its end
    assert per_tunnel["open"] <= 2
    assert sum(per_tunnel.values()) < 30
    # Whatever does not grow with the tunnels is little.
    assert sum(few.values()) - 30 * sum(per_tunnel.values()) < 700


def test_memory_per_tunnel_is_bounded(folder: Path) -> None:
    """Planning and applying ten thousand may take a quarter of a gigabyte."""
    peaks = []
    for number in (100, 400):
        system, text = make_host(folder / str(number)), document(number).text
        tracemalloc.start()
        wanted = Document.parse(text, SPEC_FILE)
        (folder / str(number) / "etc/pptpsetup").mkdir()
        (folder / str(number) / SPEC_FILE[1:]).write_text(text)
        plan_and_apply(system, wanted)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 300 < 20_000
