"""General limits that change → the values that are there already are judged by them, a few patients at a time.

General limits have no time that they count from: what they say of a value does not depend on which of the two came first (§8.3),
and a value in a red band has a red alert (S1). So what is worse by the new limits is told. What is milder is not taken back here:
somebody who eases limits for the future must not withdraw the red of this morning unseen (`hub thresholds recompute` does it for
whoever wants that).
Source: dho/thresholds.md §2.5, §8.1, §8.3, §13 S1, S10; docs/adr/0051-limits-that-change-judge-anew.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final

import msgspec

from hub.fhir.requests import Stored
from hub.flows.anew import Anew
from hub.flows.former_version import former_version
from hub.flows.judge_anew import Doors
from hub.flows.only_worse import only_worse
from hub.flows.patient_book import Books
from hub.flows.recompute import Recomputed
from hub.log import Event, log, log_failure
from hub.mapping.general_limits import fhir_to_general_limits
from hub.policy import Permit
from hub.ports import Job, Unit, UnitOfWork
from hub.thresholds.book import Book, compile_limits
from hub.thresholds.plan import Rule
from hub.thresholds.reach import observed_measures

LIMITS_ANEW: Final = "limits_anew"
_MOST: Final = 50
_HELD_S: Final = 0.05
"""How long one piece holds the turn to write; the patient it is at is finished. Units: seconds."""
_REST: Final = 9
"""While requests come, a piece is followed by a rest of so many times its length."""


class Sweep(msgspec.Struct, frozen=True):
    """How far one has come. Shape: `measures` whose values are looked at, () = all; `after` the patient done last."""

    measures: tuple[str, ...] = ()
    after: str = ""
    patients: int = 0
    alerts: int = 0


_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder(Sweep).decode


def ask_limits_anew(doors: Doors, permit: Permit, stored: Stored, resource: Any) -> None:
    """Saved general limits (None = deleted) → a job when a rule is new or another, and values are there that it judges."""
    if stored.type != "ObservationDefinition":
        return
    before, tenant = _rules(former_version(doors.fhir, permit, stored)), permit.filter.tenant_id
    after = _rules(resource)
    if all(rule in before for rule in after):
        return  # nothing is worse by a rule that is gone
    changed = [r for r in after if r not in before] + [r for r in before if r not in after]
    measures = _judged_by(changed)
    if doors.judgements.patients(tenant, "", 1, measures):
        doors.outbox.add(Job(tenant, LIMITS_ANEW, "", _ENCODE(Sweep(measures))), stored.updated)


def _rules(definition: Any) -> list[Rule]:
    """General limits → what judges of them."""
    if definition is None:
        return []
    found = fhir_to_general_limits([definition]).value
    return [msgspec.structs.replace(rule, version=None, approved_by=None) for rule in found]


def _judged_by(rules: list[Rule]) -> tuple[str, ...]:
    """Rules → the measures whose values they judge; () where a rule does not tell."""
    triggers = [entry.triggers for entry in compile_limits(rules).entries]
    return (
        tuple(sorted(observed_measures({t for each in triggers for t in each})))
        if all(triggers)
        else ()
    )


def _only_worse(found: Recomputed, _: Book, now: datetime) -> Recomputed:
    return replace(found, differences=only_worse(found.differences, now))


@dataclass(slots=True)
class _Asked:
    """How many requests there had been when a piece was done last."""

    before: int = -1


@dataclass(frozen=True, slots=True)
class LimitsAnew:
    """Job: `subject` "" = all patients with such values, piece by piece, else one patient. Done twice it changes nothing the second time.

    Shape: `asked` counts the requests so far.
    """

    store: UnitOfWork
    anew: Anew
    asked: Callable[[], int] = lambda: 0
    _asked: _Asked = field(default_factory=_Asked)

    async def __call__(self, job: Job) -> None:
        """A job → its next piece, in one transaction with how far it came: a crash goes on from there."""
        if job.subject:
            await self.store.write(lambda unit: self._one(unit, job), long=True)
            return
        try:
            await self.store.write(lambda unit: self._piece(unit, job, _MOST), long=True)
        except Exception:  # noqa: BLE001 - find the patient that fails, let the others through (S10)
            await self._past_one(job)

    async def _past_one(self, job: Job) -> None:
        """A piece that failed → its first patient alone; one who fails again gets a job of his own."""
        try:
            await self.store.write(lambda unit: self._piece(unit, job, 1), long=True)
        except Exception as error:  # noqa: BLE001 - as above
            log_failure(Event.JUDGE_FAILED, error)
            await self.store.write(lambda unit: self._pass(unit, job))

    def _piece(self, unit: Unit, job: Job, most: int) -> None:
        if not unit.outbox.stands(job):
            return  # another process has joined it with a newer one
        began, sweep = monotonic(), self._joined(unit, job)
        names = unit.judgements.patients(job.tenant_id, sweep.after, most, sweep.measures)
        if not names:
            log(Event.LIMITS_ANEW, patients=sweep.patients, alerts=sweep.alerts)
            unit.outbox.done(job)
            return
        if not sweep.patients:
            log(Event.LIMITS_CHANGED, measures=" ".join(sweep.measures))
        books = Books()
        for name in names:
            _, changed = self.anew.judge(unit, job.tenant_id, name, books, _only_worse)
            sweep = Sweep(sweep.measures, name, sweep.patients + 1, sweep.alerts + changed)
            if monotonic() - began > _HELD_S:
                break
        unit.outbox.go_on(replace(job, payload=_ENCODE(sweep)), self._next(monotonic() - began))

    def _joined(self, unit: Unit, job: Job) -> Sweep:
        """A job → how far it has come; others of the tenant that wait are done with it, from the first patient again."""
        sweep = _DECODE(job.payload)
        for each in unit.outbox.of_subject(job.tenant_id, LIMITS_ANEW, ""):
            if each.state == "todo" and each.job.seq != job.seq:
                other = _DECODE(each.job.payload)
                both = sweep.measures and other.measures
                measures = tuple(sorted({*sweep.measures, *other.measures})) if both else ()
                sweep = Sweep(measures)
                unit.outbox.done(each.job)
        return sweep

    def _one(self, unit: Unit, job: Job) -> None:
        self.anew.judge(unit, job.tenant_id, job.subject, Books(), _only_worse)
        unit.outbox.done(job)

    def _pass(self, unit: Unit, job: Job) -> None:
        if not unit.outbox.stands(job):
            return
        sweep, now = self._joined(unit, job), self.anew.now()
        for name in unit.judgements.patients(job.tenant_id, sweep.after, 1, sweep.measures):
            unit.outbox.add(Job(job.tenant_id, LIMITS_ANEW, name), now)
            sweep = Sweep(sweep.measures, name, sweep.patients + 1, sweep.alerts)
        unit.outbox.go_on(replace(job, payload=_ENCODE(sweep)), now)

    def _next(self, took_s: float) -> datetime:
        """How long a piece took → when the next is due: at once while nobody asks the hub for anything."""
        asked, self._asked.before = self._asked.before, self.asked()
        busy = asked != self._asked.before
        return self.anew.now() + timedelta(seconds=took_s * _REST if busy else 0)
