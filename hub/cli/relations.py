"""`hub relations`: care relations and shares put in, ended and listed; each change is in the access log.

Works on the database of HUB_DATABASE_URL, beside a running hub, at once. Source: security README §4.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast, get_args

import click

from hub.cli.database import TENANT, audit, open_store, operator
from hub.clock import SystemClock
from hub.fhir.models import RESOURCE_TYPES
from hub.policy import Action, Permit, authorise
from hub.policy.relations import NO_END, CareRelation, Share
from hub.policy.rights import RelationKind
from hub.store.unit import StoreUnit
from hub.values import parse_org_number


class _Number(click.ParamType[str]):
    """An organisation number."""

    name = "organisation number"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Text → nine digits with a right check digit."""
        found = parse_org_number(value)
        if found is None:
            self.fail("nine digits with a right check digit are needed", param, ctx)
        return found.value


class _Instant(click.ParamType[datetime]):
    """A day, or an instant with its offset."""

    name = "time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Text → an aware instant; a day begins at midnight UTC."""
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail("a day (2026-11-22) or an instant with its offset is needed", param, ctx)
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


_TENANT = click.option("--tenant", type=int, default=TENANT, show_default=True)
_FROM = click.option("--from", "starts", type=_Instant(), help="In force from; default now.")
_UNTIL = click.option("--until", "ends", type=_Instant(), help="In force until; default no end.")
_KIND = click.argument("kind", type=click.Choice(get_args(RelationKind)))
_ORGANISATION = click.argument("organisation", type=_Number())
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.group(epilog="\b\nExample:\n  hub relations add 019ab3a4-5b6c 974760673 gp_list")
def relations() -> None:
    """Keep care relations and shares: why an organisation may see a patient. The hub may run meanwhile."""


@relations.command(
    epilog="\b\nExample:\n  hub relations add 019ab3a4-5b6c 974760673 gp_list --from 2026-01-01 --basis 'fastlegelisten'"
)
@click.argument("patient_id", metavar="PATIENT")
@_ORGANISATION
@_KIND
@_FROM
@_UNTIL
@click.option("--basis", default="", help="The decision behind it.")
@_TENANT
def add(
    patient_id: str,
    organisation: str,
    kind: str,
    starts: datetime | None,
    ends: datetime | None,
    basis: str,
    tenant: int,
) -> None:
    """State that an organisation has a relation to a patient. Exit status 1 when there is no such patient."""
    now = SystemClock().now()
    begin, end = starts or now, ends or NO_END
    if end <= begin:
        raise click.UsageError("It would end before it begins")
    relation = CareRelation(
        tenant,
        patient_id,
        organisation,
        cast("RelationKind", kind),
        begin,
        end,
        basis=basis,
        recorded_by=operator("relations add", tenant).id,
    )

    def work(unit: StoreUnit) -> bool:
        if not _is_here(unit, tenant, patient_id):
            return False
        unit.relations.add(relation, now)
        audit(
            unit, f"hub relations add {organisation} {kind}", patient_id, writes=True, tenant=tenant
        )
        return True

    _done(work, "There is no such patient.")


@relations.command(epilog="\b\nExample:\n  hub relations end 019ab3a4-5b6c 974760673 gp_list")
@click.argument("patient_id", metavar="PATIENT")
@_ORGANISATION
@_KIND
@_TENANT
def end(patient_id: str, organisation: str, kind: str, tenant: int) -> None:
    """End a relation that was put in by hand: it opens nothing from now on. Exit status 1 when there is none in force.

    What a resource states (EpisodeOfCare, CareTeam, the patient's GP) is ended there.
    """
    now = SystemClock().now()
    relation = CareRelation(tenant, patient_id, organisation, cast("RelationKind", kind), now)

    def work(unit: StoreUnit) -> bool:
        ended = unit.relations.end(relation, now, operator("relations end").id)
        if ended:
            audit(
                unit,
                f"hub relations end {organisation} {kind}",
                patient_id,
                writes=True,
                tenant=tenant,
            )
        return bool(ended)

    _done(work, "There is no such relation in force.")


