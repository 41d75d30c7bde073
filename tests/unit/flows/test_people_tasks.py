"""Work for people is valid FHIR, and says in words what it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest

from hub.fhir.codec import encode, parse
from hub.flows.people_tasks import NAMES, Kind, build_task

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
# Made by hub.mapping.apprec_to_fhir, with the receipt's own words
ELSEWHERE = {"message-rejected"}


def test_every_kind_of_work_has_a_name() -> None:
    assert set(get_args(Kind)) - ELSEWHERE == set(NAMES)


@pytest.mark.parametrize("kind", NAMES)
def test_a_task_is_valid_and_says_what_to_do(kind: Kind) -> None:
    task = build_task(
        kind, "Ring pasienten", AT, focus="Binary/b", patient_id="p", about="1-2", owner=None
    )
    read = parse(encode(task), "Task").resource

    assert (kind, NAMES[kind]) == (read.code.coding[0].code, read.code.text)
    assert ("requested", "Ring pasienten") == (read.status, read.description)
    assert ("Binary/b", "Patient/p") == (read.focus.reference, read.for_.reference)
    assert "urn:uuid:1-2" == read.identifier[0].value


def test_a_task_about_nobody_names_nobody() -> None:
    read = parse(encode(build_task("message-conflict", "Se på den", AT)), "Task").resource

    assert (None, None, ()) == (read.focus, read.for_, read.identifier)
