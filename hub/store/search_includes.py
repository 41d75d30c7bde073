"""`_include` and `_revinclude`: what the matches refer to, and what refers to them.

Each resource once, none that is a match, none that is deleted or not opened by the Permit; how many come is bounded, and
a page that left some out says so.
Source: http://hl7.org/fhir/R4/search.html#revinclude.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from msgspec.structs import replace

from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.requests import Stored
from hub.fhir.search.dates import from_clock
from hub.fhir.search.definitions import definitions_for
from hub.fhir.search.query import Include, Page, SearchQuery
from hub.fhir.subject import finds_owner
from hub.policy import Permit
from hub.store.connection import Connection
from hub.store.index_keys import cut_key, param_id
from hub.store.layout import layout_of
from hub.store.search_filters import Place, of_ids
from hub.store.search_links import visible
from hub.store.search_page import columns, shown
from hub.store.search_sql import Sql, among, any_of

ROUNDS: Final = 8
"""How far `:iterate` goes: steps from a match."""

_CHUNK: Final = 400
_Key = tuple[str, str]
_T = TypeVar("_T")


@dataclass(slots=True)
class _Gathering:
    """What has been found. Shape: `most` bounds it; `cut` whether there was more."""

    connection: Connection
    permit: Permit
    most: int
    seen: set[_Key]
    found: list[Stored] = field(default_factory=list[Stored])
    cut: bool = False

    def take(self, fresh: Iterable[Stored]) -> list[Stored]:
        """Resources → those that are new, as far as there is room."""
        taken: list[Stored] = []
        for each in fresh:
            if (each.type, each.id) in self.seen:
                continue
            if len(self.found) >= self.most:
                self.cut = True
                break
            self.seen.add((each.type, each.id))
            self.found.append(each)
            taken.append(each)
        return taken


def included(connection: Connection, permit: Permit, query: SearchQuery, page: Page) -> Page:
    """A page and the query's includes → the page with what belongs to its matches."""
    gathering = _Gathering(
        connection, permit, query.included_most, {(m.type, m.id) for m in page.matches}
    )
    frontier: list[Stored] = list(page.matches)
    wanted: Sequence[Include] = query.includes
    for _ in range(ROUNDS):
        if not frontier or gathering.cut:
            break
        fresh: list[Stored] = []
        for one in wanted:
            step = _referring if one.reverse else _referred
            fresh += gathering.take(step(gathering, one, frontier))
        frontier, wanted = fresh, [one for one in query.includes if one.iterate]
    more_to_come = bool(frontier and wanted) and _goes_on(gathering, wanted, frontier)
    cut = gathering.cut or more_to_come
    return replace(page, included=tuple(gathering.found), cut=cut)


def _goes_on(gathering: _Gathering, wanted: Sequence[Include], frontier: list[Stored]) -> bool:
    """After the last round → whether `:iterate` would have found more."""
    for one in wanted:
        step = _referring if one.reverse else _referred
        for each in step(gathering, one, frontier):
            if (each.type, each.id) not in gathering.seen:
                return True
    return False


def _referred(gathering: _Gathering, one: Include, frontier: list[Stored]) -> Iterator[Stored]:
    """An include and resources → what they refer to by its parameter."""
    by_type: dict[str, list[Stored]] = {}
    for each in frontier:
        if one.source in ("*", each.type):
            by_type.setdefault(each.type, []).append(each)
    targets: dict[str, list[str]] = {}
    for kind, members in by_type.items():
        for target in _targets(gathering, one, kind, members):
            of_type, _, here = target.partition("/")
            if of_type in RESOURCE_TYPES and here and one.target in ("", of_type):
                targets.setdefault(of_type, []).append(here)
    for kind, ids in targets.items():
        yield from load_all(gathering.connection, gathering.permit, kind, list(dict.fromkeys(ids)))
    for kind, members in by_type.items():
        yield from _by_canonical(gathering, one, kind, members)


def _params(kind: str, one: Include) -> list[str]:
    """A type and an include → the reference parameters it means there."""
    known = definitions_for(kind)
    names = known if one.param == "*" else [one.param]
    return [n for n in names if n in known and known[n].kind == "reference"]


def _targets(
    gathering: _Gathering, one: Include, kind: str, members: list[Stored]
) -> Iterator[str]:
    names = _params(kind, one)
    if any(finds_owner(kind, name) for name in names):
        yield from (
            f"Patient/{m.patient_id}" for m in members if m.patient_id and kind != "Patient"
        )
    for value, _ in _entries(gathering, kind, names, members):
        yield value


