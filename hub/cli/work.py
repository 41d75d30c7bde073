"""`hub work`: a process that works beside those that serve."""

from __future__ import annotations

import os
import sys

import click

from hub.clock import SystemClock
from hub.settings import SettingsError, read_settings, unknown_settings


@click.command(
    epilog="\b\nExample:\n  HUB_MODE=test HUB_DATABASE_URL=postgresql://hub@localhost/hub hub work"
)
def work() -> None:
    """Judge, send and receive beside `hub serve`, on PostgreSQL; as many at once as you like.

    Nothing is done twice: each job is done by the process that claimed it, and what a process had in hand when it died is
    free for the others at once. With HUB_SERVE_WORKS=no `hub serve` leaves all work to these processes.
    """
    from hub.wiring import NotReadyError  # noqa: PLC0415 - after the settings are known to be good
    from hub.wiring.work_alone import work_alone  # noqa: PLC0415 - as above

    try:
        settings = read_settings(os.environ)
        for name in unknown_settings(os.environ):
            click.echo(
                f"{name} is no setting of the hub and is not used; is it misspelt?", err=True
            )
        work_alone(settings, SystemClock())
    except (SettingsError, NotReadyError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
