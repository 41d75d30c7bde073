"""A resource speaks of one patient: a reference to another one, or to what belongs to another one, is refused.

What the caller may not see is to them as what is not there, and a reference to nothing is taken (ADR 0015): the refusal
tells nobody of what is closed. `Patient.link` may name another Patient, and opens nothing.
Source: security README §4 (a resource with two different patients → 422).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from hub.fhir.interactions.integrity import references_of
from hub.fhir.models import RESOURCE_TYPES, struct_for
from hub.fhir.models.elements import elements_of
from hub.fhir.repository import Session
from hub.fhir.requests import Stored
from hub.fhir.subject import OWNERS
from hub.policy import Permit
from hub.problems import Problem, ProblemCode

_REFERENCE: Final = re.compile(rb'"reference"\s*:\s*"([^"]*)"')
_LOCAL: Final = re.compile(
    r"([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/[A-Za-z0-9.\-]{1,64})?"
)


def may_lead_astray(stored: Stored) -> bool:
    """What was stored → whether it has references to others than its patient; nearly no measurement has."""
    if stored.patient_id is None or stored.type == "Patient":
        return False
    if b"\\" in stored.body:  # a name may be written with escapes
        return True
    many = stored.body.count(b"reference")
    own = b'"reference":"Patient/%s"' % stored.patient_id.encode()
    return many > 1 and many != stored.body.count(own)


def astray(
    session: Session, permit: Permit, written: Iterable[Stored], base_url: str
) -> Iterator[Problem]:
    """What a transaction has written → a problem for each reference that leads to another patient than the resource's own.

    Shape: `part` is the `Type/id` that refers. Problems: TWO_PATIENTS.
    """
    for stored in written:
        for where, kind, resource_id in _references(stored, base_url):
            if _owner_of(session, permit, kind, resource_id) not in (None, stored.patient_id):
                text = "The resource speaks of more than one patient"
                yield Problem(ProblemCode.TWO_PATIENTS, text, where, f"{stored.type}/{stored.id}")


def _owner_of(session: Session, permit: Permit, kind: str, resource_id: str) -> str | None:
    if kind == "Patient":
        return resource_id
    if not has_owner(kind):
        return None
    held = session.head(permit, kind, resource_id)
    return None if held is None else held.patient_id


def _references(stored: Stored, base_url: str) -> Iterator[tuple[str, str, str]]:
    """A stored body → (FHIRPath or type, type, id) of its literal references; what is escaped is read as JSON reads it."""
    if b"\\" in stored.body:
        yield from references_of(stored.body, base_url)
        return
    for found in dict.fromkeys(_REFERENCE.findall(stored.body)):
        match = _LOCAL.fullmatch(found.decode().removeprefix(f"{base_url}/"))
        if match is not None and match.group(1) in RESOURCE_TYPES:
            yield stored.type, match.group(1), match.group(2)


@cache
def has_owner(kind: str) -> bool:
    """A resource type → whether it can belong to a patient."""
    elements = elements_of(struct_for(kind))
    names = [each.rstrip("_") for each in OWNERS]
    return any(name in elements and not elements[name].many for name in names)
