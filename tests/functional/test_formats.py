"""Formats, parts and encodings through HTTP.

Source: http://hl7.org/fhir/R4/http.html, http://hl7.org/fhir/R4/search.html#summary.
"""

from __future__ import annotations

import pytest

from tests.builders import patient
from tests.functional.hub_client import Client, codes_of


@pytest.mark.parametrize("version", ["", "/_history/1"])
def test_read_and_vread_give_the_part_that_is_asked_for(client: Client, version: str) -> None:
    here = client.create({**patient(), "gender": "female", "birthDate": "1950-01-02"}) + version
    whole = client.get(here)
    part = client.get(f"{here}?_elements=birthDate")
    assert {"resourceType", "id", "meta", "birthDate"} == part.json().keys()
    assert "SUBSETTED" in [tag["code"] for tag in part.json()["meta"]["tag"]]
    assert whole.headers["ETag"] == part.headers["ETag"]
    assert "tag" not in client.get(f"{here}?_summary=false").json()["meta"]
    assert "gender" in client.get(f"{here}?_summary=true").json()


def test_a_part_that_cannot_be_meant_is_refused(client: Client) -> None:
    answer = client.get(f"{client.create(patient())}?_summary=some")
    assert (400, ["bad-parameter"]) == (answer.status_code, codes_of(answer))
