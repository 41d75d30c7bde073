"""Why an alert is there, from what is stored: each finding judged again from its inputs, and every difference told loudly.

Source: dho/thresholds.md §11 (explainability), §13 S3 (recomputable).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, cast

import msgspec

from hub.fhir.models.r4.detected_issue import DetectedIssue
from hub.fhir.reading import read_stored
from hub.flows.alert_record import ENGINE_VERSION, parse_record
from hub.flows.mark_for_judging import measurements_of, read_measurement
from hub.flows.neighbours import find_neighbours, find_values
from hub.flows.patient_book import Books
from hub.flows.store_draft import job_actor
from hub.mapping.alert_to_detected_issue import engine_of
from hub.mapping.evidence import resource_name
from hub.policy import Action, Permit, authorise
from hub.ports import AlertRow, JudgeMark, Unit
from hub.thresholds.alarm import Alert, Evidence
from hub.thresholds.book import Book
from hub.thresholds.due import reviews_due, slot_named, spans_of
from hub.thresholds.judgement import Firing, Judgement
from hub.thresholds.measures import name_of
from hub.thresholds.record import Record
from hub.thresholds.timers import Downtime
from hub.thresholds.zones import RANK

MOST: Final = 100
"""How many findings are judged again: the first and the newest."""
DifferenceKind = Literal[
    "input-gone", "input-changed", "not-judged", "verdict", "evidence", "fires-no-more", "zone"
]
_COMPARED: Final = (
    "zone", "reason", "value", "unit", "bound", "received", "plan", "plan_version",
    "rule_version", "approved_by", "source", "suppressed", "effective", "operands", "parts", "text",
)  # fmt: skip
_VERDICT: Final = msgspec.msgpack.Decoder(Judgement)


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not agree. Shape: `field` where one value differs, with what `stored` says and what comes out `now`."""

    kind: DifferenceKind
    about: str
    field: str = ""
    stored: str = ""
    now: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One firing that the alert rests on. Shape: `firing` as stored with the verdict, None for what only the clock knows."""

    evidence: Evidence
    firing: Firing | None
    again: Firing | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """An alert, explained.

    Shape: `engine` judges now, `raised_by` is the one that raised the alert; `limits_changed` when general limits were written after
    it was raised; `left_out` findings.
    """

    issue_id: str
    patient_id: str
    alert: Alert
    engine: str
    raised_by: str
    at: datetime
    findings: tuple[Finding, ...]
    differences: tuple[Difference, ...]
    left_out: int = 0
    limits_changed: bool = False

    @property
    def same(self) -> bool:
        """Whether the stored inputs give the stored answer."""
        return not self.differences


def explain_alert(unit: Unit, tenant_id: int, issue_id: str, now: datetime) -> Explanation | None:
    """A tenant and the id of a DetectedIssue → its explanation; None when the hub has raised no such alert.

    Shape: who may read the alert is asked before; its inputs are read by the hub itself.
    """
    row = unit.alerts.find(tenant_id, issue_id)
    if row is None:
        return None
    permit = authorise(job_actor("explain", tenant_id), Action("read", "DetectedIssue"))
    assert isinstance(permit, Permit), "the hub's own jobs read everything"
    alert = parse_record(row.data).alert
    books = Books()
    book = books.book(unit.fhir, permit, row.patient_id, now).book
    downtime = books.downtime(unit.fhir, permit)
    again = _Again(unit, permit, row, book, downtime, now)
    shown = alert.evidence
    if len(shown) > MOST:
        shown = (shown[0], *shown[1 - MOST :])
    findings = tuple(again.judge(alert, each) for each in shown)
    again.compare_zone(alert, findings, whole=len(shown) == len(alert.evidence))
    return Explanation(
        *(issue_id, row.patient_id, alert, ENGINE_VERSION),
        _raised_by(unit, permit, issue_id),
        now,
        findings,
        tuple(again.differences),
        len(alert.evidence) - len(shown),
        _limits_changed(books, unit, permit, alert),
    )


def _raised_by(unit: Unit, permit: Permit, issue_id: str) -> str:
    """The engine that raised an alert, as its first version says."""
    first = unit.fhir.load_version(permit, "DetectedIssue", issue_id, 1)
    if first is None or not first.body:
        return ENGINE_VERSION
    issue = cast("DetectedIssue", read_stored(first.body, "DetectedIssue"))
    return engine_of(issue) or ENGINE_VERSION


def _limits_changed(books: Books, unit: Unit, permit: Permit, alert: Alert) -> bool:
    newest = books.limits_written(unit.fhir, permit)
    return alert.plan is None and newest is not None and newest > alert.raised_at


@dataclass(slots=True)
class _Again:
    """Judges what an alert rests on once more. Shape: `differences` collects what does not agree."""

    unit: Unit
    permit: Permit
    row: AlertRow
    book: Book
    downtime: Sequence[Downtime]
    now: datetime
    differences: list[Difference] = field(default_factory=list[Difference])

    def judge(self, alert: Alert, evidence: Evidence) -> Finding:
        """One evidence of the alert → what was found then and what is found now."""
        if resource_name(evidence.observation) is not None:
            return self._observation(alert, evidence)
        again = (
            self._slot(alert, evidence)
            if evidence.observation.startswith("slot:")
            else self._plan(alert, evidence)
        )
        if evidence.filled:
            if again is not None:
                self._tell("evidence", evidence, "filled", "filled", "not filled")
        elif again is None:
            self._tell("fires-no-more", evidence)
        else:
            self._compare_evidence(evidence, again)
        return Finding(evidence, None, again)

    def compare_zone(self, alert: Alert, findings: Sequence[Finding], *, whole: bool) -> None:
        """All findings judged again → whether they still give the alert's zone."""
        zones = [f.again.zone for f in findings if f.again is not None]
        worst = max(zones, key=RANK.__getitem__, default="none")
        settled = alert.state in ("withdrawn", "auto-resolved") or any(
            f.evidence.filled for f in findings
        )
        if whole and not settled and "recomputed" not in alert.flags and worst != alert.zone:
            self.differences.append(Difference("zone", alert.id, "zone", alert.zone, worst))

    def _observation(self, alert: Alert, evidence: Evidence) -> Finding:
        marks = self.unit.judgements.versions(self.row.tenant_id, evidence.observation)
        mark = next((m for m in marks if m.version == evidence.version), None)
        if mark is None:
            self._tell("input-gone", evidence)
            return Finding(evidence, None, None)
        self._check_input(evidence, mark)
        # What an observation gives is that of its newest version, and stands there (thresholds.md §9.2)
        newest = max((m for m in marks if m.verdict), key=lambda m: m.version, default=None)
        if newest is None:
            self._tell("not-judged", evidence)
            return Finding(evidence, None, None)
        try:
            verdict = _VERDICT.decode(newest.verdict)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._tell("verdict", evidence, "verdict", "cannot be read", "")
            return Finding(evidence, None, None)
        stored = _of_rule(verdict, alert.rule)
        mark, measurement = newest, read_measurement(newest.input)
        record = Record(self.book, self.downtime)
        record.load((*find_neighbours(self.unit, mark, measurement, self.book), measurement))
        again = _of_rule(record.judgement(evidence.observation), alert.rule)
        self._compare_firings(evidence, stored, again)
        stands = (
            alert.state not in ("withdrawn", "auto-resolved") and "recomputed" not in alert.flags
        )
        if stored is not None and stands:
            self._compare_evidence(evidence, stored)
        return Finding(evidence, stored, again)

    def _check_input(self, evidence: Evidence, mark: JudgeMark) -> None:
        """The Observation as it is stored must say what was judged: who changes one of the two is found out."""
        kind, _, name = (resource_name(mark.observation_id) or "").partition("/")
        stored = self.unit.fhir.load_version(self.permit, kind, name, mark.version)
        judged = read_measurement(mark.input)
        if stored is None or stored.deleted:
            if judged.status != "entered-in-error":
                self._tell("input-gone", evidence, kind)
            return
        said = measurements_of(stored, read_stored(stored.body, kind))
        read = next((each for each in said if each.id == judged.id), None)
        if read == judged:
            return
        if read is None and (judged.code_conflict or judged.status == "entered-in-error"):
            return  # this version does not say any more what was judged of the one before
        for each in judged.__struct_fields__:
            was, reads = getattr(judged, each), None if read is None else getattr(read, each)
            if was != reads:
                self._tell("input-changed", evidence, each, str(was), str(reads))

    def _compare_firings(
        self, evidence: Evidence, stored: Firing | None, again: Firing | None
    ) -> None:
        if stored is None and again is None:
            return
        if stored is None or again is None:
            told = ("fires", "does not fire")
            was, now = told if again is None else reversed(told)
            self._tell("verdict", evidence, "rule", was, now)
            return
        for name in _COMPARED:
            was, now = getattr(stored, name), getattr(again, name)
            if was != now and not (name == "text" and _is_renamed(stored.text, again)):
                self._tell("verdict", evidence, name, _shown(was), _shown(now))

    def _compare_evidence(self, evidence: Evidence, firing: Firing) -> None:
        for name in ("zone", "reason", "text"):
            was, now = getattr(evidence, name), getattr(firing, name)
            if was != now and not (name == "text" and _is_renamed(evidence.text, firing)):
                self._tell("evidence", evidence, name, str(was), str(now))

    def _slot(self, alert: Alert, evidence: Evidence) -> Firing | None:
        record = Record(self.book, self.downtime)
        slot = slot_named(record, alert.rule, evidence.effective)
        if slot is None:
            return None
        spans = spans_of(self.book, self.downtime, [(alert.rule, slot)])
        record.load(find_values(self.unit, self.row.tenant_id, self.row.patient_id, spans))
        return record.slot_firing(alert.rule, slot)

    def _plan(self, alert: Alert, evidence: Evidence) -> Firing | None:
        for _, firing in reviews_due(self.book, self.now):
            if firing.rule == alert.rule and firing.observation == evidence.observation:
                return firing
        return None

    def _tell(
        self,
        kind: DifferenceKind,
        evidence: Evidence,
        name: str = "",
        stored: str = "",
        now: str = "",
    ) -> None:
        self.differences.append(Difference(kind, evidence.observation, name, stored, now))


def _is_renamed(text: str, firing: Firing) -> bool:
    """Whether a line differs only in that forms and symptoms were called by their keys when it was written."""
    return text.replace(firing.name, name_of(firing.name)) == firing.text


def _of_rule(judgement: Judgement, rule: str) -> Firing | None:
    return next((f for f in judgement.firings if f.rule == rule), None)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        parts = cast("tuple[Any, ...]", value)
        return " ".join(str(getattr(each, "observation", each)) for each in parts)
    return str(value)
