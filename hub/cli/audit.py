"""`hub audit`: prove that the access log was not changed, note where it stands, tell patients who looked, keep the retention.

Works on the database of HUB_DATABASE_URL, beside a running hub. Source: security/audit.md §4, §6.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import click
import msgspec

from hub.cli.database import TENANT, audit, open_store
from hub.cli.terminal import plain
from hub.clock import SystemClock
from hub.fhir.search.dates import micros
from hub.flows.keep_records import destroyed
from hub.mapping.audit_to_citizen import audit_to_citizen, citizen_event
from hub.mapping.audit_to_trust_framework import audit_to_trust_framework
from hub.store.audit_chain import Fault, Head, tenants, verify
from hub.store.audit_facts import events_of_patient
from hub.store.audit_retention import Removed, remove_before
from hub.store.unit import StoreUnit

LEAST_DAYS = 365
"""The floor of the retention: no log is kept for less."""
_AFFECTED = (
    "SELECT tenant_id, patient_id, count(*) FROM audit_event WHERE date_from >= ? AND date_from < ? AND patient_id <> ''"
    " AND outcome = '0' AND (? = '' OR agent = ?) GROUP BY tenant_id, patient_id ORDER BY tenant_id, patient_id"
)


@click.group("audit", epilog="\b\nExample:\n  hub audit verify")
def audit_group() -> None:
    """Verify, note, tell and keep the access log. The hub may run meanwhile."""


@audit_group.command(
    "verify",
    epilog="\b\nExample:\n  hub audit verify\n  hub audit verify --noted anchors.jsonl --json",
)
@click.option(
    "--noted",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What `hub audit note` printed earlier, or LOG_STANDS lines of the hub's log, kept where the hub cannot write.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def verify_(noted: Path | None, as_json: bool) -> None:
    """Compute the chain of every tenant's log anew. Exit status 1 when one does not hold."""
    anchors: Mapping[int, Mapping[int, bytes]] = {} if noted is None else _read_noted(noted)

    def work(unit: StoreUnit) -> list[tuple[Head, Fault | None]]:
        connection = unit.fhir.connection
        known = sorted({*tenants(connection), *anchors})
        return [verify(connection, tenant, anchors.get(tenant, {})) for tenant in known]

    with open_store() as store:
        found = store.read_now(work)
    for head, fault in found:
        if as_json:
            told = {"tenant": head.tenant_id, "holds_to": head.seq, "hash": head.hash.hex()}
            more = {} if fault is None else {"fault_at": fault.seq, "fault": fault.what}
            click.echo(json.dumps({**told, **more}))
        elif fault is None:
            click.echo(f"Tenant {head.tenant_id}: {head.seq} entries hold.")
        else:
            click.echo(
                f"Tenant {head.tenant_id}: THE LOG DOES NOT HOLD at entry {fault.seq}: {fault.what}."
            )
    if not found and not as_json:
        click.echo("There are no entries yet.")
    if any(fault is not None for _, fault in found):
        sys.exit(1)


@audit_group.command(epilog="\b\nExample:\n  hub audit note >> /mnt/other-host/anchors.jsonl")
def note() -> None:
    """Print where each log stands now, one JSON object a line: to be kept where the hub cannot write, say every hour."""
    with open_store() as store:
        heads = store.read_now(
            lambda unit: [
                verify(unit.fhir.connection, t, {})[0] for t in tenants(unit.fhir.connection)
            ]
        )
    at = SystemClock().now().isoformat(timespec="seconds")
    for head in heads:
        click.echo(
            json.dumps(
                {"tenant": head.tenant_id, "seq": head.seq, "hash": head.hash.hex(), "at": at}
            )
        )


@audit_group.command(
    epilog="\b\nExample:\n  hub audit patient 019ab3a4-5b6c-7d8e-9f00-112233445566 --bundle > log.json"
)
@click.argument("patient_id", metavar="ID")
@click.option(
    "--bundle", is_flag=True, help="The entries as a FHIR Bundle instead of lines in Norwegian."
)
@click.option(
    "--norwegian",
    is_flag=True,
    help="The entries as a Bundle in the Norwegian shape (no-domain-Trustframework-Auditevent), for a supervisor, not the patient.",
)
@click.option("--tenant", type=int, default=TENANT, show_default=True)
def patient(patient_id: str, bundle: bool, norwegian: bool, tenant: int) -> None:
    """Tell a patient who has looked at their record, when, for whom and why. ID is that of the Patient.

    The look is itself written into the log. Exit status 1 when there is nothing.
    """

    def work(unit: StoreUnit) -> list[bytes]:
        found = events_of_patient(unit.fhir.connection, tenant, patient_id)
        audit(unit, f"hub audit patient {patient_id}", patient_id if found else "", tenant=tenant)
        return found

    with open_store() as store:
        bodies = asyncio.run(store.write(work))
    if not bodies:
        click.echo("Nothing is in the log about this patient.", err=True)
        sys.exit(1)
    if bundle or norwegian:
        shape = audit_to_trust_framework if norwegian else citizen_event
        entries = [{"resource": told} for body in bodies if (told := shape(body)) is not None]
        made = {"resourceType": "Bundle", "type": "collection", "entry": entries}
        sys.stdout.buffer.write(msgspec.json.encode(made) + b"\n")
        return
    for body in bodies:
        click.echo("\n".join(plain(line) for line in audit_to_citizen(body).text.split("\n")))


