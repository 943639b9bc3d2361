"""From an edited spec to the host and back, with the real renderer and the Debian profile."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pptpsetup.change.diff import diff
from pptpsetup.change.manifest import STATE_DIR
from pptpsetup.change.memory import MemorySystem
from pptpsetup.change.plan import OVERWRITE_ALL
from pptpsetup.change.provision import provision
from pptpsetup.change.report import document
from pptpsetup.change.step import Plan
from pptpsetup.change.system import RealSystem, read_bytes
from pptpsetup.change.transaction import apply
from pptpsetup.distro.catalogue import load_profile
from pptpsetup.errors import DifferentError
from pptpsetup.render.places import SPEC_FILE
from pptpsetup.spec.document import Document
from pptpsetup.spec.secret import Secret, secret_file
from tests.golden.cases import FACTS, PROGRAMS
from tests.pptpsetup.change.scene import Tree, make_host, memory_folder, snapshot

VALUES = {"server": "vpn.example.com", "username": "alice", "on_boot": True}
DEBIAN = load_profile("debian")


class Host:
    """A folder that create and delete work on, as the commands do."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.system = make_host(root)
        self.passwords: dict[str, Secret] = {}

    def document(self) -> Document | None:
        data = read_bytes(self.system, SPEC_FILE)
        return None if data is None else Document.parse_bytes(data, SPEC_FILE)

    def plan(self, after: Document, **options: frozenset[str]) -> Plan:
        secrets = {tunnel.name: self.passwords[tunnel.name] for tunnel in after.spec.tunnels}
        before = self.document()
        return provision(
            before,
            after,
            DEBIAN,
            FACTS,
            secrets,
            self.system,
            programs=PROGRAMS,
            **options,  # type: ignore[arg-type]
        )

    def create(self, name: str, password: str, **values: object) -> Plan:
        self.passwords[name] = Secret(password)
        known = {"password": {"file": secret_file(name)}}
        document = self.document() or Document.empty(SPEC_FILE)
        plan = self.plan(document.set_tunnel(name, {**VALUES, **known, **values}))
        apply(plan, self.system, title=f"create {name}")
        return plan

    def delete(self, name: str) -> Plan:
        document = self.document()
        assert document is not None
        plan = self.plan(document.remove_tunnel(name))
        apply(plan, self.system, title=f"delete {name}")
        return plan

    def tree(self) -> Tree:
        return snapshot(self.root)


@pytest.fixture
def host() -> Iterator[Host]:
    with memory_folder() as folder:
        yield Host(folder)


def test_create_and_delete_leave_the_host_as_it_was(host: Host) -> None:
    """Two tunnels come and go; nothing of ours stays, nothing of others changes."""
    before = host.tree()
    host.create("work", "0ld-passw0rd")
    host.create("home", "other", domain="CORP")
    host.create("work", "second", mtu=1300)
    assert "0ld-passw0rd" not in repr(host.tree())
    host.delete("home")
    host.delete("work")
    assert host.tree() == before


def test_creating_again_with_the_same_values_changes_nothing(host: Host) -> None:
    host.create("work", "pw")
    before = host.tree()
    assert host.create("work", "pw").empty
    assert host.tree() == before


def test_modes_and_owners_are_right(host: Host) -> None:
    """Secrets for root alone, the spec for all to read."""
    host.create("work", "pw")
    modes = {path: entry[0] for path, entry in host.tree().items()}
    assert modes["/etc/pptpsetup"] == "0o40755"
    assert modes[SPEC_FILE] == "0o100644"
    assert modes["/etc/pptpsetup/secrets"] == "0o40700"
    assert modes[secret_file("work")] == "0o100600"
    assert modes["/etc/ppp/peers/work"] == "0o100640"
    assert modes[STATE_DIR] == "0o40700"


def test_a_spec_with_the_users_words_stays_when_the_last_tunnel_goes(host: Host) -> None:
    host.create("work", "pw")
    spec = host.root / SPEC_FILE[1:]
    spec.write_text("# Ask Eve before changing this.\n" + spec.read_text())
    host.delete("work")
    assert spec.read_text().startswith("# Ask Eve")
    assert not (host.root / "etc/pptpsetup/secrets").exists()


