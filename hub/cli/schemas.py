"""`hub emessage schemas`: install the official XSD files, and check those that are there.

Source: architecture D7, §4.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click
import msgspec

from hub.cli.emessage_schemas import Standing, check_folder, install, load_schemas
from hub.cli.terminal import plain
from hub.emessage.schema_sums import SUMS
from hub.problems import HubError, Problem

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group(epilog="\b\nExample:\n  hub emessage schemas install var/schemas --from sarepta")
def schemas() -> None:
    """The official XSD files, a second opinion beside the hub's own codecs. They are not part of the hub."""


@schemas.command(
    "install",
    epilog="\b\nExample:\n  hub emessage schemas install var/schemas --from ~/sarepta\n  HUB_EMESSAGE_SCHEMAS=var/schemas hub serve",
)
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option(
    "--from",
    "source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with the files somewhere below, for example a copy of the archive.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def install_schemas(folder: Path, source: Path | None, as_json: bool) -> None:
    """Copy the official XSD files from SOURCE to DIR, each checked against its published SHA-256 sum.

    What does not match is not copied. Without --from: say what DIR lacks. The files come from the archive of e-message
    standards of the Norwegian Directorate of Health (Sarepta); fetch them by hand. Exit status 1 while DIR is not complete.
    """
    try:
        standing = check_folder(folder) if source is None else install(source, folder)
    except OSError as error:
        click.echo(f"{folder}: {error.strerror}", err=True)
        sys.exit(1)
    _tell(folder, standing, as_json=as_json)
    if source is None and not standing.complete and not as_json:
        click.echo("Name a folder with the files: --from SOURCE", err=True)
    sys.exit(0 if standing.complete else 1)


@schemas.command("check", epilog="\b\nExample:\n  hub emessage schemas check var/schemas")
@click.argument(
    "folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def check_schemas(folder: Path, as_json: bool) -> None:
    """Hold the XSD files in DIR against their published SHA-256 sums. Exit status 1 when one is missing or different."""
    standing = check_folder(folder)
    _tell(folder, standing, as_json=as_json)
    sys.exit(0 if standing.complete else 1)


def _tell(folder: Path, standing: Standing, *, as_json: bool) -> None:
    if as_json:
        told = {
            "folder": str(folder),
            "complete": standing.complete,
            **msgspec.to_builtins(standing),
        }
        click.echo(msgspec.json.encode(told).decode())
        return
    click.echo(f"{folder}: {len(standing.right)} of {len(SUMS)} official schemas as published")
    for name in standing.different:
        click.echo(f"  different  {name}  (line ends changed by a version control tool count, too)")
    for name in standing.missing:
        click.echo(f"  missing    {name}")
    for name in standing.foreign:
        click.echo(
            f"  not known  {plain(name)}  (not checked, but used when the hub reads the folder)"
        )
    if standing.complete:
        click.echo(f"Use them with HUB_EMESSAGE_SCHEMAS={folder}")


def second_opinion(folder: Path | None) -> Callable[[bytes], tuple[Problem, ...]] | None:
    """The folder an operator named → the opinion of the schemas in it; ends the program where there is none to be had."""
    if folder is None:
        return None
    from hub.emessage.schemas import compile_schemas  # noqa: PLC0415 - compiled only where they are asked for

    files = load_schemas(folder) if folder.is_dir() else {}
    if not files:
        click.echo(f"There are no schemas in {folder}", err=True)
        sys.exit(1)
    try:
        return compile_schemas(files).validate
    except HubError:
        click.echo(
            f"The schemas in {folder} do not compile together: hub emessage schemas check", err=True
        )
        sys.exit(1)
