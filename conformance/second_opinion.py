"""The hub's first tier of validation beside HAPI's instance validator: `python conformance/second_opinion.py`.

Exit status 1 when something the hub emits has an error, or when the two differ in a way that disagreements.toml does not
explain. `--emitted` or `--mutants` does one half.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

HERE: Final = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from emitted import emitted
from mutations import mutants

from hub.fhir.codec import parse
from hub.problems import HubError, Problem

HAPI: Final = HERE / "hapi"
Named = tuple[str, bytes]
Kinds = dict[tuple[str, str], list[str]]


def ours(body: bytes) -> tuple[Problem, ...]:
    """A body → what tier 1 finds."""
    try:
        parse(body, None)
    except HubError as error:
        return error.problems
    return ()


def theirs(bodies: Iterable[bytes]) -> list[list[dict[str, Any]]]:
    """Bodies → what HAPI finds in each, errors only."""
    classes = HAPI / "target" / "classes"
    if not classes.exists() or not (HAPI / "target" / "lib").exists():
        build = ["mvn", "-q", "-B", "-f", str(HAPI / "pom.xml"), "process-classes"]
        subprocess.run(build, check=True)
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
        file.write(b"".join(body.replace(b"\n", b" ") + b"\n" for body in bodies))
        file.flush()
        path = f"{classes}:{HAPI / 'target' / 'lib'}/*"
        command = ["java", "-Xmx2g", "-cp", path, "no.dho.hub.conformance.SecondOpinion", file.name]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    return [msgspec.json.decode(line)["issues"] for line in done.stdout.splitlines()]


def our_kind(problem: Problem) -> str:
    """One of our problems → its kind: the code and the text without values."""
    detail = (
        re.split(r"[;,]", problem.detail)[0] if not problem.detail.startswith("ele-") else "ele-1"
    )
    return f"{problem.code.name}: {detail}"


def compare(named: list[Named]) -> tuple[int, Kinds]:
    """Bodies → how often both agree, and the disagreements by side and kind, each with the bodies' names."""
    agreed = 0
    kinds: Kinds = defaultdict(list)
    for (name, body), issues in zip(named, theirs(b for _, b in named), strict=True):
        found = ours(body)
        if bool(found) == bool(issues):
            agreed += 1
        elif issues:
            for kind in sorted({i["id"] for i in issues}):
                kinds["hapi", kind].append(name)
        else:
            for kind in sorted({our_kind(p) for p in found}):
                kinds["hub", kind].append(name)
    return agreed, kinds


def explained() -> dict[tuple[str, str], str]:
    """The file of explanations → (side, kind) → why."""
    read = tomllib.loads((HERE / "disagreements.toml").read_text(encoding="utf-8"))
    return {(each["side"], each["kind"]): each["why"] for each in read["disagreement"]}


def check_emitted() -> bool:
    """Everything the hub emits → whether neither validator finds an error in it."""
    named = list(emitted())
    known = explained()
    bad = 0
    for (name, body), issues in zip(named, theirs(b for _, b in named), strict=True):
        wrong = [
            f"HAPI {i['id']} {i['where']}: {i['text']}"
            for i in issues
            if ("emitted", i["id"]) not in known
        ]
        wrong += [f"hub {p.code.name} {p.where}: {p.detail}" for p in ours(body)]
        if wrong and bad < 20:
            print(f"emitted: {name}: {wrong[0]} ({len(wrong)} in all)")
        bad += bool(wrong)
    print(f"emitted: {len(named)} resources, {bad} with errors")
    return bad == 0


def check_mutants() -> bool:
    """Thousands of mutated resources → whether every kind of disagreement is explained."""
    named = list(mutants())
    agreed, kinds = compare(named)
    known = explained()
    for (side, kind), names in sorted(kinds.items(), key=lambda item: -len(item[1])):
        word = "explained" if (side, kind) in known else "NOT EXPLAINED"
        print(f"  only {side} refuses {len(names):5}  {word}: {kind} (e.g. {names[0]})")
    print(f"mutants: {len(named)}, agreed on {agreed} ({agreed / len(named):.1%})")
    return all(kind in known for kind in kinds)


def main() -> int:
    """Command line → exit status."""
    started = time.monotonic()
    wanted = [check for name, check in (("--emitted", check_emitted), ("--mutants", check_mutants)) if name in sys.argv] or [check_emitted, check_mutants]  # fmt: skip
    good = [check() for check in wanted]
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed")
    print(f"took {time.monotonic() - started:.0f} s")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
