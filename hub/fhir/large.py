"""A Binary too large to be held several times over: its content goes into the store in parts.

Source: http://hl7.org/fhir/R4/binary.html; http://hl7.org/fhir/R4/datatypes.html#base64Binary.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

LEAST: Final = 1 << 16
"""Content below it is held whole. Units: bytes."""
_PART: Final = 3 << 14


@dataclass(frozen=True, slots=True)
class Base64Data:
    """Base64 without blanks. Shape: `parts` gives its digits from the beginning, as often as it is asked; `size` counts them."""

    size: int
    parts: Callable[[], Iterator[bytes]]

    @property
    def text(self) -> str:
        """The digits as one text."""
        return b"".join(self.parts()).decode("ascii")


@dataclass(frozen=True, slots=True)
class LargeBody:
    """The JSON of a Binary. Shape: `start` is all of it but its data and the end of the object."""

    start: bytes
    data: Base64Data

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.start) + self.data.size + len(_BEFORE) + len(_AFTER)

    def parts(self) -> Iterator[bytes]:
        """Nothing → the bytes, in parts."""
        yield self.start
        yield _BEFORE
        yield from self.data.parts()
        yield _AFTER

    def whole(self) -> bytes:
        """The bytes as one."""
        return b"".join(self.parts())


_BEFORE: Final = b',"data":"'
_AFTER: Final = b'"}'


def with_data(body: bytes, data: Base64Data) -> LargeBody:
    """The JSON of a Binary without data, and its data → the whole."""
    return LargeBody(body.removesuffix(b"}"), data)


def to_base64(content: bytes) -> Base64Data:
    """Bytes → the base64 of them, made when it is asked for."""

    def parts() -> Iterator[bytes]:
        for start in range(0, len(content), _PART):
            yield base64.b64encode(content[start : start + _PART])

    return Base64Data(-(-len(content) // 3) * 4, parts)
