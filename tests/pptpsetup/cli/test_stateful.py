"""Any sequence of commands, hand edits, deaths and reboots keeps what must hold; on a real tree, as typed.

What the transactions below the commands keep is tried in tests/pptpsetup/change/test_stateful.py.
"""

import io
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pptpsetup.change.generations import history
from pptpsetup.change.journal import KEPT
from pptpsetup.change.system import RealSystem
from pptpsetup.change.uptime import Uptime, now
from pptpsetup.cli.main import main
from tests.pptpsetup.change.scene import killed_at, memory_folder
from tests.pptpsetup.cli.shop import CHAP_SECRETS, OS_RELEASE, make_system, picture
from tests.pptpsetup.cli.test_reliability import KILLED

pytestmark = pytest.mark.exhaustive

CHAP = "etc/ppp/chap-secrets"
SPEC = "etc/pptpsetup/tunnels.yaml"
FRAGMENT = "etc/pptpsetup/tunnels.d/50-more.yaml"
TRIAL = "var/lib/pptpsetup/trial.json"
PUT_AWAY = "var/lib/pptpsetup/kept"
MARK = b"# managed by pptpsetup: "
SYSTEMS = (OS_RELEASE, "ID=ubuntu\nVERSION_ID=24.04\n", "ID=alpine\nVERSION_ID=3.20\n")
SOURCES = ("{env: LAB_PASSWORD}", "{file: /srv/password}")
OVERRIDE = "overrides:\n- host: gw*\n  tunnels: {%s: {reconnect_delay: 25s}}\n"

NAMES = st.sampled_from(["work", "home"])
OPTIONS = st.sampled_from(
    [
        (),
        ("--mtu", "1300"),
        ("--on-boot",),
        ("--route", "10.1.0.0/16"),
        ("--init", "manual"),
        ("--init", "openrc", "--on-boot"),
        ("--password-delivery", "passwordfd"),
        ("--password-delivery", "chap-secrets"),
        ("--no-persist",),
        ("--domain", "CORP"),
    ]
)
Act = tuple[tuple[str, ...], bytes]
OVERWRITE = st.sampled_from([(), ("--overwrite",)])
SERVER = ("--server", "x.example", "--username", "u", "--password-stdin")
CREATE: st.SearchStrategy[Act] = st.builds(
    lambda name, options, overwrite, password: (("create", name, *SERVER, *options, *overwrite), password),
    NAMES,
    OPTIONS,
    OVERWRITE,
    st.sampled_from([b"first pw", b"other pw"]),
)
APPLY: st.SearchStrategy[Act] = st.builds(lambda overwrite: (("apply", *overwrite), b""), OVERWRITE)
TRY: st.SearchStrategy[Act] = st.sampled_from(
    [(("apply", "--try", "1h"), b""), (("confirm", "--same-login"), b"")]
)
OTHERS: st.SearchStrategy[Act] = st.one_of(
    st.builds(lambda name, overwrite: (("delete", name, *overwrite), b""), NAMES, OVERWRITE),
    st.sampled_from([(("adopt",), b""), (("adopt", "--keep"), b""), (("spec", "format"), b"")]),
    st.builds(
        lambda verb, name, password: (("secret", verb, name, "--password-stdin"), password),
        st.sampled_from(["set", "rotate"]),
        NAMES,
        st.sampled_from([b"rotated", b"and again"]),
    ),
    st.builds(lambda name: (("secret", "forget", name), b""), NAMES),
)
BACK: st.SearchStrategy[Act] = st.one_of(
    st.just((("rollback",), b"")),
    st.builds(
        lambda number, overwrite: (("rollback", str(number), *overwrite), b""), st.integers(0, 6), OVERWRITE
    ),
)
ACTS = st.one_of(CREATE, APPLY, TRY, OTHERS, BACK)
IN_SYNC_AFTER = {"create", "delete", "apply"}
"What leaves the system as its spec says, when it says that all went well."


