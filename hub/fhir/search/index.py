"""Resource → the values it is found by, along a plan that is made once for each type.

Source: http://hl7.org/fhir/R4/search.html#ptypes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import tzinfo
from functools import cache
from operator import attrgetter
from typing import Any, Final, cast

from msgspec.structs import replace

from hub.fhir.search.contained_entries import by_id, contained_entries
from hub.fhir.search.date_entries import EARLIEST, LATEST, date_leaf, date_range
from hub.fhir.search.dates import LOCAL
from hub.fhir.search.definitions import Condition, Definition, Path, definitions_for, slotted
from hub.fhir.search.entry import Extraction, IndexEntry
from hub.fhir.search.quantity_entries import number_leaf, quantity_leaf
from hub.fhir.search.reference_entries import reference_leaf, uri_leaf
from hub.fhir.search.string_entries import string_leaf
from hub.fhir.search.token_entries import Leaf, deceased, token_leaf

__all__ = ["EARLIEST", "LATEST", "IndexEntry", "date_range", "extract"]

_COLUMNS: Final = frozenset({"_id", "_lastUpdated"})  # every row has them; they are no index values
_NOTHING: Final = ()  # there is only one empty tuple
_REPEATED: Final = frozenset({"CodeableConcept", "Coding", "code", "Reference"})
"""Types whose values come again and again: what a hub measures, of whom, by whom, with what."""
_MOST_KEPT: Final = 2048
"""How many values of one element are remembered with their entries."""
_Reader = Callable[[Any, Extraction], None]
"""The value of a resource's element, which is there → entries in the extraction."""


def extract(resource: Any, base_url: str = "", zone: tzinfo = LOCAL) -> tuple[IndexEntry, ...]:
    """A decoded resource → its index entries, each once.

    Shape: `base_url` is taken off absolute references to this server; a date without time is a day in `zone`.
    `_id` and `_lastUpdated` are columns of every row and give no entries; nor do composites and the parameters that
    unite others. What a contained resource would be found by stands under the parameter that leads to it (query.INSIDE).
    Drops: when a Timing without events or bounds is; the samples of SampledData but the lowest and the highest.
    """
    run = Extraction(f"{base_url}/" if base_url else "", zone, [])
    held: tuple[Any, ...] = getattr(resource, "contained", _NOTHING)
    if held:
        run.inside = by_id(held)
    _read(resource, run)
    if run.local:
        run.many = True
        run.found += contained_entries(run, _read)
    return tuple(dict.fromkeys(run.found)) if run.many else tuple(run.found)


def _read(resource: Any, run: Extraction) -> None:
    getter, readers, last = _plan(type(resource).__name__)
    for value, each in zip(getter(resource), readers, strict=True):
        if value is not None and value is not _NOTHING:
            for read in each:
                read(value, run)
    if last is not None:
        last(resource, run)


def _of_patient(patient: Any, run: Extraction) -> None:
    run.found.append(deceased(patient))


def _with_version(resource: Any, run: Extraction) -> None:
    """The URL a resource is known by stands with its version."""
    version = resource.version
    if version is not None:
        run.found = [
            replace(each, version=version) if each.param == "url" else each for each in run.found
        ]


def _last(resource_type: str) -> _Reader | None:
    """A type → what is left to do once all its elements are read."""
    if resource_type == "Patient":
        return _of_patient
    known = definitions_for(resource_type)
    versioned = "url" in known and "version" in known
    return _with_version if versioned else None


@cache
def _plan(
    resource_type: str,
) -> tuple[Callable[[Any], tuple[Any, ...]], tuple[tuple[_Reader, ...], ...], _Reader | None]:
    """A type → how the elements that parameters begin at are got, what reads each of them, and the whole at the end."""
    slots = slotted(resource_type)
    readers: dict[str, list[_Reader]] = {"id": [], "meta": []}
    alike: dict[str, bool] = {}
    for each in definitions_for(resource_type).values():
        if each.name in _COLUMNS:
            continue
        for path in each.paths:
            leaf = _leaf(each, path)
            if leaf is not None:
                leaf = _several(leaf) if _united(each) else leaf
                element = path.steps[0]
                reader = _reader(path, leaf, counted=slots.get(each.name) == element)
                readers.setdefault(element, []).append(reader)
                repeated = len(path.steps) == 1 and path.kind in _REPEATED and not _united(each)
                alike[element] = repeated and alike.get(element, True)
    for element, is_alike in alike.items():
        if is_alike:
            readers[element] = [_remembering(tuple(readers[element]))]
    return attrgetter(*readers), tuple(map(tuple, readers.values())), _last(resource_type)


