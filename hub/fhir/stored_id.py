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

    Ids the hub gives are. The beginnings are put together and looked at as one text: that each is whole and ends with the first
    quote behind it follows from the number of quotes and from the length of what stands between two heads.
    """
    many, start = len(bodies), len(head)
    last = bodies[0].find(b'"', start) if many else -1
    if last < 0:
        return None
    begun = b"".join(map(itemgetter(slice(last + 1)), bodies))
    if not begun.startswith(head) or not begun.endswith(b'"'):
        return None
    ids = begun[start:-1].split(b'"' + head)
    if len(ids) != many or begun.count(b'"') != many * (head.count(b'"') + 1):
        return None
    return ids if set(map(len, ids)) == {last - start} else None


def _looked_for(body: bytes) -> bytes:
    """A body that was written otherwise, with blanks or another element ahead → its id."""
    return _NAMED.decode(body).id.encode()
