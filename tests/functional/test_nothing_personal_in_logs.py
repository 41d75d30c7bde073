"""Nothing personal leaves by the back door: persons with marks all over them, and every line the hub says beside its answers.

Log lines of every level, the figures, the process's own output, and the answers' headers and links are searched for the marks.
Source: security/audit.md §5.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub.log import set_up_logging
from tests.acting import GP, GP_OFFICE, ActingClient
from tests.builders import Json, entry, transaction
from tests.functional.hub_client import Client

NUMBER, OTHER = "13116900216", "14019800513"
MARKS = (
    NUMBER,
    OTHER,
    "Zyxmerke",
    "Merkegata",
    "+4791234567",
    "merke@zyx.example",
    "MÅLINGSMERKE",
    "1969-11-13",
    "137.77",
    "Søkemerke",
)
SAID = re.compile("|".join(re.escape(mark) for mark in MARKS), re.IGNORECASE)
FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def person(number: str = NUMBER) -> Json:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": FNR, "value": number}],
        "name": [{"family": "Zyxmerke", "given": ["Ola"]}],
        "birthDate": "1969-11-13",
        "telecom": [
            {"system": "phone", "value": "+4791234567"},
            {"system": "email", "value": "merke@zyx.example"},
        ],
        "address": [{"line": ["Merkegata 1"]}],
    }


def value(who: str) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": who},
        "effectiveDateTime": "2026-11-20T08:00:00Z",
        "valueQuantity": {
            "value": 137.77,
            "unit": "kg",
            "system": "http://unitsofmeasure.org",
            "code": "kg",
        },
        "note": [{"text": "MÅLINGSMERKE"}],
    }


class Lines(logging.Handler):
    """Every record of every logger, as text with what was raised."""

    def __init__(self) -> None:
        super().__init__(0)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """All log lines from now on, at the most talkative level."""
    handler, root = Lines(), logging.getLogger()
    loggers = [root, *(logging.getLogger(n) for n in ("hub", "uvicorn", "uvicorn.access", "httpx"))]
    before = [(each, each.level, each.propagate) for each in loggers]
    set_up_logging("DEBUG")
    for each in loggers[:2]:
        each.addHandler(handler)
        each.setLevel(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.CRITICAL)  # the test's own client tells its URLs
    yield handler.lines
    for each, level, propagate in before:
        each.removeHandler(handler)
        each.setLevel(level)
        each.propagate = propagate


@pytest.fixture
def acting(make_client: Callable[..., Client]) -> Iterator[ActingClient]:
    client = ActingClient(make_client(HUB_LOG_LEVEL="DEBUG").hub)
    yield client
    client.close()


def bodies(who: str) -> list[tuple[str, str, Any, dict[str, str]]]:
    """Requests that go well and requests that go wrong in every way, all with marks in them."""
    bad = [
        {**person(OTHER), "birthDate": "1969-11-13x"},
        {**person(OTHER), "gender": "Zyxmerke"},
        {**person(OTHER), "Zyxmerke": 1},
        {**person(OTHER), "name": "Zyxmerke"},
        {
            **person(OTHER),
            "text": {"status": "generated", "div": "<div><script>Zyxmerke</script></div>"},
        },
        {**value(who), "status": "Zyxmerke"},
        {**value(who), "valueQuantity": {"value": "137.77"}},
        {**value(who), "subject": {"reference": "Patient/Zyxmerke"}},
        {**value(who), "subject": {"identifier": {"system": FNR, "value": OTHER}}},
    ]
    patch = {"Content-Type": "application/json-patch+json"}
    return [
        *(("POST", each["resourceType"], each, {}) for each in bad),
        ("POST", "Patient", b'{"resourceType":"Patient","name":[{"family":"Zyxmerke"', {}),
        ("POST", "Patient", b"<Patient>Zyxmerke", {"Content-Type": "application/fhir+xml"}),
        ("PUT", "Patient/zyxmerke", {**person(OTHER), "id": "another"}, {}),
        ("PATCH", who, [{"op": "replace", "path": "/Zyxmerke", "value": OTHER}], patch),
        ("PATCH", who, [{"op": "test", "path": "/birthDate", "value": "Zyxmerke"}], patch),
        ("POST", "Patient", person(OTHER), {"If-None-Exist": f"identifier={FNR}|{NUMBER}"}),
        ("POST", "Patient", person(OTHER), {"If-None-Exist": "Zyxmerke=1"}),
        ("POST", "Patient", person(OTHER), {"X-Request-Id": f"r-{NUMBER}", "Prefer": "Zyxmerke"}),
        ("POST", "Patient/_search", f"identifier={NUMBER}&family=Zyxmerke".encode(), FORM),
        ("POST", "Patient/_search", b"Zyxmerke=1&birthdate=1969-11-13x", FORM),
        ("POST", "Patient/_search", b"name:contains=S%C3%B8kemerke", FORM),
        ("GET", f"Patient?identifier={NUMBER}", None, {}),
        ("GET", f"Patient/{NUMBER}", None, {}),
        ("GET", f"Patient/_history?_since={NUMBER}", None, {}),
        ("GET", "Patient?family=Zyxmerke", None, {}),
        ("GET", "Zyxmerke/1", None, {}),
        ("GET", "Patient?_sort=Zyxmerke", None, {}),
        ("GET", f"{who}/_history/Zyxmerke", None, {}),
        (
            "POST",
            "",
            transaction(
                entry("POST", "Patient", person(OTHER)), entry("POST", "Observation", bad[5])
            ),
            {},
        ),
        ("POST", "", transaction(entry("PUT", f"Patient?identifier={FNR}|{NUMBER}", person())), {}),
        (
            "POST",
            "",
            {
                "resourceType": "Bundle",
                "type": "batch",
                "entry": [{"request": {"method": "GET", "url": f"Patient?identifier={NUMBER}"}}],
            },
            {},
        ),
        ("POST", "Patient/$validate", bad[0], {}),
        ("GET", f"{who}/$everything", None, {}),
        ("GET", f"Observation/$lastn?patient={who}", None, {}),
        ("GET", "/patients/Zyxmerke", None, {}),
        ("GET", f"/nowhere/{NUMBER}?q=Zyxmerke", None, {}),
        ("POST", "/oauth/token", b"client_id=Zyxmerke&client_assertion=" + NUMBER.encode(), FORM),
        ("DELETE", who, None, {}),
    ]


def test_no_line_no_figure_and_no_header_holds_a_mark(
    acting: ActingClient, lines: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    who = acting.create(person())
    acting.create(value(who))
    acting.relate(who[8:], GP_OFFICE, "gp_list")
    statuses: set[int] = set()
    for actor in (GP, acting.asking.actor):
        with acting.as_(actor):
            for method, path, body, headers in bodies(who):
                answer = acting.request(method, path, body, headers=headers)
                statuses.add(answer.status_code)
                assert answer.status_code < 500, (method, path)
                told = [f"{n}: {v}" for n, v in answer.headers.items() if n != "x-request-id"]
                assert not SAID.search("\n".join(told)), (method, path)
                if answer.status_code >= 400:
                    assert not re.search(f"{NUMBER}|{OTHER}|137\\.77|1969-11-13", answer.text), (
                        method,
                        path,
                    )
    assert {200, 201, 400, 403, 404, 422} <= statuses
    figures = acting.get("/metrics").text
    out, err = capfd.readouterr()
    for text in (*lines, figures, out, err):
        assert not SAID.search(text), text


def test_a_failure_of_our_own_tells_its_place_and_nothing_of_the_person(
    acting: ActingClient,
    lines: list[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    who = acting.create(person())

    def broken(*arguments: Any, **_: Any) -> None:
        message = f"could not write {arguments!r} for {NUMBER} Zyxmerke"
        raise ValueError(message) from KeyError("Merkegata")

    monkeypatch.setattr("hub.store.resources.write_rows", broken)
    monkeypatch.setattr("hub.store.resources.search", broken)
    answers = [
        acting.post("Patient", person(OTHER)),
        acting.put(who, {**person(), "id": who[8:], "active": True}),
        acting.post("Patient/_search", b"family=Zyxmerke", headers=FORM),
        acting.post("", transaction(entry("POST", "Patient", person(OTHER)))),
    ]
    assert [a.status_code for a in answers] == [500] * 4
    assert any("ValueError" in line for line in lines)
    out, err = capfd.readouterr()
    for text in (*lines, *(a.text for a in answers), acting.get("/metrics").text, out, err):
        assert not SAID.search(text), text
