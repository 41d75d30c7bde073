"""The message about a red alert against the official schema, whatever its names and values hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from hub.emessage.schemas import Schemas, compile_schemas
from hub.emessage.table_build import render
from hub.fhir.models.r4.datatypes import HumanName
from hub.mapping.alert_to_dialogmelding import AlertMessage, alert_to_dialogmelding
from hub.mapping.gp import PersonName
from hub.mapping.own_party import Responsible
from tests.unit.mapping.alert_builders import MSG_ID, NOW, alert_message, patient
from tests.unit.mapping.test_alert_to_dialogmelding import odd_messages

pytestmark = pytest.mark.official

XSD = Path(__file__).parents[2].parent / "shared" / "standards" / "emessage" / "xsd"


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    files = {path.name: path.read_bytes() for path in XSD.glob("*/**/*.xsd")}
    assert files, "the official schemas are missing"
    return compile_schemas(files)


def validated(schemas: Schemas, message: AlertMessage) -> list[str]:
    found = alert_to_dialogmelding(message, msg_id=MSG_ID, now=NOW).value
    assert found is not None
    return [problem.detail for problem in schemas.validate(render(found))]


def test_the_usual_message_is_valid(schemas: Schemas) -> None:
    assert validated(schemas, alert_message()) == []


def test_the_least_and_the_most_message_are_valid(schemas: Schemas) -> None:
    who = replace(patient(identifier=()), name=(HumanName(text="Prøve & <Fjell>"),))
    nurse = Responsible(name=PersonName(family="P"), hpr="1", phone="+47 22", profession="SP")

    assert validated(schemas, alert_message(patient=who, rows=())) == []
    assert validated(schemas, alert_message(responsible=nurse, processing="P")) == []


@given(message=odd_messages())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_odd_characters_and_lengths_stay_valid(schemas: Schemas, message: AlertMessage) -> None:
    assert validated(schemas, message) == []
