"""`_summary` and `_elements`: what stays, that it keeps its bytes, and that it is marked."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from hub.fhir.models import RESOURCE_TYPES, rules_for
from hub.fhir.subset import SUMMARIES, Subset, parse_subset, reduce_body
from hub.problems import HubError

BODY = b"""{"resourceType":"Observation","id":"a","meta":{"versionId":"1","tag":[{"system":"urn:x","code":"y"}]},
"implicitRules":"http://example.org/rules","text":{"status":"generated","div":"<div xmlns='http://www.w3.org/1999/xhtml'>x</div>"},
"contained":[{"resourceType":"Patient","id":"p"}],"modifierExtension":[{"url":"urn:m","valueBoolean":true}],
"status":"final","_status":{"id":"s1"},"code":{"id":"c1","coding":[{"system":"s","code":"c","extension":[{"url":"x","valueString":"y"}]}]},
"subject":{"extension":[{"url":"x","valueCode":"y"}]},"valueQuantity":{"value": 94.50,"unit":"kg"},"note":[{"text":"x"}],
"component":[{"code":{"text":"x"},"referenceRange":[{"text":"n"}],"valueQuantity":{"value":1.00}}]}"""


def reduced(**subset: Any) -> dict[str, Any]:
    return json.loads(reduce_body(BODY, Subset(**subset)), parse_float=Decimal)


def codes(made: dict[str, Any]) -> list[str]:
    return [tag["code"] for tag in made["meta"]["tag"]]


def test_the_summary_keeps_what_the_definitions_mark_and_drops_the_rest_at_every_level() -> None:
    made = reduced(summary="true")
    assert {
        "resourceType", "id", "meta", "implicitRules", "modifierExtension", "status", "_status", "code", "subject",
        "valueQuantity", "component",
    } == made.keys()  # fmt: skip
    assert {"id": "c1", "coding": [{"system": "s", "code": "c"}]} == made["code"]
    assert {"code", "valueQuantity"} == made["component"][0].keys()


def test_an_element_with_nothing_of_the_summary_in_it_stays_whole() -> None:
    assert {"extension": [{"url": "x", "valueCode": "y"}]} == reduced(summary="true")["subject"]


def test_text_keeps_the_narrative_and_what_is_mandatory() -> None:
    made = reduced(summary="text")
    assert {
        "resourceType", "id", "meta", "implicitRules", "modifierExtension", "text", "status", "_status", "code",
    } == made.keys()  # fmt: skip


def test_data_drops_the_narrative_alone() -> None:
    made = reduced(summary="data")
    assert json.loads(BODY).keys() - {"text"} == made.keys()


def test_elements_keep_themselves_their_variants_and_what_is_mandatory() -> None:
    made = reduced(elements=frozenset({"value", "note"}))
    assert {
        "resourceType", "id", "meta", "implicitRules", "modifierExtension", "status", "_status", "code", "valueQuantity",
        "note",
    } == made.keys()  # fmt: skip


@pytest.mark.parametrize("summary", ["true", "text", "data"])
def test_the_tag_is_added_once_beside_the_tags_there_were(summary: str) -> None:
    once = reduce_body(BODY, Subset(summary))
    assert ["y", "SUBSETTED"] == codes(json.loads(once))
    assert ["y", "SUBSETTED"] == codes(json.loads(reduce_body(once, Subset(summary))))
    assert "1" == json.loads(once)["meta"]["versionId"]


def test_a_body_without_meta_and_with_its_type_last_is_marked_too() -> None:
    made = json.loads(reduce_body(b'{"active":true,"resourceType":"Patient"}', Subset("true")))
    assert ["SUBSETTED"] == codes(made)
    assert made["active"] is True


def test_decimals_keep_their_digits() -> None:
    made = reduce_body(BODY, Subset("true"))
    assert b"94.50" in made
    assert b"1.00" in made


@pytest.mark.parametrize("kind", sorted(RESOURCE_TYPES))
def test_every_mandatory_element_of_every_type_stays_in_every_subset(kind: str) -> None:
    rule = rules_for(kind).get(kind)
    names = [*rule.required] if rule else []
    names += [rule.choices[base][0] for base in rule.required_choices] if rule else []
    body = json.dumps({"resourceType": kind, **{name.rstrip("_"): "x" for name in names}}).encode()
    for subset in (Subset("text"), Subset(elements=frozenset({"id"}))):
        assert {"resourceType", "meta", *(n.rstrip("_") for n in names)} == json.loads(
            reduce_body(body, subset)
        ).keys()


@pytest.mark.parametrize(
    ("query", "subset"),
    [
        ("", None),
        ("_summary=false", None),
        ("_summary=true", Subset("true")),
        ("_summary=text&_summary=text", Subset("text")),
        ("_elements=status, value[x]", Subset(elements=frozenset({"status", "value"}))),
        ("_elements=status&_elements=code", Subset(elements=frozenset({"status", "code"}))),
        ("_elements=valueQuantity", Subset(elements=frozenset({"valueQuantity"}))),
        ("_summary=false&_elements=id", Subset(elements=frozenset({"id"}))),
    ],
)
def test_parameters_become_a_subset(query: str, subset: Subset | None) -> None:
    assert subset == parse_subset(pairs(query), ["Observation"])


@pytest.mark.parametrize(
    "query",
    [
        "_summary=", "_summary=yes", "_summary=count", "_summary=true&_summary=text", "_summary=true&_elements=id",
        "_elements=", "_elements=colour", "_elements=_status", "_elements=code.coding", "_elements=Observation.code",
        "_elements=resourceType",
    ],
)  # fmt: skip
def test_parameters_that_cannot_be_meant_are_refused(query: str) -> None:
    with pytest.raises(HubError) as caught:
        parse_subset(pairs(query), ["Observation"])
    assert ["BAD_PARAMETER"] == [p.code.name for p in caught.value.problems]


def test_a_variant_may_be_asked_for_by_its_own_name() -> None:
    assert "valueQuantity" in reduced(elements=frozenset({"valueQuantity"}))
    assert "valueQuantity" not in reduced(elements=frozenset({"valueString"}))


def test_an_element_of_one_of_several_types_is_taken() -> None:
    assert parse_subset(pairs("_elements=birthDate"), ["Observation", "Patient"]) is not None
    assert parse_subset(pairs("_elements=birthDate"), []) is not None
    assert "false" in SUMMARIES


def pairs(query: str) -> list[tuple[str, str]]:
    return [(n, v) for n, _, v in (part.partition("=") for part in query.split("&") if part)]
