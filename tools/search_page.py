"""The tables of the search → the parts of docs/reference/search.md."""

from __future__ import annotations

from collections.abc import Iterator

from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.search.compartments import COMPARTMENTS
from hub.fhir.search.controls import MAX_KEYS
from hub.fhir.search.definitions import Definition, definitions_for, refused_parameters
from hub.fhir.search.includes import MAX_INCLUDES
from hub.fhir.search.modifiers import MODIFIERS, PREFIXED, modifiers_of
from hub.fhir.search.params import MAX_CLAUSES
from hub.fhir.search.values import MAX_LENGTH, MAX_TARGETS, value_types

Row = tuple[str, ...]

KINDS = """\
- **token**: `code`, `system|code`, `|code` (no system), `system|`; upper and lower case count, but in elements of type string
  (`version`). Elements of type code are found with and without the system of their value set. `:not` finds what has no such value,
  also what has none at all. `:text` begins as the display or the text does. `:in` and `:not-in` take a value set: the finite ones
  of FHIR R4 by their URL, and ValueSets stored here, by `ValueSet/id`, by URL (the one changed last) or by `url|version`, that list
  codes, take whole known code systems, branches of them (`is-a`), or other such ValueSets; a version behind the URL of one of FHIR's
  own is passed over. `:below` and `:above` take `system|code` of a code system of FHIR R4; for media types `:below` takes one without
  its parameters (`text/xml`), or its first half. `:of-type` takes `system|code|value` of an identifier's type and value.
  Contacts (`telecom`) are found whatever the blanks, brackets, dots and hyphens in a number, and the case of an address; R4 gives them
  no system, here that of the contact may stand there: `telecom=phone|+4790000000`.
- **string**: begins with the text, whatever its case, accents and punctuation: å is found by a, ø by o, æ by ae, Anne-Lise by
  anne lise, and the other way round, but `aa` and `oe` stay two letters. Each part of a name or an address stands by itself, and each
  word of a family name. `:contains` looks anywhere, `:exact` compares the text as it is.
- **reference**: an id, `Type/id` or a URL; an id alone is one of any type the parameter leads to. `:Patient` or another type says
  which. `:identifier` takes `system|value`, `system|` or `value` of the reference's own identifier. Canonical references are found by
  their URL, with or without `|version`; `:below` takes the beginning of a version, `url|1` is that of 1, 1.0 and 1.1. A versioned
  reference is found by `Type/id` and by `Type/id/_history/version`.
- **date**: prefixes `eq ne gt lt ge le sa eb ap`; a year, month, day, minute or second covers all of it; without a zone it is
  local time in Norway. A Period that is open at an end has no end there; a Timing covers its events and bounds. `ap` is a tenth
  of the distance to now.
- **number**: the same prefixes. `eq` and `ne` mean as many digits as are written: `5.4` is 5.35 to 5.45, `1e2` is 50 to 150;
  the others mean the number itself, `ap` a tenth of it to either side.
- **quantity**: `5.4`, `5.4||mg` (code or unit), `5.4|http://unitsofmeasure.org|mg`, `5.4|system|` (any of its units). With UCUM's system, what is measured in other
  units is found as well: 0.5 kg by 500 g, 98.6 [degF] by 37 Cel. A comparator in the resource (`<5`) makes its value open at that end.
- **uri**: the whole URI; `:below` what goes on after a `/`, `:above` what it goes on from. `url|version` is the URL of a resource
  and its version.
- **composite**: the components with `$` between, as `code$gt5.4`; they must hold in the same place (one component of an Observation).
- Every type but composites takes `:missing=true` or `false`, except `_id` and `_lastUpdated`. What the element has counts, not
  whether it can be found: a reference that is contained, or has a display alone, a quantity without a number and an identifier
  without a value are not missing. A parameter of one type alone (`patient` beside `subject`) misses what does not say that it is of that type.
- Commas mean or, a parameter given again means and. `\\,` `\\|` `\\$` `\\\\` stand for the signs themselves."""

