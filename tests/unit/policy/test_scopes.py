"""SMART scopes: what does not say exactly what it wants grants nothing."""

from __future__ import annotations

import pytest

from hub.policy.scopes import Narrowing, Scope, parse_scope, parse_scopes

VITAL = "http://terminology.hl7.org/CodeSystem/observation-category|vital-signs"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "openid",
        "system/Observation.",
        "system/Observation.sr",
        "system/Observation.read",
        "system/Observation.*",
        "system/*.write",
        "root/Observation.r",
        "system/observation.r",
        "system/Observation.r ",
        "system/Observation.rr",
        "system/Observation.rs?",
        "system/Observation.rs?date=2026",
        "system/Observation.rs?category",
        "system/Observation.rs?category=",
        "system/Observation.rs?category:not=x",
        "system/Observation.rs?category=|vital-signs",
        "system/Observation.rs?category=a&code.x=b",
        "system/Observation.rs?_filter=x",
        "system/Patient.rs?category=a",
        "system/*.rs?category=a",
        "system/Observation.rs?code=a\\,b",
    ],
)
def test_what_cannot_be_kept_exactly_grants_nothing(text: str) -> None:
    assert parse_scope(text) is None


def test_letters_in_their_order_are_what_is_covered() -> None:
    scope = parse_scope("system/Observation.rs")
    assert scope is not None
    assert scope == Scope("system", "Observation", "rs")
    assert [scope.covers("Observation", letter) for letter in "cruds"] == [
        False,
        True,
        False,
        False,
        True,
    ]
    assert not scope.covers("Patient", "r")


def test_a_wildcard_covers_no_type_that_must_be_named() -> None:
    scope = parse_scope("user/*.cruds")
    assert scope is not None
    assert scope.covers("Observation", "r")
    assert not any(scope.covers(kind, "r") for kind in ("AuditEvent", "Subscription", "Consent"))


def test_conditions_in_a_scope_are_kept_as_codes() -> None:
    scope = parse_scope(f"patient/Observation.rs?category={VITAL.replace('|', '%7C')}&code=a,b")
    assert scope is not None
    assert scope.narrowed == (
        Narrowing("category", (tuple(VITAL.split("|")),)),  # type: ignore[arg-type]
        Narrowing("code", ((None, "a"), (None, "b"))),
    )
    assert scope.text == "patient/Observation.rs"


def test_scopes_that_grant_nothing_are_left_out_and_each_stands_once() -> None:
    found = parse_scopes(["openid", "system/Task.r", "system/Task.r", "system/Task.x"])
    assert found == (Scope("system", "Task", "r"),)
