"""A query string becomes a SearchQuery, or the problems with it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.search.definitions import definitions_for
from hub.fhir.search.modifiers import MODIFIERS
from hub.fhir.search.params import (
    Asked,
    Scope,
    compartment_scope,
    parse_cursor,
    parse_search,
    read_search,
    refuse_national_ids,
    render_cursor,
    system_scope,
)
from hub.fhir.search.query import (
    Chain,
    CodesValue,
    CompositeValue,
    Cursor,
    Filter,
    IdentifierValue,
    Include,
    MissingValue,
    NumberValue,
    OfTypeValue,
    QuantityValue,
    ReferenceValue,
    Reverse,
    SearchQuery,
    SortKey,
    SortValue,
    TextValue,
    TokenValue,
    UriValue,
    is_long,
    named_patients,
)
from hub.fhir.search.values import Reading
from hub.limits import Limits
from hub.problems import HubError, ProblemCode
from tests.builders import national_id
from tests.conftest import NOON

BASE = "https://hub.example/fhir"
ALL = sorted({m for taken in MODIFIERS.values() for m in taken} | {"Patient"})


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
    assert query == SearchQuery("Observation", (), 50, (SortKey("_id", "id"),))


@pytest.mark.parametrize(
    ("text", "count"),
    [("0", 0), ("1", 1), ("1000", 1000), ("999999999", 1000), ("007", 7)],
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


PRESENT = "http://hl7.org/fhir/observation-status"


def only(name: str, text: str, kind: str = "Observation") -> Filter:
    """A parameter → the one filter it makes."""
    (one,) = read((name, text), kind=kind).filters
    return one


def refusal(*pairs: tuple[str, str], kind: str = "Observation") -> str:
    """Pairs that are refused for one reason → the reason."""
    with pytest.raises(HubError) as caught:
        read(*pairs, kind=kind)
    (problem,) = caught.value.problems
    return f"{problem.code.name} {problem.detail}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("100", NumberValue("eq", 100, 99.5, 100.5)),
        ("100.00", NumberValue("eq", 100, 99.995, 100.005)),
        ("1e2", NumberValue("eq", 100, 50, 150)),
        ("ne5.40", NumberValue("ne", 5.4, 5.395, 5.405)),
        ("-5.4e-1", NumberValue("eq", -0.54, -0.545, -0.535)),
        ("ap-100", NumberValue("ap", -100, -110, -90)),
        ("gt0", NumberValue("gt", 0, -0.5, 0.5)),
    ],
)
def test_a_number_covers_what_its_digits_say(text: str, expected: NumberValue) -> None:
    assert only("probability", text, "RiskAssessment").values == (expected,)


@pytest.mark.parametrize(
    "text",
    ["x", "1.", ".5", "1e", "0x1", "1 ", "٣", "gt", "xx1", "1e999", "1" * 41, "NaN", "1e301"],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    refused = refusal(("probability", text), kind="RiskAssessment")
    assert refused.startswith("BAD_PARAMETER")


def test_a_quantity_is_looked_for_in_base_units_where_its_unit_has_them() -> None:
    (value,) = only("value-quantity", "5.4|http://unitsofmeasure.org|mg").values
    assert value == QuantityValue(
        NumberValue("eq", 5.4, 5.35, 5.45),
        "http://unitsofmeasure.org",
        "mg",
        NumberValue("eq", 0.0054, 0.00535, 0.00545),
        "g",
    )
    (value,) = only("value-quantity", "le5.4||mg").values
    assert value == QuantityValue(NumberValue("le", 5.4, 5.35, 5.45), None, "mg")
    (value,) = only("value-quantity", "5.4").values
    assert value == QuantityValue(NumberValue("eq", 5.4, 5.35, 5.45), None, None)
    (value,) = only("value-quantity", "5.4|urn:units|").values
    assert value == QuantityValue(NumberValue("eq", 5.4, 5.35, 5.45), "urn:units", None)
    for text in ("5.4|mg", "||mg", "5.4|a|b|c"):
        assert refusal(("value-quantity", text)).startswith("BAD_PARAMETER"), text


@pytest.mark.parametrize(
    ("kind", "name", "text", "expected"),
    [
        ("Patient", "name:exact", "Å, B".replace(", ", "\\, "), TextValue("Å, B")),
        ("Patient", "name:contains", "å", TextValue("å")),
        ("Patient", "name:missing", "true", MissingValue(missing=True)),
        ("Patient", "deceased", "false", TokenValue(None, "false")),
        ("Patient", "identifier:of-type", "urn:t|MR|7\\|8", OfTypeValue("urn:t", "MR", "7|8")),
        ("Patient", "gender", "http://hl7.org/fhir/administrative-gender|male", TokenValue(None, "male")),
        ("Patient", "gender", "urn:other|male", TokenValue("urn:other", "male")),
        ("Patient", "organization:identifier", "urn:o|1", IdentifierValue("urn:o", "1")),
        ("Patient", "organization:identifier", "urn:o|", IdentifierValue("urn:o", "")),
        ("Patient", "telecom", "phone|+47 900 00 000", TokenValue("phone", "+4790000000")),
        ("Patient", "telecom", "|Kari@Example.no", TokenValue(None, "kari@example.no")),
        ("Patient", "active", "http://hl7.org/fhir/special-values|true", TokenValue(None, "true")),
        ("ValueSet", "version", "1.0-RC", TokenValue(None, "1.0-rc")),
        ("ValueSet", "url", "http://x/a|1.0", UriValue("http://x/a", "1.0")),
        ("ValueSet", "url:below", "http://x/a|1.0", UriValue("http://x/a|1.0")),
        ("Library", "depends-on:below", "http://x/a|1", ReferenceValue("http://x/a", "1")),
        ("DocumentReference", "contenttype:below", "text/xml", TokenValue(None, "text/xml")),
        ("Observation", "subject:Device", "1", ReferenceValue("Device/1")),
        ("Observation", "subject", "Patient/1/_history/2", ReferenceValue("Patient/1", "2")),
        ("Observation", "subject", "http://other/fhir/Patient/1", ReferenceValue("http://other/fhir/Patient/1")),
        ("Observation", "code:text", "Puls", TextValue("Puls")),
        ("Observation", "status:below", f"{PRESENT}|amended", CodesValue(frozenset({("", "amended"), ("", "corrected")}))),
        ("Observation", "status:above", "corrected", CodesValue(frozenset({("", "amended"), ("", "corrected")}))),
        ("QuestionnaireResponse", "questionnaire", "http://q|2", ReferenceValue("http://q", "2")),
        ("ValueSet", "url:below", "http://x", UriValue("http://x")),
        ("Basic", "_profile", "http://p", UriValue("http://p")),
    ],
)  # fmt: skip
def test_each_type_of_parameter_has_its_own_values(
    kind: str, name: str, text: str, expected: object
) -> None:
    assert only(name, text, kind).values == (expected,)


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("Patient", "deceased", "maybe"),
        ("Patient", "name", "´"),
        ("Patient", "name", "a,,b"),
        ("Patient", "name:missing", "yes"),
        ("Patient", "name", "x" * 1025),
        ("Patient", "identifier:of-type", "a|b"),
        ("Patient", "organization:identifier", "|"),
        ("Patient", "_id", "|1"),
        ("Patient", "organization", "Nothing/1"),
        ("Patient", "organization", "a b"),
        ("Observation", "subject:Device", "Patient/1"),
        ("Observation", "code:in", "http://loinc.org/vs"),
        ("Observation", "code:below", "http://loinc.org|1"),
        ("Observation", "code-value-quantity", "a"),
        ("Observation", "code-value-quantity", "a$b"),
        ("Observation", "code", "|"),
        ("Observation", "focus", ",".join(map(str, range(10)))),
        ("Observation", "_list", "$current-problems"),
        ("Observation", "_contained", "true"),
        ("Observation", "_sort", "code-value-quantity"),
        ("Observation", "_sort", "-date,date"),
        ("Observation", "_sort", "date,code,status,subject,device,_id"),
        ("Observation", "_total", "some"),
        ("Observation", "_summary", "much"),
        ("Observation", "_elements", "colour"),
        ("Observation", "_include", "Patient:link"),
        ("Observation", "_include", "Observation:code"),
        ("Observation", "_include", "Observation"),
        ("Observation", "_include", "Observation:subject:Practitioner"),
        ("Observation", "_revinclude", "Observation:subject"),
        ("Observation", "_has:Patient:link:name", "x"),
        ("Observation", "_has:Patient:link", "x"),
        ("Observation", "code.name", "x"),
        ("Observation", "subject:Practitioner.name", "x"),
        ("Observation", "has-member.has-member.has-member.has-member.has-member.code", "x"),
        ("Observation", "encounter.status", "http://hl7.org/fhir/encounter-status|planned"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(kind: str, name: str, text: str) -> None:
    assert refusal((name, text), kind=kind).startswith("BAD_PARAMETER")


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("Observation", "staus", "Did you mean status?"),
        ("Observation", "status:exact", "takes :missing, :not"),
        ("Observation", "date:not", "takes :missing"),
        ("Observation", "_id:missing", "takes none"),
        ("Observation", "code-value-quantity:missing", "takes none"),
        ("Observation", "code:of-type", "takes"),
        ("Observation", "subject:Practitioner", "takes"),
        ("Patient", "phonetic", "use name"),
        ("Patient", "_text", "narrative"),
        ("Observation", "subject:Patient.nam", "Did you mean name?"),
        ("Observation", "_type", "not supported"),
        ("Observation", "_include:exact", ":iterate"),
    ],
)
def test_what_is_not_known_is_refused_and_told(kind: str, name: str, told: str) -> None:
    refused = refusal((name, "Observation:subject"), kind=kind)
    assert refused.startswith("UNKNOWN_PARAMETER")
    assert told in refused


def test_combined_parameters_are_answered_from_the_entries_of_others() -> None:
    assert only("combo-code", "a").names == ("code", "component-code")
    (value,) = only("combo-code-value-quantity", "a$gt5").values
    assert isinstance(value, CompositeValue)
    assert [part.names for part in value.parts] == [
        ("code", "component-code"),
        ("component-value-quantity", "value-quantity"),
    ]


def test_a_component_that_looks_elsewhere_stands_alone() -> None:
    (value,) = only("chromosome-variant-coordinate", "1$lt9$gt2", "MolecularSequence").values
    assert isinstance(value, CompositeValue)
    assert [part.param for part in value.parts] == ["variant-start", "variant-end"]
    assert [part.param for part in value.alone] == ["chromosome"]


def test_a_chain_follows_references_to_and_fro() -> None:
    query = read(("subject:Patient.general-practitioner:Practitioner.name", "Li"))
    inner = Filter("name", "string", (TextValue("Li"),))
    assert query.clauses == (
        Chain("subject", ("Patient",), Chain("general-practitioner", ("Practitioner",), inner)),
    )
    query = read(
        ("_has:Observation:patient:_has:DiagnosticReport:result:status", "final"), kind="Patient"
    )
    final = Filter("status", "token", (TokenValue(None, "final"),))
    assert query.clauses == (
        Reverse("Observation", "patient", Reverse("DiagnosticReport", "result", final)),
    )
    query = read(("_list", "l1"), kind="Patient")
    assert query.clauses == (
        Reverse("List", "item", Filter("_id", "id", (TokenValue(None, "l1"),))),
    )


def test_a_chain_over_several_types_takes_those_that_know_the_parameter() -> None:
    (chain,) = read(("subject.name", "x")).clauses
    assert isinstance(chain, Chain)
    assert chain.types == ("Location", "Patient")


def test_results_are_ordered_included_and_counted_as_asked() -> None:
    query = read(
        ("_sort", "status,-date,_id"),
        ("_include", "Observation:subject:Patient"),
        ("_include:iterate", "Patient:link"),
        ("_revinclude", "*"),
        ("_total", "accurate"),
    )
    assert query.order == (
        SortKey("status", "token"),
        SortKey("date", "date", descending=True),
        SortKey("_id", "id"),
    )
    assert query.includes == (
        Include("Observation", "subject", "Patient"),
        Include("Patient", "link", iterate=True),
        Include("*", "*", reverse=True),
    )
    assert query.total
    assert read(("_summary", "count")).count == 0


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("_count", "1", "2"),
        ("_summary", "true", "data"),
        ("_elements", "code", "status"),
        ("_total", "none", "accurate"),
    ],
)
def test_a_control_parameter_says_one_thing(name: str, value: str, other: str) -> None:
    assert "once" in refusal((name, value), (name, other))
    assert read((name, value), (name, value)) == read((name, value))


def test_a_sort_that_is_repeated_goes_on_with_inner_orders() -> None:
    assert read(("_sort", "-date"), ("_sort", "code")).order == read(("_sort", "-date,code")).order
    assert "twice" in refusal(("_sort", "date"), ("_sort", "-date"))


OBSERVATIONS = Scope(("Observation",))


def asked(*pairs: tuple[str, str], scope: Scope = OBSERVATIONS, lenient: bool = False) -> Asked:
    """Pairs → what was asked."""
    return read_search(scope, pairs, Reading(NOON, BASE), lenient=lenient)


def test_lenient_handling_leaves_out_what_is_unknown_and_tells_it() -> None:
    found = asked(("colour", "red"), ("status", "final"), ("code:exact", "x"), lenient=True)
    assert found.used == (("status", "final"), ("_count", "50"))
    assert [problem.where for problem in found.ignored] == ["colour", "code"]
    with pytest.raises(HubError):
        asked(("date", "x"), lenient=True)


def test_the_pairs_used_tell_the_count_in_force() -> None:
    assert asked(("_count", "99999"), ("status", "final")).used == (
        ("status", "final"),
        ("_count", "1000"),
    )


def test_limits_are_kept() -> None:
    assert "conditions" in refusal(*[("status", "final")] * 51)
    assert "includes" in refusal(*[("_include", "Observation:subject")] * 21)
    assert "values" in refusal(("status", ",".join("x" * 101)))


def test_a_search_of_the_system_takes_what_its_types_share() -> None:
    found = asked(
        ("identifier", "x"),
        ("_type", "Patient,Task"),
        scope=system_scope([("_type", "Patient,Task")]),
    )
    assert (found.query.resource_type, found.query.types) == ("", ("Patient", "Task"))
    one = asked(
        ("_type", "Patient"), ("name", "x"), scope=system_scope([("_type", "Patient")])
    ).query
    assert (one.resource_type, one.types) == ("Patient", ())
    assert asked(("_id", "x"), scope=system_scope([])).query.types == ()
    for scope, name in (
        (system_scope([]), "name"),
        (system_scope([("_type", "Patient,Task")]), "name"),
    ):
        with pytest.raises(HubError):
            asked((name, "x"), scope=scope)
    with pytest.raises(HubError, match="_type"):
        system_scope([("_type", "Patient,Nothing")])


def test_a_search_in_a_compartment_is_of_its_types() -> None:
    scope = compartment_scope("Patient", "p", "Observation", [])
    found = asked(("status", "final"), scope=scope).query
    assert (found.types, found.compartment) == (("Observation",), "Patient/p")
    every = compartment_scope("Patient", "p", "*", [("_type", "Observation,Condition")])
    assert every.types == ("Observation", "Condition")
    assert len(compartment_scope("Patient", "p", "*", []).types) > 50
    for compartment, wanted in (("Observation", "Task"), ("Patient", "Organization")):
        with pytest.raises(HubError):
            compartment_scope(compartment, "p", wanted, [])


def test_value_sets_of_the_hub_are_looked_into() -> None:
    stored = {
        "urn:vs:a": {"compose": {"include": [{"system": "urn:s", "concept": [{"code": "1"}, {"code": "2"}]}], "exclude": [{"valueSet": ["urn:vs:b"]}]}},
        "urn:vs:b": {"compose": {"include": [{"system": "urn:s", "concept": [{"code": "2"}]}]}},
        "urn:vs:c": {"compose": {"include": [{"system": PRESENT, "filter": [{"property": "concept", "op": "descendent-of", "value": "amended"}]}]}},
        "urn:vs:round": {"compose": {"include": [{"valueSet": ["urn:vs:round"]}]}},
        "urn:vs:far": {"compose": {"include": [{"system": "http://snomed.info/sct"}]}},
        "urn:vs:odd": {"compose": {"include": [{"system": PRESENT, "filter": [{"property": "x", "op": "regex", "value": ".*"}]}]}},
        "urn:vs:none": {},
    }  # fmt: skip
    reading = Reading(NOON, BASE, stored=stored)
    scope = Scope(("Observation",))

    def codes(name: str, url: str) -> frozenset[tuple[str, str]]:
        (one,) = read_search(scope, [(name, url)], reading).query.filters
        (value,) = one.values
        assert isinstance(value, CodesValue)
        return value.codes

    assert codes("code:in", "urn:vs:a") == {("urn:s", "1")}
    assert codes("status:not-in", "urn:vs:c") == {("", "corrected")}
    assert len(codes("status:in", "http://hl7.org/fhir/ValueSet/observation-status")) == 8
    for url in ("urn:vs:round", "urn:vs:far", "urn:vs:odd", "urn:vs:none", "urn:vs:unknown"):
        with pytest.raises(HubError, match="BAD_PARAMETER"):
            codes("code:in", url)


def codes_of(kind: str, name: str, text: str) -> set[int]:
    """A parameter → the HTTP statuses of its problems."""
    with suppress(HubError):
        read((name, text), kind=kind)
        return set()
    with pytest.raises(HubError) as caught:
        read((name, text), kind=kind)
    return {problem.code.row.http for problem in caught.value.problems}


@given(st.sampled_from(sorted(RESOURCE_TYPES)), st.text(max_size=30), st.text(max_size=30))
def test_no_parameter_is_an_accident(kind: str, name: str, text: str) -> None:
    for each in (name, f"_has:{name}", f"subject.{name}", f"_include:{name}"):
        assert codes_of(kind, each, text) <= {400}


@given(st.data())
def test_no_value_of_any_parameter_is_an_accident(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(RESOURCE_TYPES)))
    name = data.draw(st.sampled_from(sorted(definitions_for(kind))))
    modifier = data.draw(st.sampled_from(["", *(f":{m}" for m in ALL)]))
    text = data.draw(st.text(st.sampled_from("gt5.e-|$,\\:/ax\x00 é"), max_size=12))
    assert codes_of(kind, name + modifier, text) <= {400}


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
    refuse_national_ids(((number[:6], number[6:]), (number[:6], "1")), (number[:6], number[6:]))
    for pairs, path in (((("a", number),), ()), (((number, "a"),), ()), ((), ("Patient", number))):
        with pytest.raises(HubError, match="NATIONAL_ID_IN_URL") as caught:
            refuse_national_ids(pairs, path)
        assert number not in caught.value.problems[0].detail


def test_a_date_that_is_about_now_moves_with_the_clock_and_others_do_not() -> None:
    def asked(text: str, later: int) -> SearchQuery:
        now = NOON + timedelta(days=later)
        return parse_search("Observation", [("date", text)], now, BASE)

    assert asked("ap2026-01-01", 0) != asked("ap2026-01-01", 90)
    assert asked("2025,ap2026-01-01", 0) != asked("2025,ap2026-01-01", 90)
    assert asked("ge2026-01-01", 0) == asked("ge2026-01-01", 90)


def test_the_same_text_is_read_anew_for_another_base_and_other_limits() -> None:
    own = [("subject", f"{BASE}/Patient/a")]
    here = parse_search("Observation", own, NOON, BASE)
    elsewhere = parse_search("Observation", own, NOON, "https://other.example/fhir")

    assert here.filters[0].values == (ReferenceValue("Patient/a"),)
    assert elsewhere.filters[0].values != here.filters[0].values
    parse_search("Observation", [("status", "final,amended")], NOON, BASE)
    with pytest.raises(HubError):
        parse_search("Observation", [("status", "final,amended")], NOON, BASE, Limits(values=1))


def test_a_search_that_is_asked_again_is_read_from_memory_unless_time_or_tokens_have_a_say() -> (
    None
):
    def asked(*pairs: tuple[str, str]) -> bool:
        one, two = (
            read_search(Scope(("Observation",)), list(pairs), Reading(NOON, BASE)) for _ in range(2)
        )
        assert one == two
        return one is two

    assert asked(("code", "http://loinc.org|2708-6"), ("_count", "3"))
    assert not asked(("date", "ap2026-01-01"))
    assert not asked(("code", "x" * 600))


def test_every_reference_is_found_by_an_id_alone_whatever_it_leads_to() -> None:
    asked = [
        (kind, name)
        for kind in RESOURCE_TYPES
        for name, each in definitions_for(kind).items()
        if each.kind == "reference"
    ]
    assert len(asked) > 400
    for kind, name in asked:
        (one,) = parse_search(kind, [(name, "a1")], NOON, BASE).filters
        assert one.values, (kind, name)


@pytest.mark.parametrize(
    ("pairs", "long"),
    [
        ([], False),
        ([("_sort", "_id")], True),
        ([("_sort", "-_lastUpdated")], True),
        ([("patient", "p1"), ("_sort", "-date")], False),
    ],
)
def test_the_log_in_an_order_that_no_index_gives_is_a_long_search(
    pairs: list[tuple[str, str]], long: bool
) -> None:
    assert is_long(read(*pairs, kind="AuditEvent")) == long


def test_the_log_comes_as_it_was_written_and_other_types_by_id() -> None:
    assert read(kind="AuditEvent").order == ()
    assert [key.param for key in read(kind="Task").order] == ["_id"]
