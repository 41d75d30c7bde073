"""JSON bytes ↔ a tree of plain values whose decimals keep their digits; and what a patch may cost.

Source: http://hl7.org/fhir/R4/json.html; RFC 8259.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

import msgspec

from hub.fhir import wire
from hub.problems import HubError, ProblemCode, fail

MAX_OPERATIONS: Final = 1000
MAX_COPIED: Final = 100_000
"""Values that the operations of one patch may add, all together: copies of copies grow without bound otherwise."""

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def parse_tree(body: bytes) -> Any:
    """JSON bytes → objects, arrays, texts, booleans, integers and Decimals. Problems: NOT_UTF8, TOO_DEEP, NOT_JSON, DUPLICATE_KEY."""
    if not wire.is_utf8(body):
        raise fail(ProblemCode.NOT_UTF8, "The body is not UTF-8")
    if wire.is_deep(body):
        raise fail(ProblemCode.TOO_DEEP, "Objects and arrays are nested too deep")
    try:
        tree = _DECODER.decode(body)
        again = render_tree(tree)
    except InvalidOperation:
        raise fail(ProblemCode.NOT_JSON, "A number has an exponent beyond all measure") from None
    except msgspec.DecodeError:
        raise fail(ProblemCode.NOT_JSON, "The body is no JSON") from None
    except RecursionError:
        raise fail(ProblemCode.TOO_DEEP, "Objects and arrays are nested too deep") from None
    if wire.count_quotes(body) != wire.count_quotes(again):
        raise fail(ProblemCode.DUPLICATE_KEY, "A member stands twice in one object")
    return tree


def render_tree(tree: Any) -> bytes:
    """A tree → compact JSON; decimals as they were written."""
    return _ENCODER.encode(tree)


class Budget:
    """How many values the operations of one patch may still add."""

    def __init__(self) -> None:
        """A whole budget."""
        self._left = MAX_COPIED

    def copy(self, value: Any, depth: int = 0) -> Any:
        """A value → a copy that shares nothing with it. Problems: PATCH_FAILED when the patch grows beyond all measure."""
        self._left -= 1
        if self._left < 0 or depth > wire.MAX_DEPTH:
            raise failed("The patch makes the resource too large or too deep")
        if isinstance(value, dict):
            members = cast("dict[str, Any]", value)
            return {name: self.copy(item, depth + 1) for name, item in members.items()}
        if isinstance(value, list):
            return [self.copy(item, depth + 1) for item in cast("list[Any]", value)]
        return value


def refused(detail: str) -> HubError:
    """What is wrong with a patch document → the error."""
    return fail(ProblemCode.PATCH_INVALID, detail)


def failed(detail: str) -> HubError:
    """Why a patch cannot be applied to the resource as it is → the error."""
    return fail(ProblemCode.PATCH_FAILED, detail)
