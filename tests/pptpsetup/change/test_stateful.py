"""Any sequence of changes, hand edits and rollbacks keeps what must hold."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pptpsetup.change.entry import DirEntry, Entry, FileEntry
from pptpsetup.change.generations import history, rollback
from pptpsetup.change.journal import KEPT
from pptpsetup.change.kept import kept_directory
from pptpsetup.change.manifest import STATE_DIR
from pptpsetup.change.memory import MemorySystem
from pptpsetup.change.plan import OVERWRITE_ALL
from pptpsetup.change.provision import provision
from pptpsetup.change.step import Plan
from pptpsetup.change.system import read_bytes
from pptpsetup.change.transaction import apply
from pptpsetup.distro.catalogue import load_profile
from pptpsetup.errors import DifferentError, UsageError
from pptpsetup.render.places import SPEC_FILE
from pptpsetup.render.shared import MERGERS, OURS
from pptpsetup.spec.document import Document
from pptpsetup.spec.secret import Secret, secret_file
from tests.golden.cases import FACTS, PROGRAMS
from tests.pptpsetup.change.scene import without_history

pytestmark = pytest.mark.exhaustive

DEBIAN = load_profile("debian")
CHAP = "/etc/ppp/chap-secrets"
PUT_AWAY = kept_directory(STATE_DIR)
MARK = b"# managed by pptpsetup: "
NAMES = st.sampled_from(["work", "home"])


def memory() -> MemorySystem:
    directories = ("/etc", "/etc/ppp", "/etc/ppp/peers", "/etc/systemd", "/var", "/var/lib")
    entries: dict[str, Entry] = {path: DirEntry(0, 0, 0o755) for path in directories}
    entries[CHAP] = FileEntry(b'# c\nbob * "b o b" *\n', 0, 0, 0o600)
    return MemorySystem(entries, groups={"root": 0, "dip": 30})


class Administrator(RuleBasedStateMachine):
    """Somebody who does everything that can be done, in any order."""

    @initialize()
    def begin(self) -> None:
        self.system = memory()
        self.foreign = [b"# c\n", b'bob * "b o b" *\n']
        self.passwords = {"work": "pw", "home": "pw"}
        self.pictures: dict[int, dict[str, object]] = {0: self.tree()}
        "What each generation left, as long as nobody else has changed anything since."

    def tree(self) -> dict[str, object]:
        return without_history(self.system.tree())

    def document(self) -> Document | None:
        data = read_bytes(self.system, SPEC_FILE)
        return None if data is None else Document.parse_bytes(data, SPEC_FILE)

    def plan(self, after: Document, *, overwrite: bool = False, reading: bool = False) -> Plan:
        return provision(
            self.document(),
            after,
            DEBIAN,
            FACTS,
            {each.name: Secret(self.passwords[each.name]) for each in after.spec.tunnels},
            self.system,
            programs=PROGRAMS,
            overwrite=OVERWRITE_ALL if overwrite else frozenset(),
            reading=reading,
        )

    def carry_out(self, plan: Plan) -> None:
        number = apply(plan, self.system, title="change")
        if number is not None:
            self.pictures[number] = self.tree()

    def change(self, after: Document, *, overwrite: bool) -> None:
        """Either it is in force afterwards, or nothing has happened."""
        before = self.tree()
        try:
            plan = self.plan(after, overwrite=overwrite)
        except DifferentError:
            assert self.tree() == before
            assert not overwrite
            return
        self.carry_out(plan)
        document = self.document()
        assert document is None or self.plan(document, reading=True).in_sync

    @rule(name=NAMES, mtu=st.sampled_from([1300, 1400]), password=st.sampled_from(["pw", "qw"]))
    def create(self, name: str, mtu: int, password: str) -> None:
        document = self.document() or Document.empty(SPEC_FILE)
        values = {
            "server": "x.example",
            "username": "u",
            "mtu": mtu,
            "password": {"file": secret_file(name)},
        }
        was, self.passwords[name] = self.passwords[name], password
        self.change(document.set_tunnel(name, values), overwrite=False)
        if self.secret(name) != password:
            self.passwords[name] = was

    def secret(self, name: str) -> str | None:
        data = read_bytes(self.system, secret_file(name))
        return None if data is None else data.decode().rstrip("\n")

    @rule(name=NAMES, overwrite=st.booleans())
    def delete(self, name: str, overwrite: bool) -> None:
        document = self.document()
        if document is not None and document.spec.find(name):
            self.change(document.remove_tunnel(name), overwrite=overwrite)

    @rule(overwrite=st.booleans())
    def apply_as_it_is(self, overwrite: bool) -> None:
        document = self.document()
        if document is not None:
            self.change(document, overwrite=overwrite)

    @rule(mtu=st.sampled_from([1200, 1300]))
    def edit_the_spec(self, mtu: int) -> None:
        document = self.document()
        if document is not None and document.spec.tunnels:
            text = document.set_tunnel(document.spec.tunnels[0].name, {"mtu": mtu}).text
            self.write(SPEC_FILE, text.encode())

    @rule(name=NAMES, word=st.sampled_from([b"debug\n", b"dump\n"]))
    def edit_a_peers_file(self, name: str, word: bytes) -> None:
        path = f"/etc/ppp/peers/{name}"
        data = read_bytes(self.system, path)
        if data is not None:
            self.write(path, data + word)

    @rule(name=NAMES)
    def lose_a_peers_file(self, name: str) -> None:
        path = f"/etc/ppp/peers/{name}"
        if self.system.read(path) is not None:
            self.system.remove(path)
            self.pictures.clear()

    @precondition(lambda self: len(self.foreign) < 6)
    @rule()
    def write_a_foreign_line(self) -> None:
        line = f'eve{len(self.foreign)} * "x" *\n'.encode()
        self.foreign.append(line)
        self.write(CHAP, (read_bytes(self.system, CHAP) or b"") + line)

    def write(self, path: str, content: bytes) -> None:
        entry = self.system.read(path)
        assert isinstance(entry, FileEntry)
        self.system.put(path, FileEntry(content, entry.uid, entry.gid, entry.mode))
        self.pictures.clear()

    @rule(number=st.integers(0, 30), overwrite=st.booleans())
    def go_back(self, number: int, overwrite: bool) -> None:
        before = self.tree()
        options = {"spec_file": SPEC_FILE, "mergers": MERGERS, "ours": OURS}
        allowed = OVERWRITE_ALL if overwrite else frozenset()
        try:
            plan = rollback(self.system, number, overwrite=allowed, **options)  # type: ignore[arg-type]
        except UsageError:
            return
        assert self.tree() == before
        if plan.conflicts:
            assert not overwrite
            return
        wanted = self.pictures.get(number)
        self.carry_out(plan)
        for name in self.passwords:
            self.passwords[name] = self.secret(name) or self.passwords[name]
        if wanted is not None:
            # What was put away since stays where it is.
            found = self.tree()
            put_away = {path for path in found if path.startswith(PUT_AWAY) and path not in wanted}
            assert {path: entry for path, entry in found.items() if path not in put_away} == wanted
        assert rollback(self.system, number, **options).empty  # type: ignore[arg-type]

    @invariant()
    def lines_of_others_stay_in_their_order(self) -> None:
        content = read_bytes(self.system, CHAP) or b""
        assert [line for line in content.splitlines(keepends=True) if MARK not in line] == self.foreign

    @invariant()
    def the_history_is_bounded_and_ordered(self) -> None:
        numbers = [each.number for each in history(self.system)]
        assert len(numbers) <= KEPT
        assert numbers == sorted(numbers)


Administrator.TestCase.settings = settings(deadline=None, max_examples=40, stateful_step_count=25)
TestAdministrator = Administrator.TestCase
