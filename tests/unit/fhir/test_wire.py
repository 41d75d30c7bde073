"""What can be told of JSON bytes without building them."""

from __future__ import annotations

import pytest

from hub.fhir.wire import MAX_DEPTH, is_deep
from tests.builders import to_json


def nested(levels: int) -> bytes:
    """JSON of as many levels."""
    return b'{"a":[' * (levels // 2) + b"1" + b"]}" * (levels // 2)


def test_depth_is_told_exactly() -> None:
    assert not is_deep(nested(MAX_DEPTH))
    assert is_deep(nested(MAX_DEPTH + 2))


@pytest.mark.parametrize("text", ["[", "}", "see [1", '{"', "\\", '\\"[', "][}{"])
def test_brackets_in_texts_make_nothing_deep(text: str) -> None:
    assert not is_deep(to_json([{"text": text, "code": "a"} for _ in range(100)]))
