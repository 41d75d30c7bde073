"""A stay in hospital as the sum of what messages said about it: Encounter ↔ events, in whatever order they came.

Each event that a message tells stands on the Encounter with the message it came from; status, period and destination
are worked out from the events anew each time. So a cancelled message takes its events away and the rest still holds.
Source: plo.md §3 (TidsfestetHendelse), code lists 9121, 8408, 8431; http://hl7.org/fhir/R4/encounter.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from hub.emessage.plo.components import TidsfestetHendelse, UtskrevetTil
from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Extension, Reference
from hub.fhir.models.r4.encounter import Encounter, EncounterHospitalization, EncounterStatusCode
from hub.mapping.codes import content, period_of, point, to_concept
from hub.mapping.message_urls import ACT_CODE, STAY_EVENT
from hub.mapping.times import day_of, order_key
from hub.mapping.urls import VOLVEN

EVENT_CODES: Final = f"{VOLVEN}9121"
ADMITTED: Final = "1"
DISCHARGED: Final = "2"
READY: Final = "3"
NOT_READY: Final = "4"
DEAD: Final = "13"

# A discharge report may tell its events in words alone (BeskrivelseAvHendelse "Innlagt dato", no Hendelsekode, as in the
# open 1.6 example); the first word is then read as the event it names. Nothing but these words is read.
_WORDS: Final = {"innlagt": ADMITTED, "utskrevet": DISCHARGED, "utskrivningsklar": READY}


class StayEvent(msgspec.Struct, frozen=True):
    """One dated event of a stay.

    Shape: `kind` is a code of list 9121 or None; `code` what is kept of it; `message` and `sent` tell which message
    said so and when it was made; `destination` (8408) and `condition` (8431) belong to a discharge.
    """

    kind: str | None
    code: CodeableConcept | None
    time: str | None
    estimate: bool
    message: str
    sent: str
    destination: CodeableConcept | None = None
    condition: CodeableConcept | None = None

    @property
    def planned(self) -> bool:
        """Whether it lay ahead when the message was made: Anslag alone proves nothing (plo.md §3, trap)."""
        return self.estimate and (day_of(self.time) or "") > (day_of(self.sent) or "")


def to_stay_event(
    event: TidsfestetHendelse,
    message: str,
    sent: str,
    *,
    usual: str | None = None,
    discharged_to: UtskrevetTil | None = None,
) -> StayEvent:
    """A TidsfestetHendelse and the message it stands in → StayEvent; `usual` is what it is when no code says so."""
    code = to_concept(event.hendelsekode, "9121")
    return StayEvent(
        _kind(event) or (usual if event.hendelsekode is None else None),
        code,
        point(event.tidspunkt_for_hendelse),
        event.anslag,
        message,
        sent,
        to_concept(discharged_to.ut_til, "8408") if discharged_to else None,
        to_concept(discharged_to.uttilstand, "8431") if discharged_to else None,
    )


def _kind(event: TidsfestetHendelse) -> str | None:
    code = event.hendelsekode
    if code is not None and code.v:
        return code.v if code.s in (None, "", EVENT_CODES.removeprefix("urn:oid:")) else None
    words = (content(event.beskrivelse_av_hendelse) or "").casefold().split()
    return _WORDS.get(words[0].strip(":,.")) if words else None


def events_of(stay: Encounter) -> tuple[StayEvent, ...]:
    """A stored Encounter → the events it stands on."""
    return tuple(_read(e) for e in stay.extension if e.url == STAY_EVENT)


def _read(extension: Extension) -> StayEvent:
    parts: dict[str, Any] = {part.url: part for part in extension.extension}

    def concept(name: str) -> CodeableConcept | None:
        return parts[name].valueCodeableConcept if name in parts else None

    return StayEvent(
        parts["kind"].valueCode if "kind" in parts else None,
        concept("code"),
        parts["time"].valueDateTime if "time" in parts else None,
        bool(parts["estimate"].valueBoolean) if "estimate" in parts else False,
        parts["message"].valueUri or "" if "message" in parts else "",
        parts["sent"].valueDateTime or "" if "sent" in parts else "",
        concept("destination"),
        concept("condition"),
    )


def _write(event: StayEvent) -> Extension:
    concepts = (
        ("code", event.code),
        ("destination", event.destination),
        ("condition", event.condition),
    )
    return Extension(
        url=STAY_EVENT,
        extension=(
            *((Extension(url="kind", valueCode=event.kind),) if event.kind else ()),
            *((Extension(url="time", valueDateTime=event.time),) if event.time else ()),
            Extension(url="estimate", valueBoolean=event.estimate),
            Extension(url="message", valueUri=event.message),
            Extension(url="sent", valueDateTime=event.sent),
            *(Extension(url=name, valueCodeableConcept=value) for name, value in concepts if value),
        ),
    )


def _last(events: Iterable[StayEvent], *kinds: str) -> StayEvent | None:
    """The event of these kinds that the latest message told; of one message, the latest in time.

    A message that calls readiness off repeats the readiness it calls off (plo.md §3), often with a later date.
    """
    found = [e for e in events if e.kind in kinds]
    return max(
        found,
        key=lambda e: (order_key(e.sent), e.message, e.kind == NOT_READY, order_key(e.time)),
        default=None,
    )


def readiness(stay: Encounter) -> StayEvent | None:
    """An Encounter → the latest word on whether the patient is ready for discharge (READY or NOT_READY), or None."""
    return None if stay.status == "entered-in-error" else _last(events_of(stay), READY, NOT_READY)


def with_events(stay: Encounter, events: Sequence[StayEvent]) -> Encounter:
    """An Encounter and all events that count → the Encounter they make; entered in error when none is left."""
    kept = tuple(e for e in stay.extension if e.url != STAY_EVENT)
    # Two messages may tell the same event: the stay keeps both, each with its source
    if not events:
        return msgspec.structs.replace(stay, extension=kept, status="entered-in-error")
    admitted, discharged = _last(events, ADMITTED), _last(events, DISCHARGED)
    start = admitted.time if admitted else None
    end = discharged.time if discharged else None
    leaving = (
        discharged if discharged and (discharged.destination or discharged.condition) else None
    )
    return msgspec.structs.replace(
        stay,
        extension=(*kept, *map(_write, events)),
        status=_status(admitted, discharged, _last(events, READY, NOT_READY)),
        period=period_of(start, end),
        hospitalization=_leaving(leaving),
    )


def _status(
    admitted: StayEvent | None, discharged: StayEvent | None, ready: StayEvent | None
) -> EncounterStatusCode:
    if discharged is not None and not discharged.planned:
        return "finished"
    if admitted is not None and admitted.planned:
        return "planned"
    return "in-progress" if admitted or ready or discharged else "unknown"


def _leaving(event: StayEvent | None) -> EncounterHospitalization | None:
    if event is None:
        return None
    both = [c for c in (event.destination, event.condition) if c is not None]
    codings: tuple[Coding, ...] = tuple(coding for c in both for coding in c.coding)
    text = ", ".join(c.text for c in both if c.text) or None
    return EncounterHospitalization(dischargeDisposition=CodeableConcept(coding=codings, text=text))


def find_stay(
    stays: Sequence[Encounter], provider: str, events: Sequence[StayEvent]
) -> Encounter | None:
    """The patient's stays, the HER-id of the sending entity and a message's events → the stay they speak of, or None.

    Shape: same entity, not entered in error. With an admission in the message: the stay admitted on that day, else one
    whose admission nobody has told yet and that is not over before it. Without: the open stay begun last before the
    events, else the one discharged on the same day.
    """
    own = [s for s in stays if s.status != "entered-in-error" and _provider(s) == provider]
    day = min((day_of(e.time) or "9999" for e in events), default="9999")
    admitted = _last(events, ADMITTED)
    if admitted is not None:
        begun = day_of(admitted.time)
        same = [s for s in own if begun and _start(s) == begun]
        untold = [
            s
            for s in own
            if _start(s) is None and (_end(s) is None or (_end(s) or "") >= (begun or ""))
        ]
        return _newest(same) or _newest(untold)
    latest = max((day_of(e.time) or "" for e in events), default="")
    running = [s for s in own if _is_open(s) and (_start(s) or "") <= (latest or day)]
    ended = [s for s in own if not _is_open(s) and _end(s) in {day_of(e.time) for e in events}]
    return _newest(running) or _newest(ended)


def _provider(stay: Encounter) -> str | None:
    identifier = stay.serviceProvider.identifier if stay.serviceProvider else None
    return identifier.value if identifier else None


def _is_open(stay: Encounter) -> bool:
    return stay.status in ("planned", "arrived", "in-progress", "onleave", "unknown")


def _start(stay: Encounter) -> str | None:
    return day_of(stay.period.start) if stay.period else None


def _end(stay: Encounter) -> str | None:
    return day_of(stay.period.end) if stay.period else None


def _newest(stays: Sequence[Encounter]) -> Encounter | None:
    return max(stays, key=lambda s: (_start(s) or "", s.id or ""), default=None)


def new_stay(patient: Reference, provider: Reference, service: str | None) -> Encounter:
    """The patient, the sending entity and the service's name → an Encounter that no event stands on yet."""
    return Encounter(
        status="unknown",
        class_=Coding(system=ACT_CODE, code="IMP", display="inpatient encounter"),
        serviceType=CodeableConcept(text=service) if service else None,
        subject=patient,
        serviceProvider=provider,
    )
