"""What can be told of JSON bytes without building them."""

from __future__ import annotations

from time import process_time

import pytest

from hub.fhir.wire import MAX_DEPTH, is_deep, is_deeper
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


@pytest.mark.parametrize("end", [b"", b"\\", b'"'])
def test_a_text_that_never_ends_costs_what_it_is_long(end: bytes) -> None:
    body = nested(MAX_DEPTH + 2)[: MAX_DEPTH * 4] + b'"' + b'\\"' * 40_000 + end

    began = process_time()
    is_deep(body)
    is_deeper(body, MAX_DEPTH)

    assert process_time() - began < 2  # seconds; its length squared would take half a minute
