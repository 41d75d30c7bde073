"""References that lead somewhere: what is written must not refer to nothing, what is deleted must not be referred to.

Off unless the hub is set to it (HUB_REFERENTIAL_INTEGRITY, ADR 0015); the subject of an Observation is checked always.
Source: http://hl7.org/fhir/R4/http.html#delete (409), http://hl7.org/fhir/R4/references.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

import msgspec

from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.repository import Session
from hub.fhir.requests import Stored
from hub.policy import Permit
from hub.problems import Problem, ProblemCode

MOST_NAMED: Final = 10
"""How many of those that refer to a resource are named when it cannot be deleted."""
_LITERAL: Final = re.compile(
    r"([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/[A-Za-z0-9.\-]{1,64})?"
)


def references_of(body: bytes, base_url: str) -> Iterator[tuple[str, str, str]]:
    """A stored body → (FHIRPath, type, id) of each literal reference to a resource of this server, in contained ones too."""
    tree = cast("dict[str, Any]", msgspec.json.decode(body))
    for where, text in _walk(tree, str(tree["resourceType"])):
        match = _LITERAL.fullmatch(text.removeprefix(f"{base_url}/"))
        if match is not None and match.group(1) in RESOURCE_TYPES:
            yield where, match.group(1), match.group(2)


def _walk(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in cast("dict[str, Any]", value).items():
            if name == "reference" and isinstance(inner, str):
                yield f"{where}.reference", inner
            else:
                yield from _walk(inner, f"{where}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(cast("list[Any]", value)):
            yield from _walk(inner, f"{where}[{place}]")


def dangling(
    session: Session, permit: Permit, written: Iterable[Stored], base_url: str
) -> Iterator[Problem]:
    """What a transaction has written → a problem for each reference to what is not here or is deleted.

    Shape: `part` is the `Type/id` that refers. Problems: UNKNOWN_REFERENCE.
    """
    known: dict[tuple[str, str], bool] = {}
    for stored in written:
        for where, kind, resource_id in references_of(stored.body, base_url):
            if (kind, resource_id) not in known:
                held = session.head(permit, kind, resource_id)
                known[kind, resource_id] = held is not None and not held.deleted
            if not known[kind, resource_id]:
                text = f"There is no {kind} with the id that is referred to"
                part = f"{stored.type}/{stored.id}"
                yield Problem(ProblemCode.UNKNOWN_REFERENCE, text, where, part)


def referred_to(session: Session, permit: Permit, removed: Iterable[Stored]) -> Iterator[Problem]:
    """What a transaction has deleted → a problem for each that something refers to still.

    Shape: `part` is the `Type/id` that was to be deleted. Problems: STILL_REFERENCED.
    """
    for stored in removed:
        here = f"{stored.type}/{stored.id}"
        found = session.referrers(permit, stored.type, stored.id, MOST_NAMED + 1)
        if found:
            more = " and others" if len(found) > MOST_NAMED else ""
            named = f"{', '.join(found[:MOST_NAMED])}{more}" if permit.trusted else "others"
            text = f"{here} cannot be deleted: {named} refer to it"
            yield Problem(ProblemCode.STILL_REFERENCED, text, "", here)
