"""`hub thresholds explain`: one alert of the database, explained and judged again.

Source: dho/thresholds.md §11; architecture §4.
"""

from __future__ import annotations

import asyncio
import sys

import click
import msgspec

from hub.cli.database import TENANT, audit, open_store
from hub.cli.terminal import plain
from hub.clock import SystemClock
from hub.flows.explain_alert import Explanation, explain_alert
from hub.flows.explain_text import render_text, to_document
from hub.store.unit import StoreUnit
from hub.values import LANGUAGES, Language


@click.command(
    epilog="\b\nExample:\n  hub thresholds explain DetectedIssue/019ab3a4-5b6c-7d8e-9f00-112233445566\n"
    "  hub thresholds explain 019ab3a4-5b6c-7d8e-9f00-112233445566 --lang en"
)
@click.argument("alert")
@click.option("--lang", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def explain(alert: str, lang: Language, *, as_json: bool) -> None:
    """Explain why an alert is there, and judge it again from what is stored.

    ALERT is the id of a DetectedIssue, or a reference or URL to it. Every look is written into the access log. Exit status 1
    when there is no such alert, and when judging it again gives another answer.
    """
    name = alert.partition("/_history/")[0].rstrip("/").rpartition("/")[2]

    def look(unit: StoreUnit) -> Explanation | None:
        found = explain_alert(unit, TENANT, name, SystemClock().now())
        if found is not None:
            audit(unit, f"hub thresholds explain {name}", found.patient_id)
        return found

    with open_store() as store:
        found = asyncio.run(store.write(look))
    if found is None:
        click.echo(f"There is no alert {plain(name)}.", err=True)
        sys.exit(1)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(to_document(found)), indent=1))
    else:
        for line in render_text(found, lang).splitlines():
            click.echo(plain(line))
    sys.exit(0 if found.same else 1)
