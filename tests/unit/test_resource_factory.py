"""The resources that other tests start from are themselves well-formed."""

from __future__ import annotations

import msgspec
import pytest

from hub.fhir.codec import encode, parse
from hub.fhir.models import struct_for
from hub.fhir.models.elements import elements_of
from hub.fhir.models.explain import explain
from tests.resource_factory import every_type, maximal, minimal

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@pytest.mark.parametrize("make", [minimal, maximal])
@pytest.mark.parametrize("name", every_type())
def test_a_resource_of_every_type_and_variant_is_accepted_and_comes_out_as_it_went_in(name, make):
    for number in range(6):
        body = _ENCODER.encode(make(name, number))

        parsed = parse(body, name)

        assert msgspec.json.decode(body) == msgspec.json.decode(encode(parsed.resource))
        assert explain(body, name) == ()


@pytest.mark.parametrize("name", ["Observation", "Patient", "Task", "Condition", "CarePlan"])
def test_the_variants_of_a_large_resource_reach_nearly_every_element_of_its_type(name):
    seen = {member for number in range(12) for member in maximal(name, number)}
    every = {n for n in elements_of(struct_for(name)) if not n.startswith("_")}

    assert every - seen <= {
        "implicitRules",
        "modifierExtension",
        "dataAbsentReason",
        "lastModified",
    }


def test_equal_arguments_give_equal_resources():
    assert maximal("Observation", 3) == maximal("Observation", 3)
