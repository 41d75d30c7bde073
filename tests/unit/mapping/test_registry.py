from __future__ import annotations

from hub.emessage.message_types import MESSAGE_TYPES
from hub.mapping.registry import MAPPERS, find_mapper


def test_every_type_that_is_received_has_a_mapper() -> None:
    received = {(row.type, row.namespace) for row in MESSAGE_TYPES if row.receives}

    assert set() == {key for key in received if find_mapper(*key) is None}


def test_a_mapper_without_a_type_that_is_received_is_dead() -> None:
    received = {(row.type, row.namespace) for row in MESSAGE_TYPES if row.receives}

    assert set() == set(MAPPERS) - received
