"""The pages for people: what they show, what they keep to themselves, and what they leave in the access log."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from hub.api.pages.layout import STYLE
from hub.clock import FixedClock
from hub.emessage.table_build import render
from tests.builders import Json, national_id, observation, quantity
from tests.functional.followed import PRESSURE_RULE, SPO2_RULE, Followed, pressure
from tests.functional.hub_client import Client
from tests.message_builders import event, logistics, message

PAGES = ("/", "/patients", "/alerts", "/messages", "/arrivals")


@pytest.fixture
def who(followed: Followed) -> str:
    """A patient with a GP and a plan."""
    name = followed.person(**followed.gp())
    followed.plan(name, SPO2_RULE, PRESSURE_RULE)
    return name


def at(clock: FixedClock, hours: float) -> str:
    return (clock.now() - timedelta(hours=hours)).isoformat()


def page(client: Client, path: str) -> httpx.Response:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer


def text_of(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.text))


def log_of(client: Client, who: str) -> list[Json]:
    return client.search(f"AuditEvent?patient={who}&_count=200")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_well_formed_and_says_that_this_is_development(
    client: Client, path: str
) -> None:
    answer = page(client, path)
    document = ET.fromstring(answer.text.removeprefix("<!doctype html>"))

    assert "nb" == document.get("lang")
    assert "UTVIKLINGSMODUS" in answer.text
    assert 1 == len(document.findall(".//h1"))


@pytest.mark.parametrize("path", [*PAGES, "/patients/nobody", "/nowhere"])
def test_outside_development_no_page_exists(make_client: Callable[..., Client], path: str) -> None:
    client = make_client(HUB_MODE="test", HUB_I_ACCEPT_INSECURE_DEVELOPMENT=None, HUB_DEV_OPEN=None)

    answer = client.get(path)

    assert 404 == answer.status_code
    assert "UTVIKLINGSMODUS" not in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_nobody_who_has_not_shown_who_he_is_sees_anything(
    make_client: Callable[..., Client], path: str
) -> None:
    client = make_client(HUB_DEV_OPEN=None)

    assert 401 == client.get(path).status_code


def test_the_headers_allow_no_script_no_foreign_file_and_no_copy(client: Client) -> None:
    for path in (*PAGES, "/nowhere"):
        headers = client.get(path).headers

        assert "no-store" == headers["cache-control"]
        assert "nosniff" == headers["x-content-type-options"]
        assert headers["content-security-policy"].startswith(
            "default-src 'none'; style-src 'sha256-"
        )
        assert "unsafe" not in headers["content-security-policy"]
    assert "url(" not in STYLE


def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing(
    followed: Followed, who: str, clock: FixedClock
) -> None:
    followed.send(who, "86", at=at(clock, 1))

    for path in (f"/{who.lower().replace('patient', 'patients')}", "/alerts"):
        text = page(followed.client, path).text
        assert not re.search(r"<script|<link |<img|<iframe|\son\w+=|style=", text)


def test_the_patient_who_needs_it_most_stands_first(
    followed: Followed, who: str, clock: FixedClock
) -> None:
    other = followed.person()
    followed.plan(other, SPO2_RULE)
    followed.send(other, "94", at=at(clock, 2))
    followed.send(who, "86", at=at(clock, 1))

    answer = page(followed.client, "/patients")

    ids = re.findall(r'href="/patients/([^"?]+)"', answer.text)
    assert [who.partition("/")[2], other.partition("/")[2]] == ids
    assert "SpO2 86 % rød" in text_of(answer)
    assert "SpO2 94 % grønn" in text_of(answer)


def test_a_patient_shows_alerts_limits_and_values(
    followed: Followed, who: str, clock: FixedClock
) -> None:
    followed.send(who, "86", at=at(clock, 1))

    text = text_of(page(followed.client, f"/patients/{who.partition('/')[2]}"))

    assert "SpO2 86 % er under rød grense (&lt; 88 %), EBP v2" in text
    assert (
        "Egenbehandlingsplan versjon 2, gjelder fra 01.03.2026, godkjent av Rolig Testlege." in text
    )
    assert "under 88 %" in text
    assert "fra 88 til under 92 %" in text
    assert "Helsefaglig dialog" in text


def test_no_page_shows_a_national_id_outside_the_raw_message(
    followed: Followed, who: str, clock: FixedClock
) -> None:
    followed.send(who, "86", at=at(clock, 1))
    own = who.partition("/")[2]

    for path in (*PAGES, f"/patients/{own}", f"/patients/{own}/trend?code=spo2"):
        assert national_id(1) not in page(followed.client, path).text


def test_the_trend_draws_each_value_and_the_limits_in_force(
    followed: Followed, who: str, clock: FixedClock
) -> None:
    for hours, value in ((1, "86"), (24, "90"), (48, "95")):
        followed.send(who, value, at=at(clock, hours))
    own = who.partition("/")[2]

    answer = page(followed.client, f"/patients/{own}/trend?code=59408-5")

    for kind in ("dot red", "dot yellow", "dot green"):
        assert 1 == answer.text.count(f'class="{kind}"')
    assert "rød &lt; 88" in answer.text
    assert "gul &lt; 92" in answer.text
    assert "3 målinger: 1 rød, 1 gul, 1 grønn. Den siste er 86 % (rød)." in text_of(answer)


def test_a_blood_pressure_is_drawn_as_two_series(
    followed: Followed, who: str, clock: FixedClock
) -> None:
    for hours in (1, 24):
        followed.client.create(pressure(who, "185", "80", at=at(clock, hours)))
    followed.work()

    answer = page(followed.client, f"/patients/{who.partition('/')[2]}/trend?code=bp")

    assert 4 == answer.text.count('class="dot red"')
    assert "rød ≥ 180 overtrykk" in answer.text
    assert "gul ≥ 100 undertrykk" in answer.text


@pytest.mark.parametrize(("comparator", "way"), [(">", "v-9"), ("<=", "v9")])
def test_a_value_beyond_what_the_device_measures_points_to_where_it_lies(
    followed: Followed, who: str, clock: FixedClock, comparator: str, way: str
) -> None:
    value = {**quantity("86", "%"), "comparator": comparator}
    followed.client.create(observation(who, at=at(clock, 1), valueQuantity=value))
    followed.send(who, "95", at=at(clock, 2))

    answer = page(followed.client, f"/patients/{who.partition('/')[2]}/trend?code=spo2")

    assert 1 == answer.text.count('class="beyond"')
    assert way in answer.text


def test_a_value_that_was_taken_back_is_not_drawn(
    followed: Followed, who: str, clock: FixedClock
) -> None:
    name = followed.send(who, "86", at=at(clock, 1))
    followed.change(name, status="entered-in-error")
    own = who.partition("/")[2]

    assert "Ingen målinger." in text_of(page(followed.client, f"/patients/{own}/trend?code=spo2"))
    assert "86 %" not in page(followed.client, "/patients").text


@pytest.mark.parametrize(
    "path",
    [
        "/patients/nobody",
        "/patients/nobody/trend?code=spo2",
        "/messages/nothing",
        "/nowhere",
    ],
)
def test_what_is_not_there_is_404(client: Client, path: str) -> None:
    answer = client.get(path)

    assert 404 == answer.status_code


def test_an_unknown_measure_is_404(followed: Followed, who: str) -> None:
    own = who.partition("/")[2]

    for code in ("", "nonsense", "form:phq9", "http://snomed.info/sct|59408-5"):
        assert 404 == followed.client.get(f"/patients/{own}/trend?code={code}").status_code


@pytest.mark.parametrize("path", ["/patients/{}", "/messages?x={}", "/patients/a/trend?code={}"])
def test_a_national_id_in_the_address_is_refused(client: Client, path: str) -> None:
    assert 400 == client.get(path.format(national_id(1))).status_code


@pytest.mark.parametrize("cursor", ["nonsense", "AAAA", "%00"])
def test_a_cursor_that_is_not_ours_is_refused(client: Client, cursor: str) -> None:
    assert 400 == client.get(f"/patients?_cursor={cursor}").status_code


def test_pages_are_only_looked_at(client: Client) -> None:
    for path in PAGES:
        assert 405 == client.post(path, {}).status_code
        assert 200 == client.request("HEAD", path).status_code


def test_stored_mark_up_stays_text(followed: Followed, clock: FixedClock) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    who = followed.person(name=[{"family": evil, "given": ["O'Hara & sønn"]}])
    followed.plan(who, SPO2_RULE)
    followed.send(who, "86", at=at(clock, 1))
    own = who.partition("/")[2]

    for path in ("/patients", f"/patients/{own}", f"/patients/{own}/trend?code=spo2", "/alerts"):
        text = page(followed.client, path).text
        assert "<script>" not in text
        assert "<img" not in text
        assert "&lt;script&gt;" in text


def test_every_look_at_a_patient_is_in_the_access_log(
    followed: Followed, who: str, clock: FixedClock
) -> None:
    followed.send(who, "86", at=at(clock, 1))
    own = who.partition("/")[2]
    sent = followed.messages()[-1].id
    paths = ("/patients", f"/patients/{own}", f"/patients/{own}/trend?code=spo2", "/alerts", "/messages", f"/messages/{sent}")  # fmt: skip

    entries: list[Json] = []
    for path in paths:
        before = len(log_of(followed.client, who))
        page(followed.client, path)
        entries = log_of(followed.client, who)
        # the search for the log is itself an entry
        assert before + 2 == len(entries), path
    assert {"developer"} == {
        e["agent"][0]["who"]["identifier"]["value"]
        for e in entries
        if e["subtype"][0]["code"] in ("read", "search")
    }


def test_a_message_shows_its_way_and_its_bytes(
    followed: Followed, who: str, clock: FixedClock
) -> None:
    followed.send(who, "86", at=at(clock, 1))
    followed.look_after()
    followed.answer(followed.journal())
    (sent,) = followed.messages("DIALOG_HELSEFAGLIG")

    listed = text_of(page(followed.client, "/messages"))
    shown = page(followed.client, f"/messages/{sent.id}")

    assert "Helsefaglig dialog" in listed
    assert "kvittert OK" in listed
    assert "skrevet til meldingsformidleren" in shown.text
    assert "mottakeren har kvittert OK" in shown.text
    assert "&lt;MsgHead" in shown.text


def test_a_file_that_nobody_can_read_is_among_the_arrivals(followed: Followed) -> None:
    (followed.drop.inbox / "bad.xml").write_bytes(b"<no")
    followed.take_in()

    answer = page(followed.client, "/arrivals")
    found = re.search(r'href="(/messages/[^"]+)"', answer.text)

    assert "i karantene" in text_of(answer)
    assert found is not None
    assert "&lt;no" in page(followed.client, found[1]).text


def test_a_message_that_waits_for_a_person_says_how_to_go_on(followed: Followed) -> None:
    data = render(message("LOG_UTSKREVET", logistics("LOG_UTSKREVET", event("2", "2026-03-02"))))
    here = data.replace(b"8095001", b"8090001").replace(b"8095101", b"8090011")
    (followed.drop.inbox / "a.xml").write_bytes(here)
    followed.take_in()

    listed = page(followed.client, "/arrivals")
    found: Any = re.search(r'href="(/messages/[^"]+)"', listed.text)

    assert "venter på et menneske" in text_of(listed)
    assert "hub messages replay" in page(followed.client, found[1]).text


def test_an_empty_hub_has_pages_that_say_so(client: Client) -> None:
    assert "Ingen pasienter ennå." in page(client, "/patients").text
    assert "Ingen åpne varsler." in page(client, "/alerts").text
    assert "Ingen meldinger ennå." in page(client, "/messages").text


def test_the_clock_of_the_hub_is_the_clock_of_the_pages(
    make_client: Callable[..., Client], clock: FixedClock
) -> None:
    clock.at = datetime(2031, 7, 1, 12, tzinfo=UTC)

    assert "01.07.2031 14:00" in page(make_client(), "/").text
