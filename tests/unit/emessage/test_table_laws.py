"""Laws over all message classes: what is written reads back as the same value."""

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.emessage import simple_types as types
from hub.emessage import table, xml
from hub.emessage.apprec import AppRec, parse_app_rec, render_app_rec
from hub.emessage.datatypes import Base64Container, FormattedText, html
from hub.emessage.dialogmelding import Dialogmelding
from hub.emessage.epj import INFORMASJONSKATEGORI
from hub.emessage.message_types import MESSAGE_TYPES, AppRecVersion
from hub.emessage.msghead import MsgHead
from hub.emessage.payloads import CONTENT, Content
from hub.emessage.table import SELF, Edition, Field
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse
from hub.emessage.xmldsig import SIGNATURE

SEEDS = st.integers(0, 2**32)
LAW = settings(max_examples=60, deadline=None)
SAMPLES: dict[object, tuple[object, ...]] = {
    types.TOKEN: ("N", 'æ "&<', ""),
    types.BOOLEAN: (True, False),
    types.DATE_TIME: ("2026-01-31T10:00:00", "2026-01-31T10:00:00.5+01:00"),
    types.YEAR: ("2026", "1999Z"),
    types.POINT_IN_TIME: ("2026", "2026-01", "2026-01-31", "2026-01-31T10:00:00", "10:00:00"),
    types.INTEGER: ("0", "-7", "+007"),
    types.DECIMAL: ("0.50", "-.5", "7."),
    types.DOUBLE: ("94.50", "1e5", "INF"),
    types.OID: ("2.16.578", "1"),
    types.ANY_URI: ("tel:73555555", "", "mailto:a@b.no"),
    INFORMASJONSKATEGORI: ("Cave/allergier", "Legemidler"),
}


def text_of(rng: Random) -> str:
    return "".join(rng.choice("abcæøå <>&\"'\n\r\t0€😀]") for _ in range(rng.randrange(8)))


def simple_of(rng: Random, field: Field, kind: object) -> object:
    # An empty MIGversion reads as its default, so that only the default is drawn.
    settled = field.fixed or field.empty_means
    if settled is not None:
        return settled
    if kind is types.STRING:
        return text_of(rng)
    if kind is types.DATE:
        return str(date(1900, 1, 1) + timedelta(days=rng.randrange(60_000)))
    return rng.choice(SAMPLES[kind])


PLO = {
    (row.payload, row.edition): row.title
    for row in MESSAGE_TYPES
    if row.payload is not None and row.standard.startswith("PLO")
}


def part_of(
    rng: Random, field: Field, owner: type, depth: int, edition: Edition | None = None
) -> object:
    _, kind = rng.choice(field.kinds)
    if isinstance(kind, table.Simple):
        return simple_of(rng, field, kind)
    if kind is CONTENT:
        payload, edition = rng.choice([*PLO, (Dialogmelding, None), (None, None)])
        if payload is None:
            return Content((Base64Container("QUI="),))
        return Content((value_of(rng, payload, depth - 1, edition),), edition)
    if isinstance(kind, table.Special):
        return FormattedText(("før ", html("p", text_of(rng) or "x"), " etter"))
    return value_of(rng, owner if kind is SELF else kind, depth - 1, edition)


def value_of(rng: Random, cls: type, depth: int, edition: Edition | None = None) -> Any:
    lines = table.table_of(cls, edition)
    picked: dict[str, bool] = {}
    for choice in lines.choices:
        winner = rng.choice(choice.fields)
        picked.update({name: name == winner for name in choice.fields})
    filled: dict[str, object] = {}
    for field in lines.fields:
        wanted = picked.get(field.name, bool(field.least) or (depth > 0 and rng.random() < 0.5))
        if wanted and field.kinds[0][1] is not SIGNATURE:
            parts = tuple(
                part_of(rng, field, cls, depth, edition)
                for _ in range(rng.choice((1, 2)) if field.many else 1)
            )
            filled[field.name] = parts if field.many else parts[0]
    return cls(**filled)


@pytest.mark.parametrize(
    ("cls", "edition"),
    [(MsgHead, None), (Dialogmelding, None), *PLO],
    ids=lambda part: getattr(part, "__name__", None) or getattr(part, "name", "current"),
)
def test_what_is_written_reads_back_as_the_same_value(cls: type, edition: Edition | None) -> None:
    @given(SEEDS)
    @settings(LAW, max_examples=60 if cls is MsgHead else 15)
    def law(seed: int) -> None:
        one = value_of(Random(seed), cls, 4, edition)
        data = render(one, edition)
        assert one == parse(data, cls, edition)
        assert xml.canonical(data) == xml.canonical(render(parse(data, cls, edition), edition))

    law()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_receipts_of_both_versions_read_back_as_the_same_value(version: AppRecVersion) -> None:
    @given(SEEDS)
    @LAW
    def law(seed: int) -> None:
        one = value_of(Random(seed), AppRec, 5)
        assert isinstance(one, AppRec)
        assert one == parse_app_rec(xml.parse(render_app_rec(one, version)), version)

    law()
