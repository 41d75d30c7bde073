"""Every official example of every type through the whole hub: taken in or refused as its standard says, with a valid receipt.

Source: emessage/apprec.md (E35, emergency referrals, versions), epikrise-henvisning.md (ServProvId).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hub.clock import FixedClock
from hub.emessage.read import Reading, read_message
from hub.emessage.schemas import Schemas, compile_schemas
from hub.settings import read_settings
from hub.store.migrate import DEMO_TENANT, mark_synthetic, migrate
from hub.wiring import build_hub
from tests.builders import Json
from tests.functional.followed import Followed
from tests.functional.hub_client import Client

pytestmark = pytest.mark.official

STANDARD = Path(__file__).parents[3] / "shared" / "standards" / "emessage"
FILES = {path.name: path.read_bytes() for path in sorted((STANDARD / "examples").rglob("*.xml"))}
VERSIONS = {
    "dialogmelding-1.0": "1.0",
    "epikrise-1.1": "1.0",
    "epikrise-1.2": "1.1",
    "henvisning-1.0": "1.0",
    "henvisning-1.1": "1.1",
    "henvisning-2.0": "1.1",
    "plo-1.5": "1.0",
    "plo-1.6": "1.1",
}
FOLDERS = {path.name: path.parent.name for path in (STANDARD / "examples").rglob("*.xml")}
URGENT = ("henvisning_strukturert_v1.0_n.xml", "henvisning_strukturert_v1.1_n.xml")
DEVELOPMENT = {
    "HUB_MODE": "development",
    "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "yes",
    "HUB_DEV_OPEN": "yes",
}
SYSTEMS = {"FNR": "4.1", "DNR": "4.2", "FHN": "4.3"}


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    files = {path.name: path.read_bytes() for path in (STANDARD / "xsd").glob("*/**/*.xsd")}
    assert files, "the official schemas are missing"
    return compile_schemas(files)


def read(name: str) -> Reading:
    return read_message(FILES[name], takes=lambda row: row.payload is not None)


def services() -> str:
    """Every receiver of every example as a service of ours."""
    found: set[str] = set()
    for name in FILES:
        envelope = read(name).envelope
        assert envelope is not None
        for receiver in envelope.receivers:
            upper, lower = receiver.party.her_id, receiver.party.unit_her_id
            if upper is not None and lower is not None:
                found.add(f"{upper.value}/{lower.value}=*")
    return ";".join(sorted(found))


@pytest.fixture
def post(clock: FixedClock, tmp_path: Path) -> Iterator[Followed]:
    made: list[Client] = []

    def make(**more: str) -> Client:
        database = tmp_path / "hub.db"
        migrate(database)
        mark_synthetic(database)
        values = {**DEVELOPMENT, "HUB_DATABASE_URL": f"sqlite:///{database}", **more}
        made.append(Client(build_hub(read_settings(values), clock)))
        return made[-1]

    yield Followed(make, clock, tmp_path / "drop", services())
    for client in made:
        client.close()


def patient(name: str) -> Json:
    envelope = read(name).envelope
    assert envelope is not None
    told = envelope.patient
    assert told is not None
    number = told.identifiers[0]
    born = {"birthDate": told.date_of_birth[:10]} if told.date_of_birth else {}
    return {
        "resourceType": "Patient",
        "identifier": [{"system": f"urn:oid:2.16.578.1.12.4.1.{SYSTEMS[number.type]}", "value": number.value}],
        "name": [{"family": told.family_name, "given": [g for g in (told.given_name,) if g]}],
        **born,
    }  # fmt: skip


def take(post: Followed, *names: str) -> None:
    for name in names:
        (post.drop.inbox / name).write_bytes(FILES[name])
        post.take_in()


def states(post: Followed) -> dict[str, str]:
    def find(unit: Any) -> dict[str, str]:
        return {r.name: r.state for r in unit.inbox.recent(DEMO_TENANT, 100)}

    return post.client.runner.run(post.hub.store.read(find))


def receipts(post: Followed, schemas: Schemas) -> list[tuple[str, str, tuple[str | None, ...]]]:
    found: list[tuple[str, str, tuple[str | None, ...]]] = []
    for row in post.messages("APPREC"):
        assert () == schemas.validate(row.raw)
        reading = read_message(row.raw)
        assert reading.app_rec is not None
        errors = tuple(e.v for e in reading.app_rec.error)
        found.append((reading.app_rec_version, reading.app_rec.status.v or "", errors))
    return found


def supported(name: str) -> bool:
    row = read(name).message_type
    return row is not None and row.receives


@pytest.mark.parametrize("name", FILES)
def test_every_example_gets_the_receipt_of_its_version(
    post: Followed, schemas: Schemas, name: str
) -> None:
    post.client.create(patient(name))
    take(post, name)

    version = VERSIONS[FOLDERS[name]]
    expected = "imported" if supported(name) else "rejected"
    assert {name: expected} == states(post), post.tasks()
    found = receipts(post, schemas)
    assert found, "somebody of ours was addressed"
    assert {(version, "1", ()) if supported(name) else (version, "2", ("T10",))} == set(found)


EPIKRISER = [name for name in FILES if FOLDERS[name].startswith("epikrise") and supported(name)]


@pytest.mark.parametrize("name", EPIKRISER)
def test_an_epikrise_about_nobody_here_is_refused_with_e35(
    post: Followed, schemas: Schemas, name: str
) -> None:
    take(post, name)

    assert {name: "rejected"} == states(post)
    assert {(VERSIONS[FOLDERS[name]], "2", ("E35",))} == set(receipts(post, schemas))
    assert [] == post.tasks(code="match-patient")


@pytest.mark.parametrize("name", EPIKRISER)
def test_an_epikrise_about_somebody_who_may_be_here_is_held(
    post: Followed, schemas: Schemas, name: str
) -> None:
    known = patient(name)
    post.client.create({**known, "name": [{"family": "Annen", "given": ["Kari"]}]})
    take(post, name)

    assert ({name: "held"}, []) == (states(post), receipts(post, schemas))


SERIES = ["epikrise_v1.1_n.xml", "epikrise_v1.1_m.xml", "epikrise_v1.1_c.xml"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)], ids=str)
def test_an_epikrise_its_change_and_its_cancellation_are_one_series_in_every_order(
    post: Followed, order: tuple[int, ...]
) -> None:
    documents = {e.handling.document_id for e in map(read, SERIES)}
    post.client.create(patient(SERIES[0]))
    take(post, *(SERIES[number] for number in order))

    assert {"imported"} == set(states(post).values())
    found = post.client.search("Composition?_count=20")
    standing = [c for c in found if c["status"] == "final" and "Kansellering" not in c["title"]]
    assert (1, []) == (len(documents), standing)


@pytest.mark.parametrize("name", URGENT)
def test_an_emergency_referral_is_answered_with_ok_whoever_the_patient_is(
    post: Followed, schemas: Schemas, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking = partial(read_message, takes=lambda row: row.payload is not None)
    monkeypatch.setattr("hub.flows.receive_message.read_message", taking)
    take(post, name)

    assert {name: "held"} == states(post)
    assert {(VERSIONS[FOLDERS[name]], "1", ())} == set(receipts(post, schemas))
    (task,) = post.tasks(code="match-patient")
    assert "stat" == task["priority"]


@pytest.mark.parametrize("name", URGENT)
def test_nothing_but_unreadable_content_refuses_an_emergency_referral(
    post: Followed, schemas: Schemas, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking = partial(read_message, takes=lambda row: row.payload is not None)
    monkeypatch.setattr("hub.flows.receive_message.read_message", taking)
    envelope = read(name).envelope
    assert envelope is not None
    data = FILES[name].replace(envelope.msg_id.encode(), b"melding-1")
    (post.drop.inbox / name).write_bytes(data)
    post.take_in()

    assert {name: "held"} == states(post)
    assert {"1"} == {status for _, status, _ in receipts(post, schemas)}
