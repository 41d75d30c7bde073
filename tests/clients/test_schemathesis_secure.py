"""As test_schemathesis, with real tokens and proofs: what is behind the door answers what is described, whoever asks.

The seed is fixed, so that a run is the same everywhere; SCHEMATHESIS_EXAMPLES in the environment asks for more of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import cycle
from urllib.parse import urlsplit

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from hub.api.openapi import build_openapi
from tests.secure_hub import SecureHub, secure_hub

TYPES = ("AuditEvent", "Bundle", "Observation", "Patient", "Task")
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "4"))
SCHEMA = schemathesis.openapi.from_dict(
    msgspec.json.decode(build_openapi("http://127.0.0.1/fhir", TYPES))
)
ACTORS = cycle(("supplier", "gp", "municipality", "privacy-officer", "tenant-admin"))
INSIDE = ("Traceback", "sqlite3", "site-packages", "SELECT ", ".py")


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureHub]:
    """A hub that asks everybody who they are."""
    folder = tmp_path_factory.mktemp("secure")
    with secure_hub(folder, HUB_RATE_PER_CLIENT="1000000") as hub:
        yield hub


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
def test_whatever_comes_with_good_credentials_is_answered_as_the_description_says(
    case: schemathesis.Case, secure: SecureHub
) -> None:
    url = case.as_transport_kwargs(base_url=secure.base)["url"]
    case.headers.update(secure.headers(next(ACTORS), case.method, urlsplit(url).path))
    answer = case.call(base_url=secure.base)
    case.validate_response(answer, checks=[not_a_server_error, status_code_conformance])
    assert not any(word in answer.text for word in INSIDE)
    assert answer.status_code != 401
