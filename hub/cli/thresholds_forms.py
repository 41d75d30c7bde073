"""`hub thresholds forms`: the forms with a published score, and the rules proposed for them."""

from __future__ import annotations

import sys

import click
import msgspec

from hub.thresholds.forms_table import FORMS, proposed_rules

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@click.command(epilog="\b\nExample:\n  hub thresholds forms\n  hub thresholds forms phq9 --json")
@click.argument("key", default="")
@click.option(
    "--json", "as_json", is_flag=True, help="With the proposed rules, as a plan holds them."
)
def forms(key: str, *, as_json: bool) -> None:
    """List the forms with a published score, or the one called KEY. None is signed off: a doctor must approve the bands.

    Exit status 1 when there is no form of that key.
    """
    found = [form for form in FORMS if key in ("", form.key)]
    if not found:
        click.echo(
            f"There is no form {key}; there are {', '.join(f.key for f in FORMS)}.", err=True
        )
        sys.exit(1)
    if as_json:
        told = [
            msgspec.structs.asdict(form) | {"needs_sign_off": True, "rules": proposed_rules(form)}
            for form in found
        ]
        click.echo(msgspec.json.format(_ENCODER.encode(told), indent=1).decode())
        return
    for form in found:
        bands = ", ".join(f"{zone} from {low}" for zone, low in form.bands)
        click.echo(
            f"{form.key:8} {form.title}: {form.questions} questions of {form.low} to {form.high}; {bands}"
        )
        click.echo(
            f"{'':8} source {form.source}; read: {form.checked}; {form.licence}; needs sign-off"
        )
