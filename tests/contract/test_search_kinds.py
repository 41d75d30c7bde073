"""Every kind of search value, chains, includes, orders and searches over types, on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from hub.fhir.search.query import (
    Chain,
    Clause,
    CodesValue,
    CompositeValue,
    Filter,
    IdentifierValue,
    Include,
    MissingValue,
    NumberValue,
    OfTypeValue,
    Page,
    Prefix,
    QuantityValue,
    ReferenceValue,
    Reverse,
    SearchQuery,
    SortKey,
    TextValue,
    TokenValue,
    UriValue,
)
from hub.policy import Permit, RowFilter
from hub.problems import HubError
from tests.builders import Json, coding, observation, patient, quantity
from tests.contract.bench import Bench, permit

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


def ask(
    bench: Bench, kind: str, *clauses: Clause, leave: Permit | None = None, **more: Any
) -> Page:
    """A type and what must hold → one page."""
    filters = tuple(c for c in clauses if isinstance(c, Filter))
    others = tuple(c for c in clauses if not isinstance(c, Filter))
    query = SearchQuery(kind, filters, more.pop("count", 100), clauses=others, **more)
    return bench.read(lambda unit: unit.fhir.search(leave or permit(), query))


def ids(bench: Bench, kind: str, *clauses: Clause, **more: Any) -> list[str]:
    """A type and what must hold → the ids found."""
    return [m.id for m in ask(bench, kind, *clauses, **more).matches]


def token(param: str, code: str | None, system: str | None = None, modifier: Any = "") -> Filter:
    """A token filter with one value."""
    return Filter(param, "token", (TokenValue(system, code),), modifier)


def text(param: str, value: str, modifier: Any = "", kind: Any = "string") -> Filter:
    """A string filter with one value."""
    return Filter(param, kind, (TextValue(value),), modifier)


def measured(prefix: Prefix, number: float, half: float = 0.5) -> NumberValue:
    """A prefix and a number with half of its last digit."""
    return NumberValue(prefix, number, number - half, number + half)


def amount(param: str, value: QuantityValue) -> Filter:
    """A quantity filter with one value."""
    return Filter(param, "quantity", (value,))


@pytest.fixture
def town(bench: Bench) -> Bench:
    """Two patients, their doctor and what was measured."""
    bench.save({"resourceType": "Organization", "id": "org", "name": "Målevik legesenter"})
    bench.save(
        {
            "resourceType": "Practitioner",
            "id": "doc",
            "name": [{"family": "Ødegård", "given": ["Åse", "Bjørn"]}],
        }
    )
    bench.save(
        {
            **patient(1),
            "id": "a",
            "name": [{"family": "Ås", "given": ["Kåre"]}],
            "birthDate": "1950-05-01",
            "generalPractitioner": [{"reference": "Practitioner/doc"}],
            "managingOrganization": {"reference": "Organization/org"},
        }
    )
    bench.save({**patient(2), "id": "b", "name": [{"family": "Berg"}, {"family": "Aaland"}]})
    bench.save(_pressure("bp", "a", 145, 80))
    bench.save(_pressure("bp2", "b", 120, 150))
    bench.save(
        {
            **observation("Patient/a", "29463-7", "80.5", "kg", "2026-11-20T08:00:00Z"),
            "id": "weight",
            "status": "amended",
            "category": [{"coding": [coding("exam", CATEGORY)]}, {"coding": [coding("vital-signs", CATEGORY)]}],
            "device": {"identifier": {"system": "urn:serial", "value": "7"}},
        }
    )  # fmt: skip
    return bench


def _pressure(name: str, who: str, high: int, low: int) -> Json:
    part = [("8480-6", high), ("8462-4", low)]
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "category": [{"coding": [coding("vital-signs", CATEGORY)]}],
        "code": {"coding": [{**coding("85354-9"), "display": "Blood pressure"}], "text": "Blodtrykk"},
        "subject": {"reference": f"Patient/{who}"},
        "effectiveDateTime": "2026-11-21T08:00:00Z",
        "component": [
            {"code": {"coding": [coding(code)]}, "valueQuantity": quantity(str(value), "mm[Hg]")}
            for code, value in part
        ],
    }  # fmt: skip


def test_texts_are_found_by_their_beginning_without_case_and_accents(town: Bench) -> None:
    assert ids(town, "Practitioner", text("family", "odeg")) == ["doc"]
    assert ids(town, "Practitioner", text("family", "ØDEGÅRD")) == ["doc"]
    assert ids(town, "Practitioner", text("family", "degard")) == []
    assert ids(town, "Practitioner", text("family", "degard", "contains")) == ["doc"]
    assert ids(town, "Practitioner", text("family", "Ødegård", "exact")) == ["doc"]
    assert ids(town, "Practitioner", text("family", "ødegård", "exact")) == []
    assert ids(town, "Practitioner", text("given", "bj")) == ["doc"]
    assert ids(town, "Patient", text("family", "100%", "contains")) == []


def test_long_texts_are_found_to_their_end(bench: Bench) -> None:
    long = "x" * 250
    for name, tail in (("one", "ende"), ("two", "slutt")):
        bench.save({"resourceType": "Organization", "id": name, "name": f"{long}{tail}"})
    assert ids(bench, "Organization", text("name", f"{long}end")) == ["one"]
    assert ids(bench, "Organization", text("name", "slutt", "contains")) == ["two"]
    assert ids(bench, "Organization", text("name", f"{long}slutt", "exact")) == ["two"]
    assert ids(bench, "Organization", text("name", long)) == ["one", "two"]


def test_an_observation_is_found_by_its_columns(town: Bench) -> None:
    assert ids(town, "Observation", token("status", "amended")) == ["weight"]
    assert ids(town, "Observation", token("status", "final")) == ["bp", "bp2"]
    assert ids(town, "Observation", token("status", "final", modifier="not")) == ["weight"]
    assert ids(town, "Observation", token("category", "exam")) == ["weight"]
    assert ids(town, "Observation", token("category", "exam", CATEGORY)) == ["weight"]
    assert ids(town, "Observation", token("category", "exam", "urn:x")) == []
    assert sorted(ids(town, "Observation", token("category", "vital-signs"))) == [
        "bp",
        "bp2",
        "weight",
    ]
    assert ids(town, "Observation", text("code", "blodt", "text", "token")) == ["bp", "bp2"]
    assert ids(town, "Observation", text("code", "pressure", "text", "token")) == []
    weight = QuantityValue(measured("eq", 80.5, 0.05), None, "kg")
    assert ids(town, "Observation", amount("value-quantity", weight)) == ["weight"]
    other = replace(weight, code="g")
    assert ids(town, "Observation", amount("value-quantity", other)) == []
    missing = Filter("value-quantity", "quantity", (MissingValue(missing=True),), "missing")
    assert ids(town, "Observation", missing) == ["bp", "bp2"]
    present = Filter("value-quantity", "quantity", (MissingValue(missing=False),), "missing")
    assert ids(town, "Observation", present) == ["weight"]


def test_components_match_in_one_and_the_same_place(town: Bench) -> None:
    def both(code: str, number: float) -> Filter:
        codes, values = ("code", "component-code"), ("value-quantity", "component-value-quantity")
        above = QuantityValue(measured("gt", number), None, "mm[Hg]")
        parts = (
            Filter("combo-code", "token", (TokenValue(None, code),), indexed=codes),
            Filter("combo-value-quantity", "quantity", (above,), indexed=values),
        )
        return Filter("combo-code-value-quantity", "composite", (CompositeValue(parts),))

    assert ids(town, "Observation", both("8480-6", 140)) == ["bp"]
    assert ids(town, "Observation", both("8462-4", 140)) == ["bp2"]
    assert ids(town, "Observation", both("8480-6", 160)) == []
    kilos = both("29463-7", 80)
    assert ids(town, "Observation", kilos) == []
    plain = CompositeValue(
        (
            token("code", "29463-7"),
            amount("value-quantity", QuantityValue(measured("gt", 80), None, "kg")),
        )
    )
    assert ids(town, "Observation", Filter("code-value-quantity", "composite", (plain,))) == [
        "weight"
    ]


def test_quantities_are_found_by_another_unit_of_the_same_kind(town: Bench) -> None:
    grams = QuantityValue(measured("eq", 80500, 50), None, "g", measured("eq", 80500, 50), "g")
    found = ids(town, "Observation", amount("value-quantity", grams))
    assert found == ["weight"]


def test_chains_lead_over_references_and_never_into_another_tenant(town: Bench) -> None:
    named = Chain("patient", ("Patient",), text("family", "ås"))
    assert ids(town, "Observation", named) == ["bp", "weight"]
    doctor = Chain("general-practitioner", ("Practitioner",), text("family", "ode"))
    assert ids(town, "Patient", doctor) == ["a"]
    assert ids(town, "Observation", Chain("patient", ("Patient",), doctor)) == ["bp", "weight"]
    assert ids(town, "Observation", named, leave=permit(2)) == []
    only_b = replace(permit(), filter=RowFilter(1, frozenset({"b"})))
    assert ids(town, "Observation", named, leave=only_b) == []
    assert ids(town, "Observation", leave=only_b) == ["bp2"]


def test_has_finds_what_is_referred_to(town: Bench) -> None:
    heavy = Reverse("Observation", "patient", token("code", "29463-7"))
    assert ids(town, "Patient", heavy) == ["a"]
    leads = Reverse("Patient", "general-practitioner", heavy)
    assert ids(town, "Practitioner", leads) == ["doc"]
    assert ids(town, "Patient", Reverse("Observation", "subject", token("status", "x"))) == []
    assert ids(town, "Patient", heavy, leave=permit(2)) == []


def test_logical_references_are_found_by_their_identifier(town: Bench) -> None:
    def device(system: str | None, value: str) -> Filter:
        return Filter("device", "reference", (IdentifierValue(system, value),), "identifier")

    assert ids(town, "Observation", device("urn:serial", "7")) == ["weight"]
    assert ids(town, "Observation", device(None, "7")) == ["weight"]
    assert ids(town, "Observation", device("urn:x", "7")) == []


def test_urls_are_found_below_and_above_and_canonicals_by_version(bench: Bench) -> None:
    for name, at in (("x", "http://a/b"), ("y", "http://a/b/c"), ("z", "http://a/bc")):
        bench.save({"resourceType": "ValueSet", "id": name, "url": at, "status": "active"})
    bench.save(
        {
            "resourceType": "QuestionnaireResponse",
            "id": "r",
            "status": "completed",
            "questionnaire": "http://q/1|2.0",
        }
    )

    def url(value: str, modifier: Any = "") -> list[str]:
        return ids(bench, "ValueSet", Filter("url", "uri", (UriValue(value),), modifier))

    assert url("http://a/b") == ["x"]
    assert url("http://a/b", "below") == ["x", "y"]
    assert url("http://a/b/c/d", "above") == ["x", "y"]

    def by_form(value: ReferenceValue) -> list[str]:
        return ids(bench, "QuestionnaireResponse", Filter("questionnaire", "reference", (value,)))

    assert by_form(ReferenceValue("http://q/1")) == ["r"]
    assert by_form(ReferenceValue("http://q/1", "2.0")) == ["r"]
    assert by_form(ReferenceValue("http://q/1", "3.0")) == []


def test_codes_of_a_value_set_and_types_of_identifiers_are_found(town: Bench) -> None:
    wanted = CodesValue(frozenset({("http://loinc.org", "29463-7"), ("http://loinc.org", "x")}))
    assert ids(town, "Observation", Filter("code", "token", (wanted,), "in")) == ["weight"]
    assert ids(town, "Observation", Filter("code", "token", (wanted,), "not-in")) == ["bp", "bp2"]
    kind = {"coding": [coding("MR", "urn:types")]}
    town.save({**patient(3, identifier=[{"type": kind, "value": "42"}]), "id": "c"})
    of_type = Filter("identifier", "token", (OfTypeValue("urn:types", "MR", "42"),), "of-type")
    assert ids(town, "Patient", of_type) == ["c"]
    gender = CodesValue(frozenset({("", "male"), ("", "other")}))
    assert ids(town, "Patient", Filter("gender", "token", (gender,), "in")) == ["b"]


def pages(
    bench: Bench, kind: str, order: Sequence[SortKey], count: int = 1, **more: Any
) -> list[str]:
    """A type and an order → the ids of all pages of that size."""
    found: list[str] = []
    cursor = None
    for _ in range(100):
        page = ask(bench, kind, order=tuple(order), count=count, cursor=cursor, **more)
        found += [m.id for m in page.matches]
        cursor = page.next
        if cursor is None:
            return found
    raise AssertionError("no last page")


def test_several_keys_order_the_pages_and_what_has_no_value_comes_last(town: Bench) -> None:
    town.save({**patient(3), "id": "c", "name": [{"family": "Berg"}], "birthDate": "1990"})
    town.save({**patient(5), "id": "d", "name": [{"text": "?"}]})
    family = SortKey("family", "string")
    birth = SortKey("birthdate", "date")
    assert pages(town, "Patient", [family, birth]) == ["b", "a", "c", "d"]
    assert pages(town, "Patient", [replace(family, descending=True), birth]) == ["c", "b", "a", "d"]
    assert pages(town, "Patient", [birth], 2) == ["a", "c", "b", "d"]
    assert pages(town, "Patient", [replace(birth, descending=True)], 3) == ["c", "a", "d", "b"]


def test_the_newest_come_first_and_those_without_a_date_last(town: Bench) -> None:
    undated = {**observation("Patient/a"), "id": "undated"}
    del undated["effectiveDateTime"]
    town.save(undated)
    newest = [SortKey("date", "date", descending=True)]
    assert pages(town, "Observation", newest) == ["bp2", "bp", "weight", "undated"]
    amount_key = [SortKey("value-quantity", "quantity", descending=True)]
    assert pages(town, "Observation", amount_key) == ["undated", "weight", "bp2", "bp"]


def test_includes_bring_what_belongs_to_a_page_once_and_say_when_it_is_too_much(
    town: Bench,
) -> None:
    subject = Include("Observation", "subject")
    doctor = Include("Patient", "general-practitioner", iterate=True)
    page = ask(town, "Observation", token("code", "85354-9"), includes=(subject, doctor))
    assert [m.id for m in page.matches] == ["bp", "bp2"]
    assert sorted(f"{m.type}/{m.id}" for m in page.included) == [
        "Patient/a",
        "Patient/b",
        "Practitioner/doc",
    ]
    back = Include("Observation", "patient", reverse=True)
    page = ask(
        town,
        "Patient",
        Filter("_id", "id", (TokenValue(None, "a"),)),
        includes=(back,),
    )
    assert sorted(m.id for m in page.included) == ["bp", "weight"]
    assert not page.cut
    page = ask(town, "Patient", includes=(back,), included_most=2)
    assert (len(page.included), page.cut) == (2, True)
    every = ask(
        town,
        "Patient",
        Filter("_id", "id", (TokenValue(None, "a"),)),
        includes=(Include("*", "*"),),
    )
    assert sorted(f"{m.type}/{m.id}" for m in every.included) == [
        "Organization/org",
        "Practitioner/doc",
    ]
    town.delete("Practitioner", "doc")
    every = ask(
        town,
        "Patient",
        Filter("_id", "id", (TokenValue(None, "a"),)),
        includes=(Include("*", "*"),),
    )
    assert [m.id for m in every.included] == ["org"]


def test_the_system_and_compartments_are_searched_type_by_type(town: Bench) -> None:
    assert pages(town, "", [], types=("Patient", "Practitioner")) == ["a", "b", "doc"]
    assert pages(town, "", [], count=2) == ["bp", "bp2", "weight", "org", "a", "b", "doc"]
    newest = [SortKey("_lastUpdated", "date", descending=True)]
    everything = pages(town, "", newest, count=2)
    assert everything == ["weight", "bp2", "bp", "b", "a", "doc", "org"]
    assert pages(town, "", [SortKey("_lastUpdated", "date")], count=3) == everything[::-1]
    assert ask(town, "", types=("Patient",), count=0).total == 2
    assert pages(town, "", [], compartment="Patient/a") == ["bp", "weight", "a"]
    assert ids(town, "Observation", compartment="Patient/a") == ["bp", "weight"]
    assert ids(town, "Observation", token("code", "29463-7"), compartment="Patient/b") == []
    assert ids(town, "Patient", compartment="Practitioner/doc") == ["a"]


def test_a_list_names_what_is_found(town: Bench) -> None:
    items = [{"item": {"reference": f"Patient/{name}"}} for name in ("b", "none")]
    town.save(
        {"resourceType": "List", "id": "l", "status": "current", "mode": "working", "entry": items}
    )
    named = Filter("_list", "token", (TokenValue(None, "l"),))
    assert ids(town, "Patient", named) == ["b"]
    assert ids(town, "Practitioner", named) == []


def test_a_cursor_that_fits_another_order_is_refused(town: Bench) -> None:
    first = ask(town, "Patient", order=(SortKey("family", "string"),), count=1)
    for order in (
        (SortKey("_lastUpdated", "date"),),
        (SortKey("family", "string"), SortKey("_id", "id")),
    ):
        with pytest.raises(HubError):
            ask(town, "Patient", order=order, cursor=first.next)


def test_what_a_resource_was_found_by_is_gone_with_its_version(town: Bench) -> None:
    town.save({**patient(2), "id": "b", "name": [{"family": "Ny"}]})
    assert ids(town, "Patient", text("family", "berg")) == []
    assert ids(town, "Patient", text("family", "ny")) == ["b"]
    town.delete("Patient", "b")
    assert ids(town, "Patient", text("family", "ny")) == []
