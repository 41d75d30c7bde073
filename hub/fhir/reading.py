"""Stored bytes → struct: what was checked when it came in is not checked again when the hub reads it.

Rules that became stricter since do not make what is stored unreadable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import force_setattr

from hub.fhir import wire
from hub.fhir.models import struct_for
from hub.fhir.models.decoders import decoder_for


class _OnlyType(msgspec.Struct, rename={"type": "resourceType"}):
    type: str


@cache
def _decoder(name: str) -> tuple[Any, bool]:
    struct = struct_for(name)
    return decoder_for(struct).decode, "contained" in struct.__struct_fields__


def read_stored(body: bytes, name: str) -> Any:
    """The body of a stored resource and its type → the struct, contained resources decoded too."""
    decode, may_contain = _decoder(name)
    resource = decode(body)
    if may_contain and resource.contained:
        force_setattr(resource, "contained", tuple(map(_contained, resource.contained)))
    return resource


def read_tree(node: Mapping[str, Any]) -> Any:
    """A resource as a JSON tree → the struct, contained resources made too; judged as if it were read from its JSON.

    Shape: what is contained may be a struct already.
    """
    name: str = node["resourceType"]
    inside: Sequence[Any] = node.get("contained") or ()
    plain = {key: value for key, value in node.items() if key != "contained"} if inside else node
    resource = msgspec.convert(plain, struct_for(name))
    if inside:
        force_setattr(resource, "contained", tuple(map(_made, inside)))
    return resource


def _made(inside: Any) -> Any:
    return inside if isinstance(inside, msgspec.Struct) else read_tree(inside)


def _contained(raw: Raw) -> Any:
    body = bytes(raw)
    name, _ = wire.read_head(body)
    return read_stored(body, name or msgspec.json.decode(body, type=_OnlyType).type)
