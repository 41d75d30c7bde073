"""A stored observation version → a mark "to be judged", in the same commit (D4): promise 1 begins here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from hub.fhir.requests import Stored
from hub.mapping.evidence import evidence_of, part_name
from hub.mapping.observation_parts import all_known, is_of_unknown_code, observation_to_measurements
from hub.mapping.plain_observation import plain_measurement
from hub.mapping.response_to_measurement import form_key, response_to_measurement
from hub.ports import JudgeMark, Judgements
from hub.thresholds.book import Book
from hub.thresholds.measurement import RETRACTED_STATUSES, Measurement

JUDGED: Final = ("Observation", "QuestionnaireResponse")
"""The types whose versions are judged."""
INDEXED: Final = "Observation"
"""The type whose present identifiers the search index tells."""
JudgeNow = Callable[[JudgeMark, Measurement, int], JudgeMark]
"""A mark, its input and how often marks came to nothing so far → the mark, settled where that can be done at once."""
_VERSION: Final = attrgetter("version")
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
    found = () if resource is None else measurements_of(stored, resource)
    if former and found and found[0].measure != former[-1].measure:
        found = _apart(stored, resource, found)
    if found and stored.type != INDEXED:
        judgements.remember(tenant_id, found[0].id, found[0].identifiers)
    gone = _gone(judgements, tenant_id, stored, resource, former, found)
    for measurement in (*found, *gone):
        judgements.add(_settled(judgements, tenant_id, stored.patient_id, measurement, judge))


def _made(
    judgements: Judgements, tenant_id: int, stored: Stored, resource: Any, judge: JudgeNow | None
) -> list[JudgeMark]:
    assert stored.patient_id is not None
    return [
        _settled(judgements, tenant_id, stored.patient_id, measurement, judge)
        for measurement in measurements_of(stored, resource)
    ]


def _settled(
    judgements: Judgements,
    tenant_id: int,
    patient_id: str,
    measurement: Measurement,
    judge: JudgeNow | None,
) -> JudgeMark:
    mark = _mark(tenant_id, patient_id, measurement)
    return mark if judge is None else judge(mark, measurement, judgements.undone())


def measurements_of(stored: Stored, resource: Any) -> tuple[Measurement, ...]:
    """A stored version of what is judged, and its struct → its Measurement and those of its parts; none when it is of no known measure."""
    name, version, received = stored.id, stored.version, stored.updated
    if stored.type != "Observation":
        form = response_to_measurement(
            resource, resource_id=name, version=version, received=received
        ).value
        return () if form is None else (form,)
    plain = plain_measurement(resource, name, version, received)
    if plain is not None:
        return (plain,)
    return observation_to_measurements(
        resource, resource_id=name, version=version, received=received
    )


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


def _apart(
    stored: Stored, resource: Any, found: tuple[Measurement, ...]
) -> tuple[Measurement, ...]:
    """What a version says, which is of another measure than the version before → the same; by the name of a part, where that is all it is.

    A value whose code is not known any more does not become what its first component is (§13 S8): of itself it says nothing that can be judged.
    """
    if stored.type != INDEXED or not is_of_unknown_code(resource):
        return found
    own, *parts = found
    return (replace(own, id=part_name(own.id, own.measure), parts=()), *parts)


def _gone(
    judgements: Judgements,
    tenant_id: int,
    stored: Stored,
    resource: Any,
    former: Sequence[Measurement],
    found: Sequence[Measurement],
) -> list[Measurement]:
    """A version, those before it and what it says → what was judged of them and is said no more.

    The newest version counts (§9.2). What is deleted or left out is judged as retracted (§9.1); what has got a code that the hub does not
    know cannot be judged any more, and that is told (§16).
    """
    if not former or (stored.type != INDEXED and _is_open(resource)):
        return []
    names = {part_name(stored.id, measure) for each in former for measure in each.parts}
    whole = former[-1]
    if found:  # a whole that is said no more still names the parts that are here
        whole = replace(whole, parts=tuple(each.measure for each in found))
    newest = {whole.id: whole}
    for mark in judgements.versions_of(tenant_id, names):
        version = read_measurement(mark.input)
        newest[version.id] = max(version, newest.get(version.id, version), key=_VERSION)
    here = {each.id for each in found}
    gone = [each for each in newest.values() if each.id not in here]
    return [
        _said_no_more(each, stored, resource, whole=each.id == whole.id)
        for each in gone
        if each.id == whole.id or each.status not in RETRACTED_STATUSES
    ]


def _is_open(response: Any) -> bool:
    """Whether a form is being answered anew: what it said before stands until it comes again, completed."""
    return response is not None and form_key(response.questionnaire) is not None


def _said_no_more(
    former: Measurement, stored: Stored, resource: Any, *, whole: bool
) -> Measurement:
    """What was judged, and the version that says it no more → what is judged in its place: left out on purpose, or of a code not known any more."""
    given = {"version": stored.version, "received": stored.updated}
    if resource is None:
        return replace(former, **given, status="entered-in-error")
    known = stored.type == INDEXED and all_known(resource)
    if known and not (whole and is_of_unknown_code(resource)):
        return replace(former, **given, status="entered-in-error")
    return replace(former, **given, status=resource.status or "unknown", code_conflict=True)


def _mark(tenant_id: int, patient_id: str, measurement: Measurement) -> JudgeMark:
    """A Measurement → its mark; `ahead` is receipt, when the time of measuring lies after it (thresholds.md §4.2)."""
    effective, received = measurement.effective, measurement.received
    return JudgeMark(
        *(tenant_id, measurement.id, measurement.version, patient_id, measurement.measure),
        *(effective or received, measurement.identifiers, _ENCODE.encode(measurement)),
        received if effective is not None and effective > received else None,
    )
