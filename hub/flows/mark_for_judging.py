"""A stored observation version → a mark "to be judged", in the same commit (D4): promise 1 begins here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from hub.fhir.requests import Stored
from hub.mapping.evidence import evidence_of
from hub.mapping.observation_to_measurement import observation_to_measurement
from hub.mapping.plain_observation import plain_measurement
from hub.mapping.response_to_measurement import response_to_measurement
from hub.ports import JudgeMark, Judgements
from hub.thresholds.book import Book
from hub.thresholds.measurement import Measurement

JUDGED: Final = ("Observation", "QuestionnaireResponse")
"""The types whose versions are judged."""
INDEXED: Final = "Observation"
"""The type whose present identifiers the search index tells."""
JudgeNow = Callable[[JudgeMark, Measurement, int], JudgeMark]
"""A mark, its input and how often marks came to nothing so far → the mark, settled where that can be done at once."""
_ENCODE = msgspec.msgpack.Encoder()
_DECODE = msgspec.msgpack.Decoder(Measurement)


def mark_for_judging(
    judgements: Judgements,
    tenant_id: int,
    stored: Stored,
    resource: Any,
    judge: JudgeNow | None = None,
) -> None:
    """A version of an Observation or QuestionnaireResponse → its mark; none when it is of no measure that the hub knows or has no patient.

    What is deleted is judged as retracted (`thresholds.md` §9.1): deleting must not leave an alert without evidence.
    Shape: `judge` may settle a mark before it is stored. A first version has no past to look up: its mark is made when marks are put in.
    """
    if stored.patient_id is None:
        return
    if stored.version == 1 and stored.type == INDEXED and resource is not None:
        judgements.add_made(partial(_made, judgements, tenant_id, stored, resource, judge))
        return
    former = () if stored.version == 1 else _former(judgements, tenant_id, stored)
    if resource is None:
        _mark_deleted(judgements, tenant_id, stored, former)
        return
    measurement = measurement_of(stored, resource)
    if measurement is not None:
        if stored.type != INDEXED:
            judgements.remember(tenant_id, measurement.id, measurement.identifiers)
        judgements.add(_settled(judgements, tenant_id, stored.patient_id, measurement, judge))


def _made(
    judgements: Judgements, tenant_id: int, stored: Stored, resource: Any, judge: JudgeNow | None
) -> JudgeMark | None:
    measurement = measurement_of(stored, resource)
    if measurement is None or stored.patient_id is None:
        return None
    return _settled(judgements, tenant_id, stored.patient_id, measurement, judge)


def _settled(
    judgements: Judgements,
    tenant_id: int,
    patient_id: str,
    measurement: Measurement,
    judge: JudgeNow | None,
) -> JudgeMark:
    mark = _mark(tenant_id, patient_id, measurement)
    return mark if judge is None else judge(mark, measurement, judgements.undone())


def measurement_of(stored: Stored, resource: Any) -> Measurement | None:
    """A stored version of what is judged, and its struct → the Measurement; None when it is of no known measure."""
    name, version, received = stored.id, stored.version, stored.updated
    if stored.type != "Observation":
        return response_to_measurement(
            resource, resource_id=name, version=version, received=received
        ).value
    plain = plain_measurement(resource, name, version, received)
    if plain is not None:
        return plain
    return observation_to_measurement(
        resource, resource_id=name, version=version, received=received
    ).value


def read_measurement(data: bytes) -> Measurement:
    """The stored input of a mark → the Measurement."""
    return _DECODE.decode(data)


def hand_over(book: Book, mark: JudgeMark, measurement: Measurement) -> None:
    """A mark that waits, judged by a book already → the worker takes up this very value, whose judgement the book remembers."""
    book.memo["handed"] = (mark.input, measurement)


def taken_up(book: Book, mark: JudgeMark) -> Measurement:
    """A mark and the book it is judged by → its Measurement; the one handed over, where its input is the same byte for byte.

    A book that was made anew in between has nothing to hand over: the value is read, and judged by the new one.
    """
    handed: tuple[bytes, Measurement] | None = book.memo.get("handed")
    if handed is not None and handed[0] == mark.input:
        return handed[1]
    return read_measurement(mark.input)


def _former(judgements: Judgements, tenant_id: int, stored: Stored) -> Sequence[Measurement]:
    """A version → those before it, whose identifiers the search index may not know any more: they are remembered."""
    name = evidence_of(stored.type, stored.id)
    former = [read_measurement(mark.input) for mark in judgements.versions(tenant_id, name)]
    carried = dict.fromkeys(identifier for each in former for identifier in each.identifiers)
    judgements.remember(tenant_id, name, tuple(carried))
    return former


def _mark_deleted(
    judgements: Judgements, tenant_id: int, stored: Stored, former: Sequence[Measurement]
) -> None:
    assert stored.patient_id is not None
    if not former:
        return
    gone = msgspec.structs.replace(
        former[-1], version=stored.version, received=stored.updated, status="entered-in-error"
    )
    judgements.add(_mark(tenant_id, stored.patient_id, gone))


def _mark(tenant_id: int, patient_id: str, measurement: Measurement) -> JudgeMark:
    """A Measurement → its mark; `ahead` is receipt, when the time of measuring lies after it (thresholds.md §4.2)."""
    effective, received = measurement.effective, measurement.received
    return JudgeMark(
        *(tenant_id, measurement.id, measurement.version, patient_id, measurement.measure),
        *(effective or received, measurement.identifiers, _ENCODE.encode(measurement)),
        received if effective is not None and effective > received else None,
    )
