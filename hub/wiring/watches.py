"""What follows a save, in its own transaction: marks for judging, checked plans, stale books, alerts that people close."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.fhir.interactions.prepare import Setting
from hub.fhir.requests import Stored
from hub.flows.close_alert import FollowPeople
from hub.flows.guard_patients import Known, guard_patient
from hub.flows.guard_plans import GUARDED, guard_plan
from hub.flows.judge_anew import Doors, ask_anew
from hub.flows.judge_at_once import JudgeAtOnce
from hub.flows.judge_observations import JudgeObservations
from hub.flows.limits_anew import ask_limits_anew
from hub.flows.mark_for_judging import JUDGED, mark_for_judging
from hub.flows.patient_book import SOURCES
from hub.flows.send_communication import SEND_COMMUNICATION
from hub.flows.status_anew import ask_status_anew
from hub.flows.store_draft import Desk, job_actor
from hub.mapping.fhir_to_downtime import check_downtimes
from hub.mapping.fresh_message import wants_sending
from hub.policy import Permit
from hub.ports import Job, JudgeMark
from hub.problems import HubError
from hub.store.alerts import AlertTable
from hub.store.dues import DueTable
from hub.store.judgements import JudgementTable
from hub.store.outbox import OutboxTable
from hub.store.resources import ResourceSession
from hub.store.unit import Store
from hub.thresholds.measurement import Measurement
from hub.wiring.relations import watch_relations

People = Callable[[ResourceSession, Permit, datetime], FollowPeople]
"""A session, the Permit of what somebody does, and when → what follows people's acts on alerts."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of an open transaction that an alert is written to."""

    fhir: ResourceSession
    alerts: AlertTable
    outbox: OutboxTable


def people_of(judge: JudgeObservations) -> People:
    """What judges → what follows people's acts on alerts, given a session."""

    def follow(session: ResourceSession, permit: Permit, at: datetime) -> FollowPeople:
        setting = Setting(at, judge.base_url, judge.tags)
        desk = Desk(job_actor("mirror", permit.filter.tenant_id), setting, judge.new_id)
        connection = session.connection
        parts = _Parts(session, AlertTable(connection), OutboxTable(connection))
        return FollowPeople(parts, desk, judge.follow_up)

    return follow


def watch_saves(
    store: Store,
    judge: JudgeObservations,
    at_once: JudgeAtOnce,
    people: People,
    wake: Callable[[], None],
) -> None:
    """The store, what judges, and what follows people's acts → the store's watches are set, those of values first."""
    _watch_values(store, judge, at_once, wake)
    _watch_sources(store, judge)
    watch_relations(store)
    _watch_acts(store, people)


def _watch_values(
    store: Store, judge: JudgeObservations, at_once: JudgeAtOnce, wake: Callable[[], None]
) -> None:
    """Values are marked; judging is woken before the commit of a mark that waits: its turn to write comes right behind it."""

    def settle(mark: JudgeMark, measurement: Measurement, undone: int) -> JudgeMark:
        settled = at_once(mark, measurement, measurement.received, undone)
        if settled.judged_at is None:
            judge.expected.some = True
            wake()
        return settled

    def mark(session: ResourceSession, permit: Permit, stored: Stored, resource: Any) -> None:
        table = JudgementTable(session.connection)
        mark_for_judging(table, permit.filter.tenant_id, stored, resource, settle)

    for kind in JUDGED:
        store.watch(kind, mark)


def _watch_sources(store: Store, judge: JudgeObservations) -> None:
    """What books are made from: plans are checked, and books that are stale forgotten."""

    def forget(session: ResourceSession, permit: Permit, stored: Stored, _: Any) -> None:
        store.change_sources(session.connection)
        tenant = permit.filter.tenant_id
        patient = None if stored.type == "ObservationDefinition" else stored.patient_id or ""
        judge.books.forget(tenant, patient)
        dues = DueTable(session.connection)
        if patient is None:
            dues.change_all(tenant, stored.updated)
        elif patient:
            dues.change(tenant, patient, stored.updated, new=stored.type in GUARDED)

    def guard(session: ResourceSession, permit: Permit, stored: Stored, resource: Any) -> None:
        guard_plan(session, permit, stored, resource)
        connection = session.connection
        doors = Doors(session, JudgementTable(connection), OutboxTable(connection))
        ask_anew(doors, permit, stored, resource)
        ask_limits_anew(doors, permit, stored, resource)
        forget(session, permit, stored, resource)

    def status(session: ResourceSession, permit: Permit, stored: Stored, resource: Any) -> None:
        connection = session.connection
        if stored.type == "Patient" and resource is None:
            known = Known(session, AlertTable(connection), JudgementTable(connection))
            own = judge.desk(stored.updated, permit.filter.tenant_id).permit("read", "CarePlan")
            guard_patient(known, own, stored.id, stored.updated)
        doors = Doors(session, JudgementTable(connection), OutboxTable(connection))
        setting = Setting(stored.updated, judge.base_url, judge.tags)
        desk = Desk(job_actor("recompute", permit.filter.tenant_id), setting, judge.new_id)
        ask_status_anew(doors, desk.permit("read", "EpisodeOfCare"), stored, resource)
        forget(session, permit, stored, resource)

    def outage(session: ResourceSession, permit: Permit, _: Stored, resource: Any) -> None:
        if resource is not None and (problems := check_downtimes(resource)):
            raise HubError(*problems)
        store.change_sources(session.connection)
        judge.books.forget_downtime(permit.filter.tenant_id)

    store.engine.on_doubt(judge.books.forget_all)
    for kind in SOURCES:
        store.watch(kind, guard if kind in GUARDED else status)
    store.watch("HealthcareService", outage)


def _watch_acts(store: Store, people: People) -> None:
    """What people do with alerts, tasks and messages."""

    def close(session: ResourceSession, permit: Permit, stored: Stored, resource: Any) -> None:
        if permit.actor.kind != "internal_job":  # whose own writes come with a row that is right
            people(session, permit, stored.updated).issue(permit, stored, resource)

    def take(session: ResourceSession, permit: Permit, stored: Stored, resource: Any) -> None:
        if permit.actor.kind == "internal_job":
            return
        follow = people(session, permit, stored.updated)
        if resource is None:
            follow.left(permit, stored)
        elif stored.type == "Task":
            follow.task(permit, stored, resource)

    def send(session: ResourceSession, permit: Permit, stored: Stored, resource: Any) -> None:
        if resource is not None and wants_sending(resource):
            job = Job(permit.filter.tenant_id, SEND_COMMUNICATION, stored.id)
            OutboxTable(session.connection).add(job, stored.updated)

    store.watch("DetectedIssue", close)
    store.watch("Flag", take)
    store.watch("Task", take)
    store.watch("Communication", send)