class Administrator(RuleBasedStateMachine):
    """Somebody who types everything that can be typed, edits what he likes and pulls the plug."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.patch = self.stack.enter_context(pytest.MonkeyPatch.context())

    def teardown(self) -> None:
        self.stack.close()

    @initialize()
    def begin(self) -> None:
        folder = self.stack.enter_context(memory_folder())
        (folder / "locks").mkdir()
        self.patch.setattr("pptpsetup.change.lock._RUN_LOCK", folder / "locks")
        self.patch.setattr("pptpsetup.tunnel.timer.start", lambda *_, **__: None)
        self.patch.setenv("LAB_PASSWORD", "from the environment")
        self.root = make_system(folder / "host")
        (self.root / "etc/hostname").write_text("gw7\n")
        (self.root / "srv").mkdir()
        (self.root / "srv/password").write_text("from a file")
        (self.root / "srv/password").chmod(0o600)
        self.foreign = CHAP_SECRETS.splitlines(keepends=True)
        self.pictures: dict[int, object] = {0: self.picture()}
        "What each generation left, as long as nobody else has changed anything since."
        for name in ("work", "home"):
            self.enter((("create", name, *SERVER), b"a password"))

    def run(self, words: Sequence[str], stdin: bytes = b"") -> int:
        """The exit status; what must never be said is looked for."""
        was = sys.stdin, sys.stdout, sys.stderr
        said = io.StringIO()
        sys.stdin, sys.stdout, sys.stderr = io.TextIOWrapper(io.BytesIO(stdin)), io.StringIO(), said
        try:
            status = main(["--root", str(self.root), *words])
        finally:
            sys.stdin, sys.stdout, sys.stderr = was
        assert "error[internal" not in said.getvalue(), (words, said.getvalue())
        # 5 and 6: something failed that did not fail here.
        assert status in (0, 1, 2, 3, 4, 8), (words, said.getvalue())
        return status

    def picture(self) -> dict[str, object]:
        """Everything but the trial's file and what was put away, which stays where it is."""
        return {
            path: each for path, each in picture(self.root).items() if not path.startswith((TRIAL, PUT_AWAY))
        }

    def generations(self) -> list[int]:
        return [each.number for each in history(RealSystem(self.root))]

    @rule(act=CREATE)
    def create(self, act: Act) -> None:
        self.enter(act)

    @rule(act=APPLY)
    def apply(self, act: Act) -> None:
        self.enter(act)

    @rule(act=TRY)
    def try_or_confirm(self, act: Act) -> None:
        self.enter(act)

    @rule(act=OTHERS)
    def do_something_else(self, act: Act) -> None:
        self.enter(act)

    @rule(act=BACK)
    def go_back(self, act: Act) -> None:
        self.enter(act)

    def enter(self, act: Act) -> None:
        """Either it says that it was done, or nothing has happened."""
        words, stdin = act
        before, on_trial = self.picture(), (self.root / TRIAL).exists()
        status = self.run(words, stdin)
        if status == 0:
            self.look_after(words)
        else:
            assert status != 4 or on_trial, words
            assert self.picture() == before, words

    def look_after(self, words: Sequence[str]) -> None:
        after = self.picture()
        numbers = self.generations()
        if words[0] == "rollback" and len(words) > 1 and int(words[1]) in self.pictures:
            assert after == self.pictures[int(words[1])], words
        if words[:2] == ("secret", "forget"):
            self.pictures.clear()
        if words[0] in IN_SYNC_AFTER and ((self.root / SPEC).exists() or (self.root / FRAGMENT).exists()):
            assert self.run(("check",)) == 0, words
            assert self.picture() == after
        if words[:2] == ("spec", "format"):
            self.pictures.clear()
        if numbers and words[0] != "confirm":
            self.pictures[numbers[-1]] = after

    @rule(act=ACTS, call=st.integers(0, 120))
    def die(self, act: Act, call: int) -> None:
        """Killed before some call; the next command makes it whole, and it can be typed again."""
        words, stdin = act
        before, numbers = self.picture(), self.generations()
        ended = killed_at(call, lambda: self.run(words, stdin))
        assert ended in (0, KILLED), words
        assert self.run(("recover",)) == 0
        if ended == KILLED and self.generations() == numbers and words[0] not in ("spec", "confirm"):
            assert self.picture() == before, words
        elif words[:2] in (("secret", "forget"), ("spec", "format")):
            self.pictures.clear()
        else:
            self.pictures = {at: each for at, each in self.pictures.items() if at in numbers}

    @rule()
    def reboot(self) -> None:
        """A trial does not outlive it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pptpsetup.change.trial.now", lambda: Uptime("another boot", now().seconds))
            status = self.run(("recover",))
        assert status == 0 or (self.root / TRIAL).exists()

    @rule(which=st.sampled_from(SYSTEMS))
    def become(self, which: str) -> None:
        """Another distribution, with its own places and init systems."""
        (self.root / "etc/os-release").write_text(which)
        self.pictures.clear()

    @rule(text=st.sampled_from(["# a word of mine\n", OVERRIDE % "work", OVERRIDE % "home"]))
    def edit_the_spec(self, text: str) -> None:
        path = self.root / SPEC
        if path.exists() and text.partition("\n")[0] not in path.read_text():
            path.write_text(path.read_text() + text)
            self.pictures.clear()

    @rule(text=st.sampled_from(["tunnels: {\n", "nonsense: 1\n"]), act=ACTS)
    def break_the_spec_and_mend_it(self, text: str, act: Act) -> None:
        """What needs the spec refuses; what does not, goes on."""
        path = self.root / SPEC
        if path.exists():
            good = path.read_bytes()
            path.write_bytes(good + text.encode())
            self.enter(act)
            if path.exists() and path.read_bytes().endswith(text.encode()):
                path.write_bytes(good)

    @rule(source=st.sampled_from(SOURCES))
    def write_a_fragment(self, source: str) -> None:
        path = self.root / FRAGMENT
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            "version: 1\ntunnels:\n  # of the other team\n  more:\n    server: y.example\n"
            f"    username: v\n    password: {source}\n"
        )
        self.pictures.clear()

    @rule()
    def remove_the_fragment(self) -> None:
        if (self.root / FRAGMENT).exists():
            (self.root / FRAGMENT).unlink()
            self.pictures.clear()

    @rule(
        name=NAMES, change=st.sampled_from([("holdoff 10", "holdoff 33"), ("lock\n", "lock\ndebug\n"), None])
    )
    def edit_a_peers_file(self, name: str, change: tuple[str, str] | None) -> None:
        path = self.root / "etc/ppp/peers" / name
        if path.exists():
            if change is None:
                path.unlink()
            else:
                path.write_text(path.read_text().replace(*change))
            self.pictures.clear()

    @precondition(lambda self: len(self.foreign) < 8)
    @rule(end=st.sampled_from([b"\n", b"\r\n"]))
    def write_a_foreign_line(self, end: bytes) -> None:
        line = b'eve%d * "x' % len(self.foreign) + b'" *' + end
        self.foreign.append(line)
        with (self.root / CHAP).open("ab") as file:
            file.write(line)
        self.pictures.clear()

    @invariant()
    def lines_of_others_stay_in_their_order(self) -> None:
        lines = (self.root / CHAP).read_bytes().splitlines(keepends=True)
        assert [line for line in lines if MARK not in line] == self.foreign

    @invariant()
    def nothing_of_the_making_is_left(self) -> None:
        assert not list(self.root.rglob(".pptpsetup-*"))

    @invariant()
    def passwords_are_for_root_alone(self) -> None:
        for folder in ("etc/pptpsetup/secrets", "var/lib/pptpsetup"):
            for path in (self.root / folder).rglob("*"):
                mode = path.stat().st_mode & 0o777
                assert mode == (0o700 if path.is_dir() else 0o600), path

    @invariant()
    def the_history_is_bounded(self) -> None:
        assert len(self.generations()) <= KEPT
        assert sorted(os.listdir(self.root / "var")) == ["lib"]


Administrator.TestCase.settings = settings(deadline=None, max_examples=10, stateful_step_count=20)
TestAdministrator = Administrator.TestCase
