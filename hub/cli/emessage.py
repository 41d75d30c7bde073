"""`hub emessage`: what a file is, what is wrong with it, its receipt, and its way through FHIR.

Source: architecture §4; emessage/README.md, apprec.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import ZoneInfo

import click
import msgspec

from hub.cli.emessage_card import Card
from hub.cli.emessage_reader import Reader, not_opened
from hub.cli.emessage_text import render_card, render_summary
from hub.cli.schemas import schemas, second_opinion
from hub.cli.terminal import plain
from hub.clock import SystemClock
from hub.emessage.xml import MAX_BYTES
from hub.problems import HubError
from hub.settings import SettingsError, parse_own_services, parse_partner_editions
from hub.values import OwnService

if TYPE_CHECKING:
    from hub.emessage.signature import Trust

_LONG = 200
"""From so many files on, a terminal is shown how far the work has come."""
_LOCAL = ZoneInfo("Europe/Oslo")
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group(epilog="\b\nExample:\n  hub emessage read discharge.xml")
def emessage() -> None:
    """Read e-messages, send them through FHIR and back, install the official schemas."""


def _services(_: click.Context, __: click.Parameter, text: str | None) -> tuple[OwnService, ...]:
    try:
        return parse_own_services(text or "")
    except SettingsError as error:
        raise click.BadParameter(str(error)) from None


def _trust(_: click.Context, __: click.Parameter, folder: Path | None) -> Trust | None:
    if folder is None:
        return None
    from hub.wiring.trust import load_trust  # noqa: PLC0415 - cryptography only where it is used

    try:
        return load_trust(folder)
    except SettingsError as error:
        raise click.BadParameter(str(error)) from None


@emessage.command(
    epilog="\b\nExample:\n  hub emessage read drop/in --services '99387/5078=*'\n  hub emessage read discharge.xml --receipt > apprec.xml\n  hub emessage read discharge.xml --html > discharge.html"
)
@click.argument("paths", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON array, one object a file.")
@click.option(
    "--apprec",
    "--receipt",
    "receipt",
    is_flag=True,
    help="Print the XML of the receipts and nothing else on standard output.",
)
@click.option(
    "--bundle",
    is_flag=True,
    help="Print the FHIR it becomes (a Bundle, one a line for several files) and nothing else on standard output.",
)
@click.option(
    "--html",
    "as_page",
    is_flag=True,
    help="Print the message as a page for people, patient and all, and nothing else on standard output.",
)
@click.option("--show-patient", is_flag=True, help="Name the patient and print the identifiers.")
@click.option(
    "--services",
    callback=_services,
    envvar="HUB_OWN_SERVICES",
    show_envvar=True,
    help="Which addressees are ours, as in 99387/5078=*;99387/90213=LOG_INNLAGT. Without it every addressee is.",
)
@click.option(
    "--schemas",
    type=_FOLDER,
    envvar="HUB_EMESSAGE_SCHEMAS",
    show_envvar=True,
    help="Folder with the official schemas: their opinion is shown too.",
)
@click.option(
    "--trust",
    type=_FOLDER,
    callback=_trust,
    envvar="HUB_SIGNATURE_TRUST_DIR",
    show_envvar=True,
    help="Folder with the certificates of issuers, by which personal signatures are judged.",
)
def read(
    paths: tuple[Path, ...],
    as_json: bool,
    receipt: bool,
    bundle: bool,
    as_page: bool,
    show_patient: bool,
    services: tuple[OwnService, ...],
    schemas: Path | None,
    trust: Trust | None,
) -> None:
    """Show what each FILE is and the receipt the hub would send; of a DIR, every .xml file below it.

    The patient is looked up nowhere and no earlier message is known: the receipt shown is the one for a new message
    about a known patient. A receipt's id and time are those of this moment.

    Exit status 1 when a file cannot be opened or is no message that can be answered (the hub would put it in
    quarantine). A negative receipt is an answer, not a failure.
    """
    clock = SystemClock()
    reader = Reader(
        services or None,
        second_opinion(schemas),
        clock.new_id,
        lambda: clock.now().astimezone(_LOCAL),
        ("DHO hub", installed_version("dho-hub")),
        show_patient,
        receipt,
        trust,
    )
    files = _files(paths)
    if bundle:
        sys.exit(_bundles(files, clock))
    if as_page:
        sys.exit(_page(files))
    cards: list[Card] = []
    closed: list[Card] = []
    for file in _with_progress(files):
        card = _read(reader, file)
        if card is None:
            closed.append(not_opened(reader, str(file)))
        elif not as_json:
            _show(card, receipt=receipt)
        cards += () if card is None else (card,)
    if as_json:
        click.echo(msgspec.json.encode([*cards, *closed]).decode())
    refused = len(closed)
    if len(files) != 1:
        click.echo(render_summary(cards, refused), err=as_json or receipt)
    sys.exit(1 if refused or not files or not all(card.readable for card in cards) else 0)


def _files(paths: Iterable[Path]) -> list[Path]:
    """Files and folders → the files, and of each folder every .xml file below it; a folder without one is told."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        below = [p for p in sorted(path.rglob("*")) if p.suffix.lower() == ".xml" and p.is_file()]
        if not below:
            click.echo(f"{plain(str(path))}: there is no .xml file in it", err=True)
        found += below
    return found


