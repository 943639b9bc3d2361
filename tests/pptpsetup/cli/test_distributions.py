"""The pages about distributions: complete, the same every time, and nothing left over."""

from pathlib import Path

import pytest

from pptpsetup.cli import words_of_kinds as words
from pptpsetup.cli.distributions import pages
from pptpsetup.distro import kinds
from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.kinds import Standing

_DOCS = Path(__file__).resolve().parents[3] / "docs/distributions"
_BY_HAND = {"adding.md"}


def test_every_kind_has_its_words() -> None:
    assert set(words.STANDINGS) == set(kinds.Standing)
    assert set(words.HOOKS) == set(kinds.HookKind)
    assert set(words.BOOT) == set(kinds.InitKind)
    assert set(words.DNS) == set(kinds.DnsKind)
    assert set(words.ROUTING) == set(kinds.Routing)
    assert set(words.LSMS) == set(kinds.Lsm)
    assert set(words.FIREWALLS) == set(kinds.Firewall)


def test_pages_are_the_same_every_time() -> None:
    assert pages() == pages()


@pytest.mark.project
def test_there_is_a_page_for_each_profile_and_no_other() -> None:
    wanted = {"README.md", *(f"{each}.md" for each in profile_ids())}
    assert set(pages()) == wanted
    assert {path.name for path in _DOCS.iterdir()} == wanted | _BY_HAND


@pytest.mark.parametrize("profile", profile_ids())
def test_a_page_says_what_the_profile_says(profile: str) -> None:
    found, page = load_profile(profile), pages()[f"{profile}.md"]
    assert page.startswith(f"# {found.name}\n")
    if found.standing is Standing.REFUSED:
        assert str(found.because) in page
        assert "## Files" not in page
        return
    said = [found.peers.directory, found.secrets.chap, found.hooks.up, found.pppd, *found.warnings]
    said += [choice.kind.value for choice in found.init]
    said += [note for release in found.releases for note in release.warnings]
    assert [each for each in said if each not in page] == []
    assert "None`" not in page


def test_an_example_lists_owners_and_modes() -> None:
    _, _, example = pages()["debian.md"].partition("## Example\n")
    assert "| `/etc/ppp/peers/work` | root:dip | 0640 |" in example
    assert "| `/etc/ppp/peers/` | root:dip | 2750 |" in example


def test_the_index_leads_to_every_page() -> None:
    index = pages()["README.md"]
    assert all(f"]({each}.md)" in index for each in profile_ids())
    assert "](adding.md)" in index
