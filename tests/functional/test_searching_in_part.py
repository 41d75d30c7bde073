"""Search that shows parts, signs that stand for themselves, letters of Norwegian, and pages while others write.

Source: http://hl7.org/fhir/R4/search.html#summary, #elements, #escaping.
"""

from __future__ import annotations

import pytest

from tests.builders import SPO2, Json, coding, observation, patient
from tests.functional.hub_client import BASE, Client, codes_of

SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "subsetted",
}
NARRATIVE = {
    "status": "generated",
    "div": '<div xmlns="http://www.w3.org/1999/xhtml">Prøve</div>',
}


def only(client: Client, query: str) -> Json:
    """A search → its one match."""
    (found,) = client.search(query)
    return found


# Parts


def test_elements_shows_those_named_and_what_must_stand(client: Client) -> None:
    client.create(patient(birthDate="1950-01-01", text=NARRATIVE))
    found = only(client, "Patient?_elements=birthDate,gender")
    assert set(found) == {"resourceType", "id", "meta", "birthDate", "gender"}
    assert SUBSETTED in found["meta"]["tag"]


def test_each_summary_shows_its_part(client: Client) -> None:
    who = client.create(patient(text=NARRATIVE, communication=[{"language": {"text": "norsk"}}]))
    query = f"Patient?_id={who[8:]}&_summary="
    assert not {"text", "communication"} & set(only(client, f"{query}true"))
    assert {"name", "identifier"} <= set(only(client, f"{query}true"))
    assert set(only(client, f"{query}text")) == {"resourceType", "id", "meta", "text"}
    assert "text" not in only(client, f"{query}data")
    assert "communication" in only(client, f"{query}data")
    for cut in ("true", "text", "data"):
        assert SUBSETTED in only(client, query + cut)["meta"]["tag"]
    assert only(client, f"{query}false") == client.get(who).json()
    counted = client.get(f"{query}count").json()
    assert (counted["total"], "entry" in counted) == (1, False)


def test_elements_leaves_what_is_included_whole_and_summary_does_not(client: Client) -> None:
    who = client.create(patient(communication=[{"language": {"text": "norsk"}}]))
    client.create(observation(who))
    for cut, whole in (("_elements=code", True), ("_summary=true", False)):
        page = client.get(f"Observation?_include=Observation:patient&{cut}").json()
        match, beside = (e["resource"] for e in page["entry"])
        assert "subject" not in match or cut == "_summary=true"
        assert ("communication" in beside) is whole


def test_parts_stay_parts_on_every_page(client: Client) -> None:
    for n in range(5):
        client.create(patient(n))
    found = client.search("Patient?_elements=gender&_count=2")
    assert [set(each) for each in found] == [{"resourceType", "id", "meta", "gender"}] * 5


@pytest.mark.parametrize(
    "query",
    ["_summary=all", "_elements=colour", "_elements=", "_elements=name&_summary=true", "_summary="],
)
def test_a_part_that_cannot_be_meant_is_400(client: Client, query: str) -> None:
    answer = client.get(f"Patient?{query}")
    assert (answer.status_code, codes_of(answer)) == (400, ["bad-parameter"]), answer.text


# Signs and letters

SIGNS = ["a,b", "a|b", "a$b", "a\\b", "a\\,b", "a\\", "\\", ",", "$", "a%b", "a_b"]


def escaped(text: str) -> str:
    """A value → as a search writes it."""
    for sign in "\\,|$":
        text = text.replace(sign, f"\\{sign}")
    return text


