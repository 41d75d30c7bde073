"""schemathesis makes requests of all that the OpenAPI description allows, and some that it does not: the hub answers each
with a status that is described, and never with a fault of its own.

The seed is fixed, so that a run is the same everywhere; SCHEMATHESIS_EXAMPLES in the environment asks for more of them.
"""

from __future__ import annotations

import os

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from hub.api.openapi import build_openapi

TYPES = ("AuditEvent", "Bundle", "Observation", "Patient")
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "6"))
SCHEMA = schemathesis.openapi.from_dict(
    msgspec.json.decode(build_openapi("http://127.0.0.1/fhir", TYPES))
)


@pytest.mark.filterwarnings("ignore")
@SCHEMA.parametrize()
@seed(20261122)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.filter_too_much),
)
def test_whatever_comes_is_answered_as_the_description_says(
    case: schemathesis.Case, base: str
) -> None:
    case.call_and_validate(base_url=base, checks=[not_a_server_error, status_code_conformance])
