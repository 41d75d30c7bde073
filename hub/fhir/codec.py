"""Bytes ↔ resource: a body is decoded once, checked whole, and kept as it came (D1, D2).

Source: http://hl7.org/fhir/R4/json.html; architecture D1, D2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

import msgspec
from msgspec import Raw, convert
from msgspec.structs import force_setattr, replace

from hub.fhir import wire
from hub.fhir.models import RESOURCE_TYPES, check_for, struct_for
from hub.fhir.models.containment import contained_problems
from hub.fhir.models.decoders import decoder_for
from hub.fhir.models.explain import explain
from hub.fhir.models.long_texts import long_texts
from hub.fhir.models.r4.datatypes import Coding, Meta
from hub.fhir.models.told import HASTY_BYTES, SlowRefusalError
from hub.problems import HubError, Problem, ProblemCode

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_MEMBERS: Final = msgspec.json.Decoder(dict[str, Raw])
_LIST: Final = msgspec.json.Decoder(list[Raw])
_NO_META: Final = Meta()
_HOLDERS: Final = frozenset({"Bundle", "Parameters"})  # of whole resources, not in `contained`


class Parsed(msgspec.Struct, frozen=True, gc=False):
    """A body that passed every check of tier 1.

    Shape: `resource` is the decoded struct, nested resources decoded too; `head` is where the leading resourceType
    member ends in the body (0 when it does not lead); `plain` when the body has neither id nor meta.
    """

    resource: Any
    type: str
    head: int
    plain: bool


@dataclass(frozen=True, slots=True)
class _Type:
    """What decoding one resource type needs, made when the type is first met. Shape: `lead` as bodies of machines begin."""

    decode: Any
    check: Any
    nested: bool
    lead: bytes


class _OnlyType(msgspec.Struct, rename={"type": "resourceType"}):
    type: str = ""


_ONLY_TYPE: Final = msgspec.json.Decoder(_OnlyType)


@cache
def _type(name: str) -> _Type:
    struct = struct_for(name)
    nested = name in _HOLDERS or "contained" in struct.__struct_fields__
    lead = b'{"resourceType":"%b"' % name.encode()
    return _Type(decoder_for(struct).decode, check_for(name), nested, lead)


def parse(body: bytes, expected_type: str | None, *, hasty: bool = False) -> Parsed:
    """Body bytes and the resource type they should be (None: any) → Parsed.

    Shape: the caller has checked the size. `hasty`: where others wait, raises SlowRefusalError in place of the problems
    of any but a short body.
    Problems: all that can be found: NOT_UTF8, NOT_JSON, TOO_DEEP, WRONG_RESOURCE_TYPE, DUPLICATE_KEY, UNKNOWN_ELEMENT,
    WRONG_TYPE, REQUIRED_MISSING, BAD_VALUE, BAD_CODE, INVARIANT, NARRATIVE_UNSAFE.
    """
    parsed = _accept_plain(body, expected_type) or _accept(body, expected_type, odd=False)
    if parsed is None:
        if hasty and len(body) > HASTY_BYTES:
            raise SlowRefusalError
        if problems := explain(body, expected_type):
            raise HubError(*problems)
        parsed = _accept(body, expected_type, odd=True)
    if parsed is None:
        raise HubError(Problem(ProblemCode.BAD_VALUE, "The body does not conform to FHIR R4"))
    if wire.may_be_long(body) and (long := [*long_texts(parsed.resource, parsed.type)]):
        raise HubError(*long)
    return parsed


def check_bundle_shell(body: bytes, *, hasty: bool = False) -> None:
    """The bytes of a Bundle → nothing when all is well but for the resources in its entries, which are not looked at.

    Problems: as `parse`; those inside `entry.resource` are left to the parse of each.
    """
    if _shell(body, odd=False):
        return
    if hasty and len(body) > HASTY_BYTES:
        raise SlowRefusalError
    if found := explain(body, "Bundle", only_shell=True):
        raise HubError(*found)
    # What is odd may stand inside an entry, whose own parse will tell.
    if not _shell(body, odd=True):
        raise HubError(Problem(ProblemCode.BAD_VALUE, "The body does not conform to FHIR R4"))


def _accept_plain(body: bytes, name: str | None) -> Parsed | None:
    """What `_accept` does for a body as a machine writes it, in fewer steps; None when that has to look, or it is wrong.

    Shape: the type leads, nothing is escaped, nested or refers to what is contained; so few objects that it cannot be deep.
    """
    if name is None or name not in RESOURCE_TYPES or name in _HOLDERS or b"\\" in body:
        return None
    kind = _type(name)
    if not body.startswith(kind.lead) or 2 * body.count(b"{") > wire.MAX_DEPTH:
        return None
    if b'"contained"' in body or b'"#' in body or not wire.is_utf8(body):
        return None
    try:
        resource = kind.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    if body.count(b'"') != _ENCODER.encode(resource).count(b'"'):
        return None
    if not kind.check(resource, wire.may_extend(body)):
        return None
    return Parsed(resource, name, len(kind.lead), resource.id is None and resource.meta is None)


def _accept(body: bytes, expected_type: str | None, *, odd: bool) -> Parsed | None:
    """The fast way: None when the body is wrong, or (unless `odd` is taken) merely looks so."""
    if not odd and (not wire.is_utf8(body) or wire.is_deep(body)):
        return None
    name, head = wire.read_head(body)
    try:
        resource = _decode(body, name or _ONLY_TYPE.decode(body).type, odd=odd, inside=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if resource is None or (expected_type is not None and type(resource).__name__ != expected_type):
        return None
    plain = resource.id is None and resource.meta is None
    return Parsed(resource, type(resource).__name__, head, plain)


def _shell(body: bytes, *, odd: bool) -> bool:
    if not odd and (not wire.is_utf8(body) or wire.is_deep(body)):
        return False
    try:
        bundle = _type("Bundle").decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return (odd or _as_written(body, _ENCODER.encode(bundle))) and _type("Bundle").check(
        bundle, wire.may_extend(body)
    )


def _as_written(body: bytes, again: bytes) -> bool:
    return wire.count_quotes(body) == wire.count_quotes(again) and not wire.has_odd_escape(body)


def _decode(body: bytes, name: str, *, odd: bool, inside: bool) -> Any | None:
    if name not in RESOURCE_TYPES:
        return None
    kind = _type(name)
    resource = kind.decode(body)
    again = _ENCODER.encode(resource)
    if not odd and not _as_written(body, again):
        return None
    if not kind.check(resource, wire.may_extend(body)):
        return None
    if kind.nested and not _decode_nested(resource, name, odd=odd):
        return None
    if not inside and (b'"#' in again or getattr(resource, "contained", ())):
        plain = msgspec.json.decode(body)
        if any(True for _ in contained_problems(plain, again, name)):
            return None
    return resource


def _decode_nested(resource: Any, name: str, *, odd: bool) -> bool:
    """Replace each Raw by the resource it is; False when one is not well."""
    if name == "Bundle":
        holders = [(o, "resource", False) for o in resource.entry]
        holders += [
            (o.response, "outcome", False) for o in resource.entry if o.response is not None
        ]
    elif name == "Parameters":
        holders = [(o, "resource", False) for o in _parts(resource.parameter)]
    else:
        contained = tuple(_nested(each, odd=odd, inside=True) for each in resource.contained)
        if contained:
            force_setattr(resource, "contained", contained)
        return None not in contained
    for holder, attribute, inside in holders:
        raw = getattr(holder, attribute)
        if raw is not None:
            made = _nested(raw, odd=odd, inside=inside)
            if made is None:
                return False
            force_setattr(holder, attribute, made)
    return True


def _parts(parameters: Sequence[Any]) -> list[Any]:
    return [p for each in parameters for p in (each, *_parts(each.part))]


def _nested(raw: Raw, *, odd: bool, inside: bool) -> Any | None:
    body = bytes(raw)
    name, _ = wire.read_head(body)
    return _decode(body, name or _ONLY_TYPE.decode(body).type, odd=odd, inside=inside)


def encode(resource: Any) -> bytes:
    """A struct → compact FHIR JSON; decimals as they were written."""
    return _ENCODER.encode(resource)


def splice(
    body: bytes,
    parsed: Parsed,
    *,
    id: str,  # noqa: A002 - FHIR's own name
    version_id: str,
    last_updated: str,
    security: Sequence[Mapping[str, str]] = (),
) -> bytes:
    """A parsed body → the same with id, meta.versionId and meta.lastUpdated put in; `security` labels are added.

    Every other element keeps its bytes, and meta keeps the profiles, tags and labels it had.
    """
    if parsed.plain:
        meta = {"versionId": version_id, "lastUpdated": last_updated}
        made = b'"id":%s,"meta":%s' % (
            _ENCODER.encode(id),
            _ENCODER.encode({**meta, "security": security} if security else meta),
        )
        if parsed.head:
            return b"%s,%s%s" % (body[: parsed.head], made, body[parsed.head :])
        start = body.index(b"{") + 1
        return b"%s%s,%s" % (body[:start], made, body[start:])
    members = {name: bytes(raw) for name, raw in _MEMBERS.decode(body).items()}
    kind = members.pop("resourceType")
    members.pop("id", None)
    meta = _meta(members.pop("meta", b"{}"), version_id, last_updated, security)
    first = {"resourceType": kind, "id": _ENCODER.encode(id), "meta": meta}
    return _join({**first, **members})


def splice_own(
    resource: Any,
    *,
    id: str,  # noqa: A002 - FHIR's own name
    version_id: str,
    last_updated: str,
    security: Sequence[Mapping[str, str]] = (),
) -> bytes:
    """A struct of our own → its body, with what `splice` would put into it."""
    old: Meta = resource.meta or _NO_META
    more: list[Coding] = []
    if security:
        known = {(each.system, each.code) for each in old.security}
        more = [convert(each, Coding) for each in security if _label(each) not in known]
    meta = replace(
        old, versionId=version_id, lastUpdated=last_updated, security=(*old.security, *more)
    )
    return _ENCODER.encode(replace(resource, id=id, meta=meta))


def _meta(
    old: bytes, version_id: str, last_updated: str, security: Sequence[Mapping[str, str]]
) -> bytes:
    members = {name: bytes(raw) for name, raw in _MEMBERS.decode(old).items()}
    made = {"versionId": _ENCODER.encode(version_id), "lastUpdated": _ENCODER.encode(last_updated)}
    kept = {
        n: v
        for n, v in members.items()
        if n not in {"versionId", "lastUpdated", "_versionId", "_lastUpdated"}
    }
    if security:
        labels = [bytes(each) for each in _LIST.decode(kept.pop("security", b"[]"))]
        known = [_label(cast("Mapping[str, Any]", msgspec.json.decode(each))) for each in labels]
        labels += [_ENCODER.encode(each) for each in security if _label(each) not in known]
        kept["security"] = b"[" + b",".join(labels) + b"]"
    return _join({**made, **kept})


def _label(coding: Mapping[str, Any]) -> tuple[Any, Any]:
    return coding.get("system"), coding.get("code")


def _join(members: Mapping[str, bytes]) -> bytes:
    return (
        b"{"
        + b",".join(_ENCODER.encode(name) + b":" + value for name, value in members.items())
        + b"}"
    )
