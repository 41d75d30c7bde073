"""The newest observations of each code of one patient, one walk down the series index for each code.

Codes are one group when an observation found has both: what one supplier codes in LOINC and another in LOINC and SNOMED CT
is one series. What has a text alone is grouped by it.
Source: http://hl7.org/fhir/R4/observation-operation-lastn.html.
"""

from __future__ import annotations

from typing import Final

import msgspec

from hub.fhir.requests import Stored
from hub.fhir.search.fold import fold
from hub.fhir.search.query import Filter, Page, SearchQuery, SortKey, TokenValue, named_patients
from hub.policy import Permit
from hub.store.connection import Connection
from hub.store.search import rows, search
from hub.store.search_filters import Place
from hub.store.search_plan import plan
from hub.store.search_sql import Sql

NEWEST: Final = (SortKey("date", "date", descending=True),)
TEXTS_MOST: Final = 1000
"""How many of the newest observations without any code are looked at."""
_UNCODED: Final = Sql(
    "NOT EXISTS (SELECT 1 FROM observation_code n WHERE n.tenant_id = r.tenant_id AND n.patient_id = r.patient_id"
    " AND n.rid = r.rid AND n.date_from = r.date_from)"
)


class _Coding(msgspec.Struct):
    system: str = ""
    code: str = ""


class _Concept(msgspec.Struct):
    coding: list[_Coding] = []
    text: str = ""


class _Coded(msgspec.Struct):
    code: _Concept


_CODE: Final = msgspec.json.Decoder(_Coded)


def last_n(connection: Connection, permit: Permit, query: SearchQuery, maximum: int) -> Page:
    """A parsed query with a patient → the newest `maximum` matches of each code, newest first within a code."""
    patients = named_patients(query)
    if len(patients) != 1:
        return Page((), None, 0)
    (patient,) = patients
    wanted = next((f for f in query.filters if f.param == "code" and not f.modifier), None)
    rest = tuple(f for f in query.filters if f is not wanted)
    groups: dict[str, list[Stored]] = {}
    if wanted is not None:
        tokens = [v for v in wanted.values if isinstance(v, TokenValue)]
    else:
        tokens = [
            TokenValue(system, code)
            for code, system in connection.execute(
                'SELECT DISTINCT code, system FROM observation_code WHERE tenant_id = ? AND patient_id = ? AND "leading" = 1'
                " ORDER BY code, system",
                (permit.filter.tenant_id, patient),
            ).fetchall()
        ]
        _add_texts(connection, permit, rest, groups)
    for token in tokens:
        narrowed = (*rest, Filter("code", "token", (token,)))
        page = search(connection, permit, SearchQuery("Observation", narrowed, maximum, NEWEST))
        groups.setdefault(f"{token.system}|{token.code}", []).extend(page.matches)
    found: dict[str, Stored] = {}
    for group in _united(groups):
        for match in _newest(connection, permit, group, maximum):
            found.setdefault(match.id, match)
    return Page(tuple(found.values()), None, len(found))


def _add_texts(
    connection: Connection,
    permit: Permit,
    filters: tuple[Filter, ...],
    groups: dict[str, list[Stored]],
) -> None:
    """Observations whose code is a text alone → under that text."""
    query = SearchQuery("Observation", filters, TEXTS_MOST, NEWEST)
    chosen = plan(Place(permit, "Observation", "r"), query)
    chosen.where.append(_UNCODED)
    for _, _, stored in rows(connection, chosen, query, TEXTS_MOST):
        groups.setdefault(f"text {fold(_CODE.decode(stored.body).code.text)}", []).append(stored)


def _united(groups: dict[str, list[Stored]]) -> list[dict[str, Stored]]:
    """Matches by code → by group: those that share a coding are one."""
    made: list[tuple[set[str], dict[str, Stored]]] = []
    for name, matches in groups.items():
        names = {name}
        for match in matches:
            concept = _CODE.decode(match.body).code
            names |= {f"{c.system}|{c.code}" for c in concept.coding if c.code}
        mine = {m.id: m for m in matches}
        for other in [each for each in made if each[0] & names]:
            made.remove(other)
            names |= other[0]
            mine = other[1] | mine
        made.append((names, mine))
    return [mine for _, mine in made if mine]


def _newest(
    connection: Connection, permit: Permit, group: dict[str, Stored], maximum: int
) -> list[Stored]:
    """The matches of a group → the newest of them, newest first."""
    tenant = permit.filter.tenant_id
    ids = sorted(group)
    dated: list[tuple[int, int, str]] = []
    for start in range(0, len(ids), 400):
        some = ids[start : start + 400]
        marks = ", ".join("?" * len(some))
        dated += connection.execute(
            "SELECT CASE WHEN date_to = date_from THEN -1 ELSE date_from END, rid, id FROM observation"
            f" WHERE tenant_id = ? AND id IN ({marks})",
            (tenant, *some),
        ).fetchall()
    dated.sort(reverse=True)
    return [group[here] for _, _, here in dated[:maximum]]
