"""The referral and the discharge letter that are written from FHIR hold against the official schemas, and come back as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.clock import FixedClock
from hub.emessage.schemas import Schemas, compile_schemas
from hub.mapping.round_trip import RoundTrip, round_trip
from hub.settings import read_settings
from hub.store.migrate import mark_synthetic, migrate
from hub.wiring import build_hub
from tests.functional import letters_in_fhir as letters
from tests.functional.followed import ASLAUG, TWO_SERVICES, Followed
from tests.functional.hub_client import Client
from tests.functional.test_sending_plo import ALL, content
from tests.round_trips import NOW

XSD = Path(__file__).parents[3] / "shared" / "standards" / "emessage" / "xsd"
DEVELOPMENT = {
    "HUB_MODE": "development",
    "HUB_I_ACCEPT_INSECURE_DEVELOPMENT": "yes",
    "HUB_DEV_OPEN": "yes",
}
pytestmark = pytest.mark.official


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    files = {path.name: path.read_bytes() for path in XSD.glob("*/**/*.xsd")}
    assert files, "the official schemas are missing"
    return compile_schemas(files)


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

    yield Followed(make, clock, tmp_path / "drop", TWO_SERVICES)
    for client in made:
        client.close()


@pytest.mark.parametrize(
    ("kind", "about"),
    [("HENVISNING_NYTILSTAND", letters.request), ("EPIKRISE", letters.composition)],
)
def test_a_letter_made_from_fhir_holds_against_the_official_schemas(
    post: Followed, schemas: Schemas, kind: str, about: Callable[..., str]
) -> None:
    who, ward = post.client.create(ASLAUG), letters.service(post)
    post.client.create(letters.sending(kind, who, about(post, who), ward))
    post.work()
    post.work()
    (path,) = post.files(post.drop.out)

    data = path.read_bytes()
    assert schemas.validate(data) == ()
    assert round_trip(data, FixedClock(NOW).new_id, NOW) == RoundTrip(equal=True)


@pytest.mark.parametrize("kind", ALL)
def test_a_plo_message_written_from_fhir_holds_against_the_official_schema(
    post: Followed, schemas: Schemas, kind: str
) -> None:
    who = post.client.create(ASLAUG)
    asked = letters.sending(kind, who, content(post, kind, who), letters.service(post))
    post.client.create(asked)
    post.work()
    post.work()

    (path,) = post.files(post.drop.out)
    data = path.read_bytes()
    assert schemas.validate(data) == ()
    assert round_trip(data, FixedClock(NOW).new_id, NOW) == RoundTrip(equal=True)
