"""`hub thresholds simulate`: a patient's real values under a draft of a plan.

Works on the database of HUB_DATABASE_URL, beside a running hub; nothing is changed in it but the access log.
Source: architecture §4; dho/requirements.md on the tuning of limits.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from hub.cli.database import audit, open_store, operator
from hub.cli.terminal import plain
from hub.clock import SystemClock
from hub.fhir.codec import parse
from hub.flows.simulate_plan import (
    Draft,
    Reading,
    Replay,
    checked_draft,
    replay,
    resources_draft,
    standing_for,
    stored_draft,
    time_looked_at,
)
from hub.policy import Action, Deny, Permit, authorise
from hub.policy.action import Interaction
from hub.problems import HubError, ProblemCode, fail
from hub.store.unit import StoreUnit
from hub.thresholds.book import Book
from hub.thresholds.cases import parse_plan
from hub.thresholds.simulation_text import render_simulation, simulation_document
from hub.values import LANGUAGES

_STORED: Final = "CarePlan/"
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


@click.command(
    epilog="\b\nExample:\n  hub thresholds simulate --patient 019ab3a4-5b6c-7d8e-9f00-112233445566 --plan draft.json\n"
    "  hub thresholds simulate --patient ID --plan CarePlan/ID --period P3M --svg before-and-after.svg"
)
@click.option("--patient", "patient_id", required=True, help="The id of the Patient in the hub.")
@click.option(
    "--plan",
    "plan",
    required=True,
    help="The draft: CarePlan/ID of a stored one, a file with a FHIR Bundle (CarePlan with its ServiceRequests), or a"
    " file with a plan as in a case.",
)
@click.option("--period", default="P1M", show_default=True, help="How far to look back.")
@click.option(
    "--until", type=click.DateTime(("%Y-%m-%d",)), help="The last day; today if not given."
)
@click.option(
    "--beside",
    is_flag=True,
    help="The plan of a file is to hold beside those in force; otherwise it stands for them.",
)
@click.option("--lang", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON document with every firing.")
@click.option("--svg", type=click.Path(path_type=Path), help="Also draw it into this file.")
def simulate(
    patient_id: str,
    plan: str,
    period: str,
    until: datetime | None,
    lang: Any,
    *,
    beside: bool,
    as_json: bool,
    svg: Path | None,
) -> None:
    """Tell what would have fired in a patient's last PERIOD (P1M, P14D) under a draft of a plan, and what fires today.

    The values are the patient's own, as they were received; nobody is alerted and nothing is stored.
    Exit status 1 when the patient or the plan is not there, or the plan has faults: all of them are told.
    """
    now = SystemClock().now()
    with open_store() as store:

        def work(unit: StoreUnit) -> Replay:
            found = _replay(
                Reading(unit, permit_of, patient_id, now), plan, period, until, beside=beside
            )
            audit(unit, f"hub thresholds simulate {plan}", patient_id)
            return found

        try:
            found = asyncio.run(store.write(work, long=True))
        except HubError as error:
            for problem in error.problems:
                where = f" ({problem.where})" if problem.where else ""
                click.echo(plain(f"{problem.detail}{where}"), err=True)
            sys.exit(1)
    if svg is not None:
        from hub.api.pages.simulation_chart import render_simulation_svg  # noqa: PLC0415

        svg.write_text(render_simulation_svg(found), encoding="utf-8")
    if as_json:
        document = {"patient": patient_id, "plan": plan, **simulation_document(found.simulation)}
        click.echo(msgspec.json.format(_ENCODER.encode(document), indent=1).decode())
    else:
        lines = render_simulation(found.simulation, found.current.zone, lang)
        click.echo("\n".join(plain(line) for line in lines))


def _replay(
    reading: Reading, plan: str, period: str, until: datetime | None, *, beside: bool
) -> Replay:
    book = reading.book()
    last = None if until is None else until.date()
    start, end = time_looked_at(period, last, reading.now, book.zone)
    draft = draft_for(reading, plan, book, end, beside=beside)
    return replay(reading, book, draft, start, end)


def permit_of(interaction: Interaction, kind: str) -> Permit:
    """An action of the one at the command line → its Permit. Problems: FORBIDDEN."""
    verdict = authorise(operator("thresholds simulate"), Action(interaction, kind))
    if isinstance(verdict, Deny):
        raise fail(ProblemCode.FORBIDDEN, verdict.reason)
    return verdict


def draft_for(
    reading: Reading, plan: str, book: Book, at: datetime, *, beside: bool = False
) -> Draft:
    """What the user named → the draft; one from a file stands for the plans in force at an instant, unless `beside`.

    Problems: NOT_FOUND; those of the file; every fault of the plan.
    """
    if plan.startswith(_STORED):
        return stored_draft(reading, plan.removeprefix(_STORED), book)
    draft = _read_draft(plan, book)
    return draft if beside else standing_for(draft, book, at)


def _read_draft(plan: str, book: Book) -> Draft:
    try:
        data = Path(plan).read_bytes()
    except OSError as error:
        raise fail(ProblemCode.NOT_FOUND, f"{plan} cannot be read", "plan") from error
    try:
        is_fhir = "resourceType" in json.loads(data)
    except (ValueError, TypeError, RecursionError):
        is_fhir = False
    if not is_fhir:
        return checked_draft(parse_plan(data, book.zone.key))
    return resources_draft(_resources(data), book)


def _resources(data: bytes) -> list[Any]:
    """A Bundle or a single resource → the resources. Problems: all that FHIR R4 finds wrong with them."""
    whole = parse(data, None).resource
    if type(whole).__name__ != "Bundle":
        return [whole]
    return [entry.resource for entry in whole.entry if entry.resource is not None]
