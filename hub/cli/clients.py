"""`hub clients`: who may ask, for whom, and who may not any longer. Works beside a running hub."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click
import msgspec

from hub.cli.database import audit, open_store
from hub.cli.terminal import plain
from hub.clock import SystemClock
from hub.security.client_file import BadRegistrationError, parse_clients, to_json
from hub.store.unit import StoreUnit

T = TypeVar("T")


@click.group(epilog="\b\nExample:\n  hub clients list\n  hub clients add supplier.json")
def clients() -> None:
    """Systems that may ask the hub, by whose tokens they come with, and for which organisations.

    A running hub takes notice within half a minute.
    """


@clients.command("list", epilog="\b\nExample:\n  hub clients list --json")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(*, as_json: bool) -> None:
    """List all clients with their agreements."""

    def work(unit: StoreUnit) -> list[dict[str, object]]:
        numbers = {number: name for name, number in unit.clients.tenants().items()}
        return [to_json(each, numbers) for each in unit.clients.everyone()]

    for row in _run(work):
        if as_json:
            click.echo(msgspec.json.encode(row).decode())
        else:
            shown = (row["status"], row["kind"], row["client_id"], row["issuer"], row["name"])
            click.echo(plain("  ".join(str(value) for value in shown)))


@clients.command(epilog="\b\nExample:\n  hub clients add supplier.json")
@click.argument("files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1, required=True)  # fmt: skip
def add(files: tuple[Path, ...]) -> None:
    """Register the clients of the FILES (JSON: one client or a list); a known client is what the file says from now on."""

    def work(unit: StoreUnit) -> int:
        tenants, count = unit.clients.tenants(), 0
        for file in files:
            for client in parse_clients(file.read_bytes(), tenants):
                unit.clients.save(client, SystemClock().now().timestamp())
                audit(
                    unit,
                    f"clients add {client.issuer} {client.client_id}",
                    "",
                    writes=True,
                    security=True,
                )
                count += 1
        return count

    try:
        click.echo(f"{_run(work)} registered.")
    except BadRegistrationError as error:
        click.echo(plain(str(error)), err=True)
        sys.exit(1)


@clients.command(epilog="\b\nExample:\n  hub clients close https://helseid-sts.test.nhn.no 0b1e…")
@click.argument("issuer")
@click.argument("client_id")
def close(issuer: str, client_id: str) -> None:
    """Cut a client off: from now on its tokens open nothing."""

    def work(unit: StoreUnit) -> bool:
        known = unit.clients.find(issuer, client_id)
        if known is not None:
            unit.clients.save(replace(known, status="closed"), SystemClock().now().timestamp())
            audit(unit, f"clients close {issuer} {client_id}", "", writes=True, security=True)
        return known is not None

    if not _run(work):
        click.echo("No such client.", err=True)
        sys.exit(1)
    click.echo("Closed.")


def _run(work: Callable[[StoreUnit], T]) -> T:
    with open_store() as store:
        return asyncio.run(store.write(work))
