"""Which search parameters the hub answers, out of the official table; a name here is a promise of the search.

Source: http://hl7.org/fhir/R4/searchparameter-registry.html, generated into models/r4/search_parameters.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, cast

from hub.fhir.models.r4.search_parameters import NOT_SIMPLE, TABLE

Kind = Literal["token", "reference", "date", "string", "number", "quantity", "uri"]

SUPPORTED: Final = (
    "_id",
    "_lastUpdated",
    "identifier",
    "patient",
    "subject",
    "code",
    "date",
    "status",
)
"""The parameters of every type that has them; another one is added here when the store can answer it."""

_PATH: Final = re.compile(
    r"(?P<steps>[^:?>]+):(?P<kind>[^?>]+)(?:\?(?P<name>\w+)=(?P<value>[\w-]+))?(?:>(?P<target>\w+))?"
)


@dataclass(frozen=True, slots=True)
class Path:
    """Where a parameter finds its values.

    Shape: `steps` are attribute names, an array is entered item by item; `kind` the FHIR type at the end; `target` the
    only resource type a Reference may name; `condition` (attribute, value) that the last object must have.
    """

    steps: tuple[str, ...]
    kind: str
    target: str = ""
    condition: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """One search parameter of one resource type. Shape: `url` is its canonical URL."""

    name: str
    kind: Kind
    url: str
    paths: tuple[Path, ...]


@cache
def official_definitions(resource_type: str) -> Mapping[str, Definition]:
    """A resource type → all its official parameters with a simple expression, by name, those of Resource first."""
    lines = (TABLE["Resource"] + TABLE.get(resource_type, "")).strip().splitlines()
    return {each.name: each for each in map(_definition, filter(None, lines))}


def definitions_for(resource_type: str) -> Mapping[str, Definition]:
    """A resource type → the parameters the hub answers, by name."""
    official = official_definitions(resource_type)
    return {name: official[name] for name in SUPPORTED if name in official}


def search_parameters(resource_type: str) -> dict[str, str]:
    """A resource type → name of each parameter the hub answers → its kind."""
    return {name: each.kind for name, each in definitions_for(resource_type).items()}


def search_definition_url(resource_type: str, name: str) -> str:
    """A resource type and a parameter it has → the canonical URL of the definition."""
    return official_definitions(resource_type)[name].url


def not_simple() -> list[tuple[str, str]]:
    """Nothing → (type, parameter) of those whose expression is no simple path, for whoever extends SUPPORTED."""
    return [cast("tuple[str, str]", tuple(line.split())) for line in NOT_SIMPLE]


def _definition(line: str) -> Definition:
    name, kind, url, *paths = line.split()
    each = tuple(_path(path) for union in paths for path in union.split("|"))
    return Definition(name, cast("Kind", kind), f"http://hl7.org/fhir/SearchParameter/{url}", each)


def _path(text: str) -> Path:
    match = _PATH.fullmatch(text)
    assert match is not None, text
    condition = (match["name"], match["value"]) if match["name"] else None
    return Path(tuple(match["steps"].split(".")), match["kind"], match["target"] or "", condition)
