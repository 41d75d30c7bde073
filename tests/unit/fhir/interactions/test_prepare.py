from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from hub.fhir.codec import check_bundle_shell, parse
from hub.fhir.interactions.prepare import at_once, prepare
from hub.fhir.models.told import HASTY_BYTES, SlowRefusalError
from hub.problems import HubError
from tests.builders import Json, entry, patient, to_json, transaction

BASE = "http://127.0.0.1:8000/fhir"


def long_patient(**more: Any) -> Json:
    """A body that is longer than what is explained at once."""
    many = [{"system": "phone", "value": str(number)} for number in range(100)]
    return {**patient(), "telecom": many, **more}


def elsewhere(body: bytes) -> tuple[bool, list[str]]:
    """A body → whether it was given away, and the codes of its problems."""
    away: list[bool] = []

    async def offload(work: Callable[[], Any]) -> Any:
        away.append(True)
        return work()

    def make(hasty: bool) -> Any:
        return prepare(body, "Patient", "a", BASE, hasty=hasty)

    context: Any = SimpleNamespace(offload=offload)
    try:
        asyncio.run(at_once(context, body, make))
    except HubError as error:
        return bool(away), [problem.code.name for problem in error.problems]
    return bool(away), []


def test_only_what_takes_long_to_refuse_or_to_read_leaves_the_loop() -> None:
    """Sixty kilobytes with a fault at the end took a tenth of a second in which nobody else was served."""
    assert elsewhere(to_json(patient())) == (False, [])
    assert elsewhere(to_json({**patient(), "foo": 1})) == (False, ["UNKNOWN_ELEMENT"])
    assert elsewhere(to_json(long_patient())) == (False, [])
    assert elsewhere(to_json(long_patient(foo=1))) == (True, ["UNKNOWN_ELEMENT"])
    wide = [{"system": "phone", "value": "1" * 1000}] * 100
    assert elsewhere(to_json({**patient(), "telecom": wide})) == (True, [])


def test_who_is_hasty_is_not_told_why() -> None:
    wrong = to_json(long_patient(foo=1))
    assert len(wrong) > HASTY_BYTES
    with pytest.raises(SlowRefusalError):
        parse(wrong, "Patient", hasty=True)
    bundle = {**transaction(entry("POST", "Patient", long_patient())), "foo": 1}
    with pytest.raises(SlowRefusalError):
        check_bundle_shell(to_json(bundle), hasty=True)
