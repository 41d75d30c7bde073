"""EpisodeOfCare, CareTeam and Patient.generalPractitioner → the care relations they state, as dated facts.

Shape: organisations are named by `identifier` (organisation number) or by a reference to an Organization here; `organisation_of`
leads from the id of one to its number, "" where it has none.
Drops: practitioners and roles (a person is no organisation), organisations without a number, statuses that are over.
Source: security README §3, §4; http://hl7.org/fhir/R4/episodeofcare.html, careteam.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from hub.fhir.subject import SYSTEM_ALIASES
from hub.mapping.fhir_parts import target
from hub.mapping.fhir_time import to_end, to_start
from hub.mapping.urls import ENH
from hub.policy.relations import NO_END, CareRelation
from hub.policy.rights import RelationKind
from hub.values import parse_org_number

STATED_BY: Final = ("Patient", "EpisodeOfCare", "CareTeam")
_OSLO: Final = ZoneInfo("Europe/Oslo")
_IN_FORCE: Final = {
    "EpisodeOfCare": frozenset(("active", "onhold")),
    "CareTeam": frozenset(("active",)),
}
Lookup = Callable[[str], str]


def stated_relations(
    resource: Any, source: tuple[str, str, str], tenant_id: int, at: datetime, number_of: Lookup
) -> list[CareRelation]:
    """A resource, its (type, id, patient), the tenant, when it was stored, and the lookup → the relations it states."""
    kind, resource_id, patient_id = source
    if not patient_id:
        return []
    found: dict[str, CareRelation] = {}
    for of, relation, starts, ends in _stated(resource, kind, at, number_of):
        if starts < ends:
            found[of] = CareRelation(
                tenant_id, patient_id, of, relation, starts, ends, f"{kind}/{resource_id}", "", kind
            )
    return list(found.values())


def _stated(
    resource: Any, kind: str, at: datetime, number_of: Lookup
) -> Iterator[tuple[str, RelationKind, datetime, datetime]]:
    match kind:
        case "Patient":
            for of in _numbers(resource.generalPractitioner, number_of):
                yield of, "gp_list", at, NO_END
        case "EpisodeOfCare" if resource.status in _IN_FORCE[kind]:
            managing = resource.managingOrganization
            for of in _numbers([managing] if managing else [], number_of):
                yield of, "episode", *_span(resource.period, at)
        case "CareTeam" if resource.status in _IN_FORCE[kind]:
            members = [p.member for p in resource.participant if p.member is not None]
            for of in _numbers([*resource.managingOrganization, *members], number_of):
                yield of, "care_team", *_span(resource.period, at)
        case _:
            return


def _numbers(references: Iterable[Any], number_of: Lookup) -> Iterator[str]:
    for reference in references:
        identifier = reference.identifier
        text = ""
        if identifier is not None and identifier.value:
            system = SYSTEM_ALIASES.get(identifier.system or "", identifier.system)
            text = identifier.value if system == ENH else ""
        found = target(reference)
        if not text and found is not None and found[0] == "Organization":
            text = number_of(found[1])
        number = parse_org_number(text) if text else None
        if number is not None:
            yield number.value


def _span(period: Any, at: datetime) -> tuple[datetime, datetime]:
    """A period → from when until before when; without a start it begins as it is stored."""
    if period is None:
        return at, NO_END
    return to_start(period.start, _OSLO) or at, to_end(period.end, _OSLO) or NO_END
