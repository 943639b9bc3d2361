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
    assert "(cause code 17, the number is busy)" in reasons.call_refused(4, 0, 17).message


RFC = {
    "start": (reasons.START_RESULT, range(2, 6)),
    "stop reason": (reasons.STOP_REASON, range(1, 4)),
    "stop": (reasons.STOP_RESULT, range(2, 3)),
    "echo": (reasons.ECHO_RESULT, range(2, 3)),
    "call": (reasons.CALL_RESULT, range(2, 8)),
    "disconnect": (reasons.DISCONNECT_RESULT, range(1, 5)),
    "error": (reasons.GENERAL_ERROR, range(7)),
}
"The codes of RFC 2637 sections 2.2 to 2.16, without those for success."


@pytest.mark.parametrize("name", RFC)
def test_no_code_of_the_rfc_lacks_words(name: str) -> None:
    """Every code has a text, no two the same, and there are no others."""
    table, codes = RFC[name]
    assert list(table) == list(codes)
    assert all(words.text.strip() for words in table.values())
    assert len({words.text for words in table.values()}) == len(table)


@pytest.mark.parametrize("cause", sorted(reasons.LINE_CAUSE))
def test_causes_of_the_telephone_network_are_explained(cause: int) -> None:
    """Beside the number, for whoever looks it up; a remedy is always there."""
    found = reasons.call_refused(3, 0, cause)
    assert f"(cause code {cause}, {reasons.LINE_CAUSE[cause].text})" in found.message
    assert found.hint
    assert "(cause code 126)" in reasons.disconnected(1, 0, 126).message


def test_remarks_are_only_made_about_failures() -> None:
    """Stop-Reply and Echo-Reply: 1 is fine, 0 is taken for it, the rest is worth a line in the log."""
    for remark in (reasons.stop_reply, reasons.echo_reply):
        assert remark(0, 0) is None
        assert remark(1, 4) is None
        assert "resources" in (remark(2, 4) or "")
        assert "77" in (remark(77, 0) or "")


def test_exit_statuses_differ() -> None:
    """One per code; 0 is a normal end and 2 a wrong command line."""
    assert len(set(EXIT_STATUS.values())) == len(EXIT_STATUS)
    assert not {0, 2} & set(EXIT_STATUS.values())
    assert exit_status(None) == 0
    assert exit_status(Cause.of("no-gre", "x")) == 11