def _remembering(readers: tuple[_Reader, ...]) -> _Reader:
    """What reads an element → the same, looking up what it found in an equal value before.

    Shape: the entries of one value come once each, and no other element gives them too.
    """
    kept: dict[tuple[str, Any], tuple[IndexEntry, ...]] = {}

    def read(value: Any, run: Extraction) -> None:
        if (
            run.inside is not None
        ):  # where a local reference leads is another matter in each resource
            for each in readers:
                each(value, run)
            return
        key = (run.base_url, value)
        found = kept.get(key)
        if found is None:
            own = Extraction(run.base_url, run.zone, [])
            for each in readers:
                each(value, own)
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            found = kept[key] = tuple(dict.fromkeys(own.found))
        run.found += found

    return read


def _united(definition: Definition) -> bool:
    """Whether a parameter looks into several elements at once, not into the variants of one."""
    return len({re.sub("[A-Z].*", "", path.steps[0]) for path in definition.paths}) > 1


def _several(leaf: Leaf) -> Leaf:
    def several(value: Any, run: Extraction, slot: int) -> None:
        run.many = True
        leaf(value, run, slot)

    return several


def _leaf(definition: Definition, path: Path) -> Leaf | None:
    """A parameter and one of its paths → what makes entries of the value at its end; None: it gives none."""
    name, kind = definition.name, path.kind
    match definition.kind:
        case "token":
            return None if kind == "deceased" else token_leaf(name, kind)
        case "reference":
            return None if kind == "Attachment" else reference_leaf(name, kind, path.target)
        case "date":
            return date_leaf(name, kind)
        case "string":
            return string_leaf(name, kind, family=path.steps[-1] == "family")
        case "number":
            return number_leaf(name, kind)
        case "quantity":
            return quantity_leaf(name, kind)
        case "uri":
            return uri_leaf(name, kind)
        case "composite":
            return None


def _reader(path: Path, leaf: Leaf, *, counted: bool) -> _Reader:
    """A path and its leaf → what walks from the value of the first step to the values at the end."""
    rest = path.steps[1:]
    if not rest and path.condition is None and not counted:
        return _flat(leaf)
    test = _test(path.condition)
    at = path.condition.step if path.condition is not None else -1

    def walk(value: Any, step: int, run: Extraction, slot: int) -> None:
        if isinstance(value, tuple):
            run.many = True
            for place, item in enumerate(cast("tuple[Any, ...]", value), 1):
                if item is not None:
                    walk(item, step, run, place if counted and step == 0 else slot)
        elif step == at and not test(value):
            return
        elif step < len(rest):
            inner = getattr(value, rest[step])
            if inner is not None:
                walk(inner, step + 1, run, slot)
        else:
            leaf(value, run, slot)

    def read(value: Any, run: Extraction) -> None:
        walk(value, 0, run, 0)

    return read


def _flat(leaf: Leaf) -> _Reader:
    def read(value: Any, run: Extraction) -> None:
        if type(value) is tuple:
            several = cast("tuple[Any, ...]", value)
            run.many = run.many or len(several) > 1
            for item in several:
                if item is not None:
                    leaf(item, run, 0)
        else:
            leaf(value, run, 0)

    return read


def _always(_: Any) -> bool:
    return True


def _test(condition: Condition | None) -> Callable[[Any], bool]:
    if condition is None:
        return _always
    attribute, wanted = condition.attribute, condition.value
    if attribute:
        return lambda value: getattr(value, attribute) == wanted
    return lambda value: any(each.url == wanted for each in value.extension)
