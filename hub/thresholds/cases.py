"""The exchange format dho-threshold-cases/1: bytes → cases.

A case that cannot be read is kept with its problems and counts as failed; it does not stop the others (S10).
Source: dho/cases/README.md.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

from msgspec.structs import replace

from hub.problems import HubError, Problem, ProblemCode, fail
from hub.thresholds.case_fields import Fields
from hub.thresholds.case_rules import parse_rule
from hub.thresholds.measurement import (
    Component,
    Event,
    Measurement,
    Patient,
    StatusPeriod,
    resolve_effective,
)
from hub.thresholds.plan import PlanVersion, Rule
from hub.thresholds.rules.registry import KINDS
from hub.thresholds.timers import Downtime, Routing, Timer

FORMAT: Final = "dho-threshold-cases/1"
MAX_BYTES: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """One case, read.

    Shape: `unsupported` the rule kinds this engine does not know, in order of appearance; then nothing is judged.
    """

    id: str
    patient: Patient
    plans: tuple[PlanVersion, ...]
    general_limits: tuple[Rule, ...]
    observations: tuple[Measurement, ...]
    events: tuple[Event, ...]
    routing: Routing | None
    downtime: tuple[Downtime, ...]
    now: datetime
    unsupported: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseSource:
    """One entry of the file as it stands, with the case or what is wrong with it."""

    document: dict[str, Any]
    case: Case | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The whole file. Shape: `document` is everything beside `cases`, kept for the output."""

    document: dict[str, Any]
    cases: tuple[CaseSource, ...]


def parse_cases(data: bytes) -> CaseFile:
    """Bytes → the cases in them.

    Problems: TOO_LARGE, NOT_UTF8, NOT_JSON, TOO_DEEP, DUPLICATE_KEY, REQUIRED_MISSING, WRONG_TYPE, BAD_VALUE end the
    whole file; those of a single case are kept with it.
    """
    document = _parse_json(data)
    if not isinstance(document, dict):
        raise fail(ProblemCode.WRONG_TYPE, f"The file must be an object with format {FORMAT}.")
    content = cast("dict[str, Any]", document)
    if content.get("format") != FORMAT:
        raise fail(ProblemCode.BAD_VALUE, f'"format" must be "{FORMAT}".', "format")
    entries = content.get("cases")
    if not isinstance(entries, list):
        raise fail(ProblemCode.REQUIRED_MISSING, '"cases" must be a list of cases.', "cases")
    found: list[CaseSource] = []
    seen: set[str] = set()
    for number, entry in enumerate(cast("list[Any]", entries)):
        found.append(_parse_entry(entry, f"cases[{number}]", seen))
    return CaseFile({k: v for k, v in content.items() if k != "cases"}, tuple(found))


