"""A plan that is remembered says what the search asks, and nothing of who asked it before."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from hub.fhir.search.params import parse_search
from hub.policy.permit import Permit, RowFilter
from hub.store.search_filters import Place
from hub.store.search_plan import plan
from tests.contract.bench import BASE, permit

_QUERY = parse_search(
    "Observation",
    [("patient", "Patient/a"), ("code", "http://loinc.org|59408-5"), ("date", "ge2020")],
    datetime(2026, 11, 22, tzinfo=UTC),
    BASE,
)


def _narrow(patient: str) -> Permit:
    return replace(permit(), filter=RowFilter(1, patient_ids=frozenset({patient})))


def test_a_search_that_is_asked_again_opens_the_rows_of_who_asks_it_now() -> None:
    wide = plan(Place(permit(), "Observation", "r"), _QUERY)
    narrow = plan(Place(_narrow("b"), "Observation", "r"), _QUERY)
    again = plan(Place(permit(), "Observation", "r"), _QUERY)

    assert "b" in narrow.condition.values
    assert wide.condition == again.condition
    assert "b" not in again.condition.values


def test_what_is_added_to_a_plan_stays_out_of_the_next_one() -> None:
    first = plan(Place(permit(), "Observation", "r"), _QUERY)
    many = len(first.where)
    first.where.clear()

    assert many == len(plan(Place(permit(), "Observation", "r"), _QUERY).where)


def test_another_tenant_s_search_looks_at_its_own_rows() -> None:
    mine = plan(Place(permit(1), "Observation", "r"), _QUERY)
    other = plan(Place(permit(2), "Observation", "r"), _QUERY)

    assert mine.source == other.source
    assert {1, 2} == {mine.condition.values[0], other.condition.values[0]}
