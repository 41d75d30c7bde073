"""`hub thresholds recompute`: the whole store judged anew and held against the verdicts that stand.

Works on the database of HUB_DATABASE_URL, beside a running hub: each patient is one transaction.
Source: architecture §4; dho/thresholds.md §13 S3.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from hub.cli.database import TENANT, audit, open_store, settings_of_environment
from hub.cli.terminal import plain
from hub.cli.thresholds_simulate import draft_for, permit_of
from hub.clock import SystemClock
from hub.fhir.interactions.prepare import Setting
from hub.flows.patient_book import Books
from hub.flows.recompute import Recomputed, Tally, recompute, set_right
from hub.flows.simulate_plan import Reading
from hub.flows.store_draft import Desk, job_actor
from hub.problems import HubError
from hub.store.unit import Store, StoreUnit
from hub.thresholds.book import Book
from hub.thresholds.simulate import draft_book
from hub.wiring import HTEST

_AT_ONCE: Final = 100
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was asked for. Shape: `plan` "" = the plans in force."""

    patient: str
    plan: str
    dry_run: bool


@click.command(
    epilog="\b\nExample:\n  hub thresholds recompute --all --dry-run --progress recompute.json\n"
    "  hub thresholds recompute --patient ID --plan draft.json --dry-run"
)
@click.option("--patient", "patient_id", default="", help="One patient, by id.")
@click.option("--all", "everybody", is_flag=True, help="Every patient that has values.")
@click.option("--plan", default="", help="A draft to judge by (see simulate); needs --patient.")
@click.option("--dry-run", is_flag=True, help="Tell what differs and change nothing.")
@click.option(
    "--progress",
    type=click.Path(path_type=Path),
    help="A file that remembers how far it came: the same command goes on from there.",
)
@click.option("--yes", is_flag=True, help="Do not ask before verdicts and alerts are changed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def recompute_command(
    patient_id: str,
    plan: str,
    progress: Path | None,
    *,
    everybody: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Judge stored values anew and tell where the verdict that stands is another.

    Without --dry-run what differs is set right: a red that was missed is raised, a firing that no longer is one is taken
    back where nobody has acknowledged it. Values may arrive meanwhile. Exit status 1 when something could not be read.
    """
    _refuse_nonsense(patient_id, plan, everybody=everybody, dry_run=dry_run)
    if not (dry_run or yes) and not click.confirm("Change verdicts and alerts?", default=False):
        click.echo("Nothing was done.", err=True)
        sys.exit(1)
    tally = _remembered(progress)
    wish = _Wish(patient_id, plan, dry_run)
    with open_store() as store:
        try:
            for patient in _patients(store, wish, tally):
                tally.add(patient, _one(store, wish, patient))
                if progress is not None and tally.patients % _AT_ONCE == 0:
                    _remember(progress, tally)
        except HubError as error:
            for problem in error.problems:
                click.echo(plain(problem.detail), err=True)
            sys.exit(1)
    if progress is not None:
        progress.unlink(missing_ok=True)
    click.echo(json.dumps(_document(tally), indent=1) if as_json else _told(tally, wish))


def _refuse_nonsense(patient_id: str, plan: str, *, everybody: bool, dry_run: bool) -> None:
    if bool(patient_id) == everybody:
        raise click.UsageError("Name one patient (--patient ID) or all (--all).")
    if plan and not (patient_id and dry_run):
        raise click.UsageError("A draft is tried on one patient, with --patient and --dry-run.")


def _patients(store: Store, wish: _Wish, tally: Tally) -> Iterator[str]:
    if wish.patient:
        yield wish.patient
        return
    total = asyncio.run(store.read(lambda unit: unit.judgements.count_patients(TENANT)))
    with click.progressbar(
        length=total, label="Recomputing", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        bar.update(tally.patients)
        last = tally.last
        while names := asyncio.run(
            store.read(lambda unit, last=last: unit.judgements.patients(TENANT, last, _AT_ONCE))
        ):
            for name in names:
                yield name
                bar.update(1)
            last = names[-1]


def _one(store: Store, wish: _Wish, patient_id: str) -> Recomputed:
    settings = settings_of_environment()
    now = SystemClock().now()

    def work(unit: StoreUnit) -> Recomputed:
        book = _book(unit, wish, patient_id, now)
        found = recompute(unit, TENANT, patient_id, book)
        if not wish.dry_run and found.differences:
            tags = (HTEST,) if settings.development else ()
            setting = Setting(now, settings.base_url, tags)
            desk = Desk(job_actor("recompute", TENANT), setting, SystemClock().new_id)
            set_right(unit, desk, patient_id, book, found)
            audit(unit, "hub thresholds recompute", patient_id, writes=True)
        return found

    if wish.dry_run:
        return asyncio.run(store.read(work))
    return asyncio.run(store.write(work, long=True))


def _book(unit: StoreUnit, wish: _Wish, patient_id: str, now: Any) -> Book:
    reading = Reading(unit, permit_of, patient_id, now)
    book = reading.book()
    if not wish.plan:
        return book
    draft = draft_for(reading, wish.plan, book, now)
    limits = Books().limits(unit.fhir, permit_of("read", "ObservationDefinition"))
    return draft_book(book, draft.plan, draft.replaces, limits, now)


def _remembered(progress: Path | None) -> Tally:
    if progress is None or not progress.exists():
        return Tally()
    try:
        found = json.loads(progress.read_text(encoding="utf-8"))
        moves = {(row["from"], row["to"]): int(row["count"]) for row in found.pop("moves")}
        return Tally(moves=moves, **found)
    except (ValueError, KeyError, TypeError) as error:
        raise click.UsageError(f"{progress} is no progress of this command.") from error


def _remember(progress: Path, tally: Tally) -> None:
    beside = progress.with_name(progress.name + ".new")
    beside.write_text(json.dumps(_document(tally) | {"last": tally.last}), encoding="utf-8")
    beside.replace(progress)


def _document(tally: Tally) -> dict[str, Any]:
    return {
        "patients": tally.patients,
        "values": tally.values,
        "different": tally.different,
        "waiting": tally.waiting,
        "moves": [{"from": was, "to": now, "count": count} for (was, now), count in _moves(tally)],
    }


def _moves(tally: Tally) -> list[tuple[tuple[str, str], int]]:
    return sorted(tally.moves.items(), key=lambda item: -item[1])


def _told(tally: Tally, wish: _Wish) -> str:
    verb = "would change" if wish.dry_run else "were set right"
    lines = [
        f"{tally.patients} patients, {tally.values} values: {tally.different} verdicts {verb}."
    ]
    lines += [f"  {was} → {now}: {count}" for (was, now), count in _moves(tally)[:_SHOWN]]
    if tally.waiting:
        lines.append(f"{tally.waiting} values wait to be judged and were left to the hub.")
    return "\n".join(lines)
