"""Marks that are put in together with their observations → which of them no other observation may be a copy of.

Who carries a business identifier now is known to the search index, which every observation is put into anyway; who carried
it in a former version stands in `judgement_identifier`, and so do forms.
Source: dho/thresholds.md §4.1; docs/adr/0028.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from hub.fhir.search.dates import from_micros, micros
from hub.ports import FOLLOWED, Following, JudgeMark, LoggedMark
from hub.store.connection import Connection
from hub.store.index_keys import cut_key, param_id, text_number

_COMPANY: Final = (
    "WITH given (n, t, o, p, m, a, i, v, e) AS (VALUES {})"
    " SELECT n, 1 FROM given CROSS JOIN judgement j"
    " WHERE j.tenant_id = t AND j.patient_id = p AND j.measure = m AND j.at = a"
    " UNION ALL SELECT n, 1 FROM given CROSS JOIN judgement_identifier j"
    " WHERE j.tenant_id = t AND j.identifier = i AND j.observation_id <> o"
    " UNION ALL SELECT n, 0 FROM given CROSS JOIN index_text x"
    " WHERE x.tenant_id = t AND x.param = ? AND x.value = v AND x.extra = e"
)
# The plus keeps both engines from gathering all marks of the tenant and sorting them: there is no end of those
_LOGGED: Final = (
    "SELECT seq, patient_id, observation_id, version, measure, judged_at FROM judgement"
    " WHERE seq > ? AND +tenant_id = ? ORDER BY seq LIMIT ?"
)
_LAST: Final = "SELECT seq FROM judgement WHERE +tenant_id = ? ORDER BY seq DESC LIMIT 1"
_ROW: Final = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
_WIDTH: Final = 9
_MOST_BARS: Final = 8
"""How many bars of an identifier may each be the one between system and value: ten thousand would be as many long strings to look for."""
_AT_ONCE: Final = 1000
"""How many rows one statement looks for: PostgreSQL takes 65,535 values in one, SQLite as few as 32,766."""
_CARRIED: Final = "SELECT observation_id FROM judgement_identifier WHERE tenant_id = ? AND identifier = ?"  # fmt: skip
_CARRY: Final = (
    "SELECT o.id FROM index_text x CROSS JOIN observation o WHERE x.tenant_id = ? AND x.param = ? AND x.value = ?"
    " AND x.extra = ? AND o.rid = x.rid AND o.tenant_id = x.tenant_id AND o.deleted = 0"
)
Place = tuple[int, str, str, int]
"""Tenant, patient, measure and instant: two observations of one such place may be copies."""
_NOWHERE: Final = ["", "", 0]
_PARAM: Final = param_id("Observation", "identifier")


def alone(
    connection: Connection, marks: Sequence[JudgeMark], places: Sequence[Place]
) -> list[bool]:
    """Marks that are put in together, behind their observations, and their places → which come with a verdict that stands.

    Shape: those for which the store finds nobody but themselves, and that share no instant among each other.
    """
    rows: list[Any] = []
    stands: list[bool] = []
    for n, mark in enumerate(marks):
        stands.append(mark.judged_at is not None)
        if mark.judged_at is not None:
            rows += _rows(n, mark, places[n])
    if not rows:
        return stands
    here = Counter(places)
    in_index = [0] * len(marks)  # it is itself among those found there
    for n, other in _found(connection, rows):
        if other:
            stands[n] = False
        else:
            in_index[n] += 1
    for n, mark in enumerate(marks):
        if here[places[n]] > 1 or in_index[n] > len(mark.identifiers):
            stands[n] = False
    return stands


def _found(connection: Connection, rows: list[Any]) -> list[tuple[int, int]]:
    """What is looked for → (which mark, 1 for somebody else or 0 for an entry of the index) for each that is found."""
    found: list[tuple[int, int]] = []
    for start in range(0, len(rows), _AT_ONCE * _WIDTH):
        some = rows[start : start + _AT_ONCE * _WIDTH]
        text = ", ".join([_ROW] * (len(some) // _WIDTH))
        found += connection.execute(_COMPANY.format(text), (*some, _PARAM)).fetchall()
    return found


def carriers(connection: Connection, tenant_id: int, identifiers: Collection[str]) -> list[str]:
    """Business identifiers → the ids of the observations and forms that carry or carried one of them, each once."""
    found: dict[str, None] = {}
    for identifier in identifiers:
        rows = connection.execute(_CARRIED, (tenant_id, identifier)).fetchall()
        for value, system in _splits(identifier):
            rows += connection.execute(_CARRY, (tenant_id, _PARAM, value, system)).fetchall()
        found.update((row[0], None) for row in rows)
    return list(found)


def place_of(mark: JudgeMark) -> Place:
    """A mark → its place."""
    return mark.tenant_id, mark.patient_id, mark.measure, micros(mark.at)


def _rows(n: int, mark: JudgeMark, where: Place) -> list[Any]:
    """A mark and its place → that and its identifiers as they are looked for, nine values a row; what is empty matches nothing."""
    name, identifiers = mark.observation_id, mark.identifiers
    if len(identifiers) == 1 and identifiers[0].count("|") == 1:  # as nearly all have
        system, value = identifiers[0].split("|")
        tenant, patient, measure, at = where
        number = text_number(system)
        return [n, tenant, name, patient, measure, at, identifiers[0], cut_key(value), number]
    tenant, *place = where
    rows: list[Any] = []
    for identifier in dict.fromkeys(identifiers):
        for value, system in _splits(identifier):
            rows += (n, tenant, name, *place, identifier, value, system)
            place, identifier = _NOWHERE, ""  # noqa: PLW2901 - each is looked for once
    return rows or [n, tenant, name, *place, "", "", 0]


def _splits(identifier: str) -> list[tuple[str, int]]:
    """`system|value` → (value, number of the system) as indexed; a system with a bar in it could be any of several.

    No URI has a bar (RFC 3986), so what lies behind the first few belongs to the value, however many it has.
    """
    parts = identifier.split("|", _MOST_BARS)
    if len(parts) == 2:
        return [(cut_key(parts[1]), text_number(parts[0]))]
    return [
        (cut_key("|".join(parts[at:])), text_number("|".join(parts[:at])))
        for at in range(1, len(parts))
    ]


def confirm(
    connection: Connection, following: Following, marks: Sequence[JudgeMark], stands: list[bool]
) -> None:
    """Verdicts that rest on what is remembered of a patient → those that missed something do not stand."""
    tenants = {mark.tenant_id for mark in marks if mark.following is not None}
    log = {t: logged(connection, t, following.after(t), FOLLOWED) for t in tenants}
    following.confirm(log, marks, stands)


def last(connection: Connection, tenant_id: int) -> int:
    """A tenant → the number of its last mark, 0 when there is none."""
    row = connection.execute(_LAST, (tenant_id,)).fetchone()
    return 0 if row is None else row[0]


def logged(connection: Connection, tenant_id: int, after: int, limit: int) -> list[LoggedMark]:
    """A tenant and the number of a mark → the marks that were put in after it, in order."""
    rows = connection.execute(_LOGGED, (after, tenant_id, limit))
    return [
        LoggedMark(seq, patient, name, version, measure, judged=at is not None)
        for seq, patient, name, version, measure, at in rows
    ]


def invalid(
    connection: Connection,
    place: tuple[int, str, str],
    start: datetime,
    end: datetime,
    limit: int,
    *,
    ahead: bool,
) -> list[tuple[bytes, datetime]]:
    """Tenant, patient and measure → the verdicts of invalid values from `start` on to `end`, as hub.ports.Judgements says."""
    column, order = "ahead" if ahead else "at", "ASC" if start <= end else "DESC"
    rows = connection.execute(
        f"SELECT verdict, {column} FROM judgement j WHERE tenant_id = ? AND patient_id = ? AND measure = ?"
        f" AND zone = 'invalid' AND {column} BETWEEN ? AND ? AND NOT EXISTS (SELECT 1 FROM judgement n"
        " WHERE n.tenant_id = j.tenant_id AND n.observation_id = j.observation_id"
        f" AND n.version > j.version AND n.judged_at IS NOT NULL) ORDER BY {column} {order} LIMIT ?",
        (*place, *sorted((micros(start), micros(end))), limit),
    )
    return [(verdict, from_micros(at)) for verdict, at in rows]
