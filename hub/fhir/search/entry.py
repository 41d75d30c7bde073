"""One value a resource is found by, as the extraction hands it to the store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from msgspec import Struct

from hub.fhir.search.definitions import Kind


class IndexEntry(Struct, frozen=True, gc=False):
    """One value a resource is found by.

    Shape, by kind:
    token: `system` and `code` (None when a system alone is given), with the `text` shown for it as written (`:text`; fold.py folds it); a concept's text that
    none of its codings carries comes as an entry of `text` alone. An identifier's type and value come as a further token
    of the parameter `identifier:of-type`: the type's `system`, and `type|value` as `code`.
    reference: `target` as `Type/id` with the `type`, or an absolute URL or canonical; `version` of a versioned or canonical
    reference. The identifier of a reference is an entry of its own: `system`, `code` and no `target` (`:identifier`).
    date: half-open [`start`, `end`).
    string: `text` as written and `folded` without case and accents.
    number, quantity: closed [`low`, `high`]; quantity: its `system` and `code`, `text` the unit shown, and when the unit is
    UCUM and known, `base_unit` with [`base_low`, `base_high`] in it, else `base_unit` None.
    uri: `target`; `version` is the resource's own beside the URL it is known by.
    A value that can be found by nothing, as a reference that only has a display, is a token without system, code and text,
    whatever the kind of the parameter: it says that the parameter is not missing (`there`).
    `slot`: 0 at the resource itself, else which of the repeated elements (from 1) the value stands in, for parameters that
    are components of a composite: components match when they hold for the same slot.
    Units: microseconds since 1970, UTC; numbers in the unit shown and in UCUM's base units.
    """

    param: str
    kind: Kind
    system: str | None = None
    code: str | None = None
    text: str | None = None
    target: str | None = None
    start: int = 0
    end: int = 0
    folded: str | None = None
    type: str | None = None
    version: str | None = None
    low: float = 0.0
    high: float = 0.0
    base_unit: str | None = None
    base_low: float = 0.0
    base_high: float = 0.0
    slot: int = 0


def there(param: str, slot: int) -> IndexEntry:
    """A parameter and a slot → that it has a value there, and one that nothing finds."""
    return IndexEntry(param, "token", slot=slot)


class Extraction(Struct):
    """One extraction under way.

    Shape: `base_url` is "" or ends in a slash; `many` when an entry may have come twice; `inside` the
    contained resources by id, `local` the parameters that lead to them, with the id.
    """

    base_url: str
    zone: tzinfo
    found: list[IndexEntry]
    many: bool = False
    inside: Mapping[str, Any] | None = None
    local: tuple[tuple[str, str], ...] = ()
