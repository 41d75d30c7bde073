"""What the client knows it sent and what an outsider sees afterwards → everything that was lost or doubled.

Pure: no clock, no network, no files. The client's own log of 201s is on one side; HTTP reads and the files of the drop are
on the other; the hub's tables are not asked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Zone = Literal["green", "yellow", "red"]
FaultKind = Literal[
    "lost value",
    "doubled value",
    "unknown value",
    "unjudged value",
    "lost verdict",
    "doubled verdict",
    "wrong verdict",
    "lost alert",
    "doubled alert",
    "wrong alert",
    "lost banner or task",
    "doubled banner or task",
    "lost message",
    "doubled message",
    "unknown message",
    "unanswered message",
    "lost import",
    "doubled import",
    "lost receipt",
    "doubled receipt",
    "unknown receipt",
    "left behind",
]
_ORDER: Final = {"green": 0, "yellow": 1, "red": 2}


@dataclass(frozen=True, slots=True)
class SentValue:
    """One value as the client knows it.

    Shape: `key` its identifier; `tries` how often it was sent; `acknowledged` the Observation ids of its 201s.
    """

    key: str
    patient: str
    rule: str
    zone: Zone
    tries: int
    acknowledged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DroppedMessage:
    """One e-message that was put into the in folder. Shape: `copies` how many files with the same bytes."""

    msg_id: str
    copies: int


@dataclass(frozen=True, slots=True)
class ClientLog:
    """Everything the client did. Shape: `answers` receipts that the stand-in broker put into the in folder."""

    values: Sequence[SentValue]
    messages: Sequence[DroppedMessage]
    answers: int = 0


@dataclass(frozen=True, slots=True)
class SeenAlert:
    """One DetectedIssue. Shape: `evidence` are Observation ids, one for each entry; `flags` and `tasks` count."""

    id: str
    patient: str
    rule: str
    zone: str
    evidence: tuple[str, ...]
    flags: int
    tasks: int


@dataclass(frozen=True, slots=True)
class SeenCommunication:
    """One Communication. Shape: `msg_id` in lower case; `about` the DetectedIssue it tells of, if any."""

    msg_id: str
    about: str | None
    status: str


@dataclass(frozen=True, slots=True)
class WrittenDocument:
    """One file that left. Shape: `answers` the MsgId a receipt answers, None for any other document."""

    name: str
    msg_id: str
    answers: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything an outsider sees when the hub is quiet.

    Shape: `observations` id → identifier; `marked` and `unjudged` as GET /health tells them; `waiting` files that lie in
    in/, in/.work or out/ (what a dead process left half-written in out/tmp was never sent and is swept later); `put_away` how many files lie in the archive, `quarantined` in quarantine.
    """

    observations: Mapping[str, str]
    marked: int
    unjudged: int
    alerts: Sequence[SeenAlert]
    communications: Sequence[SeenCommunication]
    documents: Sequence[WrittenDocument]
    waiting: Sequence[str]
    put_away: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that was lost or doubled."""

    kind: FaultKind
    what: str


def judge(log: ClientLog, seen: Seen) -> tuple[Fault, ...]:
    """The client's log and what is seen → every fault; nothing when nothing was lost or doubled."""
    return (
        *_values(log, seen),
        *_verdicts(log, seen),
        *_alerts(log, seen),
        *_messages(seen),
        *_imports(log, seen),
        *_left_behind(log, seen),
    )


def _values(log: ClientLog, seen: Seen) -> Iterator[Fault]:
    stored = Counter(seen.observations.values())
    known = {value.key: value for value in log.values}
    for value in log.values:
        for each in value.acknowledged:
            if seen.observations.get(each) != value.key:
                yield Fault("lost value", f"{value.key} ({each})")
        if stored[value.key] > value.tries:
            yield Fault("doubled value", value.key)
    for key in stored.keys() - known.keys():
        yield Fault("unknown value", key)
    if seen.unjudged:
        yield Fault("unjudged value", f"{seen.unjudged} of {seen.marked}")
    if seen.marked < len(seen.observations):
        yield Fault("lost verdict", f"{len(seen.observations)} values, {seen.marked} marks")
    if seen.marked > len(seen.observations):
        yield Fault("doubled verdict", f"{len(seen.observations)} values, {seen.marked} marks")