def _parse_json(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise fail(ProblemCode.TOO_LARGE, f"The file is larger than {MAX_BYTES // 1_000_000} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise fail(ProblemCode.NOT_UTF8, "The file is not UTF-8 text.") from error

    def refuse(constant: str) -> Any:
        raise fail(ProblemCode.NOT_JSON, f"{constant} is not JSON.")

    try:
        parsed = json.loads(
            text,
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=refuse,
            object_pairs_hook=_unique,
        )
        json.dumps(parsed, ensure_ascii=False, default=str).encode()
    except InvalidOperation as error:
        raise fail(ProblemCode.NOT_JSON, "A number has an exponent beyond all measure.") from error
    except RecursionError as error:
        raise fail(ProblemCode.TOO_DEEP, "The file is nested too deeply.") from error
    except UnicodeEncodeError as error:
        raise fail(ProblemCode.NOT_UTF8, "The file holds half a character.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise fail(ProblemCode.NOT_JSON, f"The file is not JSON ({where}).") from error
    return parsed


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise fail(ProblemCode.DUPLICATE_KEY, f'The key "{twice}" stands twice in one object.')
    return found


def _parse_entry(entry: Any, where: str, seen: set[str]) -> CaseSource:
    if not isinstance(entry, dict):
        problem = Problem(ProblemCode.WRONG_TYPE, "A case must be an object.", where)
        return CaseSource({}, None, (problem,))
    document = cast("dict[str, Any]", entry)
    try:
        case = _parse_case(Fields(document, where))
        if case.id in seen:
            raise fail(ProblemCode.DUPLICATE, f"The case id {case.id} is used before.", where)
        seen.add(case.id)
    except HubError as error:
        return CaseSource(document, None, error.problems)
    return CaseSource(document, case, ())


def _parse_case(case: Fields) -> Case:
    name = case.text("id")
    patient = _parse_patient(case.object("patient"))
    zone = patient.timezone
    plans = case.objects("plans", lambda item: _parse_plan(item, zone))
    limits = case.objects("general_limits", parse_rule)
    observations = case.objects("observations", lambda item: _parse_observation(item, zone))
    versions: Counter[str] = Counter()
    numbered: list[Measurement] = []
    for m, given in observations:
        versions[m.id] += 1
        numbered.append(m if given else _with_version(m, versions[m.id]))
    rules = [rule for plan in plans for rule in plan.rules] + list(limits)
    return Case(
        name,
        patient,
        plans,
        limits,
        tuple(numbered),
        case.objects("events", lambda item: _parse_event(item, zone)),
        _parse_routing(case.optional_object("routing")),
        case.objects("downtime", lambda item: _parse_downtime(item, zone)),
        case.instant("now", zone),
        tuple(dict.fromkeys(rule.kind for rule in rules if rule.kind not in KINDS)),
    )


def _parse_patient(patient: Fields) -> Patient:
    zone = patient.timezone("timezone")

    def period(item: Fields) -> StatusPeriod:
        return StatusPeriod(
            item.choice("status", ("active", "on-hold", "ended", "deceased")),
            item.instant("from", zone),
            item.optional_instant("to", zone),
        )

    return Patient(patient.text("id"), zone, patient.objects("status_periods", period))


def parse_plan(data: bytes, zone: str) -> PlanVersion:
    """A file with one plan as it stands in a case, and the patient's zone → the plan version.

    Problems: NOT_JSON, TOO_LARGE and those of its fields; whether it is fit to be approved is plan_check's to say.
    """
    document = _parse_json(data)
    if not isinstance(document, dict):
        raise fail(ProblemCode.WRONG_TYPE, "A plan must be an object.", "plan")
    return _parse_plan(Fields(cast("dict[str, Any]", document), "plan"), zone)


def _parse_plan(plan: Fields, zone: str) -> PlanVersion:
    return PlanVersion(
        plan.text("id"),
        plan.integer("version"),
        plan.instant("valid_from", zone),
        plan.objects("rules", parse_rule),
        plan.optional_instant("valid_to", zone),
        plan.choice("mode", ("active", "observe"), "active"),
        plan.flag("safety_net", default=True),
        plan.optional_day("last_review"),
        plan.optional_text("review_interval"),
        plan.optional_text("approved_by"),
    )


def _parse_observation(item: Fields, zone: str) -> tuple[Measurement, bool]:
    effective, date_only = resolve_effective(item.optional_moment("effective"), zone)
    unit = item.optional_text("unit")
    identifier = item.optional_text("identifier")
    parts = item.optional_object("components")
    # Of a panel it may say for each part apart what lies beyond the meter (§4.5)
    each = parts is not None and isinstance(item.content.get("comparator"), dict)
    signs = item.optional_object("comparator") if each else None
    items = item.optional_object("items")
    given = item.optional_integer("version")
    m = Measurement(
        item.text("id"),
        item.text("measure"),
        effective,
        item.instant("received", zone),
        item.optional_text("status") or "final",
        given or 1,
        () if identifier is None else (identifier,),
        item.optional_text("device"),
        item.optional_scalar("value"),
        unit,
        None if each else item.optional_text("comparator"),
        ()
        if parts is None
        else tuple(
            Component(
                *(name, parts.optional_scalar(name), unit),
                None if signs is None else signs.optional_text(name),
            )
            for name in parts.content
        ),
        item.optional_scalar("code"),
        None if items is None else {name: items.optional_scalar(name) for name in items.content},
        item.context("context"),
        item.optional_text("data_absent_reason"),
        item.optional_text("device_error"),
        date_only,
    )
    return m, given is not None


def _with_version(m: Measurement, version: int) -> Measurement:
    return replace(m, version=version)


def _parse_event(event: Fields, zone: str) -> Event:
    return Event(
        event.instant("at", zone),
        event.choice("type", ("acknowledge", "mitigate", "close")),
        event.text("rule"),
        event.optional_text("by") or "",
        event.optional_text("note"),
        event.optional_text("action"),
    )


def _parse_downtime(item: Fields, zone: str) -> Downtime:
    return Downtime(item.instant("from", zone), item.instant("to", zone))


def _parse_routing(routing: Fields | None) -> Routing | None:
    timers = None if routing is None else routing.optional_object("timers")
    if timers is None:
        return None

    def timer(waits: Fields) -> Timer:
        read: Callable[[str], Any] = waits.optional_duration
        return Timer(read("remind"), read("escalate"), read("act"))

    return Routing({zone: timer(timers.object(zone)) for zone in timers.content})
