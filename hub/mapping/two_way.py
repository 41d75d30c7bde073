"""Two-way mapping tables: each line pairs a field of a message class with a place in a FHIR resource, and is read both ways.

A letter that came in and goes out again must say the same, and a value edited in FHIR must show in the XML: one table
for both directions cannot disagree with itself. Resources are JSON trees here; `two_way_store.py` makes structs of them.
Source: architecture D7 (codecs are tables); http://hl7.org/fhir/R4/json.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Final, cast

from hub.emessage.table import SELF, Field, table_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A primitive of FHIR: its value and its extensions, either of which may be missing."""

    value: Any = None
    extension: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Slice:
    """The element of a repeating one that carries these fixed fields."""

    key: str
    fixed: Mapping[str, Any] = field(default_factory=dict[str, Any])


Step = str | Slice
Path = tuple[Step, ...]


@dataclass(slots=True)
class Room:
    """Where the parts of one resource are put while it is built, or found while it is read.

    Shape: `contained` are those of the resource; `add` stores a resource of its own and gives the reference to it;
    `find` gives the resource a reference leads to, or None.
    """

    contained: list[Json]
    add: Callable[[Json], Json]
    find: Callable[[Json], Json | None]
    patient: Json

    def contain(self, resource: Json) -> Json:
        """A resource without id → the local reference to it."""
        local = f"{resource['resourceType'].lower()}-{len(self.contained) + 1}"
        self.contained.append({"resourceType": resource["resourceType"], "id": local, **resource})
        return {"reference": f"#{local}"}

    def resolve(self, reference: Json | None) -> Json | None:
        """A reference → what it leads to: contained here, or a resource beside."""
        target = str((reference or {}).get("reference") or "")
        if target.startswith("#"):
            return next((c for c in self.contained if c.get("id") == target[1:]), None)
        return self.find(reference) if reference else None

    def inside(self, contained: list[Json]) -> Room:
        """The contained resources of another resource → the room of that one."""
        return Room(contained, self.add, self.find, self.patient)


@dataclass(frozen=True, slots=True)
class Lens:
    """How one kind of value is written in FHIR and read back.

    Shape: `put` gives a JSON value or Leaf, None when there is nothing to say; `get` gives None for what says nothing;
    the type it is told is the class that the codec holds there.
    """

    put: Callable[[Any, Room], Any]
    get: Callable[[Any, Room, Any], Any]
    note: str = ""


