"""Official Norwegian FHIR instances and definitions: what is valid R4 is accepted, what is not is listed with its reason."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.fhir.codec import encode, parse, splice
from hub.fhir.models.explain import explain
from hub.fhir.search.index import extract
from hub.problems import HubError

DATA = Path(__file__).resolve().parents[3] / "shared" / "standards" / "fhir-no" / "data"

# File (below the data folder) → where the published instance breaks FHIR R4.
REFUSED = {
    # modifier: each inner extension has nothing but a url
    "more-examples/auditevent/AuditEvent-NOBasisAuditeventInstance2.json": "AuditEvent.extension[2].extension[0]",
    # a blank in the id
    "more-examples/no-basis/no-basis-HealthcareService-example.json": "HealthcareService.id",
    # instances of a logical model, not of a resource
    "more-examples/okt/Binary-OktMessage1.json": "resourceType",
    "okt/examples/Binary-OktEvent1.json": "resourceType",
    "okt/examples/Binary-OktMessage2.json": "resourceType",
    # "patient/…" with a small letter
    "more-examples/vkpobservation-pmd/Observation-heart-rate-create.json": "Observation.subject.reference",
    "more-examples/vkpobservation-pmd/Observation-respiratory-rate-create.json": "Observation.subject.reference",
    "vkpobservation-pmd/examples/Observation-body-mass-index-create.json": "Observation.subject.reference",
    # slicing with neither discriminator nor description (eld-1)
    "vkp-r4/json/vft-Patient-v010.structuredefinition-profile.json": "StructureDefinition.differential.element[19].slicing",
    # packageId is 1..1
    "vkp-r4/json/vkp-ImplementationGuide-v090.json": "ImplementationGuide.packageId",
}


def instances() -> dict[str, bytes]:
    found = {}
    for file in sorted(DATA.rglob("*.json")):
        body = file.read_bytes()
        read = json.loads(body)
        if isinstance(read, dict) and "resourceType" in read:
            found[file.relative_to(DATA).as_posix()] = body
    return found


@pytest.mark.official
def test_the_official_files_are_there():
    assert len(instances()) > 250


@pytest.mark.official
def test_every_valid_instance_is_accepted_and_the_others_are_refused_where_they_err():
    refused: dict[str, str] = {}
    for name, body in instances().items():
        try:
            parse(body, None)
        except HubError as error:
            refused[name] = error.problems[0].where

    assert refused == REFUSED


@pytest.mark.official
def test_accepted_instances_survive_encoding_splicing_and_indexing():
    for name, body in instances().items():
        if name in REFUSED:
            continue
        parsed = parse(body, None)
        spliced = splice(body, parsed, id="a", version_id="1", last_updated="2026-03-01T08:00:00Z")

        assert json.loads(encode(parsed.resource)) == json.loads(body), name
        assert parse(spliced, parsed.type).resource.id == "a", name
        extract(parsed.resource)


_VALUES: list[Any] = [
    None, "", [], {}, "x", "a b", 1, 1.5, True, [None], [{}], ["x"], 10**40, "2024-02-30", "http://x y",
    {"id": "a"}, {"reference": "#zz"}, {"reference": "Patient/1"}, {"text": "t"}, [{"coding": [{"code": "a"}]}],
    {"extension": [{"url": "u"}]}, {"extension": [{"url": "u", "valueCode": "c"}]},
]  # fmt: skip
_NAMES = [
    "valueString",
    "_valueString",
    "extension",
    "id",
    "contained",
    "value",
    "code",
    "status",
    "zz",
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, each in inner:
        yield from places(each, (*path, key))


@pytest.mark.official
def test_the_quick_check_and_the_slow_explanation_agree_on_damaged_instances():
    chance = random.Random(7)
    sound = [json.loads(b) for n, b in instances().items() if n not in REFUSED and len(b) < 12_000]
    for _ in range(2000):
        damaged = copy.deepcopy(chance.choice(sound))
        *way, last = chance.choice(list(places(damaged)))
        holder = damaged
        for step in way:
            holder = holder[step]
        match chance.randrange(4):
            case 0:
                del holder[last]
            case 1 if isinstance(holder, dict):
                holder[chance.choice([f"_{last}", *_NAMES])] = chance.choice(_VALUES)
            case _:
                holder[last] = chance.choice(_VALUES)
        body = json.dumps(damaged).encode()
        refused: tuple[Any, ...] = ()
        try:
            parse(body, None)
        except HubError as error:
            refused = error.problems

        assert refused == explain(body, None), body
