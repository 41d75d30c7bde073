"""Letters from FHIR that never was a message: a referral into home follow-up and a discharge letter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from hub.clock import FixedClock
from hub.emessage.epikrise import EPIKRISES
from hub.emessage.namespaces import EPIKRISE_1_2
from hub.emessage.read import read_message
from hub.emessage.table_build import render
from hub.emessage.xml import canonical
from hub.fhir.models.r4.patient import Patient
from hub.mapping.letter.discharge_letter import to_epikrise
from hub.mapping.letter.referral_into_follow_up import to_henvisning
from hub.mapping.round_trip import RoundTrip, round_trip
from hub.problems import HubError, ProblemCode
from tests.letter_cases import LETTER, QUESTIONS, REFERRAL
from tests.message_town import NOW

GOLDEN = Path(__file__).parents[3] / "golden" / "emessage"
MADE = {
    "HENVISNING_NYTILSTAND/2.0/into-follow-up": render(to_henvisning(REFERRAL)),
    "EPIKRISE/1.2/after-copd": render(to_epikrise(LETTER), EPIKRISES[EPIKRISE_1_2]),
}


@pytest.mark.parametrize("case", MADE)
def test_a_letter_made_from_fhir_is_the_golden_one(case: str) -> None:
    golden = (GOLDEN / case / "message.xml").read_bytes()

    assert canonical(golden) == canonical(MADE[case])


@pytest.mark.parametrize("case", MADE)
def test_a_letter_made_from_fhir_is_read_without_a_problem_and_comes_back(case: str) -> None:
    assert read_message(MADE[case]).problems == ()
    assert RoundTrip(equal=True) == round_trip(MADE[case], FixedClock(NOW).new_id, NOW)


def test_a_referral_into_follow_up_holds_the_questions_and_their_answers() -> None:
    body = MADE["HENVISNING_NYTILSTAND/2.0/into-follow-up"].decode()

    assert [part for pair in QUESTIONS for part in pair if part not in body] == []


@pytest.mark.parametrize(
    ("priority", "code"), [("stat", "0"), ("asap", "1"), ("urgent", "3"), ("routine", "N")]
)
def test_the_priority_of_a_request_becomes_the_urgency_of_the_referral(
    priority: str, code: str
) -> None:
    request = msgspec.structs.replace(REFERRAL.request, priority=priority)
    made = to_henvisning(replace(REFERRAL, request=request))

    assert f'<Priority V="{code}"' in render(made).decode()


def test_a_patient_who_cannot_be_identified_is_not_referred() -> None:
    with pytest.raises(HubError) as error:
        to_henvisning(replace(REFERRAL, patient=Patient()))

    assert error.value.problems[0].code is ProblemCode.OUTPUT_INVALID
