"""Give every value of a message a value of its own, and look whether each can be seen in the FHIR resources.

Texts, times and numbers are all changed at once, each to something that stands nowhere else; codes and booleans steer
the mapping, so they are changed one at a time (codes only when the message has codes that mean something).
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from hub.clock import FixedClock
from hub.emessage.datatypes import Base64Container
from hub.emessage.msghead import MsgHead
from hub.emessage.payloads import Content
from hub.emessage.table import SELF, Simple, table_of
from hub.emessage.xml import local_name
from hub.fhir import codec
from hub.mapping.draft import Context, draft_to_bundle
from hub.mapping.registry import MAPPERS, payload_of
from tests.message_builders import sample
from tests.message_town import NOW

_STEERING = ("xs:boolean", "informasjonskategori")
_FIRST = 30000

Choose = Callable[[str, Simple[Any], Any], Any]


@dataclass(frozen=True)
class Trace:
    """A path of the message, and whether what stands there can be seen in the resources."""

    path: str
    seen: bool


def to_text(message: MsgHead) -> str:
    """A message → the JSON of its resources, as text to search in."""
    clock = FixedClock(NOW)
    context = Context("p1", clock.new_id, clock.now(), raw="Binary/raw")
    payload = payload_of(message)
    row = next(r for r in MAPPERS.values() if isinstance(payload, r.payload))
    draft = row.to_fhir(message, payload, context).value
    body = codec.encode(draft_to_bundle(draft))
    return html.unescape(body.decode())


def traces(message: MsgHead, *, codes_too: bool = True) -> Iterator[Trace]:
    """A message → for every element and attribute in it that holds a value, whether it shows."""
    yield from _plain_values(message, codes_too)
    yield from _steering_values(message, codes_too)


def _plain_values(message: MsgHead, codes_too: bool) -> Iterator[Trace]:
    expected: list[tuple[str, str]] = []

    def choose(path: str, kind: Simple[Any], part: Any) -> Any:
        if _steers(path, kind, codes_too):
            return part
        value = sample(kind, _FIRST + len(expected))
        expected.append((path, _as_seen(value)))
        return value

    text = to_text(rewrite(message, choose))
    for path, value in expected:
        yield Trace(path, value in text)


def _as_seen(value: str) -> str:
    return value.removeprefix("tel:")


def _steers(path: str, kind: Simple[Any], codes_too: bool) -> bool:
    return kind.name in _STEERING or (codes_too and path.endswith("@V") and kind.name == "xs:token")


def _steering_values(message: MsgHead, codes_too: bool) -> Iterator[Trace]:
    paths: list[str] = []

    def note(path: str, kind: Simple[Any], part: Any) -> Any:
        if _steers(path, kind, codes_too):
            paths.append(path)
        return part

    rewrite(message, note)
    before = to_text(message)
    for place, path in enumerate(paths):
        after = to_text(rewrite(message, _change_one(place, codes_too)))
        code = path.endswith("@V")
        yield Trace(path, "zqv7sporx" in after if code else after != before)


def _change_one(place: int, codes_too: bool) -> Choose:
    seen = 0

    def choose(path: str, kind: Simple[Any], part: Any) -> Any:
        nonlocal seen
        if not _steers(path, kind, codes_too):
            return part
        seen += 1
        if seen - 1 != place:
            return part
        if kind.name == "xs:boolean":
            return not part
        if kind.name == "informasjonskategori":
            return "Legemidler" if part != "Legemidler" else "Uspesifisert"
        return "zqv7sporx"

    return choose


def falses(message: MsgHead) -> Iterator[Trace]:
    """A message → for every optional boolean that is false, whether taking it away shows."""
    before = to_text(message)
    paths: list[str] = []
    _take_away(message, "MsgHead", paths, -1)
    for place in range(len(paths)):
        changed = _take_away(message, "MsgHead", [], place)
        yield Trace(paths[place], to_text(changed) != before)


def _take_away(value: Any, path: str, found: list[str], place: int) -> Any:
    if isinstance(value, Content):
        part = value.elements[0]
        if isinstance(part, Base64Container):
            return value
        return Content((_take_away(part, local_name(table_of(type(part)).tag), found, place),))
    new: dict[str, Any] = {}
    for field in table_of(type(value)).fields:
        here: Any = getattr(value, field.name)
        name, kind = field.kinds[0]
        if here is False and not field.least:
            found.append(f"{path}/{name}")
            if len(found) - 1 == place:
                new[field.name] = None
        elif not isinstance(kind, Simple) and here is not None:
            held: Any = here if field.many else (here,)
            parts = tuple(_take_away(p, f"{path}/{name}", found, place) for p in held)
            new[field.name] = parts if field.many else parts[0]
    return msgspec.structs.replace(value, **new)


def rewrite(value: Any, choose: Choose, path: str = "MsgHead") -> Any:
    """A value of the codec → the same with every simple value that the schema does not fix replaced by `choose`."""
    if isinstance(value, Content):
        return Content(tuple(_rewrite_payload(part, choose) for part in value.elements))
    new: dict[str, Any] = {}
    for field in table_of(type(value)).fields:
        here = getattr(value, field.name)
        if here is None or here == () or field.fixed:
            continue
        parts = tuple(
            _rewrite_part(part, field, choose, path, type(value))
            for part in (here if field.many else (here,))
        )
        new[field.name] = parts if field.many else parts[0]
    return msgspec.structs.replace(value, **new)


def _rewrite_payload(part: Any, choose: Choose) -> Any:
    if isinstance(part, Base64Container):
        return part
    return rewrite(part, choose, local_name(table_of(type(part)).tag))


def _rewrite_part(part: Any, field: Any, choose: Choose, path: str, owner: type) -> Any:
    name, kind = next((n, k) for n, k in field.kinds if _is_of(part, k, owner))
    at = f"{path}/@{name}" if field.is_attribute else f"{path}/{name}"
    return choose(at, kind, part) if isinstance(kind, Simple) else rewrite(part, choose, at)


def _is_of(part: Any, kind: Any, owner: type) -> bool:
    if kind is SELF:
        return isinstance(part, owner)
    return isinstance(part, kind) if isinstance(kind, type) else True
