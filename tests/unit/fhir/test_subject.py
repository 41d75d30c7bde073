"""Which search parameters find the owner of a resource."""

from __future__ import annotations

import pytest

from hub.fhir.models import RESOURCE_TYPES
from hub.fhir.search.definitions import search_parameters
from hub.fhir.subject import SYSTEM_ALIASES, finds_owner


@pytest.mark.parametrize(
    ("kind", "param", "owner"),
    [
        ("Observation", "patient", True),
        ("Observation", "subject", True),
        ("Task", "patient", True),
        ("DetectedIssue", "patient", True),
        ("Coverage", "patient", True),
        ("AuditEvent", "patient", True),
        ("Account", "patient", False),
        ("Appointment", "patient", False),
        ("Provenance", "patient", False),
        ("Person", "patient", False),
        ("SupplyRequest", "subject", False),
        ("EnrollmentRequest", "patient", False),
    ],
)
def test_a_parameter_finds_the_owner_when_it_looks_where_the_owner_stands(
    kind: str, param: str, owner: bool
) -> None:
    assert finds_owner(kind, param) == owner


def test_it_is_known_for_every_reference_of_every_type() -> None:
    for kind in RESOURCE_TYPES:
        for name, what in search_parameters(kind).items():
            if what == "reference":
                assert finds_owner(kind, name) in (True, False)


def test_aliases_lead_to_oids() -> None:
    assert all(target.startswith("urn:oid:2.16.578.1.12.4.1") for target in SYSTEM_ALIASES.values())
