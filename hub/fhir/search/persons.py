"""A search parameter and its value → whether a person's number may stand in it: not all that has eleven digits is one.

A telephone number of another country has eleven digits with its `+46`, a code of a national edition of SNOMED CT may have
them. Where the parameter says that it is such a thing, a number is taken for a person's only when its check digits hold,
which is what the hub's own log goes by; everywhere else any that could be one is.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from hub.fhir.models.resource_types import RESOURCE_TYPES
from hub.fhir.search.definitions import definitions_for
from hub.values import looks_like_national_id, parse_national_id

_OTHERWISE: Final = frozenset(("code", "Coding", "CodeableConcept", "ContactPoint"))
"""Types of a token that hold no identifier."""
_NUMBERS: Final = frozenset(("quantity", "number"))
_CALLED: Final = frozenset(("ContactPoint",))
# A plus that was not percent-encoded comes as a blank
_ABROAD: Final = re.compile(r"(?:(?<=[|,])|^)(?:\+|00| )[0-9 ]+")
_RUN: Final = re.compile(r"(?<![0-9])[0-9]{6} ?[0-9]{5}(?![0-9])")


def names_person(name: str, value: str) -> bool:
    """A parameter as written, with its chain and modifier, and its value → whether the value may hold a person's number."""
    if not looks_like_national_id(value):
        return False
    bare = re.split(r"[.:]", name.rpartition(".")[2])
    kinds = _known().get(bare[3] if bare[0] == "_has" and len(bare) > 3 else bare[0])
    if kinds is None or not kinds <= _OTHERWISE:
        return True
    told = _ABROAD.sub("", value) if kinds == _CALLED else value
    return any(parse_national_id(run) is not None for run in _RUN.findall(told))


@cache
def _known() -> dict[str, frozenset[str]]:
    """Nothing → each search parameter's name → what it finds, whatever the type it is a parameter of."""
    found: dict[str, set[str]] = {}
    for kind in RESOURCE_TYPES:
        for name, each in definitions_for(kind).items():
            if each.kind in _NUMBERS:
                types = {"code"}
            else:
                types = {path.kind for path in each.paths} or {""}
            found.setdefault(name, set()).update(types if each.kind != "uri" else {"uri"})
    return {name: frozenset(types) for name, types in found.items()}
