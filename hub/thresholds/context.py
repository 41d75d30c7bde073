"""The context a rule asks for, held against what is known of a value: `when` of a rule, on oxygen, fasting, body site.

Source: dho/thresholds.md §5.1, §4.9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Final, Literal

from hub.thresholds.measurement import ContextValue

Fit = Literal["yes", "no", "unknown"]
Context = Mapping[str, ContextValue]
_ANOTHER: Final = "\0"
"""Stands for every text that no rule names."""
_MOST_WORLDS: Final = 256


def fit(when: Context, context: Context) -> Fit:
    """What a rule asks for and what is known → whether the rule applies."""
    known = {key: context[key] for key in when if context.get(key) is not None}
    if any(when[key] != value for key, value in known.items()):
        return "no"
    return "yes" if len(known) == len(when) else "unknown"


def covers(whens: Sequence[Context], context: Context) -> bool:
    """What several rules ask for and what is known → whether one of them applies whatever the rest of the context is.

    Too many possibilities count as not covered: the milder answer is never the one that is assumed.
    """
    open_keys = sorted({key for when in whens for key in when if context.get(key) is None})
    choices = [_choices([when[key] for when in whens if key in when]) for key in open_keys]
    if prod(len(found) for found in choices) > _MOST_WORLDS:
        return False
    worlds = (
        {**context, **dict(zip(open_keys, found, strict=True))} for found in product(*choices)
    )
    return all(any(fit(when, world) == "yes" for when in whens) for world in worlds)


def _choices(named: Sequence[ContextValue]) -> list[ContextValue]:
    """The values rules name for a key → those it may have: a yes or no has two, a text always one more."""
    texts = list(dict.fromkeys(value for value in named if not isinstance(value, bool)))
    if not texts:
        return [True, False]
    return [*texts, _ANOTHER, *dict.fromkeys(value for value in named if isinstance(value, bool))]