def _verdicts(log: ClientLog, seen: Seen) -> Iterator[Fault]:
    """Every stored value outside green is evidence of its own alert exactly once, however often it was sent."""
    stored = set(seen.observations.values())
    places: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for alert in seen.alerts:
        for each in alert.evidence:
            places[seen.observations.get(each, f"?{each}")].append((alert.patient, alert.rule))
    for value in log.values:
        found = places.pop(value.key, [])
        if value.key not in stored or value.zone == "green":
            if found:
                yield Fault("wrong verdict", f"{value.key} is evidence")
            continue
        if not found:
            yield Fault("lost verdict", f"{value.key} ({value.zone})")
        if len(found) > 1:
            yield Fault("doubled verdict", value.key)
        if any(place != (value.patient, value.rule) for place in found):
            yield Fault("wrong verdict", f"{value.key} stands in another alert")
    for key in places:
        yield Fault("wrong verdict", f"evidence {key} is no value of ours")


def _alerts(log: ClientLog, seen: Seen) -> Iterator[Fault]:
    stored = set(seen.observations.values())
    wanted: dict[tuple[str, str], Zone] = {}
    for value in log.values:
        if value.key in stored and value.zone != "green":
            place = (value.patient, value.rule)
            wanted[place] = max(wanted.get(place, "green"), value.zone, key=_ORDER.__getitem__)
    found: dict[tuple[str, str], list[SeenAlert]] = defaultdict(list)
    for alert in seen.alerts:
        found[alert.patient, alert.rule].append(alert)
        if alert.flags < 1 or alert.tasks < 1:
            yield Fault("lost banner or task", alert.id)
        if alert.flags > 1 or alert.tasks > 1:
            yield Fault("doubled banner or task", alert.id)
    for place, zone in wanted.items():
        alerts = found.pop(place, [])
        if not alerts:
            yield Fault("lost alert", " ".join(place))
        if len(alerts) > 1:
            yield Fault("doubled alert", " ".join(place))
        if any(alert.zone != zone for alert in alerts):
            yield Fault("wrong alert", f"{' '.join(place)} is not {zone}")
    for place in found:
        yield Fault("wrong alert", f"nothing was sent that asks for {' '.join(place)}")


def _messages(seen: Seen) -> Iterator[Fault]:
    """Every red alert was told once: one Communication, one MsgId, one file, and the answer arrived."""
    told: dict[str, list[SeenCommunication]] = defaultdict(list)
    for each in seen.communications:
        if each.about is not None:
            told[each.about].append(each)
    files = Counter(d.msg_id for d in seen.documents if d.answers is None)
    for alert in seen.alerts:
        found = told.pop(alert.id, [])
        if alert.zone != "red":
            if found:
                yield Fault("unknown message", f"{alert.zone} alert {alert.id} was told")
            continue
        if not found:
            yield Fault("lost message", f"alert {alert.id}")
        if len(found) > 1:
            yield Fault("doubled message", f"alert {alert.id}")
        for each in found:
            number = files.pop(each.msg_id, 0)
            if number == 0:
                yield Fault("lost message", f"{each.msg_id} never left")
            if number > 1:
                yield Fault("doubled message", f"{each.msg_id} left {number} times")
            if each.status != "completed":
                yield Fault("unanswered message", f"{each.msg_id} is {each.status}")
    for about in told:
        yield Fault("unknown message", f"about {about}, which is no alert")
    for msg_id in files:
        yield Fault("unknown message", f"{msg_id} has no alert")


def _imports(log: ClientLog, seen: Seen) -> Iterator[Fault]:
    imported = Counter(each.msg_id for each in seen.communications if each.about is None)
    receipts = Counter(d.answers.lower() for d in seen.documents if d.answers is not None)
    ids = Counter(d.msg_id for d in seen.documents if d.answers is not None)
    for message in log.messages:
        key = message.msg_id.lower()
        yield from _once(imported.pop(key, 0), "lost import", "doubled import", key)
        yield from _once(receipts.pop(key, 0), "lost receipt", "doubled receipt", key)
    for key in imported:
        yield Fault("doubled import", f"{key} was never sent to the hub")
    for key in receipts:
        yield Fault("unknown receipt", f"answers {key}, which was never sent to the hub")
    for key, number in ids.items():
        if number > 1:
            yield Fault("doubled receipt", f"{key} left {number} times")


def _once(number: int, lost: FaultKind, doubled: FaultKind, what: str) -> Iterable[Fault]:
    if number == 0:
        yield Fault(lost, what)
    if number > 1:
        yield Fault(doubled, f"{what}: {number}")


def _left_behind(log: ClientLog, seen: Seen) -> Iterator[Fault]:
    for name in seen.waiting:
        yield Fault("left behind", name)
    expected = sum(m.copies for m in log.messages) + log.answers
    if seen.put_away != expected:
        yield Fault("left behind", f"{seen.put_away} files in the archive, {expected} were sent")
    if seen.quarantined:
        yield Fault("left behind", f"{seen.quarantined} files in quarantine")
