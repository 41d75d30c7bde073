"""Struct → its JSON decoder, built by one thread at a time.

msgspec describes a struct to itself when a decoder first meets it and shares that description between all decoders, also
while it is unfinished: two threads that build decoders at once crash the process (seen with msgspec 0.22, SIGSEGV in decode).
A decoder that came from here is finished, and so is everything inside it.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any, Final

import msgspec

_ONE_BUILDER: Final = threading.Lock()


def decoder_for(struct: type[Any]) -> msgspec.json.Decoder[Any]:
    """A struct → its decoder, always the same one."""
    with _ONE_BUILDER:
        return _build(struct)


@cache
def _build(struct: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(struct)
