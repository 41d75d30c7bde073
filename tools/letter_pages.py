"""The page of the mapping of letters and receipts: element → FHIR path, read off the mappers by sending messages through them.

`python -m tools.letter_pages` after a change of a mapper; `--check` fails when the page is not current.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.table_build import render
from hub.mapping.letter.drops import DROPS
from tests.letter_generator import letter
from tests.letter_trace import Letter, paths, places, read_letter, receipt_resources, stands
from tests.message_generator import Generator, generated
from tests.receipt_generator import VERSIONS, receipt

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "mapping-letters.md"
HEAD = """# How letters and receipts are mapped

<!-- Made by tools/letter_pages.py from the mappers; do not edit. -->

Each element of Epikrise, Henvisning and AppRec, and where it stands in FHIR. The way back reads the same places. Where several places
are named, the others are copies for readers, or FHIR's nearest code beside the code as sent. Paths are without positions;
sections stand in sections, at any depth.
`contained[X]` is a resource of type X inside, `extension(x)` the extension whose URL ends in x. A code is one line: its V, DN, S
and OT stand in code, display, system and text of the CodeableConcept. Events inside events are told like events.
"""
COUNT = 80
SHARE = 0.7
DEPTH = 12
_CODED = re.compile(
    r"(\.coding(\.(code|display|system))?|\.(value|unit|code|system)|(?<=CodeableConcept)\.text)$"
)
_SECTIONS = re.compile(r"(\.section)+")
_ATTRIBUTE = re.compile(r"/@\w+$")
_WITHIN = re.compile(r"^.*contained\[(\w+)\]")
_PARTY = "/HCP/"
FAMILIES = {
    "Epikrise": ("Epikrise 1.1", "Epikrise 1.2"),
    "Henvisning 1": ("Henvisning 1.0", "Henvisning 1.1"),
    "Henvisning 2": ("Henvisning 2.0",),
    "AppRec": ("AppRec 1.0", "AppRec 1.1"),
}


@dataclass
class Place:
    """Where an element stands. Shape: `fhir` are paths, `editions` those that have the element."""

    fhir: list[str] = field(default_factory=list)
    editions: set[str] = field(default_factory=set)


Table = dict[str, Place]


def found_in(family: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """A family of message types → the edition of each message tried, and where its values stand."""
    for kind in MESSAGE_TYPES:
        if kind.standard in FAMILIES[family]:
            yield from ((kind.standard, found) for found in _of_kind(kind))
    for version in VERSIONS if family == "AppRec" else ():
        for seed in range(COUNT // 10):
            told_of = partial(receipt_resources, version)
            yield f"AppRec {version}", places(receipt(version, seed, SHARE), "AppRec", told_of)


def _of_kind(kind: MessageType) -> Iterator[dict[str, list[str]]]:
    """A type of letter → where the values stand, of as few letters as say all that any of them says."""
    made = {seed: _payload(kind, seed) for seed in range(COUNT)}
    said = {seed: paths(payload, kind.root) for seed, payload in made.items()}
    known: set[str] = set()
    while True:
        best = max(said, key=lambda seed: len(said[seed] - known))
        if said[best] <= known:
            return
        yield stands(_letter(kind, best, made[best]), known)
        known |= said[best]


def _payload(kind: MessageType, seed: int) -> Any:
    if kind.root == "Message":
        return letter(kind, seed, SHARE, depth=DEPTH, repeats=1)
    assert kind.payload is not None
    random = Random(seed)  # noqa: S311 - not for secrets
    return Generator(random, share=SHARE, depth=DEPTH, repeats=1).value(kind.payload)


def _letter(kind: MessageType, seed: int, payload: Any) -> Letter:
    if kind.root == "Message":
        return read_letter(render(payload, kind.edition))
    return Letter(kind, generated(kind, seed, lambda _: payload), payload, kind.root)


def table_of(family: str) -> tuple[Table, Table]:
    """A family of message types → its table, and that of the parties in it."""
    rows: Table = {}
    parties: Table = {}
    for edition, found in found_in(family):
        for path, where in found.items():
            element = re.sub(r"(/Event)+/", "/Event/", _ATTRIBUTE.sub("", path))
            shown = [_SECTIONS.sub(".section", _CODED.sub("", w)) for w in where]
            if _PARTY in element:
                element, _, inner = element.partition(_PARTY)
                _add(
                    parties,
                    inner,
                    edition,
                    [m[1] + w[m.end() :] for w in shown if (m := _WITHIN.match(w))],
                )
                element, shown = f"{element}/HCP", ["[party](#parties)"]
            _add(rows, element, edition, shown)
    return rows, parties


def _add(table: Table, element: str, edition: str, fhir: list[str]) -> None:
    place = table.setdefault(element, Place())
    place.editions.add(edition)
    place.fhir += [path for path in fhir if path not in place.fhir]


def _lines(table: Table, editions: tuple[str, ...]) -> Iterator[str]:
    yield "\n| element | FHIR | remark |\n| --- | --- | --- |\n"
    for element, place in sorted(table.items()):
        only = ", ".join(sorted(place.editions)) if place.editions < set(editions) else ""
        shown = (path if path.startswith("[") else f"`{path}`" for path in place.fhir[:4])
        yield f"| `{element}` | {'<br>'.join(shown)} | {only and f'{only} only'} |\n"


def page() -> str:
    """The text of the page."""
    parts = [HEAD]
    people: Table = {}
    for family, editions in FAMILIES.items():
        rows, parties = table_of(family)
        parts += [f"\n## {family}\n", *_lines(rows, editions)]
        for inner, place in parties.items():
            _add(people, inner, family, place.fhir)
    parts += ["\n## Parties\n", *_lines(people, tuple(f for f in FAMILIES if f != "Henvisning 2"))]
    parts.append("\n## Left behind\n\n| element | why |\n| --- | --- |\n")
    parts += [f"| `{path}` | {why} |\n" for path, why in DROPS.items()]
    return "".join(parts)


def main() -> int:
    """Write the page, or with `--check` say whether it is current."""
    text = page()
    if "--check" in sys.argv:
        return 0 if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
