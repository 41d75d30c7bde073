"""JSON Patch: a document → operations, and their effect on a JSON tree.

Source: RFC 6902; RFC 6901 (pointers); http://hl7.org/fhir/R4/http.html#patch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

import msgspec
from msgspec import Raw

from hub.fhir.patch.tree import MAX_OPERATIONS, Budget, failed, parse_tree, refused

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_ESCAPE: Final = re.compile(r"~(?![01])")


class _Written(msgspec.Struct):
    """An operation as it is written; further members are passed over (RFC 6902 §4)."""

    op: str
    path: str
    source: str | None = msgspec.field(default=None, name="from")
    value: Raw = Raw()


_DOCUMENT: Final = msgspec.json.Decoder(list[_Written])
Pointer = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, checked. Shape: `source` for move and copy; `value` for add, replace and test."""

    op: str
    path: Pointer
    source: Pointer = ()
    value: Any = None


@dataclass(frozen=True, slots=True)
class JsonPatch:
    """A whole document. Shape: the operations in the order written."""

    operations: tuple[Operation, ...]

    def apply(self, tree: dict[str, Any]) -> Any:
        """A resource's JSON tree, which is changed in place → the tree after all operations. Problems: PATCH_FAILED."""
        root: dict[str, Any] = {"": tree}
        budget = Budget()
        for number, operation in enumerate(self.operations):
            _EFFECTS[operation.op](root, operation, _Place(number, operation.op, budget))
        return root.get("")


def parse_json_patch(body: bytes) -> JsonPatch:
    """The bytes of a JSON Patch document → JsonPatch. Problems: NOT_UTF8, TOO_DEEP, NOT_JSON, DUPLICATE_KEY, PATCH_INVALID."""
    parse_tree(body)
    try:
        written = _DOCUMENT.decode(body)
    except msgspec.DecodeError:
        raise refused("A JSON Patch is an array of objects with op and path as texts") from None
    if len(written) > MAX_OPERATIONS:
        raise refused(f"A patch may have at most {MAX_OPERATIONS} operations")
    return JsonPatch(tuple(_operation(n, each) for n, each in enumerate(written)))


def _operation(number: int, written: _Written) -> Operation:
    if written.op not in _EFFECTS:
        raise refused(f"Operation {number}: op must be one of {', '.join(_EFFECTS)}")
    value: Any = None
    if written.op in ("add", "replace", "test"):
        if not bytes(written.value):
            raise refused(f"Operation {number} ({written.op}) needs a value")
        value = parse_tree(bytes(written.value))
    source: Pointer = ()
    if written.op in ("move", "copy"):
        if written.source is None:
            raise refused(f"Operation {number} ({written.op}) needs from")
        source = _pointer(number, written.source)
    return Operation(written.op, _pointer(number, written.path), source, value)


def _pointer(number: int, text: str) -> Pointer:
    """A pointer as written → the names to follow from the root, which itself is named "" here."""
    if (text and text[0] != "/") or _ESCAPE.search(text):
        raise refused(
            f"Operation {number}: a pointer is empty or begins with /, with ~0 for ~ and ~1 for /"
        )
    parts = text.split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


@dataclass(frozen=True, slots=True)
class _Place:
    number: int
    op: str
    budget: Budget

    def fail(self, why: str) -> Exception:
        return failed(f"Operation {self.number} ({self.op}) cannot be carried out: {why}")


def _holder(root: dict[str, Any], pointer: Pointer, place: _Place) -> Any:
    """The object or array that holds what a pointer names."""
    here: Any = root
    for name in pointer[:-1]:
        here = _get(here, name, place)
    return here


def _get(holder: Any, name: str, place: _Place) -> Any:
    if isinstance(holder, dict):
        members = cast("dict[str, Any]", holder)
        if name in members:
            return members[name]
    elif isinstance(holder, list):
        items = cast("list[Any]", holder)
        return items[_index(name, len(items) - 1, place)]
    raise place.fail("there is nothing at the pointer")


def _index(name: str, last: int, place: _Place) -> int:
    if _INDEX.fullmatch(name) is None:
        raise place.fail("an array is entered by a number without leading zeros")
    if int(name) > last:
        raise place.fail("the array is not that long")
    return int(name)


def _add(root: dict[str, Any], operation: Operation, place: _Place) -> None:
    _put(root, operation.path, place.budget.copy(operation.value), place)


def _put(root: dict[str, Any], pointer: Pointer, value: Any, place: _Place) -> None:
    holder, name = _holder(root, pointer, place), pointer[-1]
    if isinstance(holder, dict):
        holder[name] = value
    elif isinstance(holder, list):
        items = cast("list[Any]", holder)
        items.insert(len(items) if name == "-" else _index(name, len(items), place), value)
    else:
        raise place.fail("there is no object or array to add to")


def _take(root: dict[str, Any], pointer: Pointer, place: _Place) -> Any:
    """What a pointer names, taken away."""
    holder, name = _holder(root, pointer, place), pointer[-1]
    value = _get(holder, name, place)
    del holder[int(name) if isinstance(holder, list) else name]
    return value


def _remove(root: dict[str, Any], operation: Operation, place: _Place) -> None:
    _take(root, operation.path, place)


def _replace(root: dict[str, Any], operation: Operation, place: _Place) -> None:
    holder, name = _holder(root, operation.path, place), operation.path[-1]
    _get(holder, name, place)
    holder[int(name) if isinstance(holder, list) else name] = place.budget.copy(operation.value)


def _move(root: dict[str, Any], operation: Operation, place: _Place) -> None:
    if operation.path[: len(operation.source)] == operation.source != operation.path:
        raise place.fail("nothing can be moved into itself")
    _put(root, operation.path, _take(root, operation.source, place), place)


def _copy(root: dict[str, Any], operation: Operation, place: _Place) -> None:
    found = _get(_holder(root, operation.source, place), operation.source[-1], place)
    _put(root, operation.path, place.budget.copy(found), place)


def _test(root: dict[str, Any], operation: Operation, place: _Place) -> None:
    found = _get(_holder(root, operation.path, place), operation.path[-1], place)
    if not is_equal(found, operation.value):
        raise place.fail("what is there is not what was tested for")


def is_equal(one: Any, other: Any) -> bool:
    """Two JSON values → whether they are equal as RFC 6902 §4.6 has it: numbers by value, objects in any order."""
    if isinstance(one, dict) and isinstance(other, dict):
        mine, theirs = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return mine.keys() == theirs.keys() and all(is_equal(v, theirs[k]) for k, v in mine.items())
    if isinstance(one, list) and isinstance(other, list):
        items, others = cast("list[Any]", one), cast("list[Any]", other)
        return len(items) == len(others) and all(map(is_equal, items, others))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | Decimal) and isinstance(other, int | Decimal):
        return one == other
    return isinstance(one, str | None) and isinstance(other, str | None) and one == other


_EFFECTS: Final[Mapping[str, Callable[[dict[str, Any], Operation, _Place], None]]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
