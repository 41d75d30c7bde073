"""`hub thresholds`: hold the rules engine against decided cases, and plans against real values.

Source: dho/cases/README.md; architecture §4.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO

import click

from hub.cli.terminal import plain
from hub.cli.thresholds_explain import explain
from hub.cli.thresholds_forms import forms
from hub.cli.thresholds_limits import limits
from hub.cli.thresholds_recompute import recompute_command
from hub.cli.thresholds_simulate import simulate
from hub.problems import HubError
from hub.thresholds.case_run import Result, render_results, run_case
from hub.thresholds.cases import MAX_BYTES, CaseFile, parse_cases

_MARKS = {True: "pass", False: "FAIL", None: "judged"}


@click.group()
def thresholds() -> None:
    """Judge threshold cases from files, explain alerts, and try plans on the values of real patients."""


thresholds.add_command(explain)
thresholds.add_command(forms)
thresholds.add_command(limits)
thresholds.add_command(simulate)
thresholds.add_command(recompute_command, "recompute")


@thresholds.command(
    epilog="\b\nExample:\n  hub thresholds judge cases.json --explain\n"
    "  hub thresholds judge - < cases.json > verdicts.json"
)
@click.argument("file", type=click.File("rb"))
@click.option("--explain", is_flag=True, help="Add the text and the operands of every firing.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the whole document also on a terminal; elsewhere it is always printed.",
)
def judge(file: BinaryIO, *, explain: bool, as_json: bool) -> None:
    """Judge the cases in FILE (format dho-threshold-cases/1; - is standard input).

    On a terminal: one line per case, what differs, and a count. To a file or a pipe, or with --json: the same document
    with "actual" and, where something was expected, "pass" in every case; the count goes to standard error.
    Exit status 1 when a case fails, cannot be read, or uses a rule kind that is not supported.
    """
    try:
        cases = parse_cases(file.read(MAX_BYTES + 1))
    except HubError as error:
        for problem in error.problems:
            where = f" ({problem.where})" if problem.where else ""
            click.echo(plain(f"{problem.detail}{where}"), err=True)
        sys.exit(1)
    results = _run(cases, explain=explain)
    whole_document = as_json or not sys.stdout.isatty()
    if whole_document:
        sys.stdout.buffer.write(render_results(cases, results))
    else:
        for result in results:
            _show(result)
    failed = sum(1 for result in results if result.passed is False)
    passed = sum(1 for result in results if result.passed)
    judged = len(results) - failed - passed
    click.echo(
        f"{len(results)} cases: {passed} passed, {failed} failed"
        + (f", {judged} without expectation" if judged else ""),
        err=whole_document,
    )
    sys.exit(1 if failed else 0)


def _run(cases: CaseFile, *, explain: bool) -> list[Result]:
    if not (sys.stderr.isatty() and len(cases.cases) > 1000):
        return [run_case(source, explain=explain) for source in cases.cases]
    with click.progressbar(cases.cases, label="Judging", file=sys.stderr) as sources:
        return [run_case(source, explain=explain) for source in sources]


def _show(result: Result) -> None:
    title = result.document.get("title") or ""
    click.echo(f"{_MARKS[result.passed]:6} {result.id}  {title}")
    if result.error:
        click.echo(f"         {result.error}")
    for difference in result.differences:
        click.echo(f"         {difference}")
    explained: dict[str, Sequence[dict[str, Any]]] = result.document.get("explained") or {}
    for firing in explained.get("firings", ()):
        click.echo(f"         {firing['zone']:6} {firing['rule']}: {firing['text']}")
        operands = {
            key: firing[key]
            for key in ("received", "value", "unit", "bound", "operands", "parts")
            if key in firing
        }
        click.echo(f"                {json.dumps(operands, ensure_ascii=False, default=str)}")
    for refusal in explained.get("refused", ()):
        click.echo(f"         refused {refusal['type']} on {refusal['rule']}: {refusal['why']}")
