"""What the importer's tests work with: files in memory, and findings in a form that is easy to compare."""

from collections.abc import Mapping

from pptpsetup.spec.importer.finding import Found, Given, Layout, Verdict
from pptpsetup.spec.importer.survey import Survey, survey

PTY = 'pty "pptp vpn.example.com --nolaunchpppd"\n'
PEERS = "/etc/ppp/peers/office"
CHAP = "/etc/ppp/chap-secrets"


def look(files: Mapping[str, str | bytes]) -> Survey:
    """Everything in *files*."""
    contents = {path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()}
    return survey(Given(contents), Layout())


def only(files: Mapping[str, str | bytes]) -> Found:
    """The one tunnel in *files*."""
    (found,) = look(files).found
    return found


def peers(text: str, **more: str) -> Found:
    """The tunnel of a peers file with *text* behind its pty; *more* are files of /etc/ppp."""
    others = {f"/etc/ppp/{name}": content for name, content in more.items()}
    return only({PEERS: f"{PTY}name alice\n{text}", **others})


def told(found: Found, verdict: Verdict) -> list[str]:
    """The texts of its notes with *verdict*."""
    return [note.text for note in found.notes if note.verdict is verdict]


def codes(found: Found) -> list[str]:
    """Its problems: code and place."""
    return [f"{each.code} {each.where}" for each in found.problems]
