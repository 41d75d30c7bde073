"""Marks "to be judged" and their verdicts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from hub.fhir.search.dates import from_micros, micros
from hub.ports import LONGEST_DELAY, Following, JudgeMark, LoggedMark, LogRow, Making
from hub.store import company
from hub.store.company import Place
from hub.store.connection import Connection, WritingConnection, calm, stir

_COLUMNS: Final = (
    "tenant_id, observation_id, version, patient_id, measure, at, input, ahead, seq, coalesce(zone, ''),"
    " verdict, attempts"
)

_ADD: Final = (
    "INSERT INTO judgement (tenant_id, observation_id, version, patient_id, measure, at, ahead, input, judged_at, zone,"
    " verdict) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ADD_IDENTIFIER: Final = (
    "INSERT INTO judgement_identifier (tenant_id, identifier, observation_id) VALUES (?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)
_SAME_INSTANT: Final = (
    "SELECT 1 FROM judgement WHERE tenant_id = ? AND patient_id = ? AND measure = ? AND at = ?"
    " AND observation_id <> ? LIMIT 1"
)
_AT_ONCE: Final = 400
_OWN: Final = "tenant_id = ? AND patient_id = ? AND measure = ?"


class JudgementTable:
    """hub.ports.Judgements over one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: WritingConnection) -> None:
        """A connection inside a transaction."""
        self._connection = connection

    def add(self, mark: JudgeMark) -> None:
        """A mark → to be judged; settled by the verdict it comes with, unless it has company: then that is dropped."""
        self._connection.later(_put, mark)

    def add_made(self, make: Making) -> None:
        """What makes marks → called when marks are put in together, and its marks added in their place among them."""
        self._connection.later(_put, make)

    def remember(self, tenant_id: int, observation_id: str, identifiers: Collection[str]) -> None:
        """Identifiers that an observation carries or carried, where the search index does not tell → found by `carriers`."""
        for identifier in identifiers:
            self._connection.later(_put, _Carried(tenant_id, identifier, observation_id))

    def has_company(self, mark: JudgeMark) -> bool:
        """A mark → whether another observation has its patient, measure and instant, or one of its identifiers."""
        given = (*company.place_of(mark), mark.observation_id)
        if self._connection.execute(_SAME_INSTANT, given).fetchone() is not None:
            return True
        others = {mark.observation_id, *self.carriers(mark.tenant_id, mark.identifiers)}
        return len(others) > 1

    def undone(self) -> int:
        """Nothing → a number that grows whenever marks that were put in came to nothing."""
        return self._connection.undone

    def logged(self, tenant_id: int, after: int, limit: int) -> Sequence[LoggedMark]:
        """A tenant and the number of a mark → the marks that were put in after it, in order."""
        return company.logged(self._connection, tenant_id, after, limit)

    def last(self, tenant_id: int) -> int:
        """A tenant → the number of its last mark, 0 when there is none."""
        return company.last(self._connection, tenant_id)

    def waits(self, tenant_id: int, patient_id: str) -> bool:
        """A patient → whether anything of it waits to be judged."""
        sql = "SELECT 1 FROM judgement WHERE judged_at IS NULL AND tenant_id = ? AND patient_id = ? LIMIT 1"
        return self._connection.execute(sql, (tenant_id, patient_id)).fetchone() is not None

    def todo(self, now: datetime, limit: int) -> Sequence[JudgeMark]:
        """Now → the oldest marks that are due; so is one put off for longer than any is: the clock was set back since."""
        return self._select(
            f"SELECT {_COLUMNS} FROM judgement WHERE judged_at IS NULL AND (due <= ? OR due > ?) ORDER BY seq LIMIT ?",
            (micros(now), micros(now + LONGEST_DELAY), limit),
        )

    def near(
        self, tenant_id: int, patient_id: str, measure: str, start: datetime, end: datetime
    ) -> Sequence[str]:
        """A patient's judged observations of one measure that count within start ≤ at ≤ end → their ids."""
        judged = _OWN + " AND judged_at IS NOT NULL"
        return self._within(judged, tenant_id, patient_id, measure, start, end)

    def standing(
        self, tenant_id: int, patient_id: str, measure: str, at: datetime, limit: int
    ) -> Sequence[JudgeMark]:
        """As hub.ports.Judgements says."""
        return self._select(
            f"SELECT {_COLUMNS} FROM judgement j WHERE {_OWN} AND at = ? AND version = 1"
            " AND zone IN ('none', 'black', 'green', 'yellow', 'red')"
            " AND NOT EXISTS (SELECT 1 FROM judgement n WHERE n.tenant_id = j.tenant_id"
            " AND n.observation_id = j.observation_id AND n.version > 1) ORDER BY seq LIMIT ?",
            (tenant_id, patient_id, measure, micros(at), limit),
        )

    def invalid(
        self,
        place: tuple[int, str, str],
        start: datetime,
        end: datetime,
        limit: int,
        *,
        ahead: bool,
    ) -> Sequence[tuple[bytes, datetime]]:
        """As hub.ports.Judgements says."""
        return company.invalid(self._connection, place, start, end, limit, ahead=ahead)

    def received(
        self, tenant_id: int, patient_id: str, measure: str, start: datetime, end: datetime
    ) -> Sequence[str]:
        """As `near`, with those that wait to be judged."""
        return self._within(_OWN, tenant_id, patient_id, measure, start, end)

    def _within(
        self,
        where: str,
        tenant_id: int,
        patient_id: str,
        measure: str,
        start: datetime,
        end: datetime,
    ) -> Sequence[str]:
        values = (tenant_id, patient_id, measure, micros(start), micros(end))
        rows = self._connection.execute(
            f"SELECT observation_id FROM judgement WHERE {where} AND at BETWEEN ? AND ?"
            f" UNION SELECT observation_id FROM judgement WHERE {where} AND ahead BETWEEN ? AND ?",
            (*values, *values),
        )
        return [row[0] for row in rows]

    def since(self, tenant_id: int, patient_id: str, start: datetime) -> Sequence[JudgeMark]:
        """A patient → the marks of all measures with at ≥ start."""
        return self._select(
            f"SELECT {_COLUMNS} FROM judgement WHERE tenant_id = ? AND patient_id = ? AND at >= ? ORDER BY seq",
            (tenant_id, patient_id, micros(start)),
        )

    def log(self, tenant_id: int, patient_id: str) -> Sequence[LogRow]:
        """A patient → everything that was marked, judged or not, in the order it came: no more than recomputing needs."""
        return self._connection.execute(
            "SELECT observation_id, version, input, coalesce(zone, ''), verdict, measure, at, ahead FROM judgement"
            " WHERE tenant_id = ? AND patient_id = ? ORDER BY seq",
            (tenant_id, patient_id),
        ).fetchall()

    def patients(
        self, tenant_id: int, after: str, limit: int, measures: Collection[str] = ()
    ) -> Sequence[str]:
        """A patient's id ("" = before the first) → the next ones that have marks, of one of the measures if any are named, in order."""
        rows = self._connection.execute(
            "SELECT DISTINCT patient_id FROM judgement WHERE tenant_id = ? AND patient_id > ?"
            + (f" AND measure IN ({_marks(list(measures))})" if measures else "")
            + " ORDER BY patient_id LIMIT ?",
            (tenant_id, after, *measures, limit),
        )
        return [row[0] for row in rows]

    def count_patients(self, tenant_id: int) -> int:
        """A tenant → how many patients have marks."""
        (found,) = self._connection.execute(
            "SELECT count(DISTINCT patient_id) FROM judgement WHERE tenant_id = ?", (tenant_id,)
        ).fetchone()
        return found

    def newest(self, tenant_id: int, patient_id: str, start: datetime) -> Sequence[JudgeMark]:
        """A patient → the newest mark of each measure with at ≥ start, of what still stands, by measure."""
        marks = self._select(
            f"SELECT {_COLUMNS} FROM judgement j WHERE tenant_id = ? AND patient_id = ? AND at >= ?"
            " AND coalesce(zone, '') NOT IN ('duplicate', 'retracted', 'superseded')"
            " AND NOT EXISTS (SELECT 1 FROM judgement n WHERE n.tenant_id = j.tenant_id"
            " AND n.observation_id = j.observation_id AND n.version > j.version) ORDER BY measure, at, seq",
            (tenant_id, patient_id, micros(start)),
        )
        return list({mark.measure: mark for mark in marks}.values())

    def carriers(self, tenant_id: int, identifiers: Collection[str]) -> Sequence[str]:
        """Business identifiers → the ids of the observations that carry or carried one of them."""
        return company.carriers(self._connection, tenant_id, identifiers)

    def versions_of(self, tenant_id: int, observation_ids: Collection[str]) -> Sequence[JudgeMark]:
        """Observations → the marks of all their versions."""
        found: list[JudgeMark] = []
        for some in _parted(observation_ids):
            sql = f"SELECT {_COLUMNS} FROM judgement WHERE tenant_id = ? AND observation_id IN ({_marks(some)})"
            found += self._select(sql, (tenant_id, *some))
        return found

    def versions(self, tenant_id: int, observation_id: str) -> Sequence[JudgeMark]:
        """An observation → the marks of all its versions."""
        return self._select(
            f"SELECT {_COLUMNS} FROM judgement WHERE tenant_id = ? AND observation_id = ? ORDER BY version",
            (tenant_id, observation_id),
        )

    def settle(self, mark: JudgeMark, now: datetime, zone: str, verdict: bytes) -> bool:
        """A mark → judged, with zone and verdict; False when it was judged already."""
        cursor = self._connection.execute(
            "UPDATE judgement SET judged_at = ?, zone = ?, verdict = ? WHERE seq = ? AND judged_at IS NULL"
            " RETURNING seq",
            (micros(now), zone, verdict, mark.seq),
        )
        return cursor.fetchone() is not None

    def rejudge(self, tenant_id: int, observation_id: str, zone: str, verdict: bytes) -> None:
        """An observation whose judgement changed by what came later → its newest judged version says so."""
        self._connection.execute(
            "UPDATE judgement SET zone = ?, verdict = ? WHERE seq = (SELECT seq FROM judgement WHERE tenant_id = ?"
            " AND observation_id = ? AND judged_at IS NOT NULL ORDER BY version DESC LIMIT 1)",
            (zone, verdict, tenant_id, observation_id),
        )

    def counts(self) -> tuple[int, int]:
        """Nothing → how many marks there are, and how many wait."""
        sql = "SELECT coalesce(max(seq), 0) FROM judgement"
        (total,) = self._connection.execute(sql).fetchone()
        (waiting,) = self._connection.execute(
            "SELECT count(*) FROM judgement WHERE judged_at IS NULL"
        ).fetchone()
        return total, waiting

    def postpone(self, mark: JudgeMark, due: datetime) -> None:
        """A mark that could not be judged → again at `due`."""
        self._connection.execute(
            "UPDATE judgement SET attempts = attempts + 1, due = ? WHERE seq = ?",
            (micros(due), mark.seq),
        )

    def _select(self, sql: str, values: tuple[object, ...]) -> list[JudgeMark]:
        return [_mark(row) for row in self._connection.execute(sql, values)]