RESULTS = f"""\
- `_sort`: up to {MAX_KEYS} parameters with commas between, `-` in front for descending; any type but composite. By a resource's
  lowest value ascending, by its highest descending; what has no value comes last. A further `_sort` goes on with inner orders.
- `_count`: how many matches a page has; `0` gives the total alone. `_total`: `none`, `estimate` or `accurate`;
  an estimate counts to 10,000 of each type and no further.
- `_include`, `_revinclude`: `Type:parameter`, `Type:parameter:Type`, `Type:*` or `*` (`*:*`), up to {MAX_INCLUDES}; `:iterate` also from
  what is included. An include that could add nothing is refused.
- `_summary`: `true`, `text`, `data`, `count` or `false`; `text` goes with no include. `_elements`: names at the root of the resource.
- `_list`: the id of a List. `_type`, on a search of the system or of a compartment: types with commas between.
- `_contained`: `false` alone; contained resources are not found by themselves."""

CHAINS = """\
`subject:Patient.general-practitioner.name=…` follows references, `_has:Observation:patient:code=…` follows them back, one within
the other up to four links, which is a [setting](limits.md). Where a reference leads to several types and a parameter means different things for them, the type
must be written. Canonical references are followed to what has their URL, and their version where they name one; versioned references
to what is there now, as includes are.

A chain goes into contained resources as well: `medication.ingredient-code=…` finds the MedicationRequest that contains the Medication.
Not inside them: composites, `_has`, `_id` and `_lastUpdated`, a contained resource behind two others, and the patient that a resource belongs to
(`subject`, `patient`), who is never a contained one here."""

LIMITS = f"""\
At most {MAX_CLAUSES} conditions, {MAX_LENGTH} characters a value and {MAX_TARGETS} references for ids without a type; the others are
[settings](limits.md). A control parameter may stand once, or again with the same value.

A parameter that is unknown or not supported is refused with 400 and the valid ones named. With `Prefer: handling=lenient` it is left
out, of the `self` link too, and an OperationOutcome in the Bundle says so; a wrong value is refused all the same."""


def rows_of_kinds() -> list[Row]:
    """The table of modifiers → rows of kind, modifiers and whether values take a prefix."""
    return [
        (
            kind,
            " ".join(f"`:{each}`" for each in taken) or "none",
            "yes" if kind in PREFIXED else "",
        )
        for kind, taken in MODIFIERS.items()
    ]


def sections() -> Iterator[tuple[str, list[Row]]]:
    """Every type → its heading and rows of parameter, kind, modifiers and what it leads to or is made of.

    Shape: the parameters that every type has come first, under "Every type".
    """
    every = definitions_for("")
    yield "Every type", [_row("", each) for each in every.values()]
    for kind in sorted(RESOURCE_TYPES):
        own = [each for name, each in sorted(definitions_for(kind).items()) if name not in every]
        if own:
            yield kind, [_row(kind, each) for each in own]


def rows_of_refused() -> list[Row]:
    """The refused parameters → rows of name, types and reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for kind in sorted(RESOURCE_TYPES):
        for name, reason in refused_parameters(kind).items():
            found.setdefault((name, reason), []).append(kind)
    return [
        (f"`{name}`", "every type" if len(kinds) > 100 else ", ".join(kinds), reason)
        for (name, reason), kinds in sorted(found.items())
    ]


def compartments() -> str:
    """The compartments → a sentence."""
    names = ", ".join(f"`{each}/[id]/[type]`" for each in COMPARTMENTS)
    return f"{names}, and `*` for all types of the compartment. A search of the system: `/fhir?_type=…`, `/fhir/_search`."


def _row(kind: str, each: Definition) -> Row:
    if each.parts:
        parts = " $ ".join(f"`{part}`" for part in each.parts)
        return f"`{each.name}`", each.kind, "", parts
    taken = modifiers_of(each, value_types(kind, each.name))
    own = set(MODIFIERS[each.kind]) - {"missing"}
    told = "" if set(taken) - {"missing"} == own else " ".join(f"`:{m}`" for m in taken) or "none"
    targets = "any type" if len(each.targets) > 140 else ", ".join(each.targets)
    united = " or ".join(f"`{name}`" for name in each.indexed)
    return f"`{each.name}`", each.kind, told, targets or united
