"""The hub's first tier of validation beside HAPI's instance validator: `python conformance/second_opinion.py`.

Exit status 1 when something the hub emits has an error, or when the two differ in a way that disagreements.toml does not
explain. `--emitted` or `--mutants` does one half.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

HERE: Final = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from emitted import emitted
from mutations import mutants

from hub.fhir.codec import parse
from hub.problems import HubError, Problem, ProblemCode

HAPI: Final = HERE / "hapi"
Named = tuple[str, bytes]
Json = dict[str, Any]
MUTANTS: Final = 5_000
"""At least so many."""
SHOWN: Final = 20
Kinds = dict[tuple[str, str], list[str]]


def ours(body: bytes) -> tuple[Problem, ...]:
    """A body → what tier 1 finds."""
    try:
        parse(body, None)
    except HubError as error:
        return error.problems
    return ()


def theirs(bodies: Iterable[bytes]) -> list[list[Json]]:
    """Bodies → what HAPI finds in each, errors only."""
    classes = HAPI / "target" / "classes"
    if not classes.exists() or not (HAPI / "target" / "lib").exists():
        build = ["mvn", "-q", "-B", "-f", str(HAPI / "pom.xml"), "process-classes"]
        subprocess.run(build, check=True)
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
        file.write(b"".join(body.replace(b"\n", b" ") + b"\n" for body in bodies))
        file.flush()
        path = f"{classes}:{HAPI / 'target' / 'lib'}/*"
        command = [
            "java",
            "-Xmx2g",
            "-cp",
            path,
            "no.dho.hub.conformance.SecondOpinion",
            file.name,
        ]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    return [msgspec.json.decode(line)["issues"] for line in done.stdout.splitlines()]


def our_kind(problem: Problem) -> str:
    """One of our problems → its kind: the code and the text without values."""
    if problem.code is ProblemCode.UNKNOWN_ELEMENT:
        return f"{problem.code.name}: {problem.where.rpartition('.')[2]}"
    detail = (
        re.split(r"[;,]", problem.detail)[0] if not problem.detail.startswith("ele-") else "ele-1"
    )
    return f"{problem.code.name}: {detail}"


def compare(named: list[Named], opinions: list[list[Json]]) -> tuple[int, Kinds]:
    """Bodies and HAPI's errors → how often both agree, and the disagreements by side and kind, with the bodies' names."""
    agreed = 0
    kinds: Kinds = defaultdict(list)
    for (name, body), issues in zip(named, opinions, strict=True):
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


def check_emitted(named: list[Named], opinions: list[list[Json]]) -> bool:
    """Everything the hub emits → whether neither validator finds an error in it that is not explained."""
    known = explained()
    bad, seen = 0, Counter[str]()
    for (name, body), issues in zip(named, opinions, strict=True):
        wrong = [
            f"HAPI {i['id']} {i['where']}: {i['text']}"
            for i in issues
            if ("emitted", i["id"]) not in known
        ]
        wrong += [f"hub {p.code.name} {p.where}: {p.detail}" for p in ours(body)]
        seen.update({i["id"] for i in issues if ("emitted", i["id"]) in known})
        if wrong and bad < SHOWN:
            print(f"emitted: {name}: {wrong[0]} ({len(wrong)} in all)")
        bad += bool(wrong)
    for kind, count in seen.most_common():
        print(f"  HAPI alone finds in {count:5}  explained: {kind}")
    types = Counter(msgspec.json.decode(body)["resourceType"] for _, body in named)
    print("  " + ", ".join(f"{kind} {count}" for kind, count in sorted(types.items())))
    print(f"emitted: {len(named)} resources of {len(types)} types, {bad} with errors")
    return bad == 0


def check_mutants(named: list[Named], opinions: list[list[Json]]) -> bool:
    """Thousands of mutated resources → whether there are enough and every kind of disagreement is explained."""
    agreed, kinds = compare(named, opinions)
    known = explained()
    for (side, kind), names in sorted(kinds.items(), key=lambda item: -len(item[1])):
        word = "explained" if (side, kind) in known else "NOT EXPLAINED"
        print(f"  only {side} refuses {len(names):5}  {word}: {kind} (e.g. {names[0]})")
    print(f"mutants: {len(named)}, agreed on {agreed} ({agreed / len(named):.1%})")
    stale = [
        f"{side} {kind}" for side, kind in known if side != "emitted" and (side, kind) not in kinds
    ]
    for each in stale:
        print(f"  explained, and met no more: {each}")
    return len(named) >= MUTANTS and not stale and all(kind in known for kind in kinds)


HALVES: Final = {"--emitted": (emitted, check_emitted), "--mutants": (mutants, check_mutants)}


def main() -> int:
    """Command line → exit status."""
    started = time.monotonic()
    wanted = [half for name, half in HALVES.items() if name in sys.argv] or [*HALVES.values()]
    gathered = [list(bodies()) for bodies, _ in wanted]
    # One run of the JVM for both: it takes longer to know FHIR than to judge a thousand bodies.
    opinions = iter(theirs(body for half in gathered for _, body in half))
    good = [
        check(half, list(islice(opinions, len(half))))
        for (_, check), half in zip(wanted, gathered, strict=True)
    ]
    spent = os.times()
    cpu = spent.user + spent.system + spent.children_user + spent.children_system
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed")
    print(f"took {time.monotonic() - started:.0f} s, {cpu:.0f} s of CPU")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