def test_a_spec_from_before_us_stays_even_without_words(host: Host) -> None:
    """An administrator or a package may have put an empty one there."""
    (host.root / "etc/pptpsetup").mkdir()
    spec = host.root / SPEC_FILE[1:]
    spec.write_text(Document.empty(SPEC_FILE).text)
    before = host.tree()
    host.create("work", "pw")
    host.delete("work")
    assert host.tree() == before


def test_a_password_file_from_before_us_stays(host: Host) -> None:
    """The user has put it there by hand, and create reads it from there."""
    secrets = host.root / "etc/pptpsetup/secrets"
    secrets.mkdir(parents=True, mode=0o700)
    (secrets / "work").write_text("pw\n")
    (secrets / "work").chmod(0o600)
    before = host.tree()
    host.create("work", "pw")
    host.delete("work")
    assert host.tree() == before


def test_a_spec_that_changed_since_it_was_read_is_kept(host: Host) -> None:
    """An editor does not know our lock."""
    document = Document.empty(SPEC_FILE)
    host.create("work", "pw")
    with pytest.raises(DifferentError) as caught:
        provision(None, document, DEBIAN, FACTS, {}, host.system, programs=PROGRAMS)
    assert caught.value.diagnostics[0].code == "changed-meanwhile"
    assert str(caught.value.diagnostics[0].where) == SPEC_FILE


def test_a_hand_written_peers_file_of_that_name_is_kept(host: Host) -> None:
    """Fault 21 of the Perl tool: it overwrites it without asking. Nothing at all is written."""
    (host.root / "etc/ppp/peers/work").write_text("noauth\n# mine\n")
    before = host.tree()
    with pytest.raises(DifferentError) as caught:
        host.create("work", "pw")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "foreign-file"
    assert host.tree() == before
    document = Document.empty(SPEC_FILE)
    values = {**VALUES, "password": {"file": secret_file("work")}}
    apply(
        host.plan(document.set_tunnel("work", values), overwrite=OVERWRITE_ALL),
        host.system,
        title="create work",
    )
    assert read_bytes(host.system, f"{STATE_DIR}/kept/etc-ppp-peers-work.1") == b"noauth\n# mine\n"


def test_an_edited_peers_file_stops_both_create_and_delete(host: Host) -> None:
    host.create("work", "pw")
    with (host.root / "etc/ppp/peers/work").open("a") as peers:
        peers.write("debug\n")
    before = host.tree()
    changes: list[Callable[[], Plan]] = [lambda: host.create("work", "new"), lambda: host.delete("work")]
    for change in changes:
        with pytest.raises(DifferentError) as caught:
            change()
        assert [each.code for each in caught.value.diagnostics] == ["edited-file"]
    assert host.tree() == before


def test_a_repaired_drift_needs_no_edit_of_the_spec(host: Host) -> None:
    """The spec as it is, applied again."""
    host.create("work", "pw")
    (host.root / "etc/ppp/peers/work").unlink()
    document = host.document()
    assert document is not None
    plan = host.plan(document)
    assert plan.summary == ("+ /etc/ppp/peers/work",)


def test_the_password_is_in_no_plan_or_diff(host: Host) -> None:
    host.passwords["work"] = Secret("hunter2-s3cr3t")
    values = {**VALUES, "password": {"file": secret_file("work")}}
    plan = host.plan(Document.empty(SPEC_FILE).set_tunnel("work", values))
    assert "s3cr3t" not in diff(plan) + repr(plan) + repr(document(plan)) + "".join(plan.summary)


def test_a_dry_run_of_the_whole_change_writes_nothing(host: Host) -> None:
    real = host.system
    before = host.tree()
    host.system = MemorySystem(base=real)  # type: ignore[assignment]
    assert not host.create("work", "pw").empty
    assert host.create("work", "pw").empty
    host.delete("work")
    host.system = real
    assert isinstance(host.system, RealSystem)
    assert host.tree() == before