def _with_progress(files: list[Path]) -> Iterator[Path]:
    if len(files) < _LONG or not sys.stderr.isatty() or sys.stdout.isatty():
        yield from files
        return
    with click.progressbar(files, label="Reading", file=sys.stderr) as shown:
        yield from shown


def _read(reader: Reader, file: Path) -> Card | None:
    data = _bytes_of(file)
    return None if data is None else reader.read(str(file), data)


def _bytes_of(file: Path) -> bytes | None:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        click.echo(f"{plain(str(file))}: cannot be opened ({error.strerror})", err=True)
        return None


def _bundles(files: list[Path], clock: SystemClock) -> int:
    """Files → the FHIR of each on standard output; → the exit status."""
    from hub.cli.emessage_bundle import to_bundle  # noqa: PLC0415 - the mappers are loaded only where they are asked for

    failed = 0
    for file in _with_progress(files):
        try:
            data = _bytes_of(file)
            found = None if data is None else to_bundle(data, clock.new_id, clock.now())
        except HubError as error:
            why = "; ".join(f"{p.where} {p.detail}".strip() for p in error.problems)
            click.echo(f"{plain(str(file))}: {plain(why)}", err=True)
            found = None
        if found is None:
            failed += 1
            continue
        click.echo(msgspec.json.format(found, indent=1 if len(files) == 1 else 0).decode())
    return 1 if failed or not files else 0


def _page(files: list[Path]) -> int:
    """Files → one page with all of them on standard output; → the exit status."""
    from hub.cli.emessage_page import to_page  # noqa: PLC0415 - as above

    opened = ((file, _bytes_of(file)) for file in _with_progress(files))
    texts = [(file, data) for file, data in opened if data is not None]
    if not texts:
        return 1
    page, readable = to_page(data for _, data in texts)
    sys.stdout.buffer.write(page)
    for (file, _), is_message in zip(texts, readable, strict=True):
        if not is_message:
            click.echo(f"{plain(str(file))}: is no message that can be answered", err=True)
    return 0 if len(texts) == len(files) and all(readable) else 1


def _show(card: Card, *, receipt: bool) -> None:
    if receipt:
        for one in card.receipts:
            click.echo(one.xml)
        if card.no_receipt:
            click.echo(f"{plain(card.file)}: no receipt: {card.no_receipt}", err=True)
    else:
        click.echo(f"{render_card(card)}\n")


@emessage.command(
    epilog="\b\nExample:\n  hub emessage read discharge.xml --bundle > discharge.json\n  hub emessage write discharge.json --out again.xml"
)
@click.argument("bundle", type=click.File("rb"))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option(
    "--standard",
    default="",
    help="The edition, where a type has several, as in 'PLO 1.5'; if not given, the one HUB_PARTNER_EDITIONS says"
    " of the receiver, or the newest.",
)
def write(bundle: BinaryIO, out: Path | None, standard: str) -> None:
    """Write the e-message that a FHIR BUNDLE says, as `read --bundle` prints it; - is standard input.

    What was changed in the FHIR is changed in the message. Exit status 1 when the Bundle is not valid, holds no message, or
    the message could not be read by its receiver.
    """
    from hub.cli.emessage_bundle import to_message  # noqa: PLC0415 - as above

    try:
        partners = parse_partner_editions(os.environ.get("HUB_PARTNER_EDITIONS", ""))
        found = to_message(bundle.read(), standard, partners)
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except HubError as error:
        for problem in error.problems:
            click.echo(plain(f"{problem.where} {problem.detail}".strip()), err=True)
        sys.exit(1)
    if out is None:
        sys.stdout.buffer.write(found)
    else:
        out.write_bytes(found)


@emessage.command(epilog="\b\nExample:\n  hub emessage roundtrip drop/in --json")
@click.argument("paths", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON array, one object a file.")
def roundtrip(paths: tuple[Path, ...], as_json: bool) -> None:
    """Send each FILE (of a DIR, every .xml file below it) through FHIR and back, and say whether the same comes out.

    The FHIR is made without the message as it came, and each resource is read from its own JSON. Documents are compared in
    canonical form; where they differ, the first path that does is told. Exit status 1 unless all are equal.
    """
    from hub.cli.emessage_roundtrip import show, trips  # noqa: PLC0415 - the mappers are loaded only where they are asked for

    clock = SystemClock()
    cards = list(trips(_with_progress(_files(paths)), clock.new_id, clock.now))
    if as_json:
        click.echo(msgspec.json.encode(cards).decode())
    else:
        for card in cards:
            show(card)
    sys.exit(0 if cards and all(card.equal for card in cards) else 1)


emessage.add_command(schemas)
