"""`hub messages`: what came and went, one message with all that is known of it, and starting again what came to nothing.

Works on the database of HUB_DATABASE_URL, beside a running hub. Source: architecture §4, D4; transport/file-drop.md.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import click

from hub.cli.database import TENANT, audit, open_store, operator, reason
from hub.cli.held import avvik, create, match, reject, take
from hub.cli.message_text import render_json, render_line, render_told
from hub.cli.terminal import plain
from hub.clock import SystemClock
from hub.flows.list_messages import SHOWN_STATES, STATES, MessageLine, list_messages
from hub.flows.replay_message import find_replay
from hub.flows.replay_message import replay as start_again
from hub.flows.tell_message import raw_of, tell_message
from hub.store.unit import StoreUnit


@click.group(epilog="\b\nExample:\n  hub messages list --state held")
def messages() -> None:
    """List, show and replay the hub's messages. The hub may run meanwhile."""


@messages.command(
    "list",
    epilog="\b\nExample:\n  hub messages list --limit 20\n  hub messages list --state dead --json",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option(
    "--state",
    default="",
    help="One state only, as held, quarantined, Queued, AppRecRejected, dead (upper or lower case).",
)
@click.option(
    "--held", is_flag=True, help="What waits for a person, with the reason: as --state held."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(limit: int, state: str, held: bool, as_json: bool) -> None:
    """List messages in and out, newest first, and the jobs that were given up."""
    state = "held" if held else state.strip()
    if state.lower() not in STATES:
        raise click.BadParameter(
            f"{state!r} is none of {', '.join(SHOWN_STATES)}", param_hint="--state"
        )

    def look(unit: StoreUnit) -> list[MessageLine]:
        lines = list_messages(unit, TENANT, limit, state)
        for patient_id in sorted({line.patient_id for line in lines} or {""}):
            audit(unit, "hub messages list", patient_id)
        return lines

    with open_store() as store:
        lines = asyncio.run(store.write(look, long=True))
    for line in lines:
        click.echo(render_json(line) if as_json else plain(render_line(line)))
    if not lines and not as_json:
        click.echo("No messages." if not state else f"No messages in state {plain(state)}.")


@messages.command(
    epilog="\b\nExample:\n  hub messages show 019ab3a4-5b6c-7d8e-9f00-112233445566\n  hub messages show 019ab3a4-5b6c-7d8e-9f00-112233445566 --raw > message.xml\n  hub messages show 019ab3a4-5b6c-7d8e-9f00-112233445566 --html > message.html"
)
@click.argument("name", metavar="ID")
@click.option("--raw", is_flag=True, help="Print the bytes as they came or went, and nothing else.")
@click.option(
    "--html", "as_page", is_flag=True, help="Print the message as a page for people, nothing else."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@reason
def show(name: str, raw: bool, as_page: bool, as_json: bool) -> None:
    """Show all that is known of one message. ID is our id, the MsgId, or the claim id of an arrival.

    Every look is written into the access log, in the name of the one who is logged in on this machine.
    Exit status 1 when there is no such message.
    """
    with open_store() as store:

        def look(unit: StoreUnit) -> Any:
            told = tell_message(unit, TENANT, name)
            if told is None:
                return None
            audit(unit, f"hub messages show {name}", told.line.patient_id)
            return raw_of(unit, TENANT, name) if raw or as_page else told

        found = asyncio.run(store.write(look))
    if found is None:
        click.echo(f"There is no message {plain(name)}.", err=True)
        sys.exit(1)
    if raw:
        sys.stdout.buffer.write(found)
    elif as_page:
        from hub.cli.emessage_page import to_page  # noqa: PLC0415 - loaded only where it is asked for

        sys.stdout.buffer.write(to_page([found])[0])
    elif as_json:
        click.echo(render_json(found))
    else:
        click.echo("\n".join(plain(line) for line in render_told(found)))


@messages.command(epilog="\b\nExample:\n  hub messages replay in-20260302T101500Z-1 --yes")
@click.argument("name", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@reason
def replay(name: str, yes: bool) -> None:
    """Start again a held import, a message that did not reach its receiver, or a job that was given up.

    ID is our id, a MsgId, a claim id, or what a dead job is about. The work is put into the outbox; the running hub does
    it at once, a stopped one when it starts. A message goes out again with the same bytes and MsgId.
    Exit status 1 when there is no such message, or nothing that could be started again.
    """
    with open_store() as store:
        found = asyncio.run(store.read(lambda unit: find_replay(unit, TENANT, name)))
        if found is None:
            click.echo(f"There is no message {plain(name)}.", err=True)
            sys.exit(1)
        click.echo(plain(found.text))
        if found.job is None:
            click.echo("Nothing to replay.", err=True)
            sys.exit(1)
        if not yes and not click.confirm("Go on?", default=False):
            click.echo("Nothing was done.", err=True)
            sys.exit(1)

        def work(unit: StoreUnit) -> bool:
            again = start_again(
                unit, TENANT, name, operator("messages replay").name, SystemClock().now()
            )
            if again is None or again.job is None:
                return False
            about = again.message.patient_id if again.message else ""
            audit(unit, f"hub messages replay {name}", about, writes=True)
            return True

        done = asyncio.run(store.write(work))
    click.echo("Queued." if done else "Somebody was faster: nothing to replay any more.")


for _command in (match, create, take, reject, avvik):
    messages.add_command(_command)