@relations.command(
    "list", epilog="\b\nExample:\n  hub relations list --patient 019ab3a4-5b6c --json"
)
@click.option("--patient", "patient_id", default="", help="Of one patient.")
@click.option("--organisation", type=_Number(), default=None, help="Of one organisation.")
@_TENANT
@_JSON
def list_(patient_id: str, organisation: str | None, tenant: int, as_json: bool) -> None:
    """List relations, those that have ended too, oldest first."""

    def work(unit: StoreUnit) -> list[CareRelation]:
        found = unit.relations.of(tenant, patient_id=patient_id, organisation=organisation or "")
        for shown in sorted({each.patient_id for each in found} or {patient_id}):
            audit(unit, "hub relations list", shown, tenant=tenant)
        return list(found)

    with open_store() as store:
        found = asyncio.run(store.write(work))
    now = SystemClock().now()
    for each in found:
        state = _state(each.starts, each.ends, now)
        if as_json:
            told = {
                "patient": each.patient_id,
                "organisation": each.organisation,
                "kind": each.kind,
                "from": each.starts.isoformat(),
                "until": None if each.ends == NO_END else each.ends.isoformat(),
                "source": each.source,
                "basis": each.basis,
                "by": each.recorded_by,
                "state": state,
            }
            click.echo(json.dumps(told, ensure_ascii=False))
        else:
            source = each.source or each.recorded_by
            click.echo(
                f"{each.patient_id}  {each.organisation}  {each.kind:<9}  {_span(each.starts, each.ends)}  {state}  {source}"
            )


@relations.command(epilog="\b\nExample:\n  hub relations share 974760673 --type Observation")
@_ORGANISATION
@click.option("--type", "kind", default="*", show_default=True, help="Resource type, or * for all.")
@click.option("--patient", "patient_id", default="", help="One patient only.")
@click.option("--purpose", default="", help="Only for this purpose (TREAT, ETREAT, COC).")
@_FROM
@_UNTIL
@click.option("--end", "ending", is_flag=True, help="End it instead.")
@_TENANT
def share(
    organisation: str,
    kind: str,
    patient_id: str,
    purpose: str,
    starts: datetime | None,
    ends: datetime | None,
    ending: bool,
    tenant: int,
) -> None:
    """Share with an organisation that is not the tenant's own, which needs a relation beside. Exit status 1 when `--end` finds none."""
    if kind != "*" and kind not in RESOURCE_TYPES:
        raise click.UsageError("--type takes a resource type of FHIR R4, or *")
    now = SystemClock().now()
    made = Share(
        tenant,
        organisation,
        starts or now,
        ends or NO_END,
        kind,
        patient_id,
        purpose,
        operator("relations share").id,
    )

    def work(unit: StoreUnit) -> bool:
        ended = 1
        if ending:
            ended = unit.relations.end_share(made, now, operator("relations share").id)
        else:
            unit.relations.share(made, now)
        done = "end" if ending else "add"
        told = f"hub relations share {organisation} {kind} {done}"
        audit(unit, told, patient_id, writes=True, tenant=tenant)
        return bool(ended)

    _done(work, "There is no such share in force.")


@relations.command(epilog="\b\nExample:\n  hub relations shares --json")
@_TENANT
@_JSON
def shares(tenant: int, as_json: bool) -> None:
    """List what the tenant shares and has shared, oldest first."""

    def work(unit: StoreUnit) -> list[Share]:
        found = list(unit.relations.shares(tenant))
        for shown in sorted({each.patient_id for each in found} or {""}):
            audit(unit, "hub relations shares", shown, tenant=tenant)
        return found

    with open_store() as store:
        found = asyncio.run(store.write(work))
    now = SystemClock().now()
    for each in found:
        state = _state(each.starts, each.ends, now)
        told = (each.organisation, each.type, each.patient_id or "all patients", each.purpose or "any purpose")  # fmt: skip
        if as_json:
            names = ("organisation", "type", "patient", "purpose")
            span = {"from": each.starts.isoformat(), "until": each.ends.isoformat()}
            click.echo(json.dumps({**dict(zip(names, told, strict=True)), **span, "state": state}))
        else:
            click.echo(f"{'  '.join(told)}  {_span(each.starts, each.ends)}  {state}")


def _is_here(unit: StoreUnit, tenant: int, patient_id: str) -> bool:
    permit = authorise(operator("relations add", tenant), Action("read", "Patient"))
    assert isinstance(permit, Permit)
    held = unit.fhir.head(permit, "Patient", patient_id)
    return held is not None and not held.deleted


def _done(work: Callable[[StoreUnit], bool], otherwise: str) -> None:
    with open_store() as store:
        done = asyncio.run(store.write(work))
    if not done:
        click.echo(otherwise, err=True)
        sys.exit(1)


def _state(starts: datetime, ends: datetime, now: datetime) -> str:
    if ends <= max(now, starts):  # one to come that was taken back ends before it begins
        return "ended"
    return "to come" if now < starts else "in force"


def _span(starts: datetime, ends: datetime) -> str:
    until = "no end" if ends == NO_END else f"{ends:%Y-%m-%d %H:%M}"
    return f"{starts:%Y-%m-%d %H:%M} - {until}"
