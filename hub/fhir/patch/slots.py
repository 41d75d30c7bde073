"""Where elements lie in JSON, and how they are put there, taken away and moved: arrays, companions and choices.

Source: http://hl7.org/fhir/R4/json.html; http://hl7.org/fhir/R4/fhirpatch.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from hub.fhir.models.elements import Element
from hub.fhir.patch.path_eval import Node, elements_named
from hub.fhir.patch.tree import Budget, failed, refused

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Value:
    """What an operation puts in: value[x], a resource, or the parts of an element that has no type of its own.

    Shape: `kind` as it stands in names (Quantity, String), "" for parts, "Resource" for a resource; `beside` the
    companion of a primitive.
    """

    kind: str
    value: Any = None
    beside: Any = None
    parts: tuple[tuple[str, Value], ...] = ()

    @classmethod
    def of(cls, part: Json) -> Value:
        """A part named value, or a part of one → Value. Problems: PATCH_INVALID."""
        if "resource" in part:
            return cls("Resource", part["resource"])
        inner = cast("Sequence[Json]", part.get("part", []))
        if inner:
            return cls("", parts=tuple((p["name"], cls.of(p)) for p in inner))
        keys = {k.removeprefix("_") for k in part if k.removeprefix("_").startswith("value")}
        if len(keys) != 1:
            raise refused("A value is given as one value[x], as parts, or as a resource")
        (key,) = keys
        return cls(key[5:], part.get(key), part.get(f"_{key}"))


@dataclass(frozen=True, slots=True)
class Slots:
    """A list of elements. Shape: `holder[key]`, with companions in `holder["_" + key]`."""

    node: Node
    key: str
    element: Element

    @property
    def length(self) -> int:
        """How many elements it has."""
        holder = self.node.members or {}
        return max(len(holder.get(self.key) or ()), len(holder.get(f"_{self.key}") or ()))


def list_at(node: Node, name: str) -> Slots:
    """An element and the name of a repeating element in it → the list. Problems: PATCH_FAILED when it does not repeat."""
    choices = elements_named(node, name)
    if len(choices) != 1 or not choices[0][1].many:
        raise failed("insert and move work on elements that repeat")
    return Slots(node, *choices[0])


def add_member(node: Node, name: str, value: Value, budget: Budget) -> None:
    """An element, a name and a value → the value at the end of that list, or as that element where there was none."""
    choices = elements_named(node, name)
    key, element = _chosen(choices, name, value)
    if element.many:
        insert_at(Slots(node, key, element), None, value, budget)
        return
    holder = _members(node)
    if any(k in holder or f"_{k}" in holder for k, _ in choices):
        raise failed("add: the element is there already and does not repeat; replace it")
    _set(holder, key, *_built(node, element, value, budget))


def insert_at(slots: Slots, place: int | None, value: Value, budget: Budget) -> None:
    """A list, a place (None: the end) and a value → the value at that place. Problems: PATCH_FAILED."""
    length = slots.length
    place = length if place is None else place
    if not 0 <= place <= length:
        raise failed("insert: the list is not that long")
    holder = _members(slots.node)
    made, beside = _built(slots.node, slots.element, value, budget)
    values = cast("list[Any]", holder.get(slots.key) or [None] * length)
    values.insert(place, made)
    companions = holder.get(f"_{slots.key}")
    if companions is not None or beside is not None:
        others = cast("list[Any]", companions or [None] * length)
        others += [None] * (length - len(others))
        others.insert(place, beside)
        holder[f"_{slots.key}"] = others
    if any(v is not None for v in values):
        holder[slots.key] = values


def move_in(slots: Slots, source: int, destination: int) -> None:
    """A list and two places → the element of the first moved to the second. Problems: PATCH_FAILED."""
    length = slots.length
    if not (0 <= source < length and 0 <= destination < length):
        raise failed("move: the list is not that long")
    holder = _members(slots.node)
    for key in (slots.key, f"_{slots.key}"):
        items = holder.get(key)
        if items is not None:
            items += [None] * (length - len(items))
            items.insert(destination, items.pop(source))


def replace_node(node: Node, value: Value, budget: Budget) -> None:
    """An element and a value → the value in its place; a choice may change its type. Problems: PATCH_FAILED."""
    if node.parent is None:
        raise failed("A patch cannot replace the whole resource; update it")
    key, element = _chosen(elements_named(node.parent, node.element), node.element, value)
    made, beside = _built(node.parent, element, value, budget)
    holder = node.holder
    if node.index is None:
        if key != node.key:
            holder.pop(node.key, None)
        holder.pop(f"_{node.key}", None)
        holder.pop(key, None)
        _set(holder, key, made, beside)
        return
    values = holder.get(key)
    if values is not None:
        values[node.index] = made
    companions = holder.get(f"_{key}")
    if companions is not None and node.index < len(companions):
        companions[node.index] = beside
    elif beside is not None:
        length = len(values or ())
        others = cast("list[Any]", companions or [])
        others += [None] * (length - len(others))
        others[node.index] = beside
        holder[f"_{key}"] = others


def remove_node(node: Node) -> None:
    """An element → taken away; what is left empty by that goes too, for FHIR knows no empty objects and arrays."""
    if node.parent is None:
        raise failed("A patch cannot delete the whole resource; delete it")
    holder, key = node.holder, node.key
    for each in (key, f"_{key}"):
        held = holder.get(each)
        if held is None:
            continue
        if node.index is None:
            del holder[each]
            continue
        if node.index < len(held):
            del held[node.index]
        if all(item is None for item in held):
            del holder[each]
    if holder:
        return
    parent = node.parent
    if parent.primitive and parent.value is not None:
        companions = parent.holder[f"_{parent.key}"]
        if parent.index is None:
            del parent.holder[f"_{parent.key}"]
        else:
            companions[parent.index] = None
            if all(item is None for item in companions):
                del parent.holder[f"_{parent.key}"]
    elif parent.parent is not None:
        remove_node(parent)


def _members(node: Node) -> Json:
    """The object that an element's members lie in; made where a primitive has none yet."""
    found = node.members
    if found is not None:
        return found
    if not node.primitive:
        raise failed("A patch leads into an element that holds nothing")
    made: Json = {}
    key = f"_{node.key}"
    if node.index is None:
        node.holder[key] = made
        return made
    others = cast("list[Any]", node.holder.setdefault(key, []))
    others += [None] * (len(node.holder.get(node.key) or ()) - len(others))
    others[node.index] = made
    return made


def _chosen(choices: Sequence[tuple[str, Element]], name: str, value: Value) -> tuple[str, Element]:
    if len(choices) == 1 and choices[0][0] == name:
        return choices[0]
    for key, element in choices:
        if key == name + value.kind:
            return key, element
    raise failed("A value is of a type that the element cannot have")


def _built(node: Node, element: Element, value: Value, budget: Budget) -> tuple[Any, Any]:
    """A value → its JSON and its companion, for that element. Problems: PATCH_FAILED."""
    if not value.parts:
        if value.kind == "Resource" and element.kind != "Resource":
            raise failed("A resource can only be put where FHIR has resources")
        return budget.copy(value.value), budget.copy(value.beside)
    if element.struct is None:
        raise failed("Parts are given for an element that has none")
    made: Json = {}
    inside = Node(element.kind, element.struct, {"": made}, "", None, node)
    for name, part in value.parts:
        add_member(inside, name, part, budget)
    return made, None


def _set(holder: Json, key: str, made: Any, beside: Any) -> None:
    if made is not None:
        holder[key] = made
    if beside is not None:
        holder[f"_{key}"] = beside
