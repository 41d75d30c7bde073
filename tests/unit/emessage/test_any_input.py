"""Whatever comes in, nothing but a HubError comes out: random bytes, random trees of our own vocabulary, broken messages."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.emessage import table, xml_write
from hub.emessage.apprec import AppRec
from hub.emessage.message_types import MESSAGE_TYPES, MessageType
from hub.emessage.msghead import MsgHead
from hub.emessage.read import read_message
from hub.emessage.table import SELF, Edition
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse
from hub.emessage.xml import Node
from hub.problems import HubError

GOLDEN = Path(__file__).parents[2] / "golden" / "emessage"
MESSAGES = sorted(GOLDEN.glob("*/*/*/message.xml"))
LAW = settings(max_examples=150, deadline=None)
SEEDS = st.integers(0, 2**32)
CODECS: list[tuple[Any, Edition | None]] = [
    (MsgHead, None),
    (AppRec, None),
    *{(row.payload, row.edition): None for row in MESSAGE_TYPES if row.payload is not None},
]
TEXTS = (
    "",
    " ",
    "x",
    "1",
    "true",
    "2026-01-31",
    "2026-13-01",
    "N",
    "æøå",
    "\n ",
    "]]>",
    "&",
    "A" * 300,
)


def everything(_: MessageType) -> bool:
    return True


def parts_of(cls: type, edition: Edition | None, seen: set[type]) -> Iterator[tuple[str, bool]]:
    """A class → the tags of its elements and attributes all the way down, and whether each is an attribute."""
    if cls in seen:
        return
    seen.add(cls)
    lines = table.table_of(cls, edition)
    yield lines.tag, False
    for field in lines.fields:
        for name, kind in field.kinds:
            yield table.field_tag(field, name), field.is_attribute
            if kind is not SELF and isinstance(kind, type):
                yield from parts_of(kind, edition, seen)


@cache
def vocabulary(cls: type, edition: Edition | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    parts = sorted(set(parts_of(cls, edition, set())))
    return tuple(t for t, named in parts if not named), tuple(t for t, named in parts if named)


def tree(rng: Random, tag: str, words: tuple[tuple[str, ...], tuple[str, ...]], depth: int) -> Node:
    """A random element with random parts, all of them known somewhere in the message."""
    tags, names = words
    chosen = rng.sample(names, min(len(names), rng.randrange(3)))
    content: list[Node | str] = []
    for _ in range(rng.randrange(5) if depth else 0):
        content.append(tree(rng, rng.choice(tags), words, depth - 1))
        if rng.random() < 0.2:
            content.append(rng.choice(TEXTS))
    if not content:
        content.append(rng.choice(TEXTS))
    return Node(tag, tuple((name, rng.choice(TEXTS)) for name in chosen), tuple(content))


def read_or_told(data: bytes, cls: Any, edition: Edition | None) -> tuple[Any, list[str]]:
    """A document → its value, or where its problems are."""
    try:
        return parse(data, cls, edition), []
    except HubError as error:
        return None, [problem.where for problem in error.problems]


@given(st.binary(max_size=400))
@LAW
def test_random_bytes_are_told_as_problems(data: bytes) -> None:
    assert read_message(data, everything).fatal


@given(SEEDS, st.sampled_from(MESSAGES))
@LAW
def test_a_message_with_broken_bytes_is_read_or_told_as_problems(seed: int, path: Path) -> None:
    rng = Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice((1, 3, 20))):
        at = rng.randrange(len(data))
        if rng.random() < 0.5:
            data[at] = rng.randrange(256)
        else:
            del data[at : at + rng.randrange(60)]

    assert read_message(bytes(data), everything).root in {"MsgHead", "Message", "AppRec", ""}


@pytest.mark.parametrize(
    ("cls", "edition"),
    CODECS,
    ids=lambda part: getattr(part, "__name__", getattr(part, "name", "")),
)
def test_a_random_tree_is_read_or_refused_with_a_place(cls: Any, edition: Edition | None) -> None:
    @given(SEEDS)
    @settings(LAW, max_examples=40)
    def law(seed: int) -> None:
        root = tree(Random(seed), table.tag_of(cls, edition), vocabulary(cls, edition), 4)
        data = xml_write.render(root)
        assert read_message(data, everything).root in {"MsgHead", "Message", "AppRec", ""}
        value, places = read_or_told(data, cls, edition)
        assert all(places)
        assert value is None or value == parse(render(value, edition), cls, edition)

    law()


@pytest.mark.parametrize("cls", [MsgHead, AppRec], ids=lambda cls: cls.__name__)
def test_a_value_of_the_wrong_parts_is_never_written(cls: Any) -> None:
    @given(SEEDS)
    @settings(LAW, max_examples=60)
    def law(seed: int) -> None:
        rng = Random(seed)
        wrong = (None, (), "", "x", 7, True, object(), b"x", ("x",), (None,), 1.5, {})
        value = cls(**{field.name: rng.choice(wrong) for field in table.table_of(cls).fields})
        with pytest.raises(HubError):
            render(value)

    law()
