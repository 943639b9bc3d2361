"""The match sections cut out of profiles as text: what is found, what is left alone, what is a fault."""

from pathlib import Path

import pytest

from pptpsetup.distro.claims import Claims
from pptpsetup.errors import InternalError


def _claims(folder: Path, **profiles: str) -> Claims:
    for name, text in profiles.items():
        (folder / f"{name}.yaml").write_text(text)
    return Claims(folder)


def test_a_section_ends_where_the_next_key_begins(tmp_path: Path) -> None:
    claims = _claims(
        tmp_path,
        one="name: One\nmatch:\n  # not two\n  ids: [one]\n\n  files: [/etc/one]\npackages: {ppp: two}\n",
        two="match: {ids: [two, one-more]}\nname: one\n",
    )
    assert {name: match.files for name, match in claims.of_id("one").items()} == {"one": ("/etc/one",)}
    assert set(claims.of_id("two")) == {"two"}
    assert set(claims.of_id("more")) == set()
    assert claims.of_markers() == {}


def test_an_id_is_a_word_not_a_part_of_one(tmp_path: Path) -> None:
    claims = _claims(tmp_path, suse="match: {ids: [opensuse-tumbleweed]}\n")
    assert claims.of_id("opensuse") == {}
    assert claims.of_id("tumbleweed") == {}
    assert set(claims.of_id("opensuse-tumbleweed")) == {"suse"}


def test_what_stands_in_the_section_as_something_else_is_no_id(tmp_path: Path) -> None:
    claims = _claims(tmp_path, old="match:\n  ids: [rhel]\n  name: fedora\n  markers: [/etc/rhel]\n")
    assert claims.of_id("fedora") == {}
    assert set(claims.of_markers()) == {"old"}


def test_only_sections_with_the_word_are_read_as_yaml(tmp_path: Path) -> None:
    claims = _claims(tmp_path, good="match: {ids: [good]}\n", bad="name: Bad\nmatch:\n  ids: [bad\n")
    assert set(claims.of_id("good")) == {"good"}
    with pytest.raises(InternalError) as caught:
        claims.of_id("bad")
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, str(diagnostic.where)) == ("yaml-syntax", "profiles/bad.yaml:3:8")


@pytest.mark.parametrize(
    "text", ["match: {ids: bad}\n", "match: {ids: [bad], colour: x}\n", "match: [bad]\n"]
)
def test_a_section_with_a_fault_is_ours_to_mend(tmp_path: Path, text: str) -> None:
    with pytest.raises(InternalError) as caught:
        _claims(tmp_path, bad=text).of_id("bad")
    assert str(caught.value.diagnostics[0].where).startswith("profiles/bad.yaml:1:")


def test_a_file_without_the_section_claims_nothing(tmp_path: Path) -> None:
    assert _claims(tmp_path, part="extends: debian\nname: debian\n").of_id("debian") == {}
