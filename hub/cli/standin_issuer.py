"""`hub standin issuer`: tokens of every kind of actor with one command."""

from __future__ import annotations

import asyncio
import os
import sys

import click

from hub.cli.serve import check_free
from hub.clock import SystemClock
from hub.settings import SettingsError, read_settings
from hub.standin.actors import ACTORS
from hub.store import migrate as database


@click.command(
    epilog="\b\nExample:\n  hub standin issuer --register &\n"
    "  curl -s -o /tmp/h 'http://127.0.0.1:8100/headers/gp?method=GET&url=http://127.0.0.1:8000/fhir/Observation'\n"
    "  curl -H @/tmp/h http://127.0.0.1:8000/fhir/Observation"
)
@click.option("--port", type=click.IntRange(1, 65535), default=8100, show_default=True)
@click.option("--audience", default="dho-hub", show_default=True, envvar="HUB_HELSEID_AUDIENCE")
@click.option("--register", is_flag=True, help="Register its clients in the database of HUB_DATABASE_URL, a synthetic one.")  # fmt: skip
def issuer(port: int, audience: str, *, register: bool) -> None:
    """Serve a stand-in for HelseID on loopback: keys, tokens with DPoP keys, and headers ready for curl.

    Start the hub with HUB_HELSEID_ISSUER=http://127.0.0.1:8100 and HUB_HELSEID_AUDIENCE=dho-hub. Never for real data: whoever
    reaches it gets any token.
    """
    url = f"http://127.0.0.1:{port}"
    try:
        check_free("127.0.0.1", port, "--port")
        if register:
            click.echo(f"{_register(url)} clients registered in {_address()}.")
    except (SettingsError, RefusedError, database.UnusableDatabaseError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    for actor in ACTORS.values():
        click.echo(f"  {actor.name:20} {actor.kind:16} {actor.about}")
    click.echo(
        f"Issuer {url}: /actors, /token/NAME, /headers/NAME?method=GET&url=…  Ctrl-C ends it."
    )
    sys.stdout.flush()
    _serve(url, port, audience)


class RefusedError(Exception):
    """What is not done; the text says why."""


def _address() -> object:
    return read_settings({"HUB_MODE": "test", **os.environ}).database


def _register(url: str) -> int:
    from hub.standin.registration import register  # noqa: PLC0415 - the store only where it is written
    from hub.store.engine import open_engine  # noqa: PLC0415

    address = read_settings({"HUB_MODE": "test", **os.environ}).database
    if database.schema_version(address) != database.HEAD or not database.is_synthetic(address):
        raise RefusedError(
            f"{address} is not a synthetic database at the newest schema: `hub migrate --synthetic` makes one."
        )
    engine = open_engine(address)
    try:
        now = SystemClock().now().timestamp()
        return asyncio.run(engine.write(lambda connection: register(connection, url, now)))
    finally:
        engine.close()


def _serve(url: str, port: int, audience: str) -> None:
    import secrets  # noqa: PLC0415 - as above

    from uvicorn import Config, Server  # noqa: PLC0415

    from hub.security.nonce import Nonces  # noqa: PLC0415
    from hub.standin.issuer import StandinIssuer  # noqa: PLC0415
    from hub.standin.issuer_app import IssuerApp  # noqa: PLC0415

    clock = SystemClock()
    made = StandinIssuer(url, audience, lambda: clock.now().timestamp(), clock.new_id)
    made.kid = f"standin-{clock.new_id()}"
    app = IssuerApp(made, Nonces(secrets.token_bytes(32)))
    config = Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)  # pyright: ignore[reportArgumentType] - an ASGI callable, typed more widely there
    Server(config).run()
