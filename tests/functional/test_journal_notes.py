"""Closing an alert gives the municipal journal one document, of the form of its kind, exactly once.

Source: fhir-no/vkp-dho.md ("Journal bundle per alert kind").
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.clock import FixedClock
from hub.fhir.codec import parse
from hub.flows.alert_follow_up import PUBLISH_JOURNAL_NOTE
from hub.store.migrate import DEMO_TENANT
from hub.thresholds.plan import Part, Rule
from hub.thresholds.spans import Span
from tests.builders import Json, national_id
from tests.functional.followed import PRESSURE_RULE, PULSE_RULE, SPO2_RULE, Followed, pressure
from tests.functional.hub_client import Client

PULSE = "8867-4"
BOTH = Rule(
    "both", "combination", within=Span(seconds=86400), zone="red",
    parts=(Part("spo2", "yellow"), Part("puls", "yellow")),
)  # fmt: skip
CLOSING: Json = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "performer", "valueReference": {"display": "Nina Nattvakt"}},
        {"name": "note", "valueString": "Bedre <nå>"},
        {"name": "action", "valueCodeableConcept": {"text": "Ringte pasienten"}},
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The journal's folder."""
    return tmp_path / "journal"


@pytest.fixture
def town(
    make_client: Callable[..., Client], clock: FixedClock, tmp_path: Path, folder: Path
) -> Followed:
    """A hub that writes for a journal."""

    def make(**settings: str) -> Client:
        return make_client(**settings, HUB_JOURNAL_DIR=str(folder))

    return Followed(make, clock, tmp_path / "drop")


def close(town: Followed, issue: Json) -> None:
    match = {"If-Match": f'W/"{issue["meta"]["versionId"]}"'}
    answer = town.client.post(f"DetectedIssue/{issue['id']}/$close", CLOSING, headers=match)
    assert answer.status_code == 200, answer.text
    town.work()


def notes(folder: Path) -> list[Json]:
    """The journal's folder → its documents, each a Bundle that FHIR R4 takes."""
    found = sorted((folder / "out").glob("*"))
    for path in found:
        parse(path.read_bytes(), "Bundle")
    return [msgspec.json.decode(path.read_bytes()) for path in found]


def parts(note: Json) -> list[Json]:
    return [entry["resource"] for entry in note["entry"]]


def test_a_value_outside_limits_goes_with_its_limits(town: Followed, folder: Path) -> None:
    who = town.person()
    town.plan(who, SPO2_RULE)
    town.send(who, "86")
    close(town, town.alerts(who)[0])

    (note,) = notes(folder)
    composition, issue, value = parts(note)
    assert ("document", "Composition") == (note["type"], composition["resourceType"])
    assert all(e["fullUrl"].startswith("urn:uuid:") for e in note["entry"])
    assert composition["section"][1]["entry"][0]["reference"] == note["entry"][1]["fullUrl"]
    assert "Ringte pasienten. Bedre &lt;nå&gt;" in composition["section"][1]["text"]["div"]
    assert ["0", "3"] == [e["code"][0]["coding"][0]["code"] for e in composition["event"]]
    assert ("5.2.1", "high", "rød") == (
        issue["code"]["coding"][0]["code"],
        issue["severity"],
        issue["detail"],
    )
    assert issue["implicated"] == [{"reference": note["entry"][2]["fullUrl"]}]
    person = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": national_id(1)}
    for subject in (composition["subject"], issue["patient"], value["subject"]):
        assert (person, None) == (subject["identifier"], subject.get("reference"))
    ranges = {
        r["type"]["coding"][0]["code"]: (
            r.get("low", {}).get("value"),
            r.get("high", {}).get("value"),
        )
        for r in value["referenceRange"]
    }
    assert ranges == {"N": (92, None), "L": (88, 91), "LL": (None, 87)}
    assert value["interpretation"][0]["coding"][0]["code"] == "LL"


def test_a_pressure_has_its_limits_in_its_parts(town: Followed, folder: Path) -> None:
    who = town.person()
    town.plan(who, PRESSURE_RULE)
    town.client.create(pressure(who, "185", "90"))
    town.work()
    close(town, town.alerts(who)[0])

    value = parts(notes(folder)[0])[2]
    assert "referenceRange" not in value
    assert ["N", "H", "HH"] == [
        r["type"]["coding"][0]["code"] for r in value["component"][0]["referenceRange"]
    ]


def test_closing_by_writing_gives_the_same_kind_of_note(town: Followed, folder: Path) -> None:
    who = town.person()
    town.plan(who, SPO2_RULE)
    town.send(who, "86")
    (issue,) = town.alerts(who)
    act = {"action": {"text": "Ringte pasienten"}, "author": {"display": "Nina"}}
    answer = town.client.put(
        f"DetectedIssue/{issue['id']}", {**issue, "status": "final", "mitigation": [act]}
    )
    assert 200 == answer.status_code
    town.work()

    (note,) = notes(folder)
    assert {"display": "Nina"} == parts(note)[0]["author"][0]


