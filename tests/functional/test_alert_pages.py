"""What can be done about an alert on the pages for people: by form, by one at a time, and from our own pages only."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import httpx
import pytest

from hub.api.pages.alert_forms import Marks
from tests.builders import Json
from tests.functional.followed import SPO2_RULE, Followed
from tests.functional.hub_client import Client
from tests.functional.test_alert_steps import raised, state_of

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def who(followed: Followed) -> str:
    """A patient with a plan: SpO2 red below 88, yellow below 92."""
    name = followed.person()
    followed.plan(name, SPO2_RULE)
    return name


def forms(followed: Followed, path: str = "/alerts") -> dict[str, dict[str, str]]:
    """A page → the forms on it: where each leads, and what is filled in already."""
    answer = followed.client.get(path)
    root = ET.fromstring(answer.text.removeprefix("<!doctype html>"))
    return {
        form.attrib["action"]: {
            each.attrib["name"]: each.get("value", "")
            for each in form.iter("input")
            if each.get("type") == "hidden"
        }
        for form in root.iter("form")
    }


def send(followed: Followed, action: str, fields: dict[str, str], **headers: str) -> httpx.Response:
    """A form as a browser sends it → the answer."""
    data = urlencode(fields).encode()
    return followed.client.post(action, data, headers={**FORM, **headers})


def fill(followed: Followed, issue: Json, step: str, **fields: str) -> httpx.Response:
    """An alert, a step and what is filled in → the answer, the page being opened for it."""
    action = f"/alerts/{issue['id']}/{step}"
    seen = forms(followed)[action]
    return send(followed, action, {**seen, "performer": "Nina Nattvakt", **fields})


def steps_of(followed: Followed) -> list[str]:
    return [action.rpartition("/")[2] for action in forms(followed)]


def words(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.text))


def test_the_whole_way_of_a_red_by_forms(followed: Followed, who: str) -> None:
    issue = raised(followed, who, "86")

    taken = fill(followed, issue, "acknowledge")
    assert (303, "/alerts?gjort=acknowledge") == (taken.status_code, taken.headers["location"])
    assert "Varselet er ditt." in followed.client.get(taken.headers["location"]).text
    assert ["acknowledged"] == [state_of(each) for each in followed.alerts(who)]

    assert 303 == fill(followed, issue, "mitigate", action="Ringte pasienten").status_code
    assert ["mitigated"] == [state_of(each) for each in followed.alerts(who)]

    closed = fill(followed, issue, "close", note="Bedre nå", action="")
    assert 303 == closed.status_code
    assert ["closed"] == [state_of(each) for each in followed.alerts(who)]
    assert {} == forms(followed)


def test_what_was_written_in_the_forms_is_on_the_alert(followed: Followed, who: str) -> None:
    issue = raised(followed, who, "86")
    fill(followed, issue, "close", note="Æøå & <b>notat</b>", action="Tok en ny måling")

    told = followed.client.get(f"DetectedIssue/{issue['id']}/$explain").text

    assert "Nina Nattvakt" in told
    assert "Tok en ny måling" in told


def test_only_the_steps_that_are_open_are_offered(followed: Followed, who: str) -> None:
    issue = raised(followed, who, "86")
    assert ["acknowledge", "mitigate", "close"] == steps_of(followed)

    fill(followed, issue, "mitigate", action="Ringte")
    assert ["mitigate", "close"] == steps_of(followed)


def test_a_yellow_can_be_put_off_from_the_patients_own_page(followed: Followed, who: str) -> None:
    issue = raised(followed, who, "90")
    path = f"/patients/{who.partition('/')[2]}"
    action = f"/alerts/{issue['id']}/snooze"

    answer = send(
        followed, action, {**forms(followed, path)[action], "performer": "Nina", "hours": "4"}
    )

    assert (303, f"{path}?gjort=snooze") == (answer.status_code, answer.headers["location"])
    assert "Varselet er utsatt." in followed.client.get(answer.headers["location"]).text


def test_of_two_who_take_the_same_alert_the_second_is_told_so(followed: Followed, who: str) -> None:
    issue = raised(followed, who, "86")
    action = f"/alerts/{issue['id']}/acknowledge"
    seen = forms(followed)[action]

    first = send(followed, action, {**seen, "performer": "Nina"})
    second = send(followed, action, {**seen, "performer": "Per"})

    assert (303, 412) == (first.status_code, second.status_code)
    assert "Noen andre var før deg" in second.text
    assert "Ingenting er lagret" in second.text
    assert 'href="/alerts"' in second.text
    assert "Per" not in followed.client.get(f"DetectedIssue/{issue['id']}/$explain").text


def test_a_red_that_is_closed_without_a_note_is_refused_in_norwegian(
    followed: Followed, who: str
) -> None:
    issue = raised(followed, who, "86")

    answer = fill(followed, issue, "close")

    assert 422 == answer.status_code
    assert "Et rødt varsel lukkes med et notat." in answer.text
    assert ["open"] == [state_of(each) for each in followed.alerts(who)]


@pytest.mark.parametrize(
    ("step", "fields", "told"),
    [
        ("acknowledge", {"performer": " "}, "Skriv hvem du er."),
        ("mitigate", {"action": "x" * 2001}, "lengre enn 2000 tegn"),
        ("mitigate", {"action": " "}, "Skriv hva som ble gjort."),
        ("acknowledge", {"version": ""}, "Åpne den på nytt"),
        ("acknowledge", {"version": "1; drop"}, "Åpne den på nytt"),
        ("acknowledge", {"version": "99"}, "Noen andre"),
        ("acknowledge", {"mark": ""}, "ikke fra knutepunktets egen side"),
        ("acknowledge", {"mark": "æ" * 64}, "ikke fra knutepunktets egen side"),
    ],
)
def test_a_form_that_cannot_be_is_refused_and_changes_nothing(
    followed: Followed, who: str, step: str, fields: dict[str, str], told: str
) -> None:
    issue = raised(followed, who, "86")

    answer = fill(followed, issue, step, **fields)

    assert answer.status_code in (400, 403, 412, 428)
    assert told in words(answer)
    assert ["open"] == [state_of(each) for each in followed.alerts(who)]


@pytest.mark.parametrize("hours", ["", "0", "25", "-1", "4.5", "x"])
def test_an_alert_is_put_off_for_one_of_the_times_that_are_offered(
    followed: Followed, who: str, hours: str
) -> None:
    issue = raised(followed, who, "90")

    assert 400 == fill(followed, issue, "snooze", hours=hours).status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_from_the_page_of_another_site_is_refused(
    followed: Followed, who: str, headers: dict[str, str]
) -> None:
    issue = raised(followed, who, "86")
    action = f"/alerts/{issue['id']}/acknowledge"
    fields = {**forms(followed)[action], "performer": "Nina"}

    assert 403 == send(followed, action, fields, **headers).status_code
    assert ["open"] == [state_of(each) for each in followed.alerts(who)]


def test_a_mark_that_was_not_made_for_this_alert_opens_nothing(
    followed: Followed, who: str
) -> None:
    issue = raised(followed, who, "86")
    action = f"/alerts/{issue['id']}/acknowledge"
    fields = {**forms(followed)[action], "performer": "Nina"}

    for mark in (Marks((b"x" * 32,)).make(issue["id"]), fields["mark"][:-1]):
        assert 403 == send(followed, action, {**fields, "mark": mark}).status_code


def test_a_form_of_one_process_is_known_to_another_and_for_a_day(
    followed: Followed, who: str, make_client: Callable[..., Client]
) -> None:
    issue = raised(followed, who, "86")
    action = f"/alerts/{issue['id']}/acknowledge"
    fields = {**forms(followed)[action], "performer": "Nina"}
    body = urlencode(fields).encode()

    followed.clock.at += timedelta(days=1)
    assert 303 == make_client().post(action, body, headers=FORM).status_code

    followed.clock.at += timedelta(days=1)
    assert 403 == make_client().post(action, body, headers=FORM).status_code


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "/alerts\r\nX: y", "/x"]
)
def test_a_form_leads_back_to_our_own_pages_only(followed: Followed, who: str, back: str) -> None:
    issue = raised(followed, who, "86")

    assert (
        "/alerts?gjort=close"
        == fill(followed, issue, "close", back=back, note="n", action="a").headers["location"]
    )


@pytest.mark.parametrize(
    "body", [b"\xff", b"%ff=1", b"a=%00", b"&".join([b"a=1"] * 50), b"x" * 30_000]
)
def test_a_body_that_is_no_form_is_refused_and_never_a_fault_of_ours(
    followed: Followed, who: str, body: bytes
) -> None:
    issue = raised(followed, who, "86")
    answer = followed.client.post(f"/alerts/{issue['id']}/acknowledge", body, headers=FORM)

    assert 400 <= answer.status_code < 500


def test_a_step_or_an_alert_that_there_is_not_is_404(followed: Followed, who: str) -> None:
    issue = raised(followed, who, "86")
    fields = {**next(iter(forms(followed).values())), "performer": "Nina"}

    assert 404 == send(followed, f"/alerts/{issue['id']}/delete", fields).status_code
    assert send(followed, "/alerts/nobody/acknowledge", fields).status_code in (403, 404)
    assert 405 == followed.client.get(f"/alerts/{issue['id']}/acknowledge").status_code


def test_a_step_by_form_is_in_the_access_log(followed: Followed, who: str) -> None:
    issue = raised(followed, who, "86")
    fill(followed, issue, "acknowledge")

    entries = followed.client.search(f"AuditEvent?patient={who}&_count=200")
    queries = [base64.b64decode(e["query"]) for x in entries for e in x["entity"] if "query" in e]

    assert b"$acknowledge" in queries
