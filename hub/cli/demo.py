"""`hub demo`: the whole thing on one screen, with synthetic people."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from hub.cli.serve import check_port
from hub.settings import SettingsError


@click.command(epilog="\b\nExample:\n  HUB_PORT=8001 hub demo --once")
@click.option("--once", is_flag=True, help="Stop when the day is over instead of serving on.")
@click.option("--seconds", default=60.0, show_default=True, help="How long the played day takes.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Where the demo keeps its database and its file drop; emptied at each start, when it is a demo's.",
)
@click.option(
    "--secure",
    is_flag=True,
    help="Once with real tokens: a supplier, a GP system and a municipal journal, each seeing only its own.",
)
def demo(*, once: bool, seconds: float, folder: Path, secure: bool) -> None:
    """Load synthetic patients, serve on 127.0.0.1:8000 (or HUB_PORT) and play a day in a minute.

    A stand-in journal answers the messages to the GP. Ctrl-C stops it; it starts from scratch every time.
    """
    from hub.demo.play import Demo, demo_settings  # noqa: PLC0415 - after help and errors that need none of it
    from hub.wiring import NotReadyError  # noqa: PLC0415 - as above

    port = os.environ.get("HUB_PORT", "8000")
    if secure:
        _secure(folder.absolute(), int(port) if port.isdigit() else 0)
        return
    try:
        settings = demo_settings(folder.absolute(), int(port) if port.isdigit() else 0)
        check_port(settings)
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    terminal = sys.stdout.isatty()

    def progress(done: int, everything: int) -> None:
        if terminal:
            click.echo(f"\r  {done} av {everything} målinger", nl=done == everything)

    def say(line: str) -> None:
        click.echo(line)
        sys.stdout.flush()

    click.echo("=" * 78)
    click.echo(
        "  DEMO: syntetiske personer i utviklingsmodus. Ingen innlogging; aldri ekte pasienter."
    )
    click.echo("=" * 78)
    try:
        Demo(settings, say, progress, colour=terminal, stay=not once, day_s=seconds).run()
    except NotReadyError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _secure(folder: Path, port: int) -> None:
    from hub.demo.secure import SecureDemo, secure_settings  # noqa: PLC0415 - as above
    from hub.wiring import NotReadyError  # noqa: PLC0415 - as above

    try:
        settings = secure_settings(folder, port)
        check_port(settings)
        good = SecureDemo(settings, click.echo).run()
    except (SettingsError, NotReadyError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    click.echo(
        "Alle så sitt, og ingen så noe annet." if good else "Noe var ikke som det skal være."
    )
    sys.exit(0 if good else 1)
