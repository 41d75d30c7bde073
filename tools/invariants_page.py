"""The rules of the models → the parts of docs/reference/invariants.md: which invariants of FHIR R4 are tested, and where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from invariant_texts import ELSEWHERE, NOT_TESTED

from hub.fhir.models import RESOURCE_TYPES, rules_for
from hub.fhir.models.invariants import INVARIANTS

Row = tuple[str, ...]


def tested() -> Iterator[Row]:
    """Nothing → (struct, key, text, how) of every rule that the checks of the models run."""
    found: dict[tuple[str, str], Row] = {}
    by_hand = {(struct, rule.key) for struct, rules in INVARIANTS.items() for rule in rules}
    for kind in RESOURCE_TYPES:
        for struct, rule in rules_for(kind).items():
            for each in rule.invariants:
                how = "by hand" if (struct, each.key) in by_hand else "translated"
                found[struct, each.key] = (struct, f"`{each.key}`", each.text, how)
    yield from (found[place] for place in sorted(found, key=_order))


def _order(place: tuple[str, str]) -> tuple[str, str, int]:
    """bdl-2 comes before bdl-10."""
    head, _, number = place[1].partition("-")
    return place[0], head, int("".join(c for c in number if c.isdigit()) or 0)


def elsewhere() -> Iterator[Row]:
    """Nothing → (keys, where) of the rules that are no rule of one struct."""
    places: dict[str, list[str]] = defaultdict(list)
    for key, place in ELSEWHERE.items():
        places[place].append(f"`{key}`")
    yield from ((", ".join(keys), place) for place, keys in sorted(places.items()))


def not_tested() -> Iterator[Row]:
    """Nothing → (key, why)."""
    yield from ((f"`{key}`", why) for key, why in sorted(NOT_TESTED.items()))
