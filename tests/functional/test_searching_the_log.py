"""What the access log is asked: its parameters with each modifier that R4 gives them, and who had a part in it by identifier.

Source: http://hl7.org/fhir/R4/auditevent.html#search, http://hl7.org/fhir/R4/search.html#modifiers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest

from hub.policy import Organisation
from hub.policy.actor import Person
from tests.acting import GP, GP_OFFICE, MUNICIPALITY, OFFICER, ActingClient
from tests.builders import patient
from tests.functional.hub_client import Client, codes_of

ENH = "urn:oid:2.16.578.1.12.4.1.4.101"
HER = "urn:oid:2.16.578.1.12.4.1.2"
ISSUER = "https://issuer.example"
ACTION = "http://hl7.org/fhir/audit-event-action"
REST = "http://hl7.org/fhir/restful-interaction"
DOCTOR = replace(GP, person=Person(ISSUER, "doc-7", "Lege Prøvesen", 4, "7654321", "LE"))
NURSE = replace(
    GP,
    id="nurse-app",
    client_id="nurse-app",
    organisation=Organisation(MUNICIPALITY, "974589095"),
    person=Person("https://other.example", "doc-7", "Sykepleier Prøvesen", 4, "", "SP"),
)


@pytest.fixture
def asked(make_client: Callable[..., Client]) -> Iterator[Callable[[str], int]]:
    """A log of five looks at two patients → how many events a query finds, for the privacy officer."""
    client = ActingClient(make_client().hub)
    for number in ("p1", "p2"):
        client.put(f"Patient/{number}", {**patient(), "id": number})
    client.relate("p1", GP_OFFICE, "gp_list")
    for actor in (DOCTOR, NURSE):
        with client.as_(actor):
            client.get("Patient/p1")
            client.get("Patient/p2")
    with client.as_(DOCTOR):
        client.get("Observation?patient=p1")

    def found(query: str) -> int:
        with client.as_(OFFICER):
            page = client.get(f"AuditEvent?{query}&subtype=read,search&_count=100&date=le2100")
        assert page.status_code == 200, page.text
        told = [e["resource"] for e in page.json().get("entry", ())]
        # The officer's own searches are in the log too
        return sum(e["agent"][0]["who"]["identifier"]["value"] != OFFICER.client_id for e in told)

    yield found
    client.close()


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("gp-client", 3),
        ("|gp-client", 3),
        ("|nurse-app", 2),
        (f"{ISSUER}|gp-client", 0),
        ("doc-7", 5),
        (f"{ISSUER}|doc-7", 3),
        ("https://other.example|doc-7", 2),
        ("https://issuer|doc-7", 0),
        ("|doc-7", 0),
        (GP_OFFICE, 3),
        (f"{ENH}|{GP_OFFICE}", 3),
        (f"{ENH}|974589095", 2),
        (f"{ENH}|{MUNICIPALITY}", 2),
        (f"|{GP_OFFICE}", 0),
        (f"{HER}|{GP_OFFICE}", 0),
        (f"{ENH}|7654321", 0),
        (f"{ENH}|{ISSUER}", 0),
        (f"{ENH}|read", 0),
        ("urn:nobody|doc-7", 0),
    ],
)
def test_who_had_a_part_is_found_by_system_and_value(
    asked: Callable[[str], int], identifier: str, expected: int
) -> None:
    assert asked(f"agent:identifier={quote(identifier)}") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("action:missing=true", 0),
        ("action:missing=false", 5),
        ("outcome:missing=false&subtype:missing=false&agent:missing=false", 5),
        ("address:missing=true", 0),
        ("patient:missing=true", 1),
        ("date:missing=true", 0),
        (f"action:below={ACTION}%7CE", 1),
        (f"action:above={ACTION}%7CR", 4),
        ("action:in=http://hl7.org/fhir/ValueSet/audit-event-action", 5),
        ("action:not-in=http://hl7.org/fhir/ValueSet/audit-event-action", 0),
        ("outcome:not=0", 3),
        (f"subtype:below={REST}%7Csearch", 1),
        ("subtype:text=read", 0),
        ("address:exact=127.0.0.1", 5),
        ("address:exact=127.0", 0),
        ("address:contains=0.0", 5),
        ("entity=Patient/p1", 2),
        ("entity:Patient=p2", 2),
        ("patient:Patient=p2", 2),
        ("agent=Organization/1", 0),
        ("_profile:missing=true", 5),
        ("_source:missing=false", 0),
        ("_security:missing=true", 0),
        ("_tag:not=x", 5),
    ],
)
def test_its_parameters_take_the_modifiers_of_their_types(
    asked: Callable[[str], int], query: str, expected: int
) -> None:
    assert asked(query) == expected


@pytest.mark.parametrize(
    "query",
    [
        *("_profile:exact=x", "_source:contains=x", "_tag:exact=x", "_security:exact=x"),
        *("entity:missing=true", "entity:identifier=x", "outcome:text=x"),
    ],
)
def test_a_modifier_that_means_nothing_there_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"AuditEvent?{query}")
    assert (400, ["unknown-parameter"]) == (answer.status_code, codes_of(answer))
    assert query.partition(":")[0] in answer.json()["issue"][0]["diagnostics"]
