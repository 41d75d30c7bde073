"""Pages read backwards: each is the one that came before, whatever the order and where the search starts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from hub.fhir.search.params import Scope, compartment_scope, read_search, system_scope
from hub.fhir.search.query import Page, SearchQuery
from hub.fhir.search.values import Reading
from hub.store import search, search_in_order
from hub.store.search_filters import Place
from hub.store.search_plan import plan
from hub.store.search_ties import within_reach
from tests.builders import PULSE, SPO2, observation, patient
from tests.contract.bench import BASE, Bench, permit

TASK = {
    "resourceType": "Task",
    "status": "ready",
    "intent": "order",
    "for": {"reference": "Patient/a"},
}
Shown = list[tuple[str, str]]


@pytest.fixture
def filled(bench: Bench) -> Bench:
    """Two patients with values at the same times and at none, of several codes and units, and tasks."""
    for name in ("a", "b"):
        bench.save({**patient(1), "id": name})
    for n in range(14):
        body = {**observation("Patient/b" if n % 5 == 4 else "Patient/a"), "id": f"o{n:02d}"}
        body["identifier"] = [{"system": "urn:x", "value": "1"}, {"value": str(n % 4)}]
        if n % 3 == 2:
            del body["effectiveDateTime"]
        elif n % 2:
            body["effectiveDateTime"] = "2026-01-01T08:00:00Z"
        if n % 4 == 1:
            body["code"]["coding"][0]["code"] = PULSE
            del body["valueQuantity"]
        bench.save(body)
        if n % 3:
            bench.now -= timedelta(seconds=1)  # several at one time
        if n % 4 == 0:
            bench.save({**TASK, "id": f"t{n}", "authoredOn": f"2026-01-{n + 1:02d}"})
    return bench


def asked(scope: Scope, text: str, bench: Bench) -> SearchQuery:
    """A query string as it reads → the query."""
    pairs = [(name, value) for name, _, value in (part.partition("=") for part in text.split("&"))]
    return read_search(scope, pairs, Reading(bench.now, BASE)).query


def shown(bench: Bench, query: SearchQuery) -> tuple[Page, Shown]:
    """A query → its page, and what is on it, told the same way where bodies are enough."""
    page = bench.read(lambda unit: unit.fhir.search(permit(), query))
    if page.bodies is None:
        return page, [(m.type, m.body.decode()) for m in page.matches]
    return page, [(page.bodies.type, bytes(body).decode()) for body in page.bodies.rows]


def there_and_back(bench: Bench, query: SearchQuery) -> tuple[list[Shown], list[Shown]]:
    """A query → its pages by `next`, and by `previous` from the last one."""
    there: list[Shown] = []
    page, rows = shown(bench, query)
    assert page.previous is None
    while True:
        there.append(rows)
        if page.next is None:
            break
        page, rows = shown(bench, replace(query, cursor=page.next))
        assert page.previous is not None
    back = [rows]
    while page.previous is not None:
        page, rows = shown(bench, replace(query, cursor=page.previous, back=True))
        assert page.next is not None
        forth, again = shown(bench, replace(query, cursor=page.next))
        assert (again, forth.previous) == (back[0], page.next)
        back.insert(0, rows)
    return there, back


WHERE = (
    "", "patient=a", "code=" + SPO2, "patient=a&code=" + SPO2, "status=final", "identifier=1", "identifier=urn:x|1",
    "_id=o01,o02,o03,o04,o05,o06,o07", "subject:Patient.gender=male,female",
)  # fmt: skip
SORTS = (
    "", "_id", "-_id", "date", "-date", "_lastUpdated", "-_lastUpdated", "status,-date", "-value-quantity", "value-quantity",
    "-date,_id", "-identifier,date", "subject", "code,-_lastUpdated",
)  # fmt: skip


@pytest.mark.parametrize("where", WHERE)
def test_back_are_the_pages_that_there_were(filled: Bench, where: str) -> None:
    for sort in SORTS:
        text = "&".join(filter(None, (where, sort and f"_sort={sort}", "_count=5")))
        query = asked(Scope(("Observation",)), text, filled)
        there, back = there_and_back(filled, query)
        assert there == back, sort
        assert len({row for rows in there for row in rows}) == sum(map(len, there))
        if where.startswith("patient"):
            assert there_and_back(filled, replace(query, bodies=True)) == (there, there)


@pytest.mark.parametrize("looked", [(2, 3, 40), (1,)])
@pytest.mark.parametrize(
    "where", ["code=" + SPO2, "identifier=1", "code=" + SPO2 + "&status=final"]
)
def test_looking_at_rows_in_order_finds_what_sorting_finds(
    filled: Bench, monkeypatch: pytest.MonkeyPatch, where: str, looked: tuple[int, ...]
) -> None:
    sorts = ("_id", "-_id", "date", "-date", "_lastUpdated", "-_lastUpdated")
    queries = [
        asked(Scope(("Observation",)), f"{where}&_sort={sort}&_count=3", filled) for sort in sorts
    ]
    expected = [there_and_back(filled, query)[0] for query in queries]
    monkeypatch.setattr(search_in_order, "FEW", 1)
    monkeypatch.setattr(search_in_order, "LOOKED", looked)
    for query, sorted_pages in zip(queries, expected, strict=True):
        assert there_and_back(filled, query) == (sorted_pages, sorted_pages)


PARTED = (
    "date,-_id", "-date,_id", "date,status", "-date,status,_id", "_lastUpdated,-date", "-_lastUpdated,_id", "_id,date", "-_id,status",
)  # fmt: skip


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("alike", [False, True])
def test_what_may_be_on_the_page_is_all_that_is_compared_by_further_keys(
    filled: Bench, monkeypatch: pytest.MonkeyPatch, where: str, *, alike: bool
) -> None:
    """The pages are those that comparing the keys of all matches gives."""
    if alike:  # many rows with one time
        for n in range(8):
            filled.save({**observation("Patient/a"), "id": f"p{n}"})
    for sort in PARTED:
        text = "&".join(filter(None, (where, f"_sort={sort}", "_count=3")))
        query = asked(Scope(("Observation",)), text, filled)
        pages = there_and_back(filled, query)
        with monkeypatch.context() as patched:
            patched.setattr(search, "within_reach", lambda _, chosen, *__: chosen)
            assert there_and_back(filled, query) == pages, sort


@pytest.mark.parametrize("sort", PARTED)
def test_few_rows_are_compared_by_further_keys_however_many_there_are(
    filled: Bench, sort: str
) -> None:
    for n in range(60):
        day = f"2025-{n // 28 + 1:02}-{n % 28 + 1:02}T08:00:00Z"
        filled.save({**observation("Patient/a"), "id": f"q{n}", "effectiveDateTime": day})
    query = asked(Scope(("Observation",)), f"_sort={sort}&_count=3", filled)

    def compared(unit: Any) -> int:
        chosen = plan(Place(permit(), "Observation", "r"), query)
        fewer = within_reach(unit.fhir.connection, chosen, query, 4, search.rows)
        return search.count(unit.fhir.connection, fewer, query)

    assert filled.read(compared) < 20
    whole = filled.read(lambda unit: unit.fhir.search(permit(), replace(query, total=True)))
    assert whole.total is not None
    assert whole.total > 60


@pytest.mark.parametrize("place", ["", "Observation,Task", "Patient/a"])
def test_back_over_several_types_are_the_pages_that_there_were(filled: Bench, place: str) -> None:
    pairs = [("_type", place)] if place and "/" not in place else []
    scope = compartment_scope("Patient", "a", "*", ()) if "/" in place else system_scope(pairs)
    for sort in ("", "_id", "-_id", "_lastUpdated", "-_lastUpdated", "-_lastUpdated,_id"):
        text = "&".join(filter(None, (sort and f"_sort={sort}", "_count=4")))
        there, back = there_and_back(filled, asked(scope, text, filled))
        assert there == back
        assert len(there) > 1


def test_what_was_deleted_meanwhile_is_left_out_and_nothing_else_moves(filled: Bench) -> None:
    query = asked(Scope(("Observation",)), "_sort=_id&_count=3", filled)
    first, _ = shown(filled, query)
    second, _ = shown(filled, replace(query, cursor=first.next))
    for name in ("o02", "o01"):  # the row that the second page starts behind is gone
        filled.delete("Observation", name)
    page, rows = shown(filled, replace(query, cursor=second.previous, back=True))
    assert [body.count('"o00"') for _, body in rows] == [1]
    assert (page.previous, page.next) == (None, first.next)
