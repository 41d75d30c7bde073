"""Times of any kind, codes by value set and branch, and canonical URLs, against a naive reading of the specification.

Source: http://hl7.org/fhir/R4/search.html#date, #modifiers, #canonical.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.ports import Unit
from tests.builders import Json, observation, patient
from tests.contract.bench import START, Bench, save
from tests.contract.naive import FOREVER, Range, date_matches, written
from tests.contract.naive_kinds import values

FEW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
Pair = tuple[str, str]
ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ENCOUNTERS = "http://terminology.hl7.org/ValueSet/v3-ActEncounterCode"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABOVE = {
    "ACUTE": "IMP",
    "NONAC": "IMP",
    "IMP": "_ActEncounterCode",
    "AMB": "_ActEncounterCode",
    "_ActEncounterCode": "_ActCareProvisionCode",
}
"""A code of v3-ActCode → the one it is a kind of."""
VALUE_SETS: dict[str, set[Pair]] = {
    ENCOUNTERS: {(ACT, code) for code in ("IMP", "AMB", "ACUTE", "NONAC")},
    "http://hl7.org/fhir/ValueSet/administrative-gender": {("", "male"), ("", "female")},
    "http://hl7.org/fhir/ValueSet/observation-category": {(CATEGORY, "exam"), (CATEGORY, "imaging"), (CATEGORY, "vital-signs")},
    "http://hl7.org/fhir/ValueSet/observation-status": {("", "final"), ("", "amended")},
}  # fmt: skip
"""A value set of FHIR R4 → those of its codes that the resources here may have."""

DAYS = ["2026", "2026-10", "2026-10-24", "2026-10-25", "2026-10-25T00:59:59Z", "2026-10-26T12:00:00.5+01:00", "2027-01-01"]  # fmt: skip
TIME = st.sampled_from(DAYS)
ORDERED = st.lists(TIME, min_size=2, max_size=2, unique=True).filter(
    lambda two: written(two[0])[1] <= written(two[1])[0]
)
PERIOD = st.one_of(
    TIME.map(lambda t: {"start": t}),
    TIME.map(lambda t: {"end": t}),
    ORDERED.map(lambda two: {"start": two[0], "end": two[1]}),
)
TIMING = st.one_of(
    st.lists(TIME, min_size=1, max_size=3).map(lambda events: {"event": events}),
    PERIOD.map(lambda bounds: {"repeat": {"boundsPeriod": bounds}}),
    st.tuples(TIME, PERIOD).map(lambda p: {"event": [p[0]], "repeat": {"boundsPeriod": p[1]}}),
    st.just({"code": {"text": "ved behov"}}),
)
OCCURRENCE = st.one_of(
    TIME.map(lambda t: {"occurrenceDateTime": t}),
    PERIOD.map(lambda p: {"occurrencePeriod": p}),
    TIMING.map(lambda t: {"occurrenceTiming": t}),
    st.just({}),
)
REQUEST = OCCURRENCE.map(lambda occurrence: {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": {"reference": "Patient/a"}, **occurrence})  # fmt: skip
CLASS = st.tuples(st.sampled_from([ACT, "urn:own", ""]), st.sampled_from([*ABOVE, "OTHER"])).map(
    lambda c: {"code": c[1], **({"system": c[0]} if c[0] else {})}
)
ENCOUNTER = st.tuples(CLASS, st.one_of(st.none(), PERIOD)).map(
    lambda e: {"resourceType": "Encounter", "status": "finished", "class": e[0], **({"period": e[1]} if e[1] else {})}
)  # fmt: skip
GENDERED = st.sampled_from([{}, {"gender": "male"}, {"gender": "female"}]).map(
    lambda more: {"resourceType": "Patient", **more}
)
CONCEPT = st.sampled_from([(CATEGORY, "exam"), (CATEGORY, "imaging"), ("urn:own", "exam"), (CATEGORY, "vital-signs"), (CATEGORY, "other")]).map(
    lambda pair: {"coding": [{"system": pair[0], "code": pair[1]}]}
)  # fmt: skip
SEEN = st.tuples(st.lists(CONCEPT, max_size=2), st.sampled_from(["final", "amended"])).map(
    lambda s: {**observation("Patient/a"), "status": s[1], **({"category": s[0]} if s[0] else {})}
)
FORMS = st.sampled_from(["http://x/q", "http://x/q|1", "http://x/q|1.1", "http://x/q|10", "http://x/q|2", "http://x/q/r|1", "http://x/qr"])  # fmt: skip
RESPONSE = st.one_of(FORMS.map(lambda f: {"questionnaire": f}), st.just({})).map(
    lambda more: {"resourceType": "QuestionnaireResponse", "status": "completed", **more}
)

MISSING = st.sampled_from(["true", "false"])
DATE = st.tuples(
    st.sampled_from(["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]), TIME
).map("".join)


def asked(**named: st.SearchStrategy[str]) -> st.SearchStrategy[Pair]:
    """Parameters, `__` before a modifier and `_` for hyphens in it → pairs."""
    return st.one_of(
        *(
            text.map(lambda v, n=name: (n.replace("__", ":").replace("_", "-"), v))
            for name, text in named.items()
        )
    )


BRANCH = st.sampled_from(sorted({*ABOVE, *ABOVE.values()})).map(lambda code: f"{ACT}|{code}")
KINDS: dict[str, tuple[st.SearchStrategy[Json], st.SearchStrategy[Pair]]] = {
    "occurrences": (REQUEST, asked(occurrence=DATE, occurrence__missing=MISSING)),
    "encounters": (
        ENCOUNTER,
        asked(
            date=DATE, date__missing=MISSING, class__below=BRANCH, class__above=BRANCH,
            class__in=st.just(ENCOUNTERS), class__not_in=st.just(ENCOUNTERS),
        ),
    ),
    "genders": (
        GENDERED,
        asked(**dict.fromkeys(("gender__in", "gender__not_in"), st.just("http://hl7.org/fhir/ValueSet/administrative-gender"))),
    ),
    "observations": (
        SEEN,
        asked(
            **dict.fromkeys(("category__in", "category__not_in"), st.just("http://hl7.org/fhir/ValueSet/observation-category")),
            **dict.fromkeys(("status__in", "status__not_in"), st.just("http://hl7.org/fhir/ValueSet/observation-status")),
        ),
    ),
    "canonicals": (
        RESPONSE,
        asked(questionnaire=FORMS, questionnaire__missing=MISSING, questionnaire__below=st.one_of(FORMS, st.just("http://x"))),
    ),
}  # fmt: skip
PATHS = {"date": "period", "occurrence": "occurrenceDateTime|occurrencePeriod|occurrenceTiming"}


def covered(target: Any) -> Range | None:
    """A date, Period or Timing → the time it covers; of a Timing the outer limits alone."""
    if isinstance(target, str):
        return written(target)
    if "start" in target or "end" in target:
        start = written(target["start"])[0] if "start" in target else -FOREVER
        return start, written(target["end"])[1] if "end" in target else FOREVER
    inside = [covered(each) for each in values(target, "event|repeat.boundsPeriod")]
    known = [each for each in inside if each is not None]
    return (min(s for s, _ in known), max(e for _, e in known)) if known else None


def kinds_of(code: str) -> list[str]:
    """A code → itself and what it is a kind of."""
    return [code, *(kinds_of(ABOVE[code]) if code in ABOVE else [])]


def holds(resource: Json, name: str, value: str, now: datetime) -> bool:
    """One parameter on a resource → whether it holds."""
    bare, _, modifier = name.partition(":")
    found = list(values(resource, PATHS.get(bare, bare)))
    if bare in PATHS:
        spans = [span for span in map(covered, found) if span is not None]
        if modifier:
            return (not found) == (value == "true")
        return any(date_matches(value, span, now) for span in spans)
    if modifier == "missing":
        return (not found) == (value == "true")
    if bare == "questionnaire":
        return any(canonical(held, value, modifier) for held in found)
    codes = [c for each in found for c in coded(each)]
    if modifier == "not-in":
        return not any(code in VALUE_SETS[value] for code in codes)
    if modifier == "in":
        return any(code in VALUE_SETS[value] for code in codes)
    wanted = value.rpartition("|")[2]
    return any(
        system == ACT and (wanted in kinds_of(code) if modifier == "below" else code in kinds_of(wanted))
        for system, code in codes
    )  # fmt: skip


def coded(target: Any) -> list[Pair]:
    """A code, Coding or CodeableConcept → its (system, code) pairs."""
    if isinstance(target, str):
        return [("", target)]
    return [(c.get("system", ""), c["code"]) for c in target.get("coding", [target])]


def canonical(held: str, value: str, modifier: str) -> bool:
    """A canonical as held and as searched → whether they match; without a version any version does, with `:below` those under it."""
    url, _, version = held.partition("|")
    wanted, _, of_version = value.partition("|")
    under = modifier == "below" and version.startswith(f"{of_version}.")
    return url == wanted and (under or of_version in ("", version))


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(st.data())
def test_the_engine_finds_what_the_naive_reading_finds(
    make_bench: Callable[[], Bench], kind: str, data: st.DataObject
) -> None:
    resources, pairs = KINDS[kind]
    bench = make_bench()
    bodies = data.draw(st.lists(resources, min_size=1, max_size=8))
    stored = [{**body, "id": f"r{n}"} for n, body in enumerate(bodies)]

    def work(unit: Unit) -> None:
        save(unit.fhir, {**patient(), "id": "a"}, START)
        for body in stored:
            save(unit.fhir, body, START)

    bench.write(work)
    for name, value in data.draw(st.lists(pairs, min_size=5, max_size=15)):
        found = bench.find(stored[0]["resourceType"], (name, value))
        expected = [body["id"] for body in stored if holds(body, name, value, START)]
        assert sorted(set(found) - {"a"}) == sorted(expected), (name, value)
