"""Places in a JSON tree of FHIR: a path leads to a field, an object or one element of a list, to fill or to read it.

Source: http://hl7.org/fhir/R4/json.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

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


def matches(element: Any, fixed: Mapping[str, Any]) -> bool:
    """An element and fixed fields → whether it carries them all."""
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
        return matches(held, cast("Json", wanted))
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
        if matches(item, step.fixed):
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
    return next((i for i in items if matches(i, step.fixed)), None)


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
    return [item for item in here.get(last.key) or () if matches(item, last.fixed)]
