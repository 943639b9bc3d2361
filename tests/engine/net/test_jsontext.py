"""The report's JSON against the standard library's."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpengine.net.jsontext import encode

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.text(st.characters(max_codepoint=0x80)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_it_writes_what_json_writes(value: object) -> None:
    assert encode(value) == json.dumps(value, ensure_ascii=False, indent=1)
    assert encode(value, indent="") == json.dumps(value, ensure_ascii=False)


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes has no form"):
        encode({"a": [b"x"]})
