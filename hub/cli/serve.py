"""`hub serve`: one process that serves and works."""

from __future__ import annotations

import errno
import os
import socket
import sys

import click

from hub.clock import SystemClock
from hub.settings import Settings, SettingsError, read_settings, unknown_settings


@click.command(
    epilog="\b\nExample:\n  HUB_MODE=development HUB_I_ACCEPT_INSECURE_DEVELOPMENT=yes HUB_DEV_OPEN=yes hub serve"
)
def serve() -> None:
    """Serve FHIR under /fhir and do the work that follows each change.

    In development mode an empty database is set up and marked synthetic by itself; in every other mode `hub migrate`
    is a step of its own.
    """
    from hub.wiring import NotReadyError, build_hub  # noqa: PLC0415 - after the settings are known to be good
    from hub.wiring.alone import alone_on  # noqa: PLC0415 - as above

    try:
        settings = read_settings(os.environ)
        check_port(settings)
        hub = build_hub(settings, SystemClock())
        with alone_on(settings.database):
            for name in unknown_settings(os.environ):
                click.echo(
                    f"{name} is no setting of the hub and is not used; is it misspelt?", err=True
                )
            hub.announce(lambda line: click.echo(line, err=True))
            hub.run()
    except (SettingsError, NotReadyError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def check_port(settings: Settings) -> None:
    """Settings → nothing when their ports are free. Raises SettingsError that says what to do."""
    check_free(settings.host, settings.port, "HUB_PORT")
    if settings.figures_port:
        check_free(settings.host, settings.figures_port, "HUB_METRICS_PORT")


def check_free(host: str, port: int, setting: str) -> None:
    """A host, a port and what chooses it → nothing when it is free. Raises SettingsError that says what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise SettingsError(
                    f"{host} cannot be listened on ({error.strerror}): HUB_HOST must be an address of this machine."
                ) from None
            raise SettingsError(
                f"Port {port} on {host} cannot be used ({error.strerror}). Is another hub running? Set"
                f" {setting} to a free port, for example {setting}={port + 1}."
            ) from None
