"""`hub fhir`: FHIR resources in files.

Source: architecture §4.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from hub.problems import Problem

LONGEST: Final = 256 * 1024 * 1024
"""How much is read of one resource: a file without end must not fill the memory. Units: bytes."""


@click.group()
def fhir() -> None:
    """Hold FHIR resources in files against FHIR R4."""


@fhir.command(
    epilog="\b\nExample:\n  hub fhir validate patient.json observations.ndjson\n"
    "  hub fhir validate --json bundle.json > issues.json"
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def validate(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Tell every problem in the resources of FILES, each with its FHIRPath.

    A file holds one resource; one that ends in .ndjson holds one on each line.
    Exit status 1 when a resource is not well, or a file cannot be read.
    """
    from hub.fhir.validate import find_problems  # noqa: PLC0415 - after help, which needs none of it

    told: list[dict[str, object]] = []
    for file in files:
        try:
            for place, body in _resources(file):
                told.append({**place, "issues": [_issue(p) for p in find_problems(body, None)]})
        except OSError as error:
            told.append({"file": str(file), "error": error.strerror or "cannot be read"})
    bad = [each for each in told if each.get("error") or each.get("issues")]
    if as_json:
        click.echo(json.dumps({"resources": len(told), "wrong": len(bad), "results": told}))
    else:
        _show(told)
        click.echo(f"{len(told)} checked, {len(bad)} wrong")
    sys.exit(1 if bad else 0)


def _resources(file: Path) -> Iterator[tuple[dict[str, object], bytes]]:
    """A file → each resource in it and where it stands; what is too long to be one comes as far as it was read."""
    with file.open("rb") as stream:
        if file.suffix != ".ndjson":
            yield {"file": str(file)}, stream.read(LONGEST)
            return
        lines = (line for line in iter(lambda: stream.readline(LONGEST), b"") if line.strip())
        for number, body in enumerate(lines, start=1):
            yield {"file": str(file), "line": number}, body


def _issue(problem: Problem) -> dict[str, str]:
    return {
        "severity": "error" if problem.fatal else "warning",
        "code": problem.code.name.lower().replace("_", "-"),
        "expression": problem.where,
        "text": problem.detail,
    }


def _show(told: list[dict[str, object]]) -> None:
    for each in told:
        place = f"{each['file']}:{each['line']}" if "line" in each else str(each["file"])
        if "error" in each:
            click.echo(f"{place}: {each['error']}", err=True)
            continue
        issues = each["issues"]
        assert isinstance(issues, list)
        for issue in issues:  # pyright: ignore[reportUnknownVariableType] - made by _issue just above
            click.echo(f"{place}: {issue['severity']} {issue['expression']}: {issue['text']}")
