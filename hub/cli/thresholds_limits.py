"""`hub thresholds limits`: sets of limits with a published source, and the general limits proposed from them."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from hub.fhir.codec import encode
from hub.mapping.general_limits import general_limits_to_fhir
from hub.mapping.plan_to_fhir import measure_of
from hub.thresholds.case_rules import render_rule
from hub.thresholds.limits_table import Line
from hub.thresholds.proposed_limits import SETS, find_lines, populations, proposed_limits

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@click.command(
    epilog="\b\nExample:\n  hub thresholds limits\n  hub thresholds limits diabetes\n"
    '  hub thresholds limits news2-single --population "adult" --bundle > limits.json'
)
@click.argument("of", metavar="[SET]", default="")
@click.option("--population", help="Only what holds for this population, as it is listed.")
@click.option("--json", "as_json", is_flag=True, help="The lines, and the rules made of them.")
@click.option(
    "--bundle", is_flag=True, help="A transaction Bundle that makes them general limits of a hub."
)
def limits(of: str, population: str | None, *, as_json: bool, bundle: bool) -> None:
    """List the sets of limits with a published source, or what the one called SET says.

    None is signed off: a GP or specialist must approve every number before clinical use. What lies between two bands of whole
    numbers belongs to the worse of them. Post a --bundle to a hub's FHIR base to make the limits its own.

    Exit status 1 when there is no such set or population.
    """
    if of and of not in SETS:
        click.echo(f"There is no set {of}; there are {', '.join(SETS)}.", err=True)
        sys.exit(1)
    if population is not None and population not in populations(of):
        there = "; ".join(populations(of)) or "name a set"
        click.echo(f"The set {of} has no population {population}; it has: {there}.", err=True)
        sys.exit(1)
    sets = (of,) if of else SETS
    if bundle:
        click.echo(_pretty(_transaction(sets, population)))
    elif as_json:
        click.echo(_pretty([_told(each, population) for each in sets]))
    elif of:
        _show(find_lines(of, population))
    else:
        for each in SETS:
            click.echo(f"{each:13} {'; '.join(populations(each))}")


def _pretty(content: Any) -> str:
    return msgspec.json.format(_ENCODER.encode(content), indent=1).decode()


def _told(of: str, population: str | None) -> dict[str, Any]:
    return {
        "set": of,
        "needs_sign_off": True,
        "lines": find_lines(of, population),
        "rules": [render_rule(rule) for rule in proposed_limits(of, population)],
    }


def _transaction(sets: Sequence[str], population: str | None) -> dict[str, Any]:
    """Sets → a Bundle that creates or replaces one ObservationDefinition per set and measure, under the same id each time."""
    entries: list[dict[str, Any]] = []
    for of in sets:
        rules = proposed_limits(of, population)
        for measure in dict.fromkeys(measure_of(rule) or "general" for rule in rules):
            name = re.sub(r"[^A-Za-z0-9.-]", "-", f"{of}-{measure}")
            same = [rule for rule in rules if (measure_of(rule) or "general") == measure]
            entries += (
                {
                    "resource": msgspec.Raw(encode(definition)),
                    "request": {"method": "PUT", "url": f"ObservationDefinition/{name}"},
                }
                for definition in general_limits_to_fhir(same, new_id=lambda name=name: name)
            )
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _show(lines: Sequence[Line]) -> None:
    for line in lines:
        ends = " ".join(each for each in (line.low, line.high) if each)
        kind = " ".join(each for each in (line.kind, line.window) if each)
        click.echo(
            f"{line.population}: {line.measure} {ends} {line.unit} {line.zone} ({kind}); "
            f"{line.origin.basis}; source {line.origin.source or 'none'}; read: {line.origin.checked}"
            f"{f'; {line.note}' if line.note else ''}; needs sign-off"
        )
