"""Steps of a FHIRPath over a resource's JSON tree → the nodes they find, each knowing where it lies.

Shape: in JSON a choice element bears its type in its name (valueQuantity), an extension of a primitive lies in a companion
(`_birthDate`) beside it; nodes hide both.
Source: http://hl7.org/fhirpath/N1/; http://hl7.org/fhir/R4/json.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec

from hub.fhir.models import RESOURCE_TYPES, struct_for
from hub.fhir.models.elements import Element, elements_of
from hub.fhir.models.r4 import datatypes
from hub.fhir.patch.json_patch import is_equal
from hub.fhir.patch.path_parse import (
    Both,
    Compare,
    Condition,
    Exists,
    Index,
    IsTrue,
    Member,
    Not,
    OfType,
    Step,
)
from hub.fhir.patch.tree import failed

Json = dict[str, Any]
MAX_NODES: Final = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One element. Shape: `holder[key]`, or `holder[key][index]`, is its value; the resource itself has no parent."""

    kind: str
    struct: type[msgspec.Struct] | None
    holder: Json
    key: str
    index: int | None
    parent: Node | None
    element: str = ""

    @property
    def value(self) -> Any:
        """Its JSON value; None for a primitive that has extensions only."""
        found = self.holder.get(self.key)
        if self.index is None or found is None:
            return found
        return found[self.index] if self.index < len(found) else None

    @property
    def companion(self) -> Any:
        """The object that holds id and extensions of a primitive, or None."""
        found = self.holder.get(f"_{self.key}")
        if self.index is None or found is None:
            return found
        return found[self.index] if self.index < len(found) else None

    @property
    def primitive(self) -> bool:
        """Whether it is a primitive, whose members are only id and extension."""
        return self.struct is None

    @property
    def members(self) -> Json | None:
        """The object its members lie in."""
        inner = self.companion if self.primitive else self.value
        return cast("Json", inner) if isinstance(inner, dict) else None


def resource_node(tree: Json) -> Node:
    """A resource's JSON tree → its node."""
    kind = tree["resourceType"]
    return Node(kind, struct_for(kind), {"": tree}, "", None, None)


def evaluate(start: Node, steps: tuple[Step, ...]) -> list[Node]:
    """A resource and the steps of a path → the nodes found. Problems: PATCH_FAILED when an element does not exist in FHIR."""
    if isinstance(steps[0], Member) and steps[0].name in (start.kind, "Resource", "DomainResource"):
        steps = steps[1:]
    return _walk([start], steps)


def _walk(nodes: list[Node], steps: tuple[Step, ...]) -> list[Node]:
    for step in steps:
        if isinstance(step, Member):
            nodes = [child for node in nodes for child in children(node, step.name)]
        elif isinstance(step, Index):
            nodes = nodes[step.place :][:1]
        elif isinstance(step, OfType):
            wanted = step.type
            nodes = [n for n in nodes if wanted in (n.kind, n.kind[:1].upper() + n.kind[1:])]
        else:
            nodes = [n for n in nodes if _holds(n, step.condition)]
        if len(nodes) > MAX_NODES:
            raise failed("A path finds too much")
    return nodes


def children(node: Node, name: str) -> list[Node]:
    """A node and the name of an element → the nodes of that element."""
    members = node.members
    choices = elements_named(node, name)
    found: list[Node] = []
    for key, element in choices:
        if members is None or (key not in members and f"_{key}" not in members):
            continue
        values, beside = members.get(key), members.get(f"_{key}")
        if element.many:
            length = max(len(values or ()), len(beside or ()))
            found += [_child(node, members, key, element, n, name) for n in range(length)]
        else:
            found.append(_child(node, members, key, element, None, name))
    return found


def elements_named(node: Node, name: str) -> list[tuple[str, Element]]:
    """A node and the name of an element → (JSON name, element): several for a choice. Problems: PATCH_FAILED."""
    known = elements_of(node.struct or datatypes.Element)
    if name in known and not name.startswith("_"):
        return [(name, known[name])]
    choices = [
        (key, element)
        for key, element in known.items()
        if key.startswith(name) and key[len(name) :] == element.kind[:1].upper() + element.kind[1:]
    ]
    if not choices:
        raise failed(f"{node.kind} has no element of the name that a path or operation gives")
    return choices


def _child(
    node: Node, members: Json, key: str, element: Element, index: int | None, name: str
) -> Node:
    kind, struct = element.kind, element.struct
    if kind == "Resource":
        held: Any = members[key] if index is None else members[key][index]
        kind = cast("Json", held).get("resourceType", "") if isinstance(held, dict) else ""
        if kind not in RESOURCE_TYPES:
            raise failed("A path leads into something that is no resource")
        struct = struct_for(kind)
    return Node(kind, struct, members, key, index, node, name)


def _holds(node: Node, condition: Condition) -> bool:
    match condition:
        case Both(parts, every):
            return (
                all(_holds(node, p) for p in parts)
                if every
                else any(_holds(node, p) for p in parts)
            )
        case Not(inner):
            return not _holds(node, inner)
        case Exists(path, wanted):
            return bool(_walk([node], path)) is wanted
        case IsTrue(path):
            found = _walk([node], path)
            return bool(found) and not (len(found) == 1 and found[0].value is False)
        case Compare(path, literal, equal):
            found = _walk([node], path)
            if not found:
                return False  # nothing compares as nothing, which is not true
            same = len(found) == 1 and is_equal(found[0].value, literal)
            return same is equal
    raise AssertionError(condition)