def test_signs_that_divide_stand_for_themselves_when_escaped(client: Client) -> None:
    made = {
        sign: client.create(
            patient(identifier=[{"system": "urn:x", "value": sign}], name=[{"family": sign}])
        )
        for sign in SIGNS
    }
    for sign, name in made.items():
        for query in (
            {"identifier": f"urn:x|{escaped(sign)}"},
            {"identifier": f"none,{escaped(sign)}"},
            {"family:exact": escaped(sign)},
        ):
            page = client.get("Patient", params=query).json()
            assert [e["fullUrl"] for e in page["entry"]] == [f"{BASE}/{name}"], (sign, query)
    both = client.get("Patient", params={"family:exact": f"{escaped('a,b')},{escaped('a|b')}"})
    assert both.json()["total"] == 2


def test_signs_in_components_do_not_divide_them(client: Client) -> None:
    who = client.create(patient())
    body = {**observation(who), "code": {"coding": [coding("a$b,c|d", "urn:x")]}}
    made = client.create(body)
    query = {"code-value-quantity": r"urn:x|a\$b\,c\|d$gt90"}
    page = client.get("Observation", params=query).json()
    assert [e["fullUrl"] for e in page["entry"]] == [f"{BASE}/{made}"]


@pytest.mark.parametrize("sign", ["%", "_"])
def test_signs_of_the_database_are_plain_letters(client: Client, sign: str) -> None:
    client.create(patient(name=[{"family": "Berg"}]))
    for modifier in ("", ":contains", ":exact"):
        assert client.get("Patient", params={f"family{modifier}": sign}).json()["total"] == 0


@pytest.mark.parametrize(
    ("held", "found_by", "not_by"),
    [
        ("Ås", ["Ås", "ås", "as", "AS", "A\u030as", "å"], ["aas", "s"]),
        ("Bjørnsæter", ["bjørn", "BJORN", "bjornsae", "Bjornsæ", "BJØRNSÆTER"], ["bjoern", "bjern"]),
        ("Čáhppe", ["cah", "Čá", "čáhppe", "CAHPPE"], ["kah"]),
        ("Lindén", ["linden", "LINDÉN", "Linde\u0301n"], ["lindin"]),
    ],
)  # fmt: skip
def test_norwegian_letters_are_found_with_and_without_accents(
    client: Client, held: str, found_by: list[str], not_by: list[str]
) -> None:
    client.create(patient(name=[{"family": held}]))
    client.create(patient(2, name=[{"family": "Zzz"}]))
    for text in found_by:
        assert client.get("Patient", params={"family": text}).json()["total"] == 1, text
    for text in not_by:
        assert client.get("Patient", params={"family": text}).json()["total"] == 0, text
    assert client.get("Patient", params={"family:exact": held}).json()["total"] == 1
    assert client.get("Patient", params={"family:exact": held.lower()}).json()["total"] == 0
    assert client.get("Patient", params={"name:contains": held[1:]}).json()["total"] == 1


# Pages while others write


@pytest.mark.parametrize("order", ["", "_sort=_id&", "_sort=-date&", "_sort=_lastUpdated&"])
def test_pages_have_what_was_there_once_while_others_write(client: Client, order: str) -> None:
    who = client.create(patient())
    there = [client.create(observation(who, at=f"2026-11-{d:02d}")) for d in (3, 3, 3, 5, 5, 9, 12)]
    gone = there[3]
    path, seen, step = f"Observation?{order}code={SPO2}&_count=2", list[str](), 0
    while path:
        page = client.get(path).json()
        seen += [e["fullUrl"].removeprefix(f"{BASE}/") for e in page.get("entry", ())]
        links = {each["relation"]: each["url"] for each in page["link"]}
        path = links.get("next", "").removeprefix(f"{BASE}/")
        if step < 4:  # before, among and after what is paged, and one that goes
            client.together(
                *(
                    ("POST", "Observation", observation(who, at=f"2026-11-{day:02d}"), {})
                    for day in (1, 3, 9, 20)
                )
            )
        if step == 0 and gone not in seen:
            assert client.request("DELETE", gone).status_code < 300
        step += 1
    assert len(seen) == len(set(seen))
    assert set(there) - {gone} <= set(seen)
    assert step > 3
