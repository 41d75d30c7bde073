"""The database that the settings name, for commands that work on it beside a running hub."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import click

from hub.clock import SystemClock
from hub.fhir.requests import AuditEntry
from hub.policy import NO_TENANT, Actor
from hub.policy.jobs import ASKED_WHY, COMMANDS, Job
from hub.problems import ProblemCode, fail
from hub.settings import Settings, SettingsError, read_settings
from hub.store import migrate as database
from hub.store.engine import open_engine
from hub.store.table_rights import rights_of
from hub.store.unit import Store, StoreUnit
from hub.values import looks_like_national_id

TENANT: Final = database.DEMO_TENANT
USERS_CHANGED: Final = "110137"
"""DICOM: the security attributes of users were changed."""
_WHY: Final = "hub.reason"
_LONGEST_REASON: Final = 200


def _checked(given: str) -> str:
    """Why a command is given → the same without blanks around it. Problems: too long, not one line, with a person's number."""
    text = given.strip()
    if len(text) > _LONGEST_REASON or not text.isprintable() or looks_like_national_id(text):
        raise click.BadParameter(
            f"one line of at most {_LONGEST_REASON} characters without a person's number"
        )
    return text


def _keep_reason(context: click.Context, _: click.Parameter, given: str) -> None:
    context.meta[_WHY] = _checked(given)


reason = click.option(
    "--reason",
    default="",
    expose_value=False,
    callback=_keep_reason,
    help="Why you do this: it stands in the access log. Required unless the database holds synthetic data only.",
)
"""The option of every command of ASKED_WHY."""


@contextmanager
def open_store(settings: Settings | None = None) -> Generator[Store]:
    """The database that the settings name, for a command that says what it does there; ends with why it cannot be used."""
    job = _declared(_words())
    chosen = settings_of_environment() if settings is None else settings
    try:
        version = database.schema_version(chosen.database)
    except database.UnusableDatabaseError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    if version != database.HEAD:
        click.echo(
            f"{chosen.database} is no database of this version of the hub: set HUB_DATABASE_URL, or run hub migrate.",
            err=True,
        )
        sys.exit(1)
    _ask_why(chosen)
    store = Store(open_engine(chosen.database), rights_of(job))
    try:
        yield store
    finally:
        store.engine.close()


def _ask_why(settings: Settings) -> None:
    """A command that needs a reason and was given none, on data of real people → it is asked for, or nothing is done."""
    meta = click.get_current_context().meta
    if _words() not in ASKED_WHY or meta.get(_WHY) or database.is_synthetic(settings.database):
        return
    if not sys.stdin.isatty():
        click.echo("Say why, with --reason: it stands in the access log.", err=True)
        sys.exit(1)
    meta[_WHY] = click.prompt("Why (it stands in the access log)", value_proc=_checked, err=True)


def settings_of_environment() -> Settings:
    """The environment → settings; ends with what is wrong with them."""
    try:
        return read_settings({"HUB_MODE": "test", **os.environ})
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def operator(command: str, tenant: int = TENANT) -> Actor:
    """A command of the table of commands and for whom → the one who is logged in on this machine, with that command's rights."""
    _declared(command)
    user = getpass.getuser()
    told = f"{user}, at the command line"
    return Actor("internal_job", f"operator:{user}", told, tenant, client_id=command)


def audit(
    unit: StoreUnit,
    command: str,
    patient_id: str,
    *,
    writes: bool = False,
    tenant: int = TENANT,
    security: bool = False,
) -> None:
    """A command as it was given, the patient it concerns and the tenant whose data it is → its entry in that tenant's log.

    Shape: `security` for what changes who may do what: it stands in the hub's own log (audit.md §1, stream B; §3.4 no. 11).
    """
    name = " ".join(command.removeprefix("hub ").split()[:2]).rstrip(":")
    if writes and not _declared(name).writes:
        raise fail(ProblemCode.FORBIDDEN, f"hub {name} only reads")
    given = click.get_current_context(silent=True)
    why = given.meta.get(_WHY, "") if given is not None else ""
    unit.fhir.audit(
        AuditEntry(
            actor=operator(name, NO_TENANT if security else tenant),
            action="E" if writes else "R",
            interaction=USERS_CHANGED if security else "operation",
            recorded=SystemClock().now(),
            patient_id=patient_id or None,
            reason=f"operator of the machine: {why}" if why else "operator of the machine",
            query=command,
            event="security" if security else "rest",
        )
    )


def _words() -> str:
    """Nothing → the command that runs, by its words in the table."""
    context, words = click.get_current_context(), list[str]()
    while context is not None:
        words.insert(0, context.info_name or "")
        context = context.parent
    return next(
        (name for n in range(len(words)) if (name := " ".join(words[n:])) in COMMANDS),
        words[-1],
    )


def _declared(command: str) -> Job:
    """A command → what it may do. Problems: FORBIDDEN for one that is not in the table, or that opens no database."""
    found = COMMANDS.get(command)
    if found is None or not found.sees:
        raise fail(ProblemCode.FORBIDDEN, f"hub {command} has no right to the database")
    return found
