"""`hub standin`: counterparts for tests and demo, on the folders of a file drop."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import cast

import click
import msgspec

from hub.cli.standin_issuer import issuer
from hub.clock import SystemClock, monotonic
from hub.standin.broker import Broker
from hub.standin.delivery import FAULTS, Fault
from hub.standin.hospital import Hospital
from hub.standin.journal import ANSWERS, REJECT_CODES, Answer, Journal, JournalEvent, Manners
from hub.transport.file_drop import Drop, prepare, standard_drop

_DROP = click.option(
    "--drop",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    envvar="HUB_FILEDROP_DIR",
    show_envvar=True,
    help="The root of the file drop: in/, out/ and receipt/ lie in it.",
)
_FAULT = click.option(
    "--fault",
    type=click.Choice(FAULTS),
    default=None,
    help="How the documents are put into in/, when not properly.",
)


@click.group(epilog="\b\nExample:\n  hub standin journal --drop var/drop --answer accept")
def standin() -> None:
    """Counterparts of the hub for tests and demo. They hold no real data and prove nothing about a product."""


@standin.command(
    epilog="\b\nExample:\n  hub standin journal --drop var/drop --answer reject --code E35"
)
@_DROP
@click.option("--answer", type=click.Choice(ANSWERS), default="accept", show_default=True)
@click.option(
    "--code",
    type=click.Choice(REJECT_CODES),
    default="E21",
    show_default=True,
    help="Error of list 8221 with --answer reject.",
)
@_FAULT
@click.option(
    "--delay", type=click.FloatRange(min=0), default=0.0, help="Seconds before the answer."
)
@click.option("--receipts", is_flag=True, help="Write transport receipts into receipt/ too.")
@click.option("--poll", type=click.FloatRange(min=0.01), default=0.2, show_default=True)
@click.option("--once", is_flag=True, help="Take what lies there, answer it, and stop.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def journal(
    folder: Path,
    answer: str,
    code: str,
    fault: str | None,
    delay: float,
    receipts: bool,
    poll: float,
    once: bool,
    as_json: bool,
) -> None:
    """Play the broker and the GP's journal: take documents from out/, answer with AppRecs in in/."""
    manners = Manners(
        answer=cast("Answer", answer),
        code=code,
        fault=cast("Fault | None", fault),
        delay_s=delay,
        transport_receipts=receipts,
    )
    clock = SystemClock()
    play = Journal(_ready(folder), clock.now, clock.new_id, monotonic(), manners)
    stop = threading.Event()

    def show(event: JournalEvent) -> None:
        click.echo(_line(event, as_json=as_json))

    try:
        if once:
            for event in play.step():
                show(event)
            while not play.idle:
                stop.wait(poll)
                for event in play.step():
                    show(event)
        else:
            play.run(stop, show, poll)
    except KeyboardInterrupt:
        stop.set()


@standin.command(
    epilog="\b\nExample:\n  hub standin broker --drop var/drop\n  hub standin broker --drop var/drop --many 10000 admission.xml\n  hub standin broker --drop var/drop --fault folder-gone admission.xml"
)
@_DROP
@_FAULT
@click.option(
    "--answer",
    type=click.Choice(ANSWERS),
    default="accept",
    show_default=True,
    help="What the other side does with what the hub sends.",
)
@click.option("--code", type=click.Choice(REJECT_CODES), default="E21", show_default=True)
@click.option("--receipts/--no-receipts", default=True, help="Transport receipts in receipt/.")
@click.option(
    "--many", type=click.IntRange(1, 100_000), default=1, help="Bring each FILE so often."
)
@click.option("--poll", type=click.FloatRange(min=0.01), default=0.5, show_default=True)
@click.option("--once", is_flag=True, help="Stop when everything is brought and answered.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.argument("files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1)
def broker(
    folder: Path,
    fault: str | None,
    answer: str,
    code: str,
    receipts: bool,
    many: int,
    poll: float,
    once: bool,
    as_json: bool,
    files: tuple[Path, ...],
) -> None:
    """Play the local broker: empty out/ into out/sent, write receipts, answer in in/, and bring the FILES, badly when told."""
    clock, drop = SystemClock(), _ready(folder)
    chosen = cast("Fault | None", fault)
    manners = Manners(
        answer=cast("Answer", answer), code=code, fault=None, transport_receipts=receipts
    )
    play = Broker(
        drop,
        clock.now,
        clock.new_id,
        Journal(drop, clock.now, clock.new_id, monotonic(), manners),
        chosen,
    )
    for file in files:
        play.bring(file.read_bytes(), many)
    stop = threading.Event()
    try:
        while not stop.is_set():
            for event in play.step():
                click.echo(_line(event, as_json=as_json))
            if once and play.idle:
                return
            stop.wait(poll)
    except KeyboardInterrupt:
        return


@standin.command(
    epilog="\b\nExample:\n  hub standin hospital --drop var/drop discharge.xml --fault crash-mid-file"
)
@_DROP
@_FAULT
@click.argument(
    "files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1, required=True
)
def hospital(folder: Path, fault: str | None, files: tuple[Path, ...]) -> None:
    """Play a hospital: put the FILES, documents of our own making, into in/."""
    sender = Hospital(_ready(folder), SystemClock().now)
    for file in files:
        click.echo(sender.send(file.read_bytes(), cast("Fault | None", fault)))


standin.add_command(issuer)


def _ready(folder: Path) -> Drop:
    drop = standard_drop(folder)
    troubles = [t for t in prepare(drop) if t.kind != "open-to-all"]
    if troubles:
        click.echo("; ".join(f"{t.folder}: {t.detail}" for t in troubles), err=True)
        sys.exit(1)
    return drop


def _line(event: JournalEvent, *, as_json: bool) -> str:
    envelope = event.reading.envelope if event.reading else None
    row = {
        "event": event.kind,
        "file": event.name,
        "type": envelope.type if envelope else None,
        "msgId": envelope.msg_id if envelope else None,
        "status": event.status,
    }
    if as_json:
        return msgspec.json.encode(row).decode()
    return "  ".join(str(value) for value in row.values() if value)
