"""The table of limits names every limit once, with a default inside its range."""

from __future__ import annotations

from dataclasses import fields

from hub.limits import DEFAULTS, TABLE, Limits


def test_every_limit_has_one_row_and_a_default_within_its_range() -> None:
    assert [row.field for row in TABLE] == [each.name for each in fields(Limits)]
    assert len({row.setting for row in TABLE}) == len(TABLE)
    for row in TABLE:
        assert row.low <= DEFAULTS[row.field] <= row.high, row.setting