class _Carried(NamedTuple):
    """Who carried which identifier."""

    tenant_id: int
    identifier: str
    observation_id: str


def _parted(names: Collection[str]) -> Iterator[Sequence[str]]:
    """Many names → as many at a time as one statement takes."""
    whole = list(names)
    for start in range(0, len(whole), _AT_ONCE):
        yield whole[start : start + _AT_ONCE]


def _marks(names: Sequence[str]) -> str:
    return ", ".join("?" * len(names))


@calm
def _put(connection: Connection, things: Sequence[JudgeMark | Making | _Carried]) -> None:
    """Marks, and who carried which identifier → put in, the marks in the order they were made: they are judged in it.

    Shape: what is judged already stirs nobody.
    """
    carried: list[_Carried] = []
    marks: list[JudgeMark] = []
    places: list[Place] = []
    following: Following | None = None
    for each in things:
        if isinstance(each, _Carried):
            carried.append(each)
            continue
        for mark in (each,) if isinstance(each, JudgeMark) else each():
            marks.append(mark)
            places.append((mark.tenant_id, mark.patient_id, mark.measure, micros(mark.at)))
            following = following or mark.following
    if carried:
        connection.executemany(_ADD_IDENTIFIER, carried)
    stands = company.alone(connection, marks, places)
    if following is not None:
        company.confirm(connection, following, marks, stands)
    if False in stands:
        stir(connection)
    connection.executemany(_ADD, [_row(*each) for each in zip(marks, places, stands, strict=True)])


def _row(mark: JudgeMark, place: Place, stands: bool) -> tuple[Any, ...]:
    """A mark, its place and whether its verdict stands → its row."""
    ahead = None if mark.ahead is None else micros(mark.ahead)
    tenant, patient, measure, at = place
    own = (tenant, mark.observation_id, mark.version, patient, measure, at, ahead, mark.input)
    if not stands or mark.judged_at is None:
        return (*own, None, None, None)
    return (*own, micros(mark.judged_at), mark.zone, mark.verdict)


def _mark(row: Sequence[Any]) -> JudgeMark:
    tenant, observation, version, patient, measure, at, data, ahead, seq, *rest = row
    zone, verdict, attempts = rest
    late = None if ahead is None else from_micros(ahead)
    own = (tenant, observation, version, patient, measure, from_micros(at))
    return JudgeMark(*own, (), data, late, seq, zone, verdict or b"", attempts)
