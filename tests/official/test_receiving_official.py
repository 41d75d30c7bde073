"""The official PLO examples through the whole hub: from the file in the drop to resources and a valid receipt."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.clock import FixedClock
from hub.emessage.read import read_message
from hub.emessage.schemas import Schemas, compile_schemas
from hub.fhir.codec import parse
from hub.fhir.models.full import further_problems
from hub.settings import read_settings
from hub.store.migrate import DEMO_TENANT, mark_synthetic, migrate
from hub.wiring import build_hub
from tests.builders import Json
from tests.functional.followed import Followed
from tests.functional.hub_client import Client

pytestmark = pytest.mark.official

STANDARD = Path(__file__).parents[3] / "shared" / "standards" / "emessage"
EXAMPLES = STANDARD / "examples"
NAMES = sorted(p.relative_to(EXAMPLES).as_posix() for p in EXAMPLES.glob("plo-*/*.xml"))
OF_ONE_STAY = [n for n in NAMES if n.startswith(("plo-1.6/Pasient", "plo-1.6/Utskrivning"))]
VERSIONS = {"plo-1.6": "1.1", "plo-1.5": "1.0"}
FNR = "urn:oid:2.16.578.1.12.4.1.4.1"
DEVELOPMENT = {
    "HUB_MODE": "development",
    "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "yes",
    "HUB_DEV_OPEN": "yes",
}


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    files = {path.name: path.read_bytes() for path in (STANDARD / "xsd").glob("*/**/*.xsd")}
    assert files, "the official schemas are missing"
    return compile_schemas(files)


@pytest.fixture
def new_post(tmp_path: Path, clock: FixedClock) -> Iterator[Callable[..., Followed]]:
    """A hub whose services are every receiver named in the examples, once more for each call."""
    made: list[Client] = []

    def make(**settings: str) -> Client:
        database = tmp_path / f"hub{len(made)}.db"
        migrate(database)
        mark_synthetic(database)
        values = {**DEVELOPMENT, "HUB_DATABASE_URL": f"sqlite:///{database}", **settings}
        made.append(Client(build_hub(read_settings(values), clock)))
        return made[-1]

    def post() -> Followed:
        return Followed(make, clock, tmp_path / f"drop{len(made)}", _receivers())

    yield post
    for client in made:
        client.close()


def _receivers() -> str:
    found: set[str] = set()
    for name in NAMES:
        envelope = read_message((EXAMPLES / name).read_bytes()).envelope
        assert envelope is not None
        for receiver in envelope.receivers:
            upper, lower = receiver.party.her_id, receiver.party.unit_her_id
            assert upper is not None
            assert lower is not None
            found.add(f"{upper.value}/{lower.value}=*")
    return ";".join(sorted(found))


def patient(post: Followed, *names: str) -> str:
    """The patient of these examples → created, once."""
    found: dict[str, Json] = {}
    for name in names:
        envelope = read_message((EXAMPLES / name).read_bytes()).envelope
        assert envelope is not None
        told = envelope.patient
        assert told is not None
        number = told.identifiers[0].value
        found[number] = {
            "resourceType": "Patient",
            "identifier": [{"system": FNR, "value": number}],
            "name": [{"family": told.family_name, "given": [told.given_name]}],
            "gender": {"1": "male", "2": "female"}[told.sex],
            "birthDate": told.date_of_birth,
        }
    (one,) = found.values()
    return post.client.create(one)


def take(post: Followed, *names: str) -> None:
    for name in names:
        shutil.copy(EXAMPLES / name, post.drop.inbox / name.rpartition("/")[2])
        post.take_in()


def receipts(post: Followed, schemas: Schemas) -> dict[str, tuple[str, str, tuple[str | None, ...]]]:  # fmt: skip
    """MsgId → version, status and errors of the one receipt to it; every one is valid by the official schema."""
    found: dict[str, tuple[str, str, tuple[str | None, ...]]] = {}
    for path in post.files(post.drop.out):
        data = path.read_bytes()
        assert () == schemas.validate(data)
        reading = read_message(data)
        assert reading.app_rec is not None
        answers = reading.app_rec.original_msg_id.id
        assert answers not in found
        status = reading.app_rec.status.v or ""
        errors = tuple(e.v for e in reading.app_rec.error)
        found[answers] = (reading.app_rec_version, status, errors)
    return found


def msg_id(name: str) -> str:
    envelope = read_message((EXAMPLES / name).read_bytes()).envelope
    assert envelope is not None
    return envelope.msg_id


def stored(post: Followed) -> list[str]:
    """What the imports made or changed, as `Type/id`."""

    def find(unit: Any) -> list[str]:
        rows = [unit.inbox.import_of(DEMO_TENANT, r.claim_id) for r in unit.inbox.recent(DEMO_TENANT, 99)]  # fmt: skip
        return [place for row in rows if row is not None for place in row.resources]

    return list(dict.fromkeys(post.client.runner.run(post.hub.store.read(find))))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_goes_through_whole(
    new_post: Callable[[], Followed], schemas: Schemas, name: str
) -> None:
    post = new_post()
    patient(post, name)
    take(post, name)

    assert {msg_id(name): (VERSIONS[name.partition("/")[0]], "1", ())} == receipts(post, schemas)
    places = stored(post)
    kinds = {place.partition("/")[0] for place in places}
    assert "Binary" in kinds
    assert {"Communication", "Composition"} & kinds
    for place in places:
        kind = place.partition("/")[0]
        body = post.client.get(place, headers={"Accept": "application/fhir+json"}).content
        parse(body, kind)
        assert () == further_problems(body, kind, ())
    assert 1 == len(post.files(post.drop.archive))
    assert (EXAMPLES / name).read_bytes() == post.files(post.drop.archive)[0].read_bytes()


@pytest.mark.parametrize("names", [OF_ONE_STAY, OF_ONE_STAY[::-1]], ids=["as listed", "backwards"])
def test_all_examples_of_one_stay_end_the_same_in_either_order(
    new_post: Callable[[], Followed], schemas: Schemas, names: list[str]
) -> None:
    post = new_post()
    who = patient(post, *names)
    take(post, *names)

    assert {msg_id(n): ("1.1", "1", ()) for n in names} == receipts(post, schemas)
    told = post.client.search(f"Communication?patient={who}&_count=50")
    cancelled = {msg_id(n) for n in names if "Innlagt" in n and n.endswith("_Ny.xml")}
    wrong = {
        c["identifier"][0]["value"].removeprefix("urn:uuid:")
        for c in told
        if c["status"] == "entered-in-error"
    }
    assert cancelled == wrong
    documents = {
        c["identifier"]["value"].removeprefix("urn:uuid:"): c["status"]
        for c in post.client.search(f"Composition?patient={who}&_count=50")
    }
    assert cancelled < {name for name, s in documents.items() if s == "entered-in-error"}
    assert "final" == documents[msg_id("plo-1.6/Utskrivningsrapport_v1-6_Ny.xml")]


def test_the_official_schemas_as_a_second_opinion_refuse_nothing_of_ours(
    new_post: Callable[[], Followed], schemas: Schemas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DEVELOPMENT, "HUB_EMESSAGE_SCHEMAS", str(STANDARD / "xsd"))
    post = new_post()
    patient(post, *OF_ONE_STAY)
    take(post, *OF_ONE_STAY)

    assert {"1"} == {status for _, status, _ in receipts(post, schemas).values()}
