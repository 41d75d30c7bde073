"""Two-way tables are written out as functions: they put what their lines say, wherever something stands already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from hub.clock import FixedClock
from hub.emessage.datatypes import CS
from hub.emessage.message_types import MessageType
from hub.emessage.read import read_message
from hub.fhir import codec
from hub.mapping.draft import Context
from hub.mapping.registry import MAPPERS, payload_of
from hub.mapping.two_way import (
    WHOLE,
    Json,
    Line,
    Room,
    Shape,
    Slice,
    add_all,
    extension,
    set_at,
)
from hub.mapping.two_way_codes import as_sent, concept
from hub.mapping.two_way_values import TEXT, TIME
from tests.letter_generator import LETTERS, letter_bytes
from tests.message_generator import generated
from tests.round_trips import BOTH_WAYS, NOW, row_of

LETTERS_IN_HEAD = [kind for kind in BOTH_WAYS if kind.type == "HENVISNING"]
MAPPED = [row for row in LETTERS if (row.type, row.namespace) in MAPPERS]


def put_line_by_line(shape: Shape, value: Any, node: Json, room: Room) -> Json:
    """A table as it is told, without anything written out."""
    for line in shape.lines:
        part = value if line.field == WHOLE else getattr(value, line.field, None)
        if part is None or part == ():
            continue
        if line.many:
            found = [line.lens.put(one, room) for one in part]
            add_all(node, line.path, [f for f in found if f is not None])
        elif (written := line.lens.put(part, room)) is not None:
            set_at(node, line.path, written)
    return node


def written(kind: MessageType, seed: int, share: float | None) -> list[bytes]:
    """The resources of a generated letter as their own JSON."""
    context = Context("p1", FixedClock(NOW).new_id, NOW, raw="Binary/raw")
    if kind in MAPPED:
        reading = read_message(letter_bytes(kind, seed, share))
        message, payload = reading.message, reading.payload
    else:
        message = generated(kind, seed)
        payload = payload_of(message)
    assert message is not None
    draft = row_of(kind).to_fhir(message, payload, context).value
    return [codec.encode(created.whole) for created in draft.create]


@pytest.mark.parametrize(
    "kind", [*MAPPED, *LETTERS_IN_HEAD], ids=lambda k: f"{k.type} {k.standard}"
)
def test_letters_say_the_same_as_line_by_line(
    kind: MessageType, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = [(seed, share) for seed in range(4) for share in (None, 1.0)]
    ours = [written(kind, *one) for one in tries]
    monkeypatch.setattr(Shape, "put", put_line_by_line)

    assert ours == [written(kind, *one) for one in tries]


@dataclass(frozen=True, slots=True)
class Told:
    """A value with a text, a code and a time."""

    text: str | None = None
    code: CS | None = None
    time: str | None = None


SHAPE = Shape(
    (
        Line("text", (Slice("note"), "text"), TEXT),
        Line("text", extension("urn:x", "valueString"), TEXT),
        Line("code", as_sent("3101"), concept("3101")),
        Line("code", (Slice("category"),), concept("3101")),
        Line("time", ("period", "start"), TIME),
        Line("missing", ("never",), TEXT),
    )
)
NODES: list[Json] = [
    {},
    {"note": [], "extension": [], "category": [], "period": {}},
    {"note": [{"text": "old", "time": "2020"}], "category": [{"text": "old"}]},
    {"extension": [{"url": "urn:y", "valueString": "other"}, {"url": "urn:x", "id": "1"}]},
    {"extension": [{"url": "urn:x"}, {"url": "urn:x"}], "period": {"start": "2019", "end": "2020"}},
]


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize(
    "value",
    [
        Told(),
        Told(text="Ord", code=CS(v="1", dn="Mann"), time="2018-01-31T10:00:00"),
        Told(text="  ", code=CS(v=" 1 ", dn=" "), time="24:00"),
        Told(text="", code=CS(), time=""),
        Told(text="Ord", code=CS(v="1"), time="2018"),
    ],
)
def test_a_place_is_filled_or_found_as_its_path_says(value: Told, node: Json) -> None:
    room = Room([], dict, lambda _: None, {})
    one, other = codec_copy(node), codec_copy(node)

    assert put_line_by_line(SHAPE, value, other, room) == SHAPE.put(value, one, room)


def test_what_is_put_twice_shares_nothing_that_grows() -> None:
    room = Room([], dict, lambda _: None, {})
    value = Told(code=CS(v="1", dn="Mann"))
    first = SHAPE.put(value, {}, room)
    first["category"][0]["coding"].append({"code": "2"})
    first["extension"][0]["more"] = True

    again = SHAPE.put(value, {}, room)
    assert len(again["category"][0]["coding"]) == 1
    assert "more" not in again["extension"][0]


def codec_copy(node: Json) -> Json:
    """A tree → another that is the same."""
    return {
        k: [codec_copy(v) for v in held]
        if isinstance(held, list)
        else codec_copy(held)
        if isinstance(held, dict)
        else held
        for k, held in node.items()
    }