WHOLE: Final = "*"
"""The field of a line whose lens sees the whole value and gives several fields back."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table.

    Shape: `path` leads from the resource (or element) to the place, empty for the whole; `many` says that the last step
    is a list with one element for each value.
    """

    field: str
    path: Path
    lens: Lens
    many: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A table for one kind of message class, whichever namespace it stands in: lines for fields that it has not are idle."""

    lines: tuple[Line, ...]
    _puts: dict[type, Puts] = field(default_factory=dict[type, Any], compare=False, repr=False)

    def put(self, value: Any, node: Json, room: Room) -> Json:
        """A value → what its lines say, put into the node."""
        cls: type = value.__class__
        puts = self._puts.get(cls)
        if puts is None:
            puts = self._puts[cls] = _puts_for(self.lines, cls)
        fetch, steps = puts
        for part, (whole, put) in zip(fetch(value), steps, strict=False):
            if whole:
                put(value, node, room)
            elif part is not None and part is not _EMPTY:
                put(part, node, room)
        return node

    def get(self, node: Json, room: Room, cls: type) -> dict[str, Any]:
        """A node → the fields of the class that its lines find there."""
        kinds = kinds_of(cls)
        found: dict[str, Any] = {}
        for line in self.lines:
            if line.field == WHOLE:
                here = get_at(node, line.path)
                found |= line.lens.get(here, room, cls) if here is not None else {}
                continue
            kind = kinds.get(line.field)
            if kind is None:
                continue
            if line.many:
                parts = (line.lens.get(one, room, kind) for one in get_all(node, line.path))
                values = tuple(p for p in parts if p is not None)
                if values:
                    found[line.field] = values
            else:
                here = get_at(node, line.path)
                value = line.lens.get(here, room, kind) if here is not None else None
                if value is not None:
                    found[line.field] = value
        return found


_EMPTY: Final[tuple[Any, ...]] = ()
Put = Callable[[Any, Json, Room], None]
Puts = tuple[Callable[[Any], tuple[Any, ...]], tuple[tuple[bool, Put], ...]]
"""What fetches all fields of a value at once, and for each whether its line sees the whole value and what puts it."""


def _puts_for(lines: tuple[Line, ...], cls: type) -> Puts:
    """The lines of a shape and a class → the lines that the class has fields for, ready to put."""
    here = [line for line in lines if line.field == WHOLE or hasattr(cls, line.field)]
    names = ["__class__" if line.field == WHOLE else line.field for line in here]
    # One more than there are lines: for a single name no tuple would be fetched
    fetch = attrgetter(*names, "__class__", "__class__")
    return fetch, tuple((line.field == WHOLE, _put_for(line)) for line in here)


def _put_for(line: Line) -> Put:
    to, path = line.lens.put, line.path
    key = path[0] if len(path) == 1 and isinstance(path[0], str) else None

    def put_many(part: Any, node: Json, room: Room) -> None:
        found = [to(one, room) for one in part]
        add_all(node, path, [f for f in found if f is not None])

    def put_here(part: Any, node: Json, room: Room) -> None:
        if (written := to(part, room)) is not None:
            put_leaf(node, key or "", written)

    def put(part: Any, node: Json, room: Room) -> None:
        if (written := to(part, room)) is not None:
            set_at(node, path, written)

    return put_many if line.many else put_here if key else put


_KINDS: Final[dict[type, dict[str, Any]]] = {}


def kinds_of(cls: type) -> dict[str, Any]:
    """A class of a codec → the kind of each of its fields."""
    found = _KINDS.get(cls)
    if found is None:
        found = _KINDS[cls] = {f.name: _kind(f, cls) for f in table_of(cls).fields}
    return found


def _kind(line: Field, owner: type) -> Any:
    kind = line.kinds[0][1]
    return owner if kind is SELF else kind


def filled(cls: type, found: Mapping[str, Any]) -> Any:
    """A class and the fields that were found → the value; a required part that FHIR does not say stands empty.

    Shape: an empty element is what the schema allows of a code, time or text that is required and unknown.
    """
    given = dict(found)
    lines = table_of(cls)
    if lines.may_be_empty and not given:
        return cls()
    for line in lines.fields:
        if line.name in given:
            continue
        if line.least and not _in_choice(cls, line.name):
            given[line.name] = _nothing(line, cls)
        else:
            given[line.name] = () if line.many else None
    return cls(**given)


def _in_choice(cls: type, name: str) -> bool:
    return any(name in choice.fields for choice in table_of(cls).choices)


def _nothing(line: Field, owner: type) -> Any:
    kind = _kind(line, owner)
    empty: Any = filled(kind, {}) if isinstance(kind, type) else line.fixed or ""
    return (empty,) if line.many else empty


# Places in a JSON tree


def _matches(element: Any, fixed: Mapping[str, Any]) -> bool:
    if not isinstance(element, dict):
        return False
    held = cast("Json", element)
    for key, wanted in fixed.items():
        here = held.get(key)
        if here != wanted and (isinstance(wanted, str) or not _holds(here, wanted)):
            return False
    return True


def _holds(held: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return _matches(held, cast("Json", wanted))
    if isinstance(wanted, list):
        parts = cast("list[Any]", wanted)
        there = cast("list[Any]", held) if isinstance(held, list) else []
        return all(any(_holds(h, w) for h in there) for w in parts)
    return held == wanted


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: v if isinstance(v, str) else _copy(v) for k, v in cast("Json", value).items()}
    return [_copy(v) for v in cast("list[Any]", value)] if isinstance(value, list) else value


def _enter(node: Json, step: Step) -> Json:
    if isinstance(step, str):
        return node.setdefault(step, {})
    items: list[Any] = node.setdefault(step.key, [])
    for item in items:
        if _matches(item, step.fixed):
            return item
    made: Json = _copy(step.fixed)
    items.append(made)
    return made


def set_at(node: Json, path: Path, value: Any) -> None:
    """A node, a path and a JSON value or Leaf → the value put there."""
    for step in path[:-1]:
        node = _enter(node, step)
    last = path[-1] if path else None
    if isinstance(last, str):
        put_leaf(node, last, value)
    else:
        (node if last is None else _enter(node, last)).update(value)


def put_leaf(node: Json, key: str, value: Any) -> None:
    """A node, the name of a field and a JSON value or Leaf → the field (and `_field`) filled."""
    if not isinstance(value, Leaf):
        node[key] = value
        return
    if value.value is not None:
        node[key] = value.value
    if value.extension:
        node[f"_{key}"] = {"extension": list(value.extension)}


def get_at(node: Json, path: Path) -> Any:
    """A node and a path → what is there: an object, a list or a Leaf; None when nothing is."""
    here: Any = node
    for step in path[:-1]:
        here = _step(here, step)
        if here is None:
            return None
    return _end(here, path[-1]) if path else here


def _step(here: Json, step: Step) -> Any:
    if isinstance(step, str):
        return here.get(step)
    items: list[Any] = here.get(step.key) or []
    return next((i for i in items if _matches(i, step.fixed)), None)


def _end(here: Json, step: Step) -> Any:
    if not isinstance(step, str):
        return _step(here, step)
    value: Any = here.get(step)
    beside: Json = here.get(f"_{step}") or {}
    if isinstance(value, (dict, list)):
        return cast("Any", value)
    extension: list[Json] = beside.get("extension") or []
    return Leaf(value, tuple(extension)) if value is not None or extension else None


def add_all(node: Json, path: Path, values: list[Any]) -> None:
    """A node, the path of a list and values → the values appended, each with the fixed fields of the last step."""
    for step in path[:-1]:
        node = _enter(node, step)
    last = path[-1]
    assert isinstance(last, Slice), "a list is named by a slice"
    node.setdefault(last.key, []).extend({**_copy(last.fixed), **value} for value in values)


def get_all(node: Json, path: Path) -> list[Any]:
    """A node and the path of a list → its elements that carry the fixed fields of the last step."""
    here: Any = node
    for step in path[:-1]:
        here = _step(here, step)
        if here is None:
            return []
    last = path[-1]
    assert isinstance(last, Slice), "a list is named by a slice"
    return [item for item in here.get(last.key) or () if _matches(item, last.fixed)]


def extension(url: str, *rest: Step) -> Path:
    """The URL of an extension and the rest of a path → the path through it."""
    return (Slice("extension", {"url": url}), *rest)


def inside(key: str, lens: Lens) -> Lens:
    """A field name and a lens → the lens of an object that holds the value in that field."""
    return Lens(
        lambda value, room: {key: lens.put(value, room)},
        lambda node, room, kind: lens.get(node[key], room, kind) if key in node else None,
        lens.note,
    )
