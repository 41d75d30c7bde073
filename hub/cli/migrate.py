"""`hub migrate`: bring the database to the newest schema, a deliberate step outside development."""

from __future__ import annotations

import os
import sys

import click

from hub.settings import SettingsError, read_settings
from hub.store import migrate as database


@click.command(
    epilog="\b\nExample:\n  HUB_MODE=test HUB_DATABASE_URL=sqlite:///var/hub.db hub migrate --synthetic"
)
@click.option(
    "--synthetic", is_flag=True, help="Mark the database as synthetic and set up the demo tenant."
)
def migrate(*, synthetic: bool) -> None:
    """Bring the database of HUB_DATABASE_URL to the newest schema."""
    try:
        settings = read_settings({"HUB_MODE": "test", **os.environ})
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    before = database.schema_version(settings.database)
    database.migrate(settings.database, settings.base_url)
    if synthetic:
        if not database.is_synthetic(settings.database) and not database.is_empty(
            settings.database
        ):
            click.echo(
                "The database already has a tenant and is not synthetic: it cannot be marked now.",
                err=True,
            )
            sys.exit(1)
        database.mark_synthetic(settings.database)
    click.echo(
        f"{settings.database}: schema {before or 'none'} → {database.HEAD}{', synthetic' if synthetic else ''}"
    )
