"""Each limit on searches and bundles, set low, is felt over HTTP; what is within it is answered."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.store import budget
from tests.builders import Json, entry, observation, patient, transaction
from tests.functional.hub_client import Client, codes_of

Make = Callable[..., Client]


def modes(answer: Json) -> list[str]:
    """A searchset → the mode of each entry."""
    return [each["search"]["mode"] for each in answer.get("entry", ())]


def measured(client: Client, count: int) -> str:
    """A count → a patient with so many values."""
    who = client.create(patient())
    for minute in range(count):
        at = f"2026-11-20T10:{minute:02}:00Z"
        client.create(observation(who, effectiveDateTime=at))
    return who


def test_a_page_has_as_many_as_are_set_when_the_search_does_not_say(make_client: Make) -> None:
    client = make_client(HUB_PAGE_SIZE="2", HUB_MAX_PAGE_SIZE="3")
    who = measured(client, 4)
    for path in (f"Observation?patient={who}", "Observation/_history"):
        assert len(client.get(path).json()["entry"]) == 2, path


def test_a_larger_page_than_may_be_is_cut_and_the_self_link_says_so(make_client: Make) -> None:
    client = make_client(HUB_PAGE_SIZE="2", HUB_MAX_PAGE_SIZE="3")
    who = measured(client, 4)
    page = client.get(f"Observation?patient={who}&_count=1000").json()
    assert modes(page) == ["match"] * 3
    links = {link["relation"]: link["url"] for link in page["link"]}
    assert "_count=3" in links["self"]
    assert len(client.search(f"Observation?patient={who}&_count=1000")) == 4
    assert len(client.get("_history?_count=1000").json()["entry"]) == 3
    assert len(client.get(f"{who}/$everything").json()["entry"]) == 3


def test_more_included_than_may_be_is_refused(make_client: Make) -> None:
    client = make_client(HUB_MAX_INCLUDED="2")
    few, many = measured(client, 2), measured(client, 3)
    path = "Patient?_revinclude=Observation:patient&_id="
    answer = client.get(path + few.partition("/")[2])
    assert modes(answer.json()) == ["match", "include", "include"]
    answer = client.get(path + many.partition("/")[2])
    assert (answer.status_code, codes_of(answer)) == (400, ["too-costly"])


def test_more_values_than_may_be_are_refused_in_searches_and_conditions(make_client: Make) -> None:
    client = make_client(HUB_MAX_VALUES="2")
    for count, status in ((2, 200), (3, 400)):
        values = ",".join(f"urn:s|{n}" for n in range(count))
        assert client.get(f"Patient?identifier={values}").status_code == status
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = client.post("Patient/_search", f"identifier={values}".encode(), headers=form)
        assert answer.status_code == status
        condition = {"If-None-Exist": f"identifier={values}"}
        answer = client.post("Patient", patient(), headers=condition)
        assert answer.status_code == (201 if status == 200 else 400)
        answer = client.get(f"Observation/$lastn?patient=Patient/a&code={values}")
        assert answer.status_code == status


@pytest.mark.parametrize(("most", "statuses"), [("0", (400, 400, 400)), ("1", (200, 400, 200))])
def test_a_longer_chain_than_may_be_is_refused(
    make_client: Make, most: str, statuses: tuple[int, ...]
) -> None:
    client = make_client(HUB_MAX_CHAIN=most)
    paths = (
        "Observation?patient.name=a",
        "Observation?patient:Patient.organization.name=a",
        "Patient?_has:Observation:patient:code=a",
    )
    assert tuple(client.get(path).status_code for path in paths) == statuses


@pytest.mark.parametrize(
    ("start", "link", "end"),
    [
        ("Organization?", "partof.", "name=a"),
        ("Organization?", "partof.", "name:missing=true"),
        ("Organization?", "partof.", "type:not=a"),
        ("PlanDefinition?", "composed-of:PlanDefinition.", "name=a"),
        ("Organization?", "_has:Organization:partof:", "name=a"),
    ],
)
def test_a_chain_is_answered_or_refused_as_too_deep(
    make_client: Make, start: str, link: str, end: str
) -> None:
    client = make_client(HUB_MAX_CHAIN="7")
    assert client.get(start + 4 * link + end).status_code == 200
    for links in (5, 6, 7):
        answer = client.get(start + links * link + end)
        within = link.startswith("_has")  # one statement in the other: SQLite takes six
        assert answer.status_code == 200 or (within and codes_of(answer) == ["too-costly"])


@pytest.mark.embedded
@pytest.mark.parametrize("path", ["Observation?code=a", "Observation?patient.name=a", "?_id=a"])
def test_a_search_that_takes_longer_than_it_may_is_stopped(
    make_client: Make, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    looks = iter(range(1_000_000))  # a clock that runs 0.7 s from one look to the next
    monkeypatch.setattr(budget, "_STEPS", 1)
    monkeypatch.setattr(budget.time, "perf_counter", lambda: 0.7 * next(looks))
    answer = make_client(HUB_QUERY_SECONDS="1").get(path)
    assert (answer.status_code, codes_of(answer)) == (400, ["too-costly"])
    assert make_client(HUB_QUERY_SECONDS="3600").get(path).status_code == 200


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_more_entries_than_may_be_are_refused(make_client: Make, kind: str) -> None:
    client = make_client(HUB_MAX_ENTRIES="2")
    for count, status in ((2, 200), (3, 413)):
        body = transaction(*[entry("POST", "Patient", patient()) for _ in range(count)])
        assert client.post("", {**body, "type": kind}).status_code == status
    assert client.get("Patient?_count=0").json()["total"] == 2
