"""Identifiers with their own rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.values import (
    HerId,
    NationalId,
    OrgNumber,
    OwnService,
    looks_like_national_id,
    parse_her_id,
    parse_national_id,
    parse_org_number,
)
from tests.builders import national_id

TENOR = national_id(1)


def with_check_digits(head: str) -> str | None:
    """Nine digits → eleven with right check digits, or None where there are none."""
    digits = [int(c) for c in head]
    for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)):
        digits.append((11 - sum(w * d for w, d in zip(weights, digits, strict=True)) % 11) % 11)
    return "".join(map(str, digits)) if max(digits) < 10 else None


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("010180500", "FNR"),
        ("311299499", "FNR"),
        ("410180500", "DNR"),
        ("711299499", "DNR"),
        ("018180500", "FNR"),
        ("016680500", "FNR"),
        ("014180500", "FNR"),
        ("800000000", "FHN"),
        ("912345678", "FHN"),
        ("320180500", None),
        ("010080500", None),
        ("011380500", None),
        ("019380500", None),
    ],
)
def test_the_first_digits_tell_the_kind(head: str, kind: str | None) -> None:
    number = next(n for i in range(10) if (n := with_check_digits(head[:8] + str(i))) is not None)
    found = parse_national_id(number)
    assert found == (None if kind is None else NationalId(number, kind))


def test_the_kind_tells_the_system() -> None:
    systems = {kind: NationalId("1", kind).system for kind in ("FNR", "DNR", "FHN")}
    assert systems == {
        "FNR": "urn:oid:2.16.578.1.12.4.1.4.1",
        "DNR": "urn:oid:2.16.578.1.12.4.1.4.2",
        "FHN": "urn:oid:2.16.578.1.12.4.1.4.3",
    }


def test_blanks_inside_are_taken_away() -> None:
    assert parse_national_id(f" {TENOR[:6]} {TENOR[6:]} ") == NationalId(TENOR, "FNR")


@pytest.mark.parametrize("text", ["", "1" * 10, "1" * 12, TENOR[:10] + "x", "abc", "١" * 11])
def test_what_is_no_eleven_digits_is_none(text: str) -> None:
    assert parse_national_id(text) is None


@given(st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(place: int, off: int) -> None:
    wrong = TENOR[:place] + str((int(TENOR[place]) + off) % 10) + TENOR[place + 1 :]
    assert parse_national_id(wrong) is None


@given(st.integers(0, 40_000))
def test_every_number_of_the_builders_is_valid_and_looks_like_one(number: int) -> None:
    made = national_id(number)
    assert parse_national_id(made) == NationalId(made, "FNR")
    assert looks_like_national_id(f"urn:x|{made}")


@pytest.mark.parametrize(
    "text",
    [TENOR, f"x{TENOR}", f"a={TENOR}&b", f"{TENOR[:6]} {TENOR[6:]}", "80000000000", "41018050000"],
)
def test_a_guard_finds_it_wherever_it_stands(text: str) -> None:
    assert looks_like_national_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1234567890",
        f"1{TENOR}",
        f"{TENOR}1",
        "2026-11-21T12:00:00.123456Z",
        f"0199a8b2-1111-7222-8333-a{TENOR}",
        "00999999999",
    ],
)
def test_a_guard_lets_other_numbers_and_our_own_ids_pass(text: str) -> None:
    assert not looks_like_national_id(text)


@given(st.uuids())
def test_no_uuid_looks_like_a_person_number(uuid: object) -> None:
    assert not looks_like_national_id(str(uuid))


@pytest.mark.parametrize(
    ("text", "value"), [("99387", "99387"), ("9 93.87", "99387"), (" 7 ", "7"), ("007", "007")]
)
def test_a_her_id_is_a_positive_number(text: str, value: str) -> None:
    assert parse_her_id(text) == HerId(value)


@pytest.mark.parametrize("text", ["", "0", "00", "-1", "x", "1x", "²", "١"])
def test_anything_else_is_no_her_id(text: str) -> None:
    assert parse_her_id(text) is None


def test_an_organisation_number_has_a_check_digit() -> None:
    assert parse_org_number("974 760 673") == OrgNumber("974760673")
    assert parse_org_number("974760674") is None
    assert parse_org_number("97476067") is None


def test_a_service_takes_its_types_or_all() -> None:
    some = OwnService(HerId("1"), HerId("2"), frozenset({"LOG_INNLAGT"}))
    assert (some.takes("LOG_INNLAGT"), some.takes("EPIKRISE")) == (True, False)
    assert OwnService(HerId("1"), HerId("2")).takes("EPIKRISE")
