"""FHIRPath Patch: Parameters → operations, and their effect on a resource's JSON tree.

Source: http://hl7.org/fhir/R4/fhirpatch.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from hub.fhir.codec import parse
from hub.fhir.patch.path_eval import Node, evaluate, resource_node
from hub.fhir.patch.path_parse import Index, Member, Step, parse_path
from hub.fhir.patch.slots import (
    Value,
    add_member,
    insert_at,
    list_at,
    move_in,
    remove_node,
    replace_node,
)
from hub.fhir.patch.tree import MAX_OPERATIONS, Budget, failed, parse_tree, refused

Json = dict[str, Any]

# type → the parts it must have beside type and path; no others may stand there
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "add": ("name", "value"),
    "insert": ("index", "value"),
    "delete": (),
    "replace": ("value",),
    "move": ("source", "destination"),
}
_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "type": ("valueCode", "valueString"),
    "path": ("valueString",),
    "name": ("valueString",),
    "index": ("valueInteger", "valueUnsignedInt", "valuePositiveInt"),
    "source": ("valueInteger", "valueUnsignedInt", "valuePositiveInt"),
    "destination": ("valueInteger", "valueUnsignedInt", "valuePositiveInt"),
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, checked. Shape: `numbers` are index, or source and destination."""

    type: str
    path: tuple[Step, ...]
    name: str = ""
    value: Value | None = None
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FhirPathPatch:
    """A whole document. Shape: the operations in the order written."""

    operations: tuple[Operation, ...]

    def apply(self, tree: Json) -> Json:
        """A resource's JSON tree, which is changed in place → the tree after all operations. Problems: PATCH_FAILED."""
        budget = Budget()
        for operation in self.operations:
            _carry_out(resource_node(tree), operation, budget)
        return tree


def parse_fhirpath_patch(body: bytes) -> FhirPathPatch:
    """The bytes of a Parameters resource → FhirPathPatch; one without operations changes nothing, as `[]` of JSON Patch.

    Problems: those of `codec.parse`; PATCH_INVALID.
    """
    parse(body, "Parameters")
    written = cast("list[Json]", parse_tree(body).get("parameter", []))
    if len(written) > MAX_OPERATIONS:
        raise refused(f"A patch may have at most {MAX_OPERATIONS} operations")
    return FhirPathPatch(tuple(_operation(n, each) for n, each in enumerate(written)))


def _operation(number: int, parameter: Json) -> Operation:
    here = f"Parameters.parameter[{number}]"
    if parameter.get("name") != "operation":
        raise refused(f"{here} must be named operation")
    parts: dict[str, Json] = {}
    for part in cast("Sequence[Json]", parameter.get("part", [])):
        if part["name"] in parts:
            raise refused(f"{here} has a part twice")
        parts[part["name"]] = part
    kind = _plain(parts, "type", here)
    if kind not in _PARTS:
        raise refused(f"{here}: type must be one of {', '.join(_PARTS)}")
    wanted = {"type", "path", *_PARTS[kind]}
    if parts.keys() != wanted:
        raise refused(f"{here}: {kind} has exactly the parts {', '.join(sorted(wanted))}")
    return Operation(
        kind,
        parse_path(_plain(parts, "path", here)),
        _plain(parts, "name", here) if "name" in parts else "",
        Value.of(parts["value"]) if "value" in parts else None,
        tuple(
            _plain(parts, n, here) for n in _PARTS[kind] if n in ("index", "source", "destination")
        ),
    )


def _plain(parts: Mapping[str, Json], name: str, here: str) -> Any:
    for kind in _KINDS[name]:
        value = parts.get(name, {}).get(kind)
        if value is not None:
            return value
    raise refused(f"{here}: {name} must be given as {_KINDS[name][0]}")


def _carry_out(resource: Node, operation: Operation, budget: Budget) -> None:
    if operation.type in ("insert", "move"):
        _carry_out_on_list(resource, operation, budget)
        return
    found = evaluate(resource, operation.path)
    if len(found) > 1:
        raise failed(f"The path of a patch's {operation.type} finds several elements")
    if operation.type == "delete":
        # "Except for the delete operation, it is an error if no element matches the specified path"
        if found:
            remove_node(found[0])
        return
    if not found:
        raise failed(f"The path of a patch's {operation.type} finds nothing")
    assert operation.value is not None
    if operation.type == "add":
        add_member(found[0], operation.name, operation.value, budget)
    else:
        replace_node(found[0], operation.value, budget)


def _carry_out_on_list(resource: Node, operation: Operation, budget: Budget) -> None:
    """Insert and move: the path names a list, which is a member of the one element before it."""
    *before, last = operation.path
    if not isinstance(last, Member) or not before:
        hint = " (without an index)" if isinstance(last, Index) else ""
        raise failed(f"The path of a patch's {operation.type} must name a list{hint}")
    holders = evaluate(resource, tuple(before))
    if len(holders) != 1:
        raise failed(f"The path of a patch's {operation.type} must name one list")
    slots = list_at(holders[0], last.name)
    if operation.type == "insert":
        assert operation.value is not None
        insert_at(slots, operation.numbers[0], operation.value, budget)
    else:
        move_in(slots, *operation.numbers)
