"""The page of the dialogue mapping: element → FHIR path, read off the mappers by sending a full message through them.

`python -m tools.mapping_pages` after a change of a mapper; `--check` fails when the page is not current.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from hub.clock import FixedClock
from hub.emessage import simple_types as types
from hub.emessage.datatypes import FORMATTED_TEXT, Base64Container, FormattedText
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.msghead import MsgHead
from hub.emessage.payloads import Content
from hub.emessage.table import SELF, Simple, table_of
from hub.emessage.xml import local_name
from hub.fhir import codec
from hub.mapping.dialog_to_fhir.drops import DROPS
from hub.mapping.draft import Context
from hub.mapping.registry import MAPPERS
from tests.message_generator import Generator, generated

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "mapping-dialogue.md"
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
_STEERS = "the same in every message, or written otherwise in FHIR"
HEAD = """# How dialogue messages are mapped

<!-- Made by tools/mapping_pages.py from the mappers; do not edit. -->

Each element and attribute of the envelope and of Dialogmelding, and where it stands in FHIR. The way back reads the same places.
Where several places are named, the first is the value and the others are copies for readers. Paths are without positions.
An element that is there without a word in it, or with blanks alone, says nothing and is not written again; where a schema demands it (the
name of an organisation, the number of a professional) it is written empty.
"""


def full(kind: MessageType, share: str) -> MsgHead:
    """A message with nearly everything in it, every text its own; `share` is which side of the payload's choice is taken."""
    numbers = count(1000)

    def text(_: Generator) -> str:
        return f"verdi{next(numbers)}q"

    special: dict[Any, Any] = {
        types.STRING: text,
        types.TOKEN: text,
        FORMATTED_TEXT: lambda g: FormattedText((text(g),)),
        types.DATE: lambda _: (
            f"{1900 + next(numbers) % 97}-0{1 + next(numbers) % 9}-1{next(numbers) % 9}"
        ),
        types.OID: lambda _: f"2.16.578.1.12.4.1.1.{70000 + next(numbers)}",
        types.ANY_URI: lambda _: f"tel:{next(numbers)}0000",
    }
    generator = Generator(Random(7), share=1.0, repeats=1, special=special)  # noqa: S311 - not for secrets
    assert kind.payload is not None
    payload = generator.value(kind.payload)
    inner = generator.value(table_field(kind.payload, share))
    other = "notat" if share == "foresporsel" else "foresporsel"
    payload = msgspec.structs.replace(payload, **{share: (inner,), other: ()})
    return generated(kind, 1, payload=lambda _: payload)


def table_field(cls: type, name: str) -> type:
    """A class and a field → the class of what stands there."""
    return next(f.kinds[0][1] for f in table_of(cls).fields if f.name == name)


def values(value: Any, path: str) -> list[tuple[str, str]]:
    """A value of the codec → path and text of everything in it."""
    found: list[tuple[str, str]] = []
    if isinstance(value, Content):
        part = value.elements[0]
        if isinstance(part, Base64Container):
            return [(f"{path}/Base64Container", part.text)]
        return values(part, local_name(table_of(type(part)).tag))
    for line in table_of(type(value)).fields:
        here = getattr(value, line.name)
        for part in here if line.many else (here,):
            if part is None:
                continue
            name, kind = line.kinds[0]
            at = f"{path}/@{name}" if line.is_attribute else f"{path}/{name}"
            if isinstance(kind, Simple):
                found.append((at, str(part)))
            elif isinstance(part, FormattedText):
                found.append((at, part.plain))
            elif kind is SELF or hasattr(part, "__struct_fields__") or isinstance(part, Content):
                found += values(part, at)
    return found


def leaves(value: Any, path: str) -> list[tuple[str, str]]:
    """A JSON value → path without positions and text of every primitive."""
    if isinstance(value, dict):
        return [leaf for key, part in value.items() for leaf in leaves(part, f"{path}.{key}")]
    if isinstance(value, list):
        return [leaf for part in value for leaf in leaves(part, path)]
    return [(path, str(value))]


def places(kind: MessageType, message: MsgHead) -> list[tuple[str, str]]:
    """A message → path and text of everything in its FHIR, Tasks aside."""
    context = Context("p1", FixedClock(NOW).new_id, NOW, raw="Binary/raw")
    payload: Any = message.document[0].ref_doc.content
    row = MAPPERS[(kind.type, kind.namespace)]
    draft = row.to_fhir(message, payload.elements[0], context).value
    made = [msgspec.json.decode(codec.encode(c.resource)) for c in reversed(draft.create)]
    bodies = [body for body in made if body["resourceType"] not in ("Task", "Binary")]
    return [leaf for body in bodies for leaf in leaves(body, body["resourceType"])]


def rows(kind: MessageType) -> dict[str, str]:
    """A message type → element to the line that says where it stands."""
    found: dict[str, list[str]] = {}
    for share in ("foresporsel", "notat"):
        message = full(kind, share)
        told = places(kind, message)
        for path, text in values(message, "MsgHead"):
            sought = text.removeprefix("tel:")
            here = found.setdefault(path, [])
            for where, held in told:
                alike = held in (text, sought) or (len(sought) > 8 and sought in held)
                if alike and where not in here:
                    here.append(where)
    return {path: "<br>".join(f"`{w}`" for w in list(where)[:3]) for path, where in found.items()}


def page() -> str:
    """The text of the page."""
    parts = [HEAD]
    for standard in ("Dialogmelding 1.0", "Dialogmelding 1.1"):
        kind = next(k for k in MESSAGE_TYPES if k.standard == standard)
        table = rows(kind)
        parts.append(f"\n## {standard}\n\n| element | FHIR | remark |\n| --- | --- | --- |\n")
        for path, where in sorted(table.items()):
            remark = "" if where else _STEERS
            parts.append(f"| `{path}` | {where} | {remark} |\n")
        parts += [f"| `{path}` | | {why} |\n" for path, why in DROPS.items()]
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
