"""Rules of every kind, as a plan may hold them: for the laws of carriage and of the engine."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from hub.thresholds.measures import COMPONENTS, MEASURES
from hub.thresholds.plan import AutoResolve, Band, Escalate, Part, Rule, Where
from hub.thresholds.rule_fields import FIELDS, KIND_FIELDS
from hub.thresholds.spans import Span

names = st.text("abcdefghijkæøå-_0123456789.", min_size=1, max_size=12)
numbers = st.decimals("-1000", "1000", places=2)
zones: Any = st.sampled_from(["red", "yellow", "green", "black"])
alerting: Any = st.sampled_from(["red", "yellow"])
spans = st.builds(
    Span, st.integers(0, 12), st.integers(0, 90), st.sampled_from([0, 1, 60, 3600, 86400, 90061])
)
bands = st.lists(
    st.builds(Band, zones, gt=st.none() | numbers, lt=st.none() | numbers), min_size=1, max_size=4
).map(tuple)
wheres = st.builds(Where, ge=numbers, lt=st.none() | numbers)
VALUES: dict[str, Any] = {
    "text": names,
    "integer": st.integers(1, 30),
    "decimal": numbers,
    "flag": st.booleans(),
    "span": spans,
    "texts": st.lists(names, min_size=1, max_size=4, unique=True).map(tuple),
    "zone": alerting,
    "answers": st.dictionaries(names, zones, min_size=1, max_size=4),
    "ends": wheres,
    "escalate": st.builds(Escalate, st.integers(1, 9), alerting),
    "parts": st.lists(st.builds(Part, names, alerting), min_size=1, max_size=3).map(tuple),
    "percent": st.just(True),
}


@st.composite
def any_rule(draw: Any) -> Rule:
    """A rule of any kind with any of its fields, sound or not."""
    kind = draw(st.sampled_from(sorted(KIND_FIELDS)))
    known = KIND_FIELDS[kind]
    fields: dict[str, Any] = {}
    for name in (*known.required, *known.optional):
        field = FIELDS[name]
        if name in known.required or draw(st.booleans()):
            value = st.sampled_from(field.choices) if field.choices else VALUES[field.type]
            if field.type == "integer" and field.choices:
                value = value.map(int)
            if field.type == "texts" and field.choices:
                value = st.lists(value, min_size=1, unique=True).map(tuple)
            fields[field.attribute] = True if field.type == "percent" else draw(value)
    if known.bands == "one":
        fields["bands"] = draw(bands)
    if known.bands == "panel":
        fields["components"] = draw(st.dictionaries(st.sampled_from(COMPONENTS), bands, min_size=1))
    if known.measure:
        fields["measure"] = draw(st.sampled_from([*MEASURES, "sym:x", "form:y"]))
    if known.unit:
        fields["unit"] = draw(st.sampled_from(["%", "kg", "mm[Hg]"]))
    return Rule(
        draw(names),
        kind,
        quiet=draw(st.none() | st.integers(1, 10**6).map(lambda s: timedelta(seconds=s))),
        auto_resolve=draw(st.none() | st.just(AutoResolve(2, Decimal("0.50")))),
        overridable=draw(st.none() | st.booleans()),
        when=draw(st.just({}) | st.just({"on_oxygen": True, "site": "ear"})),
        **fields,
    )