@audit_group.command(
    epilog="\b\nExample:\n  hub audit affected --client 0b1e… --from 2026-11-20 --until 2026-11-22"
)
@click.option("--client", default="", help="What this client did; all without it.")
@click.option("--from", "since", type=click.DateTime(), required=True, help="UTC.")
@click.option("--until", type=click.DateTime(), required=True, help="UTC.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def affected(client: str, since: datetime, until: datetime, as_json: bool) -> None:
    """List whose records were reached in a time, tenant by tenant: what a notice of a breach must say (GDPR art. 33).

    Each tenant's log tells that it was asked. Exit status 1 when there is nobody.
    """
    span = tuple(micros(each.replace(tzinfo=UTC)) for each in (since, until))

    def work(unit: StoreUnit) -> list[tuple[int, str, int]]:
        found = unit.fhir.connection.execute(_AFFECTED, (*span, client, client)).fetchall()
        for tenant in sorted({row[0] for row in found} or {TENANT}):
            audit(unit, f"hub audit affected {since:%Y-%m-%d} {until:%Y-%m-%d}", "", tenant=tenant)
        return [(row[0], row[1], row[2]) for row in found]

    with open_store() as store:
        found = asyncio.run(store.write(work, long=True))
    for tenant, patient_id, count in found:
        told = {"tenant": tenant, "patient": patient_id, "entries": count}
        click.echo(json.dumps(told) if as_json else f"{tenant}  {patient_id}  {count} entries")
    if not found:
        click.echo("Nobody's record was reached.", err=True)
        sys.exit(1)


@audit_group.command(epilog="\b\nExample:\n  hub audit purge --older-than 1826")
@click.option(
    "--older-than",
    "days",
    type=click.IntRange(LEAST_DAYS),
    default=1826,
    show_default=True,
    help="Days that entries are kept.",
)
def purge(days: int) -> None:
    """Take away what is older than it is to be kept; the chain goes on from the hash it ended with.

    A log that does not hold is left alone. Exit status 1 then.
    """
    now = SystemClock().now()

    def work(unit: StoreUnit) -> list[tuple[int, Removed | None]]:
        connection = unit.fhir.connection
        before = now - timedelta(days=days)
        done = [(t, remove_before(connection, t, before, now)) for t in tenants(connection)]
        events = sum(r.events for _, r in done if r is not None)
        audit(unit, f"hub audit purge: {events} entries older than {days} days", "", writes=True)
        for tenant, removed in done:
            if removed is not None and removed.events:
                rule = "access-log" if tenant else "security-log"
                unit.fhir.audit(destroyed(rule, tenant, removed.events, before, now))
        return done

    with open_store() as store:
        done = asyncio.run(store.write(work, long=True))
    for tenant, removed in done:
        told = (
            "the log does not hold, nothing was removed"
            if removed is None
            else f"{removed.events} entries removed"
        )
        click.echo(f"Tenant {tenant}: {told}.")
    if any(removed is None for _, removed in done):
        sys.exit(1)


def _read_noted(path: Path) -> Mapping[int, Mapping[int, bytes]]:
    """What `note` printed → tenant → seq → hash. Ends with what is wrong with the file."""
    found: dict[int, dict[int, bytes]] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            # as `hub audit note` prints it, or as the hub's own log line LOG_STANDS tells it every hour
            plain = line[line.index("{") :] if " LOG_STANDS " in line and "{" in line else line
            told = cast("dict[str, Any]", json.loads(plain))
            found.setdefault(int(told["tenant"]), {})[int(told["seq"])] = bytes.fromhex(
                str(told["hash"]).replace("-", "")
            )
        except (ValueError, KeyError, TypeError):
            click.echo(f"{path}, line {number}, is not what hub audit note prints.", err=True)
            sys.exit(2)
    for noted in found.values():
        noted.pop(0, None)
    return found
