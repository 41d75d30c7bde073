"""Which search parameters there are, out of the official tables; a name here is a promise of the search.

Source: http://hl7.org/fhir/R4/searchparameter-registry.html, generated into models/r4/search_parameters.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, cast

from hub.fhir.models.r4.search_parameters import CODE_SYSTEMS, COMPOSITES, REFUSED, TABLE
from hub.fhir.models.resource_types import RESOURCE_TYPES

Kind = Literal["token", "reference", "date", "string", "number", "quantity", "uri", "composite"]
EVERY: Final = "Resource"
"""Where the parameters that all types have stand."""

_FEW: Final = {
    "AuditEvent": frozenset(
        (
            "_id",
            "_lastUpdated",
            "_profile",
            "_security",
            "_source",
            "_tag",
            "date",
            "patient",
            "action",
            "outcome",
            "subtype",
            "address",
            "agent",
            "entity",
        )
    )
}
_FEW_REASON: Final = "the log grows with every access and is found by what has a column of its own"
_URL: Final = "http://hl7.org/fhir/SearchParameter/"
_STEP: Final = re.compile(r"(\w+)(?:\[(\w*)=([^\]]+)\])?")


@dataclass(frozen=True, slots=True)
class Condition:
    """What the objects at one step of a path must have. Shape: `attribute` "" = an extension with this URL."""

    step: int
    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Path:
    """Where a parameter finds its values.

    Shape: `steps` are attribute names, an array is entered item by item; `kind` the FHIR type at the end; `target` the
    only resource type a Reference may name.
    """

    steps: tuple[str, ...]
    kind: str
    target: str = ""
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """One search parameter of one resource type.

    Shape: `url` is its canonical URL; `targets` the types a reference may lead to; `indexed` the parameters whose entries
    answer it (its own name, but for combinations); `parts` the components of a composite, `alone` those of them that look
    elsewhere than in the repeated element `within`.
    """

    name: str
    kind: Kind
    url: str
    paths: tuple[Path, ...] = ()
    targets: tuple[str, ...] = ()
    indexed: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    within: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names its entries have in the index."""
        return self.indexed or (self.name,)


@cache
def definitions_for(resource_type: str) -> Mapping[str, Definition]:
    """A resource type → the parameters the hub answers, by name, those of every type first.

    Shape: "" gives those that every type has, as a search over several types needs.
    """
    plain = [*_lines(TABLE, EVERY), *_lines(TABLE, resource_type)]
    composites = _lines(COMPOSITES, resource_type)
    found = [*map(_plain, plain), *map(_composite, composites)]
    kept = _FEW.get(resource_type)
    return {each.name: each for each in found if kept is None or each.name in kept}


def search_parameters(resource_type: str) -> dict[str, str]:
    """A resource type → name of each parameter the hub answers → its kind."""
    return {name: each.kind for name, each in definitions_for(resource_type).items()}


def search_definition_url(resource_type: str, name: str) -> str:
    """A resource type and a parameter it has → the canonical URL of the definition."""
    return definitions_for(resource_type)[name].url


@cache
def refused_parameters(resource_type: str) -> Mapping[str, str]:
    """A resource type → the official parameters of it that the hub does not answer → the reason.

    Shape: those of every type stand under it as well.
    """
    rows = [line.split(" ", 3) for line in REFUSED]
    kinds = {resource_type, EVERY, "DomainResource"}
    found = {name: reason for kind, name, _, reason in rows if kind in kinds}
    if resource_type in _FEW:
        lines = [*_lines(TABLE, EVERY), *_lines(TABLE, resource_type)]
        names = {line.split(" ", 1)[0] for line in lines}
        found |= dict.fromkeys(sorted(names - _FEW[resource_type]), _FEW_REASON)
    return found


@cache
def slotted(resource_type: str) -> Mapping[str, str]:
    """A resource type → parameters whose entries need a slot → the repeated element it counts."""
    known = definitions_for(resource_type)
    return {
        name: each.within
        for each in known.values()
        for part in each.parts
        if each.within and part not in each.alone
        for name in known[part].names
        if any(path.steps[0] == each.within for path in known[name].paths)
    }


@cache
def code_systems(resource_type: str, name: str) -> frozenset[str]:
    """A parameter → the systems its codes are from, for elements of type code, which do not tell them."""
    return _code_systems().get(f"{resource_type}.{name}", frozenset())


@cache
def _code_systems() -> Mapping[str, frozenset[str]]:
    rows = [line.split() for line in CODE_SYSTEMS]
    return {row[0]: frozenset(row[1:]) for row in rows}


def _lines(table: Mapping[str, str], resource_type: str) -> list[str]:
    return table.get(resource_type, "").strip().splitlines()


def _plain(line: str) -> Definition:
    name, kind, spot, targets, *paths = line.split()
    # Some references of extensions name no target: what they may lead to is not said
    every = targets == "*" or (targets == "-" and kind == "reference")
    aimed = tuple(sorted(RESOURCE_TYPES)) if every else tuple(targets.split(","))
    aimed = () if targets == "-" and not every else aimed
    indexed = tuple(paths[0][1:].split(",")) if paths[0][0] == "=" else ()
    each = () if indexed else tuple(map(_path, paths))
    aims = {path.target for path in each}
    if "" not in aims and each:
        aimed = tuple(sorted(aims))
    return Definition(name, cast("Kind", kind), _URL + spot, each, aimed, indexed)


def _composite(line: str) -> Definition:
    name, spot, within, *parts = line.split()
    return Definition(
        name,
        "composite",
        _URL + spot,
        parts=tuple(part.lstrip("!") for part in parts),
        alone=tuple(part[1:] for part in parts if part[0] == "!"),
        within="" if within == "-" else within,
    )


def _path(text: str) -> Path:
    # The kind stands behind the last colon: a condition may hold a URL
    places, _, end = text.rpartition(":")
    kind, _, target = end.partition(">")
    steps = [match.groups() for match in _STEP.finditer(places)]
    conditions = [
        Condition(i, name or ("url" if step == "extension" else ""), value)
        for i, (step, name, value) in enumerate(steps)
        if value
    ]
    named = tuple(step for step, _, _ in steps)
    return Path(named, kind, target, conditions[0] if conditions else None)
