"""What the hub writes is what profiles/ says: extensions by name, type and number, codes by their systems, examples as FHIR."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.fhir.codec import encode
from hub.fhir.models.r4.care_plan import CarePlan
from hub.fhir.models.r4.service_request import ServiceRequest
from hub.fhir.reading import read_stored
from hub.fhir.validate import find_problems
from hub.mapping.fhir_to_plan import check_plan_resources, plans_of
from hub.mapping.general_limits import general_limits_to_fhir
from hub.mapping.plan_to_fhir import plan_to_fhir
from hub.thresholds.plan import PlanVersion
from hub.thresholds.record import judge_all
from hub.thresholds.zones import BAND_ZONES
from tests.rule_strategies import any_rule
from tests.unit.mapping.alert_builders import resources_of, spo2
from tests.unit.thresholds.nasty import START, series, some_rules
from tests.unit.thresholds.test_safety import book_of

FOLDER = Path(__file__).resolve().parent.parent / "profiles" / "resources"
BASE = "https://dho-hub.example/fhir/"
FILES = {path.name: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
CONFORMANCE = ("StructureDefinition", "CodeSystem", "ValueSet")
EXAMPLES = {n: r for n, r in FILES.items() if r["resourceType"] not in CONFORMANCE}
Json = dict[str, Any]


def defined(url: str) -> dict[tuple[str, ...], Json]:
    """An extension's canonical → place of each part, by the names of the slices → its element."""
    name = url.removeprefix(f"{BASE}StructureDefinition/")
    found: dict[tuple[str, ...], Json] = {}
    for element in FILES[f"StructureDefinition-{name}.json"]["differential"]["element"]:
        names = tuple(p.partition(":")[2] for p in element["id"].split(".") if ":" in p)
        if element["id"].endswith(".value[x]"):
            found[names] = {**found.get(names, {}), "type": element.get("type", ())}
        elif not element["id"].endswith((".url", ".extension")):
            found[names] = {**element, **found.get(names, {})}
    return found


def faults(extension: Json) -> Iterator[str]:
    """One of our extensions → what of it is not as defined."""
    parts = defined(extension["url"])

    def walk(here: Json, names: tuple[str, ...]) -> Iterator[str]:
        values = [key for key in here if key.startswith("value")]
        allowed = {t["code"] for t in parts.get(names, {}).get("type", ())}
        for key in values:
            kind = key.removeprefix("value")
            if kind not in allowed and kind[0].lower() + kind[1:] not in allowed:
                yield f"{names}: {kind} is none of {sorted(allowed)}"
        inner = here.get("extension", ())
        for part in inner:
            below = (*names, part["url"])
            if below not in parts:
                yield f"{below} is not defined"
            else:
                yield from walk(part, below)
        for name, count in Counter(part["url"] for part in inner).items():
            most = parts.get((*names, name), {}).get("max", "*")
            if most != "*" and count > int(most):
                yield f"{(*names, name)}: {count} of at most {most}"
        for place, element in parts.items():
            below = place[:-1] == names and bool(place) and element.get("min", 0)
            if below and place[-1] not in {part["url"] for part in inner}:
                yield f"{place} is missing"

    yield from walk(extension, ())


def extensions(resource: object) -> Iterator[Json]:
    """A struct → our extensions in it, wherever they stand."""
    waiting: list[Any] = [json.loads(encode(resource))]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            waiting += [v for k, v in here.items() if k != "extension"]
            for each in here.get("extension", ()):
                if each["url"].startswith(BASE):
                    yield each


def faults_of(*resources: object) -> list[str]:
    return [fault for r in resources for each in extensions(r) for fault in faults(each)]


@given(st.lists(any_rule(), max_size=4, unique_by=lambda rule: rule.id))
@settings(max_examples=150, deadline=None)
def test_every_plan_is_written_as_the_profiles_say(rules: Any) -> None:
    plan = PlanVersion("ebp", 2, START, tuple(rules), approved_by="Rolig Testlege")
    numbers = iter(range(10_000))

    made = plan_to_fhir(plan, "p1", new_id=lambda: f"id-{next(numbers)}")
    limits = general_limits_to_fhir(rules, new_id=lambda: f"id-{next(numbers)}")

    assert [] == faults_of(*made.all, *limits)


def test_every_alert_is_written_as_the_profiles_say() -> None:
    made, _ = resources_of(spo2("86"))

    assert [] == faults_of(made.issue, made.flag, made.task)
    assert 4 <= len(list(extensions(made.issue)))


def test_a_part_that_is_not_defined_would_be_seen() -> None:
    url = f"{BASE}StructureDefinition/dho-plan-version"
    wrong = {"url": url, "extension": [{"url": "version", "valueString": "2"}, {"url": "colour"}]}

    assert 2 == len(list(faults(wrong)))
    assert ["('version',) is missing"] == list(faults({"url": url, "extension": []}))


@given(some_rules, series(16))
@settings(max_examples=40, deadline=None)
def test_every_reason_the_engine_gives_is_in_its_code_system(rules: Any, log: Any) -> None:
    known = {row["code"] for row in FILES["CodeSystem-dho-alert-reason.json"]["concept"]}

    given_reasons = {f.reason for j in judge_all(book_of(rules), log).values() for f in j.firings}

    assert given_reasons <= known


def test_the_code_systems_hold_what_the_tables_hold() -> None:
    zones = {row["code"] for row in FILES["CodeSystem-dho-zone.json"]["concept"]}

    assert set(BAND_ZONES) == zones


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_fhir_and_written_as_the_profiles_say(name: str) -> None:
    example = EXAMPLES[name]
    body = json.dumps(example).encode()

    assert () == find_problems(body, example["resourceType"])
    assert [] == faults_of(read_stored(body, example["resourceType"]))


def test_the_plan_of_the_examples_is_fit_to_judge_by() -> None:
    def read(name: str) -> Any:
        return read_stored(json.dumps(FILES[name]).encode(), FILES[name]["resourceType"])

    plan: CarePlan = read("CarePlan-plan-example.json")
    request: ServiceRequest = read("ServiceRequest-spo2-request-example.json")
    requests = {request.id or "": request}

    assert () == check_plan_resources(plan, requests)
    (version,) = plans_of([plan], requests).value
    assert {"gjennomgang", "kols-spo2"} == {rule.id for rule in version.rules}
    assert {"red", "yellow", "green"} == {b.zone for rule in version.rules for b in rule.bands}
