"""What one arrival changed, as record.py finds it and merge.py turns it into alerts.

Source: dho/thresholds.md §7.5, §8.2, §9.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from hub.thresholds.judgement import Firing, Judgement

FiringKey = tuple[str, str]
"""(observation or slot, rule): one firing of the newest version."""


class Shift(Struct, frozen=True):
    """What one arrival changed.

    Shape: `before` and `after` hold the judgements that may differ, by observation; `own` are the observations the arrival
    is a version of; `later` are the values after a firing that may resolve itself (§7.5); the slots are firings of rule kind `missing` that came or went, by (slot, rule).
    """

    own: frozenset[str]
    before: Mapping[str, Judgement]
    after: Mapping[str, Judgement]
    later: Mapping[str, Judgement] = {}
    slots_before: Mapping[FiringKey, Firing] = {}
    slots_after: Mapping[FiringKey, Firing] = {}
