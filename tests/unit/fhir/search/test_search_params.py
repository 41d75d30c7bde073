"""A query string becomes a SearchQuery, or the problems with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.search.params import (
    DEFAULT_COUNT,
    MAX_COUNT,
    parse_cursor,
    parse_search,
    refuse_national_ids,
    render_cursor,
)
from hub.fhir.search.query import (
    Cursor,
    Filter,
    ReferenceValue,
    SearchQuery,
    SortKey,
    SortValue,
    TokenValue,
    named_patients,
)
from hub.problems import HubError, ProblemCode
from tests.builders import national_id
from tests.conftest import NOON

BASE = "https://hub.example/fhir"


def read(*pairs: tuple[str, str], kind: str = "Observation") -> SearchQuery:
    """Pairs → the query."""
    return parse_search(kind, pairs, NOON, BASE)


def token(text: str) -> TokenValue:
    """The one value of a token."""
    (value,) = read(("code", text)).filters[0].values
    assert isinstance(value, TokenValue)
    return value


def test_without_parameters_a_page_is_asked_for_by_id() -> None:
    query = read()
    assert query == SearchQuery("Observation", (), DEFAULT_COUNT, (SortKey("_id", "id"),))


@pytest.mark.parametrize(
    ("text", "count"),
    [("0", 0), ("1", 1), ("1000", MAX_COUNT), ("999999999", MAX_COUNT), ("007", 7)],
)
def test_a_count_is_at_most_the_largest_page(text: str, count: int) -> None:
    assert read(("_count", text)).count == count
    assert read(("_count", text)).total == (count == 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("date", SortKey("date", "date")),
        ("-date", SortKey("date", "date", descending=True)),
        ("-_lastUpdated", SortKey("_lastUpdated", "date", descending=True)),
        ("_id", SortKey("_id", "id")),
    ],
)
def test_a_sort_may_descend(text: str, expected: SortKey) -> None:
    assert read(("_sort", text)).order == (expected,)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a", TokenValue(None, "a")),
        ("urn:x|a", TokenValue("urn:x", "a")),
        ("|a", TokenValue("", "a")),
        ("urn:x|", TokenValue("urn:x", None)),
        ("a\\,b", TokenValue(None, "a,b")),
        ("a\\|b", TokenValue(None, "a|b")),
        ("a\\\\|b", TokenValue("a\\", "b")),
        ("a\\\\\\|b", TokenValue(None, "a\\|b")),
        ("a|b|c", TokenValue("a", "b|c")),
        ("a\\$b", TokenValue(None, "a$b")),
        ("a\\xb", TokenValue(None, "a\\xb")),
    ],
)
def test_a_token_has_a_system_and_a_code(text: str, value: TokenValue) -> None:
    assert token(text) == value


@given(st.text(min_size=1), st.text(min_size=1))
def test_escaped_texts_come_back_as_they_were(system: str, code: str) -> None:
    def escape(text: str) -> str:
        for sign in "\\,|$":
            text = text.replace(sign, f"\\{sign}")
        return text

    assert token(f"{escape(system)}|{escape(code)}") == TokenValue(system, code)


def test_commas_mean_or_and_repeats_mean_and() -> None:
    query = read(("code", "a,b"), ("code", "c"))
    assert [[v.code for v in f.values if isinstance(v, TokenValue)] for f in query.filters] == [
        ["a", "b"],
        ["c"],
    ]


@pytest.mark.parametrize("text", ["1", "Patient/1", f"{BASE}/Patient/1"])
def test_a_patient_is_an_id_a_reference_or_a_url(text: str) -> None:
    assert read(("patient", text)).filters == (
        Filter("patient", "reference", (ReferenceValue("Patient/1"),)),
    )
    assert named_patients(read(("patient", text))) == {"1"}


def test_a_bare_subject_may_be_any_kind_of_subject() -> None:
    (one,) = read(("subject", "1")).filters
    targets = {v.target for v in one.values if isinstance(v, ReferenceValue)}
    assert {"Patient/1", "Group/1", "Device/1", "Location/1"} <= targets


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(HubError) as caught:
        read(("x", "1"), ("date", "x"), ("code", ""), ("_count", "x"))
    assert [p.code for p in caught.value.problems] == [
        ProblemCode.UNKNOWN_PARAMETER,
        ProblemCode.BAD_PARAMETER,
        ProblemCode.BAD_PARAMETER,
        ProblemCode.BAD_PARAMETER,
    ]


@pytest.mark.parametrize("name", ["Kari Nordmann", "a\nb", "\x00", "æ", "a" * 65, ""])
def test_a_strangers_odd_parameter_name_is_not_repeated(name: str) -> None:
    with pytest.raises(HubError) as caught:
        read((name, "1"))
    (problem,) = caught.value.problems
    assert problem.where == "?"
    assert not name or name not in problem.detail or name == "a" * 65


KEYS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.none(),
)


@given(st.lists(KEYS, max_size=4), st.integers(0, 2**63 - 1))
def test_a_cursor_leads_there_and_back(keys: list[SortValue], row: int) -> None:
    cursor = Cursor(tuple(keys), row)
    assert parse_cursor(render_cursor(cursor)) == cursor


@given(st.text(max_size=30))
def test_a_forged_cursor_is_a_problem_and_never_an_accident(text: str) -> None:
    codes = {ProblemCode.BAD_PARAMETER}
    try:
        parse_cursor(text)
    except HubError as error:
        codes = {p.code for p in error.problems}
    assert codes == {ProblemCode.BAD_PARAMETER}


def test_person_numbers_are_refused_in_names_values_and_paths() -> None:
    number = national_id(1)
    refuse_national_ids((("identifier", "urn:x|123"),), ("Patient", "a1"))
    for pairs, path in (((("a", number),), ()), (((number, "a"),), ()), ((), ("Patient", number))):
        with pytest.raises(HubError, match="NATIONAL_ID_IN_URL") as caught:
            refuse_national_ids(pairs, path)
        assert number not in caught.value.problems[0].detail
