"""Steps on alerts by operation: taken, mitigated, put off and closed, with If-Match, by one at a time.

Source: dho/thresholds.md §7.1, §7.6; RFC 6585 §3.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from hub.fhir.interactions.step_texts import in_language
from hub.fhir.routes import OPERATIONS
from hub.flows.alert_follow_up import NOTIFY_ALERT, Telling, read_telling
from hub.problems import HubError
from hub.store.migrate import DEMO_TENANT
from hub.thresholds.alarm import Alert, take_step
from hub.thresholds.measurement import Event
from tests.builders import Json
from tests.functional.followed import SPO2_RULE, Followed
from tests.functional.hub_client import codes_of

NURSE: Json = {"name": "performer", "valueReference": {"display": "Nina Nattvakt"}}


@pytest.fixture
def who(followed: Followed) -> str:
    """A patient with a plan: SpO2 red below 88, yellow below 92."""
    name = followed.person()
    followed.plan(name, SPO2_RULE)
    return name


def text(name: str, told: str) -> Json:
    """A parameter of text."""
    if name == "action":
        return {"name": name, "valueCodeableConcept": {"text": told}}
    return {"name": name, "valueString": told}


def step(
    followed: Followed,
    issue: Json,
    name: str,
    *parts: Json,
    match: str | None = "",
    spoken: str = "",
) -> Any:
    """A step on an alert as somebody has seen it → the answer. Shape: `spoken` is Accept-Language, "" = not sent."""
    headers = {} if match is None else {"If-Match": match or f'W/"{issue["meta"]["versionId"]}"'}
    if spoken:
        headers["Accept-Language"] = spoken
    body = {"resourceType": "Parameters", "parameter": list(parts)} if parts else None
    if body is None:
        body = {"resourceType": "Parameters"}
    return followed.client.post(f"DetectedIssue/{issue['id']}/${name}", body, headers=headers)


def basis(issue: Json) -> list[Json]:
    """An alert → the parts of what it rests on."""
    return next(e for e in issue["extension"] if e["url"].endswith("/dho-alert-basis"))["extension"]


def state_of(issue: Json) -> str:
    """An alert → its state."""
    return next(p["valueCode"] for p in basis(issue) if p["url"] == "state")


def tellings(followed: Followed, issue: Json) -> list[Telling]:
    """An alert → all that was and will be told of it."""

    def find(unit: Any) -> list[Telling]:
        jobs = unit.outbox.of_subject(DEMO_TENANT, NOTIFY_ALERT, issue["id"])
        return [read_telling(each.job.payload) for each in jobs]

    return followed.client.runner.run(followed.hub.store.read(find))


def raised(followed: Followed, who: str, value: str) -> Json:
    followed.send(who, value)
    (issue,) = followed.alerts(who)
    return issue


def test_the_whole_way_of_a_red_keeps_issue_flag_and_task_together(
    followed: Followed, who: str
) -> None:
    issue = raised(followed, who, "86")

    taken = step(followed, issue, "acknowledge", NURSE)
    assert taken.status_code == 200, taken.text
    seen = taken.json()
    assert ("preliminary", "acknowledged") == (seen["status"], state_of(seen))
    assert taken.headers["ETag"] == f'W/"{seen["meta"]["versionId"]}"'
    assert ("accepted", ["active"]) == (followed.task_of(seen)["status"], followed.flags(who))

    done = step(followed, seen, "mitigate", NURSE, text("action", "Ringte pasienten")).json()
    assert ("final", "mitigated") == (done["status"], state_of(done))
    assert ("in-progress", ["active"]) == (followed.task_of(done)["status"], followed.flags(who))

    closed = step(followed, done, "close", NURSE, text("note", "Bedre nå")).json()
    assert ("final", "closed") == (closed["status"], state_of(closed))
    assert ("completed", ["inactive"]) == (followed.task_of(closed)["status"], followed.flags(who))
    told = [m["action"]["text"] for m in closed["mitigation"]]
    assert told == ["Ringte pasienten", "Bedre nå"]
    steps = [{p["url"]: p for p in e["extension"]} for e in basis(closed) if e["url"] == "step"]
    assert [s["type"]["valueCode"] for s in steps] == ["acknowledge", "mitigate", "close"]
    assert {s["by"]["valueReference"]["display"] for s in steps} == {"Nina Nattvakt"}


def test_a_red_is_closed_only_with_a_note_and_an_act(followed: Followed, who: str) -> None:
    issue = raised(followed, who, "86")

    for parts in ((), (text("note", "Sett"),), (text("action", "Ringte"),)):
        assert 422 == step(followed, issue, "close", *parts).status_code
    answer = step(followed, issue, "close", text("note", "Bedre"), text("action", "Ringte"))
    assert 200 == answer.status_code


def test_a_yellow_is_closed_without_a_word(followed: Followed, who: str) -> None:
    assert 200 == step(followed, raised(followed, who, "90"), "close").status_code


@pytest.mark.parametrize("match", [None, "*"])
def test_a_step_names_the_version_it_is_about(
    followed: Followed, who: str, match: str | None
) -> None:
    answer = step(followed, raised(followed, who, "86"), "acknowledge", match=match)

    assert (428, ["no-version-named"]) == (answer.status_code, codes_of(answer))


def test_who_has_seen_an_older_version_is_told(followed: Followed, who: str) -> None:
    issue = raised(followed, who, "86")
    followed.send(who, "85", at="2026-11-21T09:00:00+01:00")

    answer = step(followed, issue, "acknowledge")
    assert (412, ["version-conflict"]) == (answer.status_code, codes_of(answer))


def test_of_many_who_take_an_alert_at_once_one_does(followed: Followed, who: str) -> None:
    issue = raised(followed, who, "86")
    path = f"DetectedIssue/{issue['id']}/$acknowledge"
    match = {"If-Match": f'W/"{issue["meta"]["versionId"]}"'}
    nurses = [
        {
            "resourceType": "Parameters",
            "parameter": [{"name": "performer", "valueReference": {"display": f"Nr. {n}"}}],
        }
        for n in range(8)
    ]
    answers = followed.client.together(*(("POST", path, nurse, match) for nurse in nurses))

    assert [200, *[412] * 7] == sorted(a.status_code for a in answers)
    (issue,) = followed.alerts(who)
    assert 1 == len([e for e in basis(issue) if e["url"] == "step"])


def test_a_yellow_is_put_off_and_comes_back(followed: Followed, who: str) -> None:
    issue = raised(followed, who, "90")
    until = followed.clock.now() + timedelta(hours=2)
    back = {"name": "until", "valueDateTime": until.isoformat()}
    answer = step(followed, issue, "snooze", NURSE, back)
    assert answer.status_code == 200, answer.text

    put_off = answer.json()
    assert "open" == state_of(put_off)
    assert "Utsatt til" in followed.task_of(put_off)["businessStatus"]["text"]
    followed.clock.at += timedelta(hours=1, minutes=59)
    followed.work()
    assert "note" not in followed.task_of(put_off)
    followed.clock.at += timedelta(minutes=2)
    followed.work()
    task = followed.task_of(put_off)
    assert ["Påminnelse: varselet var utsatt til nå."] == [n["text"] for n in task["note"]]


def test_a_red_is_not_put_off_and_a_yellow_not_for_long(followed: Followed, who: str) -> None:
    now = followed.clock.now()
    soon = {"name": "until", "valueDateTime": (now + timedelta(hours=1)).isoformat()}
    late = {"name": "until", "valueDateTime": (now + timedelta(hours=25)).isoformat()}
    yellow = raised(followed, who, "90")

    assert 422 == step(followed, yellow, "snooze", late).status_code
    assert 400 == step(followed, yellow, "snooze").status_code
    followed.send(who, "86", at="2026-11-21T09:00:00+01:00")
    (red,) = followed.alerts(who)
    assert 422 == step(followed, red, "snooze", soon).status_code


def test_what_is_put_off_becomes_red_all_the_same(followed: Followed, who: str) -> None:
    yellow = raised(followed, who, "90")
    until = followed.clock.now() + timedelta(hours=2)
    step(followed, yellow, "snooze", {"name": "until", "valueDateTime": until.isoformat()})
    followed.send(who, "86", at="2026-11-21T09:00:00+01:00")

    (red,) = followed.alerts(who)
    assert "open" == state_of(red)
    assert not [p for p in basis(red) if p["url"] == "snoozedUntil"]
    assert "upgrade" in {t.kind for t in tellings(followed, red)}
    assert "businessStatus" not in followed.task_of(red)


def test_nobody_takes_a_red_and_its_task_says_so(followed: Followed, who: str) -> None:
    issue = raised(followed, who, "86")
    assert ["escalate", "raise", "remind"] == sorted(t.kind for t in tellings(followed, issue))

    followed.clock.at += timedelta(minutes=31)
    followed.work()
    task = followed.task_of(issue)
    assert ["Påminnelse", "Ingen har tatt"] == [
        n["text"].partition(":")[0].partition(" varselet")[0] for n in task["note"]
    ]
    assert "escalated" == task["businessStatus"]["coding"][0]["code"]


def test_who_has_taken_a_red_is_reminded_of_acting_and_not_of_taking(
    followed: Followed, who: str
) -> None:
    issue = raised(followed, who, "86")
    step(followed, issue, "acknowledge", NURSE)
    followed.clock.at += timedelta(minutes=31)
    followed.work()
    assert "note" not in followed.task_of(issue)

    followed.clock.at += timedelta(minutes=30)
    followed.work()
    (note,) = followed.task_of(issue)["note"]
    assert "ikke satt i verk noe tiltak" in note["text"]


REFUSED: list[tuple[str, str, Json]] = [
    (
        "Et rødt varsel lukkes med et notat.",
        "A red alert is closed with a note.",
        {"name": "close"},
    ),
    (
        "Operasjonen trenger action: si hva som ble gjort.",
        "The operation needs action",
        {"name": "mitigate"},
    ),
    (
        "Operasjonen trenger until.",
        "The operation needs until",
        {"name": "snooze"},
    ),
    (
        "Send If-Match med den versjonen av varselet du har sett: noen andre kan ha tatt det.",
        "Send If-Match with the version of the alert you have seen: somebody else may have taken it",
        {"name": "close", "match": None},
    ),
    (
        "Noen har gjort noe med varselet siden: If-Match sier versjon 7, den gjeldende er 1.",
        "Somebody has done something with the alert since: If-Match names version 7, the current version is 1.",
        {"name": "acknowledge", "match": 'W/"7"'},
    ),
    (
        'If-Match må være et versjonsmerke som W/"3".',
        'If-Match must be an entity tag such as W/"3"',
        {"name": "acknowledge", "match": "7"},
    ),
]


@pytest.mark.parametrize(("norwegian", "english", "asked"), REFUSED, ids=range(len(REFUSED)))
def test_a_refused_step_is_told_in_one_language(
    followed: Followed, who: str, norwegian: str, english: str, asked: Json
) -> None:
    issue = raised(followed, who, "86")
    for spoken, told in (("", norwegian), ("nb-NO, en;q=0.5", norwegian), ("de", norwegian), ("en-GB", english)):  # fmt: skip
        answer = step(followed, issue, spoken=spoken, **asked)
        assert answer.status_code >= 400
        assert told == answer.json()["issue"][0]["details"]["text"]


def test_what_the_engine_refuses_is_known_in_both_languages() -> None:
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    red = Alert("a", "r", "red", "x", "x", "open", at, at, ())
    later = at + timedelta(days=2)
    asked = [
        (replace(red, state="closed"), Event(at, "close", "r", "Nina")),
        (red, Event(at, "close", "r", "")),
        (red, Event(at, "close", "r", "Nina")),
        (red, Event(at, "close", "r", "Nina", "note")),
        (red, Event(at, "snooze", "r", "Nina", until=later)),
        (replace(red, zone="yellow"), Event(at, "snooze", "r", "Nina")),
        (replace(red, zone="yellow"), Event(at, "snooze", "r", "Nina", until=later)),
    ]
    for alert, event in asked:
        _, problem = take_step(alert, event)
        assert problem is not None
        error = HubError(problem)
        assert problem == in_language(error, "nb").problems[0]
        assert problem != in_language(error, "en").problems[0]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"resourceType":"Patient"}', 400),
        ([{"name": "who", "valueString": "x"}], 400),
        ([{"name": "note", "valueInteger": 1}], 400),
        ([text("note", "a"), text("note", "b")], 400),
        ([text("note", "x" * 10_001)], 400),
        ([{"name": "action", "valueCodeableConcept": {"coding": [{"code": "x"}]}}], 400),
        ([{"name": "performer", "valueReference": {"type": "Practitioner"}}], 400),
    ],
)
def test_a_step_that_cannot_be_read_changes_nothing(
    followed: Followed, who: str, body: Any, status: int
) -> None:
    issue = raised(followed, who, "86")
    parameters = (
        {"resourceType": "Parameters", "parameter": body} if isinstance(body, list) else body
    )
    match = {"If-Match": f'W/"{issue["meta"]["versionId"]}"'}
    answer = followed.client.post(
        f"DetectedIssue/{issue['id']}/$acknowledge", parameters, headers=match
    )

    assert status == answer.status_code, answer.text
    assert [issue] == followed.alerts(who)


@pytest.mark.parametrize("name", ["acknowledge", "mitigate", "close", "snooze"])
def test_what_the_definition_of_a_step_needs_is_needed(
    followed: Followed, who: str, name: str
) -> None:
    issue = raised(followed, who, "90")
    row = OPERATIONS["DetectedIssue", f"${name}"]
    needed = [each.name for each in row.parameters if each.use == "in" and each.minimum]

    answer = step(followed, issue, name)

    assert (400 if needed else 200) == answer.status_code
    assert not needed or [issue] == followed.alerts(who)


def test_steps_are_taken_on_alerts_alone(followed: Followed, who: str) -> None:
    other = followed.client.create(
        {"resourceType": "DetectedIssue", "status": "final", "patient": {"reference": who}}
    )
    match = {"If-Match": 'W/"1"'}
    body = {"resourceType": "Parameters"}
    post = followed.client.post

    assert 400 == post(f"{other}/$acknowledge", body, headers=match).status_code
    assert 404 == post("DetectedIssue/none/$close", body, headers=match).status_code
    assert 404 == post("DetectedIssue/$close", body, headers=match).status_code
    assert 405 == followed.client.get(f"{other}/$close").status_code


def test_a_closed_alert_takes_no_step(followed: Followed, who: str) -> None:
    closed = step(followed, raised(followed, who, "90"), "close").json()

    for name in ("acknowledge", "close"):
        assert 422 == step(followed, closed, name).status_code


def test_a_step_says_who_did_it_in_the_access_log_and_the_provenance(
    followed: Followed, who: str
) -> None:
    issue = raised(followed, who, "86")
    step(followed, issue, "acknowledge", NURSE)

    logged = followed.client.search(f"AuditEvent?patient={who}&_count=200")
    queries = [
        base64.b64decode(e["query"]) for each in logged for e in each["entity"] if "query" in e
    ]
    assert b"$acknowledge" in queries
    provenances = followed.client.search(f"Provenance?target=DetectedIssue/{issue['id']}")
    agents = [p["agent"][0]["who"].get("display") for p in provenances]
    assert "Nina Nattvakt" in agents


def test_staff_who_take_an_alert_own_its_task(followed: Followed, who: str) -> None:
    nurse = followed.client.create({"resourceType": "Practitioner", "name": [{"family": "Test"}]})
    issue = raised(followed, who, "86")
    part = {"name": "performer", "valueReference": {"reference": nurse}}
    assert 200 == step(followed, issue, "acknowledge", part).status_code

    assert nurse == followed.task_of(issue)["owner"]["reference"]


def test_an_alert_with_measures_is_not_closed_by_writing_it_again(
    followed: Followed, who: str
) -> None:
    issue = raised(followed, who, "86")
    done = step(followed, issue, "mitigate", text("action", "Ringte")).json()
    client = followed.client

    assert 200 == client.put(f"DetectedIssue/{done['id']}", {**done, "detail": "x"}).status_code
    assert ["active"] == followed.flags(who)
    back = {**done, "status": "preliminary"}
    assert 422 == client.put(f"DetectedIssue/{done['id']}", back).status_code
    act = {
        "action": {
            "coding": [
                {"system": "https://dho-hub.example/fhir/CodeSystem/dho-task", "code": "close"}
            ],
            "text": "Avsluttet etter samtale",
        }
    }
    closing = {**done, "mitigation": [*done["mitigation"], act]}
    assert 200 == client.put(f"DetectedIssue/{done['id']}", closing).status_code
    assert ["inactive"] == followed.flags(who)


def test_each_operation_of_our_own_is_defined(followed: Followed) -> None:
    for (kind, name), row in OPERATIONS.items():
        if row.title:
            told = followed.client.get(f"OperationDefinition/{row.definition.rpartition('/')[2]}")
            assert (200, name) == (told.status_code, f"${told.json()['code']}")
            checked = followed.client.post("OperationDefinition/$validate", told.json())
            assert "The hub would accept it" in checked.text, checked.text
            assert [kind] == told.json()["resource"]
