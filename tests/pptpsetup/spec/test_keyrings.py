"""Passwords in a keyring: the real library with a real back-end, a file."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pptpsetup.errors import SpecError
from pptpsetup.spec.model import PasswordSource
from pptpsetup.spec.secret import Secret, resolve

pytestmark = pytest.mark.host
"The library imports ssl, which needs sockets that other tests are not given."

PASSWORD = "tr0ub4dor&3"
SOURCE = PasswordSource("keyring", ("pptp", "tom"))


def _resolve() -> Secret:
    return resolve(SOURCE, root=Path("/"), owner="work", environ={})


def _refused() -> str:
    with pytest.raises(SpecError) as caught:
        _resolve()
    (problem,) = caught.value.diagnostics
    assert PASSWORD not in repr(problem)
    assert caught.value.__cause__ is None
    return problem.code


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of a keyring that is this test's alone."""
    import keyring
    from keyrings.alt.file import PlaintextKeyring  # type: ignore[import-untyped]  # it has no types

    backend = PlaintextKeyring()
    monkeypatch.setattr(type(backend), "file_path", str(tmp_path / "ring.cfg"))
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    yield tmp_path / "ring.cfg"
    keyring.set_keyring(before)


@pytest.mark.parametrize("password", [PASSWORD, "two words", "caf\u00e9 %(x)s"])
def test_what_somebody_has_stored(ring: Path, password: str) -> None:
    import keyring

    keyring.set_password("pptp", "tom", password)
    assert ring.is_file()
    assert _resolve() == Secret(password)


@pytest.mark.usefixtures("ring")
def test_what_nobody_has_stored() -> None:
    assert _refused() == "password-keyring-missing"


@pytest.mark.usefixtures("ring")
def test_what_cannot_be_a_password() -> None:
    import keyring

    keyring.set_password("pptp", "tom", f"{PASSWORD}\n")
    assert _refused() == "password-newline"


@pytest.mark.usefixtures("ring")
def test_a_keyring_that_cannot_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a back-end says is not repeated: it could be anything."""
    import keyring

    def fail(*_: object) -> str:
        raise OSError(PASSWORD)

    monkeypatch.setattr(keyring.get_keyring(), "get_password", fail)
    assert _refused() == "password-keyring-unusable"


def test_no_keyring_at_all() -> None:
    import keyring
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]  # the library has no types there
    try:
        assert _refused() == "password-keyring-unusable"
    finally:
        keyring.set_keyring(before)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SpecError) as caught:
        _resolve()
    (problem,) = caught.value.diagnostics
    assert problem.code == "password-keyring-library"
    assert "pip install 'pptpsetup[keyring]'" in str(problem.hint)
