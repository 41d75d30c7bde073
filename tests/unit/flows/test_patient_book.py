"""A book is made once, and anew when one of its sources changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from hub.clock import FixedClock
from hub.fhir.codec import encode
from hub.flows.patient_book import Books, Compiled
from hub.mapping.general_limits import general_limits_to_fhir
from hub.mapping.plan_to_fhir import plan_to_fhir
from hub.policy import Action, Actor, Permit, authorise
from hub.thresholds.plan import Band, PlanVersion, Rule

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RULE = Rule(
    "spo2",
    "absolute",
    "spo2",
    "%",
    (Band("red", lt=Decimal(88)), Band("green", ge=Decimal(88))),
)
PLAN = PlanVersion("ebp", 2, datetime(2026, 1, 1, tzinfo=UTC), (RULE,), approved_by="Dr")


class Shelf:
    """What a session would find, and how often it was asked for plans."""

    def __init__(self, *resources: Any) -> None:
        self.resources: Sequence[Any] = resources
        self.asked = 0

    def load(self, *_: Any) -> None:
        """No Patient is needed."""

    def search(self, _: Any, query: Any) -> Any:
        """A query → everything of its type."""
        self.asked += query.resource_type == "CarePlan"
        found = [r for r in self.resources if type(r).__name__ == query.resource_type]
        return SimpleNamespace(
            matches=[SimpleNamespace(type=query.resource_type, body=encode(r)) for r in found]
        )


@pytest.fixture
def permit() -> Permit:
    """Leave to read."""
    found = authorise(Actor("internal_job", "judge", "judge", 1), Action("read", "CarePlan"))
    assert isinstance(found, Permit)
    return found


@pytest.fixture
def shelf(clock: FixedClock) -> Shelf:
    """One patient's plan."""
    return Shelf(*plan_to_fhir(PLAN, "p1", new_id=clock.new_id).all)


def book(books: Books, shelf: Shelf, permit: Permit, patient: str = "p1") -> Compiled:
    session: Any = shelf
    return books.book(session, permit, patient, NOON)


def test_a_book_is_made_once(shelf: Shelf, permit: Permit) -> None:
    books = Books()
    first = book(books, shelf, permit)

    assert first is book(books, shelf, permit)
    assert (1, ()) == (shelf.asked, first.plan_problems)
    assert {"spo2"} == set(first.book.versions)


def test_each_patient_has_a_book(shelf: Shelf, permit: Permit) -> None:
    books = Books()

    assert book(books, shelf, permit) is not book(books, shelf, permit, "p2")


def test_a_forgotten_book_is_made_anew_and_no_other(shelf: Shelf, permit: Permit) -> None:
    books = Books()
    one, other = book(books, shelf, permit), book(books, shelf, permit, "p2")
    books.forget(1, "p1")
    books.forget(2, "p2")

    assert one is not book(books, shelf, permit)
    assert other is book(books, shelf, permit, "p2")


@pytest.mark.parametrize("everything", [False, True])
def test_new_general_limits_make_every_book_anew(
    shelf: Shelf, permit: Permit, clock: FixedClock, everything: bool
) -> None:
    books = Books()
    book(books, shelf, permit)
    floor = msgspec.structs.replace(RULE, id="gulv", overridable=False)
    shelf.resources = [*shelf.resources, *general_limits_to_fhir([floor], new_id=clock.new_id)]
    assert {"spo2"} == set(book(books, shelf, permit).book.versions)
    if everything:
        books.forget_all()
    else:
        books.forget(1, None)

    assert {"spo2", "gulv"} == set(book(books, shelf, permit).book.versions)


def test_what_is_wrong_with_a_plan_stands_beside_what_judges(shelf: Shelf, permit: Permit) -> None:
    shelf.resources = [r for r in shelf.resources if type(r).__name__ != "ServiceRequest"]
    found = book(Books(), shelf, permit)

    assert ["Planen viser til en måling (ServiceRequest) som ikke finnes."] == [
        p.detail for p in found.plan_problems
    ]
    assert found.book.rules_for("spo2", NOON).plan is not None


def test_limits_with_the_same_id_twice_are_told(permit: Permit, clock: FixedClock) -> None:
    floor = msgspec.structs.replace(RULE, overridable=False)
    twice = [d for _ in "ab" for d in general_limits_to_fhir([floor], new_id=clock.new_id)]
    found = book(Books(), Shelf(*twice), permit)

    assert ["Regelen spo2 står to ganger."] == [p.detail for p in found.limit_problems]


def with_limit(limit: str, patient: str, clock: FixedClock) -> Shelf:
    """A red limit and a patient → what a session finds of a plan like RULE, with an id of its own."""
    bands = (Band("red", lt=Decimal(limit)), Band("green", ge=Decimal(limit)))
    rule = msgspec.structs.replace(RULE, id=f"{patient}-spo2", bands=bands)
    plan = msgspec.structs.replace(PLAN, id=patient, rules=(rule,))
    return Shelf(*plan_to_fhir(plan, patient, new_id=clock.new_id).all)


def test_patients_with_the_same_limits_share_what_judges_them(
    permit: Permit, clock: FixedClock
) -> None:
    books = Books()
    one = book(books, with_limit("88", "p1", clock), permit, "p1").book.entries[0]
    two = book(books, with_limit("88", "p2", clock), permit, "p2").book.entries[0]

    assert one.judge is two.judge
    assert one.rule.id != two.rule.id


def test_equal_limits_that_are_written_differently_are_told_as_written(
    permit: Permit, clock: FixedClock
) -> None:
    books = Books()
    plain = book(books, with_limit("88", "p1", clock), permit, "p1").book.entries[0]
    longer = book(books, with_limit("88.0", "p2", clock), permit, "p2").book.entries[0]

    assert plain.judge is not longer.judge
    assert ["88", "88.0"] == [str(e.rule.bands[0].lt) for e in (plain, longer)]


def test_a_full_shelf_forgets_every_other_book(shelf: Shelf, permit: Permit) -> None:
    books = Books(4)
    kept = {who: book(books, shelf, permit, who) for who in ("p1", "p2", "p3", "p4")}
    book(books, shelf, permit, "p5")
    asked = shelf.asked

    assert kept["p2"] is book(books, shelf, permit, "p2")
    assert kept["p4"] is book(books, shelf, permit, "p4")
    assert asked == shelf.asked
    assert kept["p1"] is not book(books, shelf, permit, "p1")
