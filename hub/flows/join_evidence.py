"""The short way of a firing that joins an alert: the stored bytes of its DetectedIssue, with what it changes put in.

Nearly all that is written of an alert which nobody closes is of this kind. It changes three elements: how many firings there are,
which are explained and what is pointed at. All other elements keep their bytes, nothing is decoded and indexed anew. Whatever
is not certain to be of this kind takes the long way, `alert_to_issue`, which gives the same bytes and the same index
(tests/unit/flows/test_join_evidence.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from hub.fhir.codec import encode
from hub.fhir.models.decoders import decoder_for
from hub.fhir.models.r4.datatypes import Extension, Meta
from hub.fhir.models.r4.detected_issue import DetectedIssue
from hub.fhir.repository import Amended
from hub.fhir.requests import Stored, fhir_instant
from hub.fhir.search.index import IndexEntry, extract
from hub.flows.alert_record import AlertRecord
from hub.flows.alert_shape import MOST_EVIDENCE, explained, pointed_at
from hub.mapping.alert_to_detected_issue import evidence_element
from hub.mapping.evidence import evidence_reference, is_part, resource_name
from hub.mapping.urls import EVIDENCE_COUNT
from hub.thresholds.alarm import Alert, Evidence, lead_of
from hub.thresholds.judgement import Firing

_MEMBERS: Final = decoder_for(dict[str, msgspec.Raw])
_LIST: Final = decoder_for(list[msgspec.Raw])
_META: Final = decoder_for(Meta)
_COUNT: Final = b'{"url":"%s"' % EVIDENCE_COUNT.encode()
_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Joining:
    """An alert that a change has left as it was, but for what it rests on. Shape: `leads` give it its zone, before and after."""

    before: AlertRecord
    after: Alert
    forgotten: int
    firings: dict[_Key, Firing]
    leads: tuple[Evidence, Evidence]


def joining(
    before: AlertRecord,
    after: Alert,
    forgotten: int,
    firings: Iterable[Firing],
    stands: Stored,
    drawn: str,
) -> Joining | None:
    """A record and the alert after a change → what joins; None where the change is of another kind.

    Shape: `drawn` says how DetectedIssues are written now: the one that stands must be of this hub's hand, and as new.
    """
    if (before.issue_version, before.drawn) != (stands.version, drawn):
        return None
    was = before.alert
    many = len(was.evidence)
    if len(after.evidence) <= many or forgotten != before.forgotten:
        return None
    if replace(after, evidence=was.evidence, calm=was.calm) != was:
        return None
    new = after.evidence[many:]
    if after.evidence[:many] != was.evidence or not all(resource_name(e.observation) for e in new):
        return None
    if any(is_part(e.observation) for e in after.evidence):  # two may point at one observation
        return None
    found = {(f.observation, f.version): f for f in firings if f.rule == after.rule}
    if not all(_key(e) in found for e in new):
        return None
    if any(_key(e) in found for e in was.evidence):  # told anew: its details may be others
        return None
    lead = lead_of(was.evidence)
    return Joining(before, after, forgotten, found, (lead, lead_of((lead, *new))))


def more_evidence(one: Joining, stands: Stored, at: datetime, base_url: str) -> Amended | None:
    """What joins and the DetectedIssue as it stands → its next version; None where the bytes are not of the kind."""
    members = _MEMBERS.decode(stands.body)
    meta = members.get("meta")
    shown = _explained(one, members.get("evidence"))
    if meta is None or shown is None:
        return None
    version, at = stands.version + 1, max(at, stands.updated)
    was = pointed_at(one.before.alert.evidence, one.leads[0])
    now = pointed_at(one.after.evidence, one.leads[1])
    made = {
        "meta": encode(
            replace(_META.decode(meta), versionId=str(version), lastUpdated=fhir_instant(at))
        ),
        "extension": _counted(one, members.get("extension")),
        "implicated": b"[%s]" % b",".join(encode(evidence_reference(name)) for name in now),
        "evidence": shown,
    }
    body = b",".join(
        b'"%s":%s' % (name.encode(), made.get(name) or bytes(raw)) for name, raw in members.items()
    )
    return Amended(
        version,
        at,
        b"{%s}" % body,
        come=_found_by([name for name in now if name not in was], base_url),
        gone=_found_by([name for name in was if name not in now], base_url),
    )


def _explained(one: Joining, stood: msgspec.Raw | None) -> bytes | None:
    """The element `evidence`: what is still explained keeps its bytes."""
    before = explained(one.before.alert.evidence, one.leads[0])
    parts: list[msgspec.Raw] = [] if stood is None else _LIST.decode(stood)
    if len(parts) != len(before):
        return None
    here = {_key(each): bytes(part) for each, part in zip(before, parts, strict=True)}
    made: list[bytes] = []
    for each in explained(one.after.evidence, one.leads[1]):
        part = here.get(_key(each))
        if part is None:
            firing = one.firings.get(_key(each))
            if firing is None:
                return None
            part = encode(evidence_element(each, firing))
        made.append(part)
    return b"[%s]" % b",".join(made)


def _counted(one: Joining, stood: msgspec.Raw | None) -> bytes | None:
    """The element `extension`, with the number of firings where not all of them are explained."""
    many = len(one.after.evidence)
    if many <= MOST_EVIDENCE or stood is None:
        return None
    parts = [bytes(each) for each in _LIST.decode(stood)]
    kept = [each for each in parts if not each.startswith(_COUNT)]
    count = Extension(url=EVIDENCE_COUNT, valueInteger=many + one.forgotten)
    return b"[%s]" % b",".join((*kept, encode(count)))


def _found_by(names: Sequence[str], base_url: str) -> tuple[IndexEntry, ...]:
    """What a DetectedIssue points at → what it is found by because of it."""
    if not names:
        return ()
    return extract(DetectedIssue(implicated=tuple(map(evidence_reference, names))), base_url)


def _key(evidence: Evidence) -> _Key:
    return evidence.observation, evidence.version
