"""The id that a stored body tells: it stands where `splice` has put it, so that it is cut out and nothing is parsed.

A column of its own beside the body costs the database as much as a third of the body.
Source: architecture D2 (parses per read: none).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from operator import itemgetter

import msgspec


class _Named(msgspec.Struct):
    id: str


_NAMED = msgspec.json.Decoder(_Named)


def ids_of(resource_type: str, bodies: Sequence[bytes]) -> list[bytes]:
    """A type and stored bodies of it → the id of each."""
    head = b'{"resourceType":"%s","id":"' % resource_type.encode()
    ids = _alike(head, bodies)
    if ids is not None:
        return ids
    start = len(head)
    if all(map(bytes.startswith, bodies, repeat(head))):
        ends = map(bytes.index, bodies, repeat(b'"'), repeat(start))
        return [body[start:end] for body, end in zip(bodies, ends, strict=True)]
    return [_looked_for(body) for body in bodies]


def _alike(head: bytes, bodies: Sequence[bytes]) -> list[bytes] | None:
    """What bodies begin with, and bodies → the id of each, where all ids are as long as the first; None where they are not.

    Ids the hub gives are. Each is cut out at the place of the first; the beginnings are then put together and held against head,
    id and quote put together: a body too short for that would make the second text longer, so where the texts are alike, each piece is.
    """
    start = len(head)
    last = bodies[0].find(b'"', start) if bodies else -1
    if last < 0:
        return None
    begun = list(map(itemgetter(slice(last + 1)), bodies))
    ids = list(map(itemgetter(slice(start, last)), begun))
    if b"".join(begun) != head + (b'"' + head).join(ids) + b'"' or b'"' in b"".join(ids):
        return None
    return ids


def _looked_for(body: bytes) -> bytes:
    """A body that was written otherwise, with blanks or another element ahead → its id."""
    return _NAMED.decode(body).id.encode()
