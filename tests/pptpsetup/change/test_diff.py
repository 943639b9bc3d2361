"""What a reader of a diff sees, and what nobody ever sees."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from pptpsetup.change.diff import diff
from pptpsetup.change.entry import DirEntry, Entry, FileEntry, LinkEntry
from pptpsetup.change.fingerprint import Fingerprint, fingerprint_of
from pptpsetup.change.manifest import key_path
from pptpsetup.change.memory import MemorySystem
from pptpsetup.change.plan import OVERWRITE_ALL
from pptpsetup.change.report import document
from pptpsetup.render.artifact import Artifact, FileArtifact, LinkArtifact, SharedArtifact
from tests.pptpsetup.change.scene import FILE, PRIVATE, plan_for, provision, tunnel


def memory(**entries: Entry) -> MemorySystem:
    directories: dict[str, Entry] = {
        path: DirEntry(0, 0, 0o755) for path in ("/etc", "/etc/ppp", "/var", "/var/lib")
    }
    named = {"/etc/" + name: entry for name, entry in entries.items()}
    return MemorySystem({**directories, **named}, groups={"root": 0, "dip": 30})


def test_an_ordinary_file_is_shown_with_context() -> None:
    system = memory()
    provision([FileArtifact("/etc/f", b"one\ntwo\nthree\n", FILE)], system)
    plan = plan_for([FileArtifact("/etc/f", b"one\n2\nthree\n", PRIVATE)], system)
    assert diff(plan) == (
        "~ /etc/f (content; mode 0644 → 0600)\n"
        "--- /etc/f\n+++ /etc/f\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"
    )


def test_links_and_missing_last_newlines_are_shown() -> None:
    plan = plan_for([LinkArtifact("/etc/l", "../x"), FileArtifact("/etc/f", b"no end", FILE)], memory())
    assert diff(plan) == (
        "+ /etc/f\n--- /dev/null\n+++ /etc/f\n@@ -0,0 +1 @@\n+no end⏎ missing\n"
        "+ /etc/l\n--- /dev/null\n+++ /etc/l\n@@ -0,0 +1 @@\n+link to ../x\n"
    )


def test_control_characters_cannot_reach_the_terminal() -> None:
    plan = plan_for([FileArtifact("/etc/f", b"\x1b[2J\xff\tok\r\n", FILE)], memory())
    assert diff(plan).splitlines()[-1] == "+\\x1b[2J\\xff\tok\\r"


def test_secrets_are_fingerprints_and_neighbours_are_not_shown() -> None:
    """One fingerprint for a secret file, one for each line of a shared one, with the tunnel it is for."""
    secrets = FileEntry(b"bob * hunter2 *\nbob * hunter3 *\n", 0, 0, 0o600)
    text = diff(plan_for(tunnel("work", "s3cr3t"), memory(**{"ppp/chap-secrets": secrets})))
    assert "s3cr3t" not in text
    assert "hunter" not in text
    assert re.search(r"^\+bob work \u2039secret #[0-9a-f]{6}\u203a \(tunnel work\)$", text, re.MULTILINE)
    assert re.search(
        r"^\+\+\+ /etc/pptpsetup/secrets/work\n@@ .* @@\n\+\u2039secret #[0-9a-f]{6}\u203a$",
        text,
        re.MULTILINE,
    )


def test_a_changed_secret_is_seen_to_change_and_an_equal_one_to_be_equal() -> None:
    system = memory()
    provision(tunnel("work", "first"), system)
    text = diff(plan_for(tunnel("work", "second"), system))
    removed = set(re.findall(r"^-bob work (\u2039.*\u203a) \(", text, re.MULTILINE))
    added = set(re.findall(r"^\+bob work (\u2039.*\u203a) \(", text, re.MULTILINE))
    assert len(removed) == len(added) == 1  # the same line in chap-secrets and pap-secrets
    assert removed.isdisjoint(added)


def test_fingerprints_can_be_compared_with_the_hosts_key_only() -> None:
    """Otherwise a published diff would let anyone try passwords."""
    plan = plan_for(tunnel("work", "s3cr3t"), memory())
    assert diff(plan) != diff(plan)
    assert (
        diff(plan, Fingerprint(b"one")) == diff(plan, Fingerprint(b"one")) != diff(plan, Fingerprint(b"two"))
    )


def test_the_key_is_drawn_once_and_shown_nowhere() -> None:
    system = memory()
    provision(tunnel("work", "s3cr3t"), system)
    key = system.read(key_path())
    assert isinstance(key, FileEntry)
    assert (len(key.content), key.mode) == (32, 0o600)
    provision([], system)
    assert system.read(key_path()) == key
    fingerprint = fingerprint_of(system)
    assert fingerprint.whole(b"x") == Fingerprint(key.content).whole(b"x")
    assert key.content not in repr(fingerprint).encode()
    system.put(key_path(), FileEntry(b"", 0, 0, 0o600))
    assert fingerprint_of(system).whole(b"x") != Fingerprint(b"").whole(b"x")
    provision(tunnel("work", "s3cr3t"), system)
    mended = system.read(key_path())
    assert isinstance(mended, FileEntry)
    assert len(mended.content) == 32


def test_one_password_has_one_fingerprint_in_every_file() -> None:
    """In its own file in UTF-8, in pppd's line in Latin-1."""
    line = b'u work "caf\\351" * # managed by pptpsetup: work\n'
    artifacts: list[Artifact] = [
        SharedArtifact("/etc/ppp/chap-secrets", "ppp-secrets", (line,), PRIVATE, secret=True),
        FileArtifact("/etc/own", "caf\u00e9\n".encode(), PRIVATE, secret=True),
    ]
    found = re.findall(r"secret #[0-9a-f]{6}", diff(plan_for(artifacts, memory())))
    assert len(found) == 2
    assert len(set(found)) == 1


def test_kept_versions_of_secrets_are_masked_too() -> None:
    artifact = FileArtifact("/etc/s", b"new\n", PRIVATE, secret=True)
    text = diff(
        plan_for([artifact], memory(s=FileEntry(b"hunter2\n", 0, 0, 0o600)), overwrite=OVERWRITE_ALL)
    )
    assert "hunter" not in text
    assert "kept/etc-s.1" in text


def test_the_manifest_is_not_shown() -> None:
    assert "manifest" not in diff(
        plan_for([LinkArtifact("/etc/l", "x")], memory(l=LinkEntry("y")), overwrite=OVERWRITE_ALL)
    )


@settings(deadline=None)
@given(st.text("abcXYZ0189", min_size=6, max_size=40))
def test_no_secret_is_ever_in_a_plan_or_diff(secret: str) -> None:
    """Whether it is ours or somebody else's, before or after."""
    word = b"Q" + secret.encode() + b"Q"  # not a word of the frame around it
    old = FileEntry(b"eve * " + word + b"\n# was " + word + b" *", 0, 0, 0o600)
    line = b'u work "' + word + b'" * # managed by pptpsetup: work\n'
    artifacts: list[Artifact] = [
        SharedArtifact("/etc/ppp/chap-secrets", "ppp-secrets", (line,), PRIVATE, secret=True),
        FileArtifact("/etc/own", word, PRIVATE, secret=True),
    ]
    system = memory(**{"ppp/chap-secrets": old, "own": FileEntry(word + b"!", 0, 0, 0o600)})
    plan = plan_for(artifacts, system, overwrite=OVERWRITE_ALL)
    shown = diff(plan) + repr(plan) + repr(document(plan)) + "\n".join(plan.summary)
    assert word.decode() not in shown
