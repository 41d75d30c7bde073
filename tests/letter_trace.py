"""Give every value of a letter a value of its own, and look where each stands in the FHIR that the letter becomes.

Texts, times, numbers, codes and attached bytes are all changed at once, each to something that stands nowhere else;
booleans are turned one at a time, for they have no value of their own.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from hub.clock import FixedClock
from hub.emessage.apprec import AppRec
from hub.emessage.attached import Attached
from hub.emessage.datatypes import BASE64_TAG, Base64Container, FormattedText
from hub.emessage.message_types import AppRecVersion, MessageType
from hub.emessage.msghead import MsgHead
from hub.emessage.read import Reading, read_message
from hub.emessage.simple_types import BOOLEAN, TRUE_FALSE
from hub.emessage.table import SELF, Simple, table_of
from hub.emessage.xml import local_name
from hub.fhir import codec
from hub.mapping.draft import Context
from hub.mapping.letter import apprec
from hub.mapping.registry import MAPPERS, payload_of
from tests.message_builders import sample
from tests.message_town import NOW

_FIRST = 30000
_CONTAINER = local_name(BASE64_TAG)
Choose = Callable[[str, Any, Any], Any]
Leaf = tuple[str, str]


@dataclass(frozen=True)
class Letter:
    """A letter as it was read: its type, its envelope as MsgHead, its payload, and how its paths begin."""

    kind: MessageType
    message: MsgHead
    payload: Any
    root: str


def read_letter(data: bytes) -> Letter:
    """The bytes of a letter → what was read."""
    reading: Reading = read_message(data, takes=lambda row: row.payload is not None)
    assert reading.message is not None, reading.problems
    assert reading.message_type is not None
    kind = reading.message_type
    return Letter(kind, reading.message, payload_of(reading.message), kind.root)


def rewritten(value: Any, choose: Choose, path: str) -> Any:
    """A value of the codec → the same with every text, number, time, code and attached file replaced by `choose`."""
    new: dict[str, Any] = {}
    for field in table_of(type(value)).fields:
        here = getattr(value, field.name)
        if here is None or here == () or field.fixed:
            continue
        parts = tuple(_part(p, field, choose, path, type(value)) for p in _many(here, field))
        new[field.name] = parts if field.many else parts[0]
    return msgspec.structs.replace(value, **new)


def _many(here: Any, field: Any) -> tuple[Any, ...]:
    return here if field.many else (here,)


def _part(part: Any, field: Any, choose: Choose, path: str, owner: type) -> Any:
    name, kind = next((n, k) for n, k in field.kinds if _is_of(part, k, owner))
    at = f"{path}/@{name}" if field.is_attribute else f"{path}/{name}"
    if isinstance(part, Attached):
        return Attached(tuple(choose(f"{at}/{_tag(e)}", None, e) for e in part.elements))
    if isinstance(part, FormattedText) or isinstance(kind, Simple):
        return choose(at, kind, part)
    return rewritten(part, choose, at)


def _tag(element: Any) -> str:
    return _CONTAINER if isinstance(element, Base64Container) else "*"


def _is_of(part: Any, kind: Any, owner: type) -> bool:
    if kind is SELF:
        return isinstance(part, owner)
    return isinstance(part, kind) if isinstance(kind, type) else True


def leaves(value: Any, path: str) -> Iterator[Leaf]:
    """A JSON value → path without positions and text of every primitive in it.

    What is contained is told by its type, an extension by the last part of its URL.
    """
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{path}.{key}")
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, f"{path}{_kind(part)}")
    elif value is not None:
        yield path, str(value)


def _kind(part: Any) -> str:
    if not isinstance(part, dict):
        return ""
    if "resourceType" in part:
        return f"[{part['resourceType']}]"
    url = str(part.get("url") or "").rpartition("/")[2]
    return f"({url})" if url and "valueUrl" not in part else ""


def resources(letter: Letter, payload: Any) -> list[Leaf]:
    """A letter and the payload to put into it → path and text of everything that is said of it in FHIR."""
    context = Context("p1", FixedClock(NOW).new_id, NOW, raw="Binary/raw")
    row = MAPPERS[(letter.kind.type, letter.kind.namespace)]
    draft = row.to_fhir(letter.message, payload, context).value
    return _told(created.resource for created in draft.create)


def receipt_resources(version: AppRecVersion, receipt: AppRec) -> list[Leaf]:
    """A receipt → path and text of everything that is said of it in FHIR."""
    record = apprec.to_record(receipt, version, FixedClock(NOW).new_id)
    return _told(record.resources.values())


def _told(made: Iterable[Any]) -> list[Leaf]:
    bodies = (msgspec.json.decode(codec.encode(resource)) for resource in made)
    return [leaf for body in bodies for leaf in leaves(body, body["resourceType"])]


def stands(letter: Letter, known: Container[str] = ()) -> dict[str, list[str]]:
    """A letter → for every element and attribute in it that holds a value, where that stands in FHIR.

    Shape: booleans whose path is `known` are passed over, for each of them is tried alone.
    """
    told_of = partial(resources, letter)
    return places(letter.payload, letter.root, told_of, known)


def paths(payload: Any, root: str) -> set[str]:
    """A value of the codec and how its paths begin → the paths of everything in it that holds a value."""
    found: set[str] = set()

    def note(path: str, _: Any, part: Any) -> Any:
        found.add(path)
        return part

    rewritten(payload, note, root)
    return found


Told = Callable[[Any], list[Leaf]]


def places(
    payload: Any, root: str, told_of: Told, known: Container[str] = ()
) -> dict[str, list[str]]:
    """A value of the codec, how its paths begin and what becomes of one → where each of its values stands in FHIR."""
    expected: list[Leaf] = []

    def choose(path: str, kind: Any, part: Any) -> Any:
        if _is_boolean(kind):
            return part
        value, shown = _unique(kind, part, len(expected))
        expected.append((path, shown))
        return value

    told = _words(told_of(rewritten(payload, choose, root)))
    found: dict[str, list[str]] = {}
    for path, value in expected:
        here = found.setdefault(path, [])
        here += [where for where in told.get(value, ()) if where not in here]
    for path, seen in _booleans(payload, root, told_of, known):
        found.setdefault(path, []).extend(seen)
    return found


_WORD = re.compile(r"verdi\d+q|[\w:.+-]+")


def _words(told: list[Leaf]) -> dict[str, list[str]]:
    """Path and text of everything in FHIR → each word, and each whole text, with the paths it stands at."""
    found: dict[str, list[str]] = {}
    for where, held in told:
        for word in {held, held[:19], held.rpartition(":")[2], *_WORD.findall(held)}:
            found.setdefault(word, []).append(where)
    return found


def _unique(kind: Any, part: Any, number: int) -> tuple[Any, str]:
    text = f"verdi{_FIRST + number}q"
    if isinstance(part, FormattedText):
        return FormattedText((text,)), text
    if isinstance(part, Base64Container):
        data = base64.b64encode(text.encode()).decode()
        return Base64Container(data), data
    if not isinstance(kind, Simple):
        return part, text
    value = sample(kind, _FIRST + number)
    return value, str(value).removeprefix("tel:")


def _booleans(
    payload: Any, root: str, told_of: Told, known: Container[str]
) -> Iterator[tuple[str, list[str]]]:
    """The booleans of a value, each turned → what of the FHIR is then another."""
    paths: list[str] = []

    def note(path: str, kind: Any, part: Any) -> Any:
        if _is_boolean(kind):
            paths.append(path)
        return part

    rewritten(payload, note, root)
    before = Counter(told_of(payload))
    for place, path in enumerate(paths):
        if path in known:
            continue
        after = Counter(told_of(rewritten(payload, _turn(place), root)))
        yield path, sorted({where for where, _ in after - before})


def _is_boolean(kind: Any) -> bool:
    return kind is BOOLEAN or kind is TRUE_FALSE


def _turned(part: Any) -> Any:
    if isinstance(part, bool):
        return not part
    return "false" if part == "true" else "true"


def _turn(place: int) -> Choose:
    seen = 0

    def choose(_: str, kind: Any, part: Any) -> Any:
        nonlocal seen
        if not _is_boolean(kind):
            return part
        seen += 1
        return _turned(part) if seen - 1 == place else part

    return choose
