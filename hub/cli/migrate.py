"""`hub migrate`: bring the database to the newest schema, a deliberate step outside development."""

from __future__ import annotations

import os
import sys

import click

from hub.settings import Settings, SettingsError, read_settings
from hub.store import migrate as database


@click.command(
    epilog="\b\nExample:\n  HUB_MODE=test HUB_DATABASE_URL=sqlite:///var/hub.db hub migrate --synthetic"
)
@click.option(
    "--synthetic", is_flag=True, help="Mark the database as synthetic and set up the demo tenant."
)
@click.option(
    "--serve-role",
    "serve",
    multiple=True,
    metavar="ROLE",
    help="PostgreSQL: the role of `hub serve`.",
)
@click.option(
    "--work-role", "work", multiple=True, metavar="ROLE", help="PostgreSQL: the role of `hub work`."
)
def migrate(*, synthetic: bool, serve: tuple[str, ...], work: tuple[str, ...]) -> None:
    """Bring the database of HUB_DATABASE_URL to the newest schema.

    With --serve-role and --work-role those roles get the rights that `hub serve` and `hub work` need and no more; name all of them
    each time, whoever is not named keeps what it had.
    """
    try:
        settings = read_settings({"HUB_MODE": "test", **os.environ})
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    try:
        before = _migrate(settings, synthetic=synthetic)
        if serve or work:
            database.grant_rights(settings.database, serve, work)
    except (NotMarkedError, database.UnusableDatabaseError, database.NoRolesError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(
        f"{settings.database}: schema {before or 'none'} → {database.HEAD}{', synthetic' if synthetic else ''}"
    )


class NotMarkedError(Exception):
    """A database that cannot become a synthetic one; the text says why."""


def _migrate(settings: Settings, *, synthetic: bool) -> str | None:
    address = settings.database
    before = database.schema_version(address)
    database.migrate(address, settings.base_url)
    if synthetic:
        if not database.is_synthetic(address) and not database.is_empty(address):
            raise NotMarkedError(
                "The database already has a tenant and is not synthetic: it cannot be marked now."
            )
        database.mark_synthetic(address)
    return before
