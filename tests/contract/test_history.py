"""hub.fhir.repository.Session.history: every version once, newest first, in any page size, and only of one's own tenant."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.fhir.history import HistoryCursor, HistoryQuery
from hub.fhir.search.dates import micros
from tests.builders import observation, patient
from tests.contract.bench import START, Bench, permit

PATIENT = {**patient(), "id": "p"}


def places(
    bench: Bench,
    kind: str = "",
    resource_id: str = "",
    count: int = 100,
    tenant_id: int = 1,
    current: tuple[int, int] | None = None,
) -> list[tuple[str, str, int]]:
    """A history → type, id and version of each entry of all its pages."""
    found: list[tuple[str, str, int]] = []
    cursor: HistoryCursor | None = None
    while True:
        query = HistoryQuery(kind, resource_id, count, None, current, cursor)
        page = bench.read(lambda unit, q=query: unit.fhir.history(permit(tenant_id), q))
        assert len(page.entries) <= count
        found += [(e.stored.type, e.stored.id, e.stored.version) for e in page.entries]
        cursor = page.next
        if cursor is None:
            return found


def test_the_versions_of_one_resource_come_by_version(bench: Bench) -> None:
    bench.save(PATIENT)
    for language in ("nb", "nn"):
        bench.save({**PATIENT, "language": language})
    bench.delete("Patient", "p")
    assert places(bench, "Patient", "p") == [("Patient", "p", n) for n in (4, 3, 2, 1)]


def test_a_version_that_follows_a_deletion_says_so(bench: Bench) -> None:
    bench.save(PATIENT)
    bench.delete("Patient", "p")
    bench.save(PATIENT)
    page = bench.read(lambda unit: unit.fhir.history(permit(), HistoryQuery("Patient", "p", 10)))
    assert [(e.stored.deleted, e.restored) for e in page.entries] == [
        (False, True),
        (True, False),
        (False, False),
    ]


def test_another_tenant_sees_nothing(bench: Bench) -> None:
    bench.save(PATIENT)
    bench.save({**PATIENT, "active": True})
    bench.save(PATIENT, tenant_id=2)
    assert places(bench, tenant_id=2) == [("Patient", "p", 1)]
    assert places(bench, "Patient", "p", tenant_id=3) == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=12),
    count=st.integers(1, 5),
    moment=st.integers(-1, 12),
)
def test_any_life_is_told_whole_and_once(
    make_bench: Callable[[], Bench], steps: list[tuple[int, bool]], count: int, moment: int
) -> None:
    bench = make_bench()
    bench.save(PATIENT)
    lives: dict[str, list[tuple[int, int]]] = {}
    for number, (which, remove) in enumerate(steps):
        name = f"o{which}"
        past = lives.setdefault(name, [])
        if remove and past and not _deleted(bench, name):
            stored = bench.delete("Observation", name)
        else:
            stored = bench.save({**observation("Patient/p", value=str(number)), "id": name})
        past.append((stored.version, micros(stored.updated)))
    expected = sorted(
        ((updated, name, version) for name, past in lives.items() for version, updated in past),
        reverse=True,
    )
    assert places(bench, "Observation", count=count) == [
        ("Observation", name, version) for _, name, version in expected
    ]
    at = micros(START) + moment * 1_000_000
    current = {
        (name, version)
        for name, past in lives.items()
        for place, (version, updated) in enumerate(past)
        if updated < at + 1 and (place + 1 == len(past) or past[place + 1][1] > at)
    }
    found = places(bench, "Observation", count=count, current=(at, at + 1))
    assert {(name, version) for _, name, version in found} == current
    assert len(found) == len(current)
    everything = places(bench, count=count)
    assert len(everything) == len(set(everything)) == len(expected) + 1


def _deleted(bench: Bench, name: str) -> bool:
    held = bench.load("Observation", name)
    return held is not None and held.deleted
