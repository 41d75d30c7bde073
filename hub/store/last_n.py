"""The newest observations of each code of one patient, one walk down the series index for each code.

Codes are one group when an observation found has both: what one supplier codes in LOINC and another in LOINC and SNOMED CT
is one series. What has a text alone is grouped by it.
Source: http://hl7.org/fhir/R4/observation-operation-lastn.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from hub.fhir.requests import Stored
from hub.fhir.search.query import Filter, Page, SearchQuery, SortKey, TokenValue, named_patients
from hub.policy import Permit
from hub.store.connection import Connection
from hub.store.search import Row, rows
from hub.store.search_filters import Place
from hub.store.search_plan import plan
from hub.store.search_sql import Sql, marks

T = TypeVar("T")

NEWEST: Final = (SortKey("date", "date", descending=True),)
TEXTS_MOST: Final = 1000
"""How many of the newest observations without any code are looked at."""
_UNCODED: Final = (
    "r.rid NOT IN (SELECT n.rid FROM observation_code n WHERE n.tenant_id = ? AND n.patient_id = ?)"
)
"""Gathered once: looked for row by row, each observation would walk all codes of the patient, as the index has the code before the row."""


_CODINGS: Final = (
    "SELECT r.rid, c.system, c.code FROM observation r CROSS JOIN observation_code c WHERE r.rid IN ({marks})"
    " AND c.tenant_id = r.tenant_id AND c.patient_id = r.patient_id AND c.code IN ({codes}) AND c.date_from = r.date_from"
    " AND c.rid = r.rid"
)
_CODES: Final = (
    'SELECT code, system, max("leading") FROM observation_code WHERE tenant_id = ? AND patient_id = ?'
    " GROUP BY code, system ORDER BY code, system"
)
_CHUNK: Final = 400


def last_n(connection: Connection, permit: Permit, query: SearchQuery, maximum: int) -> Page:
    """A parsed query with a patient → the newest `maximum` matches of each code, newest first within a code."""
    patients = named_patients(query)
    if len(patients) != 1:
        return Page((), None, 0)
    (patient,) = patients
    wanted = next((f for f in query.filters if f.param == "code" and not f.modifier), None)
    rest = tuple(f for f in query.filters if f is not wanted)
    groups: dict[str, list[Row]] = {}
    codes = connection.execute(_CODES, (permit.filter.tenant_id, patient)).fetchall()
    if wanted is not None:
        tokens = [v for v in wanted.values if isinstance(v, TokenValue)]
    else:
        tokens = [TokenValue(system, code) for code, system, leading in codes if leading]
        _add_texts(connection, permit, rest, groups, patient)
    for token in tokens:
        narrowed = (*rest, Filter("code", "token", (token,)))
        one = SearchQuery("Observation", narrowed, maximum, NEWEST)
        matches = rows(connection, plan(Place(permit, "Observation", "r"), one), one, maximum)
        groups.setdefault(_name(token.system, token.code), []).extend(matches)
    codings = _codings(connection, groups, sorted({code for code, _, _ in codes}))
    found: dict[str, Stored] = {}
    for group in _united(groups, codings):
        for match in _newest(connection, permit, group, maximum):
            found.setdefault(match.id, match)
    return Page(tuple(found.values()), None, len(found))


def _name(system: str | None, code: str | None) -> str:
    return f"{system}|{code}"


def _add_texts(
    connection: Connection,
    permit: Permit,
    filters: tuple[Filter, ...],
    groups: dict[str, list[Row]],
    patient: str,
) -> None:
    """Observations whose code is a text alone → under that text."""
    query = SearchQuery("Observation", filters, TEXTS_MOST, NEWEST)
    chosen = plan(Place(permit, "Observation", "r"), query)
    chosen.where.append(Sql(_UNCODED, (permit.filter.tenant_id, patient)))
    found = {row[1]: row for row in rows(connection, chosen, query, TEXTS_MOST)}
    for some in _chunks(list(found)):
        for rid, texts in connection.execute(
            f"SELECT rid, texts FROM observation WHERE rid IN ({marks(len(some))})", some
        ):
            groups.setdefault(f"text {_text(texts)}", []).append(found[rid])


def _text(lines: str) -> str:
    """The texts of an observation as its row has them → that of its code; a concept's own text comes behind those of codings."""
    told = [line for line in lines.split("\n") if line.startswith("code=")]
    return told[-1] if told else ""


def _codings(
    connection: Connection, groups: dict[str, list[Row]], codes: Sequence[str]
) -> dict[int, set[str]]:
    """Matches and all codes of their patient → the names of the codings of each."""
    found: dict[int, set[str]] = {}
    if not codes:
        return found
    rids = sorted({rid for matches in groups.values() for _, rid, _ in matches})
    for some in _chunks(rids):
        for few in _chunks(codes):
            text = _CODINGS.format(marks=marks(len(some)), codes=marks(len(few)))
            for rid, system, code in connection.execute(text, (*some, *few)):
                found.setdefault(rid, set()).add(_name(system, code))
    return found


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def _united(groups: dict[str, list[Row]], codings: dict[int, set[str]]) -> list[dict[str, Stored]]:
    """Matches by code → by group: those that share a coding are one."""
    made: list[tuple[set[str], dict[str, Stored]]] = []
    for name, matches in groups.items():
        names = {name}.union(*(codings.get(rid, set()) for _, rid, _ in matches))
        mine = {stored.id: stored for _, _, stored in matches}
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
    for some in _chunks(ids):
        dated += connection.execute(
            "SELECT CASE WHEN date_to = date_from THEN -1 ELSE date_from END, rid, id FROM observation"
            f" WHERE tenant_id = ? AND id IN ({marks(len(some))})",
            (tenant, *some),
        ).fetchall()
    dated.sort(reverse=True)
    return [group[here] for _, _, here in dated[:maximum]]
