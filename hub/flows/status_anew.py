"""A stay, an end or a death that is taken back for times gone by → the values of those times are judged anew.

What was suppressed because the patient was on hold or no longer followed up must be told once that turns out to be wrong: a red is a
red by the status at its time (S1), and the result that of the same facts in any other order (§8.3). A change that can only suppress
does nothing here: nothing that was told is silently taken back.
Source: dho/thresholds.md §4.7, §8.3, §13 S1; docs/adr/0045-a-status-taken-back-judges-anew.md.
"""

from __future__ import annotations

from typing import Any

from hub.fhir.models.r4.episode_of_care import EpisodeOfCare
from hub.fhir.models.r4.patient import Patient as Person
from hub.fhir.requests import Stored
from hub.flows.death_learnt import death_learnt, says_dead
from hub.flows.former_version import former_version
from hub.flows.judge_anew import JUDGE_ANEW, Doors
from hub.flows.patient_book import of_patient, person_of
from hub.mapping.fhir_to_patient_status import fhir_to_patient_status, livelier_from
from hub.policy import Permit
from hub.ports import Job
from hub.thresholds.measurement import Patient


def ask_status_anew(doors: Doors, permit: Permit, stored: Stored, resource: Any) -> None:
    """A saved EpisodeOfCare or Patient (None = deleted) → a job when values are there that it lets be told.

    Shape: `permit` is that of the hub's own job, since who writes an episode need not see the others.
    """
    patient, tenant = stored.patient_id, permit.filter.tenant_id
    if patient is None:
        return
    former = former_version(doors.fhir, permit, stored)
    if stored.type == "Patient" and not (says_dead(former) or says_dead(resource)):
        return
    before = _status(doors, permit, stored, former, stored.version - 1)
    after = _status(doors, permit, stored, resource, stored.version)
    first = livelier_from(before, after)
    if first is None or first > stored.updated:
        return
    if doors.judgements.newest(tenant, patient, first):
        doors.outbox.add(Job(tenant, JUDGE_ANEW, patient), stored.updated)


def _status(doors: Doors, permit: Permit, stored: Stored, version: Any, number: int) -> Patient:
    """The patient as the engine sees it, with one version of what was saved, and the number of that version."""
    patient = stored.patient_id or ""
    episodes: list[EpisodeOfCare] = of_patient(doors.fhir, permit, "EpisodeOfCare", patient)
    until: int | None = None
    if stored.type == "Patient":
        person, until = version or Person(id=patient), number
    else:
        episodes = [e for e in episodes if e.id != stored.id]
        episodes += [] if version is None else [version]
        person = person_of(doors.fhir, permit, patient)
    dead = person.deceasedBoolean
    learnt = death_learnt(doors.fhir, permit, patient, until=until) if dead else None
    return fhir_to_patient_status(person, episodes, now=stored.updated, learnt=learnt)
