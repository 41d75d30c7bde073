"""An alert that one value raises → its four resources by a short way: templates of the ordinary builders' own work.

Most alerts of a kind differ in ids, times, numbers and texts alone. What the ordinary way makes of a kind is taken apart when one is
raised first, and held against that way once; whatever is not certain takes the ordinary way, which stays the reference (ADR 0045).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from hub.fhir.codec import encode, splice_own
from hub.fhir.interactions.prepare import Setting, labels
from hub.fhir.models.r4.datatypes import Reference
from hub.fhir.repository import Draft
from hub.fhir.requests import fhir_instant
from hub.fhir.search.date_entries import date_range
from hub.fhir.search.index import extract
from hub.flows.alert_record import ENGINE_VERSION
from hub.flows.template import Template, json_text, template_of
from hub.mapping.alert_to_detected_issue import OSLO, evidence_element
from hub.mapping.alert_to_fhir import AlertPlace, alert_to_fhir, alert_to_provenance
from hub.mapping.evidence import is_observation
from hub.mapping.fhir_time import to_fhir_time
from hub.mapping.rule_to_extension import to_approver
from hub.thresholds.alarm import Alert, Evidence
from hub.thresholds.judgement import Firing
from hub.thresholds.zones import Zone

_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_ORGANIZATION: Final = re.compile(r"Organization/([A-Za-z0-9\-.]{1,64})")
_WORDS: Final = frozenset(("id", "rule", "text", "plan", "approver"))
"""What may hold any letter; ids, numbers and times stand in JSON as they are."""
_TIMES: Final = ("raised", "waiting", "now", "recorded")
_WAS: Final = {name: datetime(1901, month, 2, 3, 4, 5, 111111, tzinfo=UTC) for month, name in enumerate(("raised", "waiting", "now", "effective"), 1)}  # fmt: skip
"""Times at which nothing was ever measured."""
_NUMBERS: Final = {
    "version": 1918273641,
    "rule_version": 1918273642,
    "plan_version": 1918273643,
}
_NAMES: Final = ("id", "rule", "text", "plan", "approver", "observation", "patient", "owner", "issue", "flag", "task", "provenance", "updated", "evidence")  # fmt: skip
_MARKS: Final = {
    **{name: f"qzx{name}qzx" for name in _NAMES},
    **{name: str(number) for name, number in _NUMBERS.items()},
    **{name: to_fhir_time(_WAS[name], OSLO) for name in ("raised", "waiting", "now")},
    "recorded": to_fhir_time(_WAS["now"]),
}
_TRIAL: Final = {name: f"a{number}" for number, name in enumerate(_NAMES)} | {
    "text": 'SpO₂ "86 %" < 88 %\n\\'
}
_TRIAL_NUMBERS: Final = {"version": 1, "rule_version": 2, "plan_version": 3}
_TRIED: Final = {name: at.replace(year=2020, microsecond=1000 * (name == "now")) for name, at in _WAS.items()}  # fmt: skip
"""What a template is tried on when it is made."""
_OWNED: Final = ("DetectedIssue", "Flag", "Task")
"""Those that have a patient; a Provenance has none."""


class Kind(Struct, frozen=True):
    """What alerts of one kind have in common.

    Shape: `approver` is "" for none, "name", or the type of the resource; `owner` None = an organisation whose id is put in.
    """

    zone: Zone
    reason: str
    measure: str
    flags: tuple[str, ...]
    has_plan: bool
    has_plan_version: bool
    has_rule_version: bool
    approver: str
    owner: Reference | None
    owned: bool
    tags: tuple[tuple[tuple[str, str], ...], ...]
    base_url: str


def raised(
    alert: Alert, place: AlertPlace, firings: Iterable[Firing], setting: Setting, provenance_id: str
) -> tuple[Draft, ...] | None:
    """An alert that was raised just now, by one value → DetectedIssue, Flag, Task and Provenance as `written_out` makes them.

    None where that way is to be taken.
    """
    kind = _kind(alert, place, setting)
    if kind is None or not _ID.fullmatch(place.patient_id):
        return None
    templates = _templates(kind)
    if templates is None:
        return None
    return _filled(templates, alert, place, firings, setting, provenance_id)


def written_out(
    alert: Alert, place: AlertPlace, firings: Iterable[Firing], setting: Setting, provenance_id: str
) -> tuple[Draft, ...]:
    """As `raised`, by the ordinary builders."""
    at = setting.at
    made = alert_to_fhir(
        "raise", alert, place, now=at, engine_version=ENGINE_VERSION, firings=firings
    )
    sources = [(e.observation, e.version) for e in alert.evidence]
    provenance = alert_to_provenance(
        "raise",
        made,
        provenance_id=provenance_id,
        now=at,
        engine_version=ENGINE_VERSION,
        observations=sources,
    )
    parts = (made.issue, made.flag, made.task, provenance)
    return tuple(_draft(each, place.patient_id, setting, fhir_instant(at)) for each in parts)


def _kind(alert: Alert, place: AlertPlace, setting: Setting) -> Kind | None:
    """An alert → its kind; None where it is more than a value that raised it just now."""
    plain = (
        len(alert.evidence) == 1
        and alert.state == "open"
        and not (alert.technical or alert.steps or alert.past)
        and alert.ended_at is None
        and alert.snoozed_until is None
        and bool(alert.text and alert.rule and alert.id)
        and is_observation(alert.evidence[0].observation)
        and place.taker is None
    )
    if not plain:
        return None
    approver = _approver_type(alert.approved_by)
    owner = place.owner
    literal = None if owner is None or _organization(owner) else owner
    return Kind(
        alert.zone,
        alert.reason,
        alert.measure,
        alert.flags,
        alert.plan is not None,
        alert.plan_version is not None,
        alert.rule_version is not None,
        approver,
        literal,
        owner is not None,
        tuple(tuple(tag.items()) for tag in setting.tags),
        setting.base_url,
    )


@lru_cache(maxsize=1024)
def _approver_type(approver: str | None) -> str:
    if not approver:
        return ""
    return "name" if to_approver(approver).reference is None else approver.partition("/")[0]


def _organization(owner: Reference) -> str | None:
    """The id of the organisation that an owner is, when nothing else is said of it."""
    match = _ORGANIZATION.fullmatch(owner.reference or "")
    return match.group(1) if match and owner == Reference(reference=owner.reference) else None


@lru_cache(maxsize=1024)
def _templates(kind: Kind) -> dict[str, Template] | None:
    """A kind → the ordinary way's work on an alert made of marks, taken apart; None where another alert comes out otherwise.

    Kinds are few: neither persons nor their texts stand in them.
    """
    alert, place = _example(kind, _MARKS, _NUMBERS, _WAS)
    setting = Setting(_WAS["now"], kind.base_url, tuple(map(dict, kind.tags)))
    element = encode(evidence_element(alert.evidence[0], None))
    found: dict[str, Template] = {}
    for made in written_out(alert, place, (), setting, _MARKS["provenance"]):
        assert isinstance(made.body, bytes)
        body = made.body.replace(fhir_instant(setting.at).encode(), _MARKS["updated"].encode())
        body = body.replace(element, _MARKS["evidence"].encode())
        template = template_of(body, made.index, _MARKS, _TIMES)
        if template is None:
            return None
        found[made.type] = template
    alert, place = _example(kind, _TRIAL, _TRIAL_NUMBERS, _TRIED)
    setting = Setting(_TRIED["now"], kind.base_url, setting.tags)
    short = _filled(found, alert, place, (), setting, _TRIAL["provenance"])
    long = written_out(alert, place, (), setting, _TRIAL["provenance"])
    return found if stored_of(short) == stored_of(long) else None


def _example(
    kind: Kind, names: Mapping[str, str], numbers: Mapping[str, int], at: Mapping[str, datetime]
) -> tuple[Alert, AlertPlace]:
    """A kind, and what is to stand in the holes → an alert of the kind and its place."""
    evidence = Evidence(
        *(names["observation"], numbers["version"], kind.zone, kind.reason, at["effective"], "x")
    )
    approver = {"": None, "name": names["approver"]}.get(
        kind.approver, f"{kind.approver}/{names['approver']}"
    )
    alert = Alert(
        *(names["id"], names["rule"], kind.zone, kind.reason, names["text"], "open"),
        *(at["raised"], at["waiting"], (evidence,), kind.flags),
        plan=names["plan"] if kind.has_plan else None,
        plan_version=numbers["plan_version"] if kind.has_plan_version else None,
        rule_version=numbers["rule_version"] if kind.has_rule_version else None,
        approved_by=approver,
        measure=kind.measure,
    )
    owner = kind.owner or Reference(reference=f"Organization/{names['owner']}")
    place = AlertPlace(
        patient_id=names["patient"],
        issue_id=names["issue"],
        flag_id=names["flag"],
        task_id=names["task"],
        owner=owner if kind.owned else None,
    )
    return alert, place


def _filled(
    templates: Mapping[str, Template],
    alert: Alert,
    place: AlertPlace,
    firings: Iterable[Firing],
    setting: Setting,
    provenance_id: str,
) -> tuple[Draft, ...]:
    evidence = alert.evidence[0]
    key = evidence.observation, evidence.version
    firing = {(f.observation, f.version): f for f in firings if f.rule == alert.rule}.get(key)
    texts = _texts(alert, place, setting.at, provenance_id)
    parts = {
        name: json_text(text) if name in _WORDS else text.encode() for name, text in texts.items()
    }
    parts["evidence"] = encode(evidence_element(evidence, firing))
    span = {texts[name]: date_range(texts[name]) for name in _TIMES}.__getitem__
    ids = (place.issue_id, place.flag_id, place.task_id, provenance_id)
    return tuple(
        Draft(
            kind,
            own,
            1,
            setting.at,
            template.body(parts),
            None,
            template.entries(texts, span),
            place.patient_id if kind in _OWNED else None,
        )
        for own, (kind, template) in zip(ids, templates.items(), strict=True)
    )


def _texts(alert: Alert, place: AlertPlace, at: datetime, provenance_id: str) -> dict[str, str]:
    """What belongs into the holes."""
    evidence, approver = alert.evidence[0], alert.approved_by or ""
    owner = None if place.owner is None else _organization(place.owner)
    of_type = _approver_type(approver) not in ("", "name")
    return {
        "id": alert.id,
        "rule": alert.rule,
        "text": alert.text,
        "plan": alert.plan or "",
        "approver": approver.partition("/")[2] if of_type else approver,
        "observation": evidence.observation,
        "patient": place.patient_id,
        "owner": owner or "",
        "issue": place.issue_id,
        "flag": place.flag_id,
        "task": place.task_id,
        "provenance": provenance_id,
        "version": str(evidence.version),
        "rule_version": str(alert.rule_version),
        "plan_version": str(alert.plan_version),
        "raised": to_fhir_time(alert.raised_at, OSLO),
        "waiting": to_fhir_time(alert.waiting_since, OSLO),
        "now": to_fhir_time(at, OSLO),
        "recorded": to_fhir_time(at),
        "updated": fhir_instant(at),
    }


def _draft(resource: Any, patient_id: str, setting: Setting, updated: str) -> Draft:
    kind = type(resource).__name__
    body = splice_own(
        resource,
        id=resource.id,
        version_id="1",
        last_updated=updated,
        security=setting.tags,
    )
    index = (*extract(resource, setting.base_url), *labels(setting.tags))
    owner = patient_id if kind in _OWNED else None
    return Draft(kind, resource.id, 1, setting.at, body, resource, index, owner)


def stored_of(drafts: Iterable[Draft]) -> list[tuple[Any, ...]]:
    """Resources → what is stored of them, which the struct is not."""
    return [(d.type, d.id, d.version, d.updated, d.body, d.index, d.patient_id) for d in drafts]