def _entries(
    gathering: _Gathering, kind: str, names: Sequence[str], members: list[Stored]
) -> Iterator[tuple[str, int]]:
    """Members of a type and parameters → the values their index entries have, with the numbers of the versions."""
    if not names:
        return
    place = Place(gathering.permit, kind, "r")
    numbers = among("x.param", [param_id(kind, name) for name in names])
    for some in _chunks([m.id for m in members]):
        text = (
            Sql(
                f"SELECT DISTINCT x.value, x.extra FROM {layout_of(kind).table} r CROSS JOIN index_text x WHERE x.tenant_id = ?"
                " AND x.rid = r.rid AND ",
                (place.tenant,),
            )
            + numbers
            + Sql(" AND ")
            + of_ids(place, some)
            + Sql(" AND ")
            + visible(place)
        )
        yield from gathering.connection.execute(text.text, text.values)


def _by_canonical(
    gathering: _Gathering, one: Include, kind: str, members: list[Stored]
) -> Iterator[Stored]:
    """What the members refer to by canonical URL: resources of any type that has one, of the version named, else of every one."""
    names = _canonical(kind, one)
    urls = [each for each in _entries(gathering, kind, names, members) if ":" in each[0]]
    if not urls:
        return
    wanted = [
        Sql("(x.value = ? AND x.extra = ?)", each) if each[1] else Sql("x.value = ?", each[:1])
        for each in urls
    ]
    for of_type in sorted(RESOURCE_TYPES):
        if one.target in ("", of_type) and "url" in definitions_for(of_type):
            some = map(any_of, _chunks(wanted))
            yield from _holding(gathering, of_type, ["url"], some)


def _canonical(kind: str, one: Include) -> list[str]:
    """A type and an include → those of its parameters that lead to resources by their URL."""
    known = definitions_for(kind)
    return [
        name
        for name in _params(kind, one)
        if any(path.kind == "canonical" for path in known[name].paths)
    ]


def _referring(gathering: _Gathering, one: Include, frontier: list[Stored]) -> Iterator[Stored]:
    """A reverse include and resources → what refers to them by its parameter."""
    wanted = [f for f in frontier if one.target in ("", f.type)]
    if not wanted:
        return
    kinds = sorted(RESOURCE_TYPES) if one.source == "*" else [one.source]
    values = [cut_key(f"{f.type}/{f.id}") for f in wanted]
    urls = [
        Sql("(x.value = ? AND (x.extra = 0 OR x.extra = ?))", each)
        for of_type in sorted({f.type for f in wanted})
        if "url" in definitions_for(of_type)
        for each in _entries(gathering, of_type, ["url"], [f for f in wanted if f.type == of_type])
    ]
    patients = [f.id for f in wanted if f.type == "Patient"]
    for kind in kinds:
        names = _params(kind, one)
        if patients and any(finds_owner(kind, name) for name in names):
            yield from _owned(gathering, kind, patients)
        if names:
            some = [among("x.value", each) for each in _chunks(values)]
            yield from _holding(gathering, kind, names, some)
        by_url = _canonical(kind, one) if urls else []
        if by_url:
            yield from _holding(gathering, kind, by_url, map(any_of, _chunks(urls)))


def _holding(
    gathering: _Gathering, kind: str, names: Sequence[str], wanted: Iterable[Sql]
) -> Iterator[Stored]:
    """Resources of a type that have an entry `x` as any condition wants it under one of the parameters."""
    place = Place(gathering.permit, kind, "r")
    numbers = among("x.param", [param_id(kind, name) for name in names])
    for each in wanted:
        text = (
            Sql(
                f"SELECT {columns(kind)} FROM {layout_of(kind).table} r WHERE r.rid IN (SELECT x.rid FROM index_text x"
                " WHERE x.tenant_id = ? AND ",
                (place.tenant,),
            )
            + numbers
            + Sql(" AND ")
            + each
            + Sql(") AND ")
            + visible(place)
            + Sql(f" ORDER BY r.rid LIMIT {gathering.most + 1}")
        )
        yield from _stored(gathering.connection, kind, text)


def _owned(gathering: _Gathering, kind: str, patients: list[str]) -> Iterator[Stored]:
    place = Place(gathering.permit, kind, "r")
    for some in _chunks(patients):
        text = (
            Sql(f"SELECT {columns(kind)} FROM {layout_of(kind).table} r WHERE ")
            + among("r.patient_id", some)
            + Sql(" AND ")
            + visible(place)
            + Sql(f" ORDER BY r.rid LIMIT {gathering.most + 1}")
        )
        yield from _stored(gathering.connection, kind, text)


def load_all(
    connection: Connection, permit: Permit, kind: str, ids: Sequence[str]
) -> Iterator[Stored]:
    """A type and ids → those of them that are here and may be seen."""
    place = Place(permit, kind, "r")
    for some in _chunks(ids):
        text = (
            Sql(f"SELECT {columns(kind)} FROM {layout_of(kind).table} r WHERE ")
            + of_ids(place, some)
            + Sql(" AND ")
            + visible(place)
        )
        yield from _stored(connection, kind, text)


def _stored(connection: Connection, kind: str, text: Sql) -> Iterator[Stored]:
    for here, version, at, patient, body in shown(kind, connection.execute(text.text, text.values)):
        yield Stored(kind, here, version, from_clock(at), body, False, patient or None)


def _chunks(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