def test_staff_sign_with_their_number(town: Followed, folder: Path) -> None:
    who = town.person()
    town.plan(who, SPO2_RULE)
    nurse = town.client.create(
        {
            "resourceType": "Practitioner",
            "identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.4", "value": "9144900"}],
            "name": [{"family": "Nattvakt", "given": ["Nina"]}],
        }
    )
    town.send(who, "90")
    (issue,) = town.alerts(who)
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "performer", "valueReference": {"reference": nurse}}],
    }
    match = {"If-Match": f'W/"{issue["meta"]["versionId"]}"'}
    town.client.post(f"DetectedIssue/{issue['id']}/$close", body, headers=match)
    town.work()

    (author,) = parts(notes(folder)[0])[0]["author"]
    assert ("9144900", "Nina Nattvakt") == (author["identifier"]["value"], author["display"])


def test_what_is_not_closed_gives_no_note(town: Followed, folder: Path) -> None:
    who = town.person()
    town.plan(who, SPO2_RULE)
    made = town.send(who, "86")
    town.change(made, status="entered-in-error")

    assert ["entered-in-error"] == [i["status"] for i in town.alerts(who)]
    assert not folder.exists()


def test_a_note_that_the_journal_has_taken_is_not_given_again(town: Followed, folder: Path) -> None:
    """The process dies between the move of the file and the commit that says so; the job comes again."""
    who = town.person()
    town.plan(who, SPO2_RULE)
    town.send(who, "86")
    (issue,) = town.alerts(who)
    close(town, issue)
    (taken,) = (folder / "out").glob("*")
    taken.unlink()
    publish_again(town, issue["id"])

    assert [] == notes(folder)


def test_a_folder_that_cannot_be_written_is_waited_for(town: Followed, folder: Path) -> None:
    folder.write_text("not a folder")
    who = town.person()
    town.plan(who, SPO2_RULE)
    town.send(who, "86")
    close(town, town.alerts(who)[0])
    folder.unlink()
    town.clock.at = town.clock.at.replace(year=2027)
    town.work()

    assert 1 == len(notes(folder))


def publish_again(town: Followed, subject: str) -> None:
    """A note that was published → its last job once more, as after a crash before the commit."""

    def find(unit: Any) -> Any:
        return unit.outbox.of_subject(DEMO_TENANT, PUBLISH_JOURNAL_NOTE, subject)[-1].job

    runner = town.client.runner
    job = runner.run(town.hub.store.read(find))

    async def once_more() -> None:
        await town.hub.work.runner.queues[PUBLISH_JOURNAL_NOTE].flow(job)

    runner.run(once_more())


def test_a_combination_is_told_as_a_summary_of_its_alerts(town: Followed, folder: Path) -> None:
    who = town.person()
    town.plan(who, SPO2_RULE, PULSE_RULE, BOTH)
    town.send(who, "90")
    town.send(who, "110", PULSE, "/min")
    issues = {i["code"]["coding"][1]["code"]: i for i in town.alerts(who)}
    assert {"absolute.low", "absolute.high", "combination"} == set(issues)
    close(town, issues["absolute.low"])
    close(
        town, next(i for i in town.alerts(who) if i["code"]["coding"][1]["code"] == "combination")
    )

    _, note = sorted(notes(folder), key=lambda n: len(n["entry"]))
    kinds = [part["resourceType"] for part in parts(note)]
    assert ["Composition", *["DetectedIssue"] * 3, *["Observation"] * 2] == kinds
    summary, *summed = parts(note)[1:4]
    assert ("5.1", "high") == (summary["code"]["coding"][0]["code"], summary["severity"])
    urns = {entry["fullUrl"]: entry["resource"] for entry in note["entry"]}
    assert summed == [urns[r["reference"]] for r in summary["implicated"]]
    assert ["final", "preliminary"] == sorted(each["status"] for each in summed)
    assert all(each["referenceRange"] for each in parts(note)[4:])


def test_a_folder_that_cannot_be_written_is_told_from_the_start_until_it_can(
    make_client: Callable[..., Client], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("a file in its place")
    client = make_client(HUB_JOURNAL_DIR=str(folder))
    assert client.hub.work is not None, "the work is begun"
    health = client.get("/health")
    told = ["The folder is missing or the share is not mounted (journal, of the journal)"]
    assert (503, told) == (health.status_code, health.json()["trouble"])
    assert "the folder of the journal cannot be written" in caplog.text

    folder.unlink()
    assert 200 == client.get("/health").status_code
    assert not folder.exists(), "looking makes nothing"


def test_a_folder_that_is_not_there_yet_is_no_trouble(
    make_client: Callable[..., Client], folder: Path
) -> None:
    client = make_client(HUB_JOURNAL_DIR=str(folder))
    assert client.hub.work is not None, "the work is begun"
    assert 200 == client.get("/health").status_code
