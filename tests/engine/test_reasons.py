"""Every code that a server can send has words."""

import pytest

from pptpengine import reasons
from pptpengine.causes import Cause
from pptpengine.errors import EXIT_STATUS, exit_status


@pytest.mark.parametrize("result", range(2, 9))
@pytest.mark.parametrize("error", range(8))
def test_every_code_gives_a_sentence_and_a_remedy(result: int, error: int) -> None:
    """Known codes and unknown ones."""
    for cause in (
        reasons.start_refused(result, error),
        reasons.call_refused(result, error, 0),
        reasons.disconnected(result, error, 0),
        reasons.stopped(result),
    ):
        assert cause.message.startswith("The server")
        assert not cause.message.endswith(".")
        assert cause.hint
        assert cause.hint.endswith((".", "?"))


def test_a_general_error_is_explained_only_where_the_result_says_so() -> None:
    """Section 2.16: the error code counts with result 2."""
    assert "resources" in reasons.call_refused(2, 4, 0).message
    assert "resources" not in reasons.call_refused(4, 4, 0).message
    assert "(cause code 17)" in reasons.call_refused(4, 0, 17).message


def test_exit_statuses_differ() -> None:
    """One per code; 0 is a normal end and 2 a wrong command line."""
    assert len(set(EXIT_STATUS.values())) == len(EXIT_STATUS)
    assert not {0, 2} & set(EXIT_STATUS.values())
    assert exit_status(None) == 0
    assert exit_status(Cause.of("no-gre", "x")) == 11
