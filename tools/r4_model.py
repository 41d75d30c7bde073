"""Official R4 StructureDefinitions → the shapes the model generator writes out as Python.

Source: http://hl7.org/fhir/R4/elementdefinition.html, http://hl7.org/fhir/R4/json.html.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field

from r4_definitions import Definitions, Json

BASE = "http://hl7.org/fhir/StructureDefinition/"
SYSTEM_STRING = "http://hl7.org/fhirpath/System.String"
PRIMITIVES = {
    "base64Binary": "Base64Binary",
    "boolean": "Boolean",
    "canonical": "Canonical",
    "code": "Code",
    "date": "Date",
    "dateTime": "DateTime",
    "decimal": "Decimal",
    "id": "Id",
    "instant": "Instant",
    "integer": "Integer",
    "markdown": "Markdown",
    "oid": "Oid",
    "positiveInt": "PositiveInt",
    "string": "String",
    "time": "Time",
    "unsignedInt": "UnsignedInt",
    "uri": "Uri",
    "url": "Url",
    "uuid": "Uuid",
    "xhtml": "Xhtml",
}
# Elements that are values of the FHIR type system itself: they carry no extensions of their own.
BARE = {"Element.id", "Resource.id", "Extension.url", "xhtml"}


@dataclass(frozen=True, slots=True)
class Field:
    """One JSON member of a model.

    Shape: `kind` is a primitive's FHIR name, a struct's name, or "Resource"; `codes` names a Literal;
    `choice` is the x of x[y]; `companion` whether a `_name` may stand beside it; `summary` whether `_summary=true` keeps it;
    `simple` a Quantity that takes no comparator; `outermost` an extension that is in no other.
    """

    name: str
    kind: str
    many: bool
    required: bool
    choice: str = ""
    companion: bool = False
    codes: str = ""
    targets: tuple[str, ...] = ()
    bound: tuple[tuple[str, str], ...] = ()
    summary: bool = False
    simple: bool = False
    outermost: bool = False

    @property
    def attribute(self) -> str:
        """The Python name: the FHIR name, with `_` after a keyword."""
        return self.name + "_" if keyword.iskeyword(self.name) else self.name

    @property
    def primitive(self) -> bool:
        """Whether the value is a primitive."""
        return self.kind in PRIMITIVES


@dataclass(frozen=True, slots=True)
class Shape:
    """One struct: a resource type, a datatype or a backbone element."""

    name: str
    path: str
    resource: bool
    fields: tuple[Field, ...]
    required_choices: tuple[str, ...] = ()

    @property
    def choices(self) -> dict[str, list[Field]]:
        """Name before [x] → its variants."""
        found: dict[str, list[Field]] = {}
        for each in self.fields:
            if each.choice:
                found.setdefault(each.choice, []).append(each)
        return found


@dataclass(frozen=True, slots=True)
class Module:
    """One generated file: its structs (the outermost last) and the code lists they use."""

    shapes: tuple[Shape, ...]
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)


def class_name(path: str) -> str:
    """An element path → the struct's name: Observation.component → ObservationComponent."""
    return "".join(part[0].upper() + part[1:] for part in path.split("."))


def build_module(definitions: Definitions, structures: list[Json]) -> Module:
    """StructureDefinitions of one file → its structs and code lists."""
    codes: dict[str, tuple[str, ...]] = {}
    shapes = [s for each in structures for s in _shapes(definitions, each, codes)]
    return Module(tuple(shapes), codes)


def _shapes(
    definitions: Definitions, structure: Json, codes: dict[str, tuple[str, ...]]
) -> list[Shape]:
    children: dict[str, list[Json]] = {}
    elements: list[Json] = structure["snapshot"]["element"]
    for element in elements[1:]:
        children.setdefault(element["path"].rpartition(".")[0], []).append(element)
    by_id = {"#" + element["id"]: element for element in elements}
    shapes: list[Shape] = []
    for path, members in children.items():
        fields: list[Field] = []
        required_choices: list[str] = []
        for element in members:
            fields += _fields(definitions, element, element["path"] in children, by_id, codes)
            if element["path"].endswith("[x]") and element["min"] > 0:
                required_choices.append(_last(element["path"]).removesuffix("[x]"))
        is_resource = structure["kind"] == "resource" and path == structure["type"]
        shapes.append(
            Shape(class_name(path), path, is_resource, tuple(fields), tuple(required_choices))
        )
    # Inner elements before those that hold them reads bottom up, as the checks need it.
    return shapes[::-1]


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _fields(
    definitions: Definitions,
    element: Json,
    has_children: bool,
    by_id: dict[str, Json],
    codes: dict[str, tuple[str, ...]],
) -> list[Field]:
    name = _last(element["path"])
    choice = name.removesuffix("[x]") if name.endswith("[x]") else ""
    many = element["max"] not in {"0", "1"}
    if element["max"] == "0":
        return []
    if "contentReference" in element:
        kind = class_name(by_id[element["contentReference"]]["path"])
        summary = element.get("isSummary", False)
        return [Field(name, kind, many, element["min"] > 0, summary=summary)]
    found: list[Field] = []
    for each in element["type"]:
        kind = _kind(element, each, has_children)
        literal, bound = _binding(definitions, element, kind, codes)
        found.append(
            Field(
                name=choice + kind[0].upper() + kind[1:] if choice else name,
                kind=kind,
                many=many,
                required=element["min"] > 0 and not choice,
                choice=choice,
                companion=kind in PRIMITIVES and not _bare(element, kind),
                codes=literal,
                targets=_targets(each) if kind == "Reference" else (),
                bound=bound,
                summary=element.get("isSummary", False),
                outermost=kind == "Extension" and not element["path"].startswith("Extension."),
                simple=f"{BASE}SimpleQuantity" in each.get("profile", ()),
            )
        )
    return found


def _bare(element: Json, kind: str) -> bool:
    return kind == "xhtml" or element.get("base", {}).get("path") in BARE


def _kind(element: Json, declared: Json, has_children: bool) -> str:
    code: str = declared["code"]
    if code == SYSTEM_STRING:
        base = element["base"]["path"]
        return {"Resource.id": "id", "Extension.url": "uri"}.get(base, "string")
    if code in {"BackboneElement", "Element"} and has_children:
        return class_name(element["path"])
    return code


def _targets(declared: Json) -> tuple[str, ...]:
    named = [url.removeprefix(BASE) for url in declared.get("targetProfile", ())]
    return () if "Resource" in named else tuple(named)


def _binding(
    definitions: Definitions, element: Json, kind: str, codes: dict[str, tuple[str, ...]]
) -> tuple[str, tuple[tuple[str, str], ...]]:
    binding = element.get("binding", {})
    if binding.get("strength") != "required" or kind not in {"code", "CodeableConcept"}:
        return "", ()
    pairs = definitions.codes(binding["valueSet"])
    if pairs is None:
        return "", ()
    if kind == "CodeableConcept":
        return "", pairs
    last = binding["valueSet"].split("|")[0].rpartition("/")[2]
    alias = "".join(p[0].upper() + p[1:] for p in re.split(r"[^A-Za-z0-9]", last) if p) + "Code"
    codes[alias] = tuple(dict.fromkeys(code for _, code in pairs))
    return alias, ()
