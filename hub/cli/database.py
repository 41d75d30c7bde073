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
from hub.policy import Actor
from hub.settings import Settings, SettingsError, read_settings
from hub.store import migrate as database
from hub.store.engine import open_engine
from hub.store.unit import Store, StoreUnit

TENANT: Final = database.DEMO_TENANT


@contextmanager
def open_store(settings: Settings | None = None) -> Generator[Store]:
    """The database that the settings name; ends with what to do when it cannot be used."""
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
    store = Store(open_engine(chosen.database))
    try:
        yield store
    finally:
        store.engine.close()


def settings_of_environment() -> Settings:
    """The environment → settings; ends with what is wrong with them."""
    try:
        return read_settings({"HUB_MODE": "test", **os.environ})
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def operator() -> Actor:
    """Nothing → the one who is logged in on this machine."""
    user = getpass.getuser()
    return Actor("internal_job", f"operator:{user}", f"{user}, at the command line", TENANT)


def audit(unit: StoreUnit, command: str, patient_id: str, *, writes: bool = False) -> None:
    """A command as it was given and the patient it concerns → its entry in the access log."""
    unit.fhir.audit(
        AuditEntry(
            actor=operator(),
            action="E" if writes else "R",
            interaction="operation",
            recorded=SystemClock().now(),
            patient_id=patient_id or None,
            reason="operator of the machine",
            query=command,
        )
    )
