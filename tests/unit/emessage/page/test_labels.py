"""Every element that a codec knows has a Norwegian name, and no two in one block have the same."""

from __future__ import annotations

from collections.abc import Iterator

from hub.emessage import datatypes
from hub.emessage.apprec import EDITIONS, AppRec
from hub.emessage.message_types import MESSAGE_TYPES
from hub.emessage.msghead import MsgHead
from hub.emessage.page.labels import LABELS, LABELS_IN, label_of
from hub.emessage.table import SELF, Edition, Simple, Special, Table, table_of

VALUES = {datatypes.CS, datatypes.CV, datatypes.TS, datatypes.PQ, datatypes.BL, datatypes.URL}


def tables(cls: type, edition: Edition | None, seen: set[type]) -> Iterator[Table]:
    """A class and its edition → the tables that are reached from it."""
    if cls in seen or cls in VALUES:
        return
    seen.add(cls)
    found = table_of(cls, edition)
    yield found
    for field in found.fields:
        for _, kind in field.kinds:
            if kind is not SELF and not isinstance(kind, Simple | Special):
                yield from tables(kind, edition, seen)


def all_tables() -> list[Table]:
    roots: list[tuple[type, Edition | None]] = [(MsgHead, None), (AppRec, EDITIONS["1.0"])]
    roots += [(row.payload, row.edition) for row in MESSAGE_TYPES if row.payload is not None]
    return [table for cls, edition in dict.fromkeys(roots) for table in tables(cls, edition, set())]


def test_every_element_and_attribute_has_a_name() -> None:
    nameless = {
        name
        for table in all_tables()
        for field in table.fields
        for name, _ in field.kinds
        if name not in LABELS and (table.cls.__name__, name) not in LABELS_IN
    }

    assert set() == nameless


def test_no_two_elements_of_one_block_have_the_same_name() -> None:
    for table in all_tables():
        names = {name for field in table.fields for name, _ in field.kinds}
        labels = {label_of(table.cls.__name__, name) for name in names}

        assert len(names) == len(labels), table.cls.__name__


def test_no_name_is_for_an_element_that_does_not_exist() -> None:
    known = {name for table in all_tables() for field in table.fields for name, _ in field.kinds}
    placed = {
        (table.cls.__name__, name)
        for table in all_tables()
        for field in table.fields
        for name, _ in field.kinds
    }

    assert set() == set(LABELS) - known
    assert set() == set(LABELS_IN) - placed
