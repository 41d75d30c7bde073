"""Results of examinations (ResultItem) ↔ Observation.

Source: Epikrise-v1.2.xsd, Henvisning-v1.1.xsd and Henvisning-v2.0.xsd (ResultItem), lists 7280, 7309, 8231.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, cast

from hub.emessage.table import table_of
from hub.mapping.letter.coded import CODED
from hub.mapping.letter.text import choose, has_markup, to_narrative, words_of
from hub.mapping.letter.urls import (
    BOUND,
    HIGH_BELOW_LOW,
    RESULT_CODE,
    RESULT_DIAGNOSIS,
    RESULT_HEADING,
    SPECIFICATION,
)
from hub.mapping.two_way import (
    Json,
    Leaf,
    Line,
    Room,
    Shape,
    Slice,
    extension,
    filled,
    get_all,
    get_at,
    kinds_of,
    put_leaf,
)
from hub.mapping.two_way_codes import CONCEPT, as_sent, code, concept
from hub.mapping.two_way_extension import at
from hub.mapping.two_way_values import QUANTITY, TEXT, TIME, unleaf
from hub.mapping.urls import OBSERVATION_CATEGORY

_COMPARATORS: Final = {"LT": "<", "LE": "<=", "GE": ">=", "GT": ">"}
_ITEM: Final = Shape(
    (
        Line("serv_type", as_sent("7309"), concept("7309")),
        Line("inv_date", ("effectiveDateTime",), TIME),
        Line("comment", (Slice("note"), "text"), TEXT),
        Line("dev_result_ind", (Slice("interpretation"),), concept("")),
        Line("diag_comment", extension(RESULT_DIAGNOSIS, "valueCodeableConcept"), CODED),
    )
)
_TEXT: Final = Shape(
    (Line("heading", extension(RESULT_HEADING, "valueCodeableConcept"), code("8231")),)
)
_NUMBER: Final = Shape(
    (
        Line("num_result_value", (), QUANTITY),
        Line("arithmetic_comp", extension(BOUND, "valueCodeableConcept"), concept("")),
    )
)


def put_result(item: Any, room: Room) -> Json:
    """A ResultItem → Observation without its subject."""
    node: Json = {
        "resourceType": "Observation",
        "status": "final",
        "category": [_category()],
        "code": CONCEPT.put(item.clin_inv.id, room),
    }
    for one in item.clin_inv.spec:
        part = {"url": SPECIFICATION, "valueCodeableConcept": CONCEPT.put(one, room)}
        node.setdefault("extension", []).append(part)
    _ITEM.put(item, node, room)
    if item.text_result is not None:
        _put_text(item.text_result.result, node, room)
    elif item.num_result is not None:
        node["valueQuantity"] = _put_number(item.num_result, room)
    elif item.interval is not None:
        node["valueRange"] = _put_interval(item.interval, room)
    else:
        put_leaf(node, "valueDateTime", TIME.put(item.date_result.date_result_value, room))
    return node


def _category() -> Json:
    return {
        "coding": [{"system": OBSERVATION_CATEGORY, "code": "laboratory", "display": "Laboratory"}]
    }


def _put_text(result: Any, node: Json, room: Room) -> None:
    if result is None:
        return
    _TEXT.put(result, node, room)
    value = result.text_result_value
    if value is not None and (words := words_of(value)).strip():
        put_leaf(node, "valueString", Leaf(words))
        if has_markup(value):
            node["text"] = to_narrative(value)
    held: Any = result.text_code
    codes = cast("tuple[Any, ...]", held) if isinstance(held, tuple) else (held,)
    for one in (c for c in codes if c is not None):
        part = {"url": RESULT_CODE, "valueCodeableConcept": CONCEPT.put(one, room)}
        node.setdefault("extension", []).append(part)


def _put_number(result: Any, room: Room) -> Json:
    node = _NUMBER.put(result, {}, room)
    sign = result.arithmetic_comp
    if sign is not None and sign.v in _COMPARATORS:
        node["comparator"] = _COMPARATORS[sign.v]
    return node


def _put_interval(interval: Any, room: Room) -> Json:
    parts = {
        name: QUANTITY.put(q, room)
        for name in ("low", "high")
        if (q := getattr(interval, name)) is not None
    }
    low, high = (parts.get(name, {}).get("value") for name in ("low", "high"))
    if isinstance(low, Decimal) and isinstance(high, Decimal) and low > high:
        # rng-2: what is no range is kept beside
        return {
            "low": parts["low"],
            "extension": [{"url": HIGH_BELOW_LOW, "valueQuantity": parts["high"]}],
        }
    return parts


def get_result(node: Json, room: Room, cls: type) -> Any:
    """Observation → a ResultItem."""
    kinds = kinds_of(cls)
    found = _ITEM.get(node, room, cls)
    found["clin_inv"] = filled(
        kinds["clin_inv"],
        {
            "id": CONCEPT.get(node.get("code") or {}, room, kinds_of(kinds["clin_inv"])["id"]),
            "spec": _concepts(node, SPECIFICATION, room),
        },
    )
    if "valueQuantity" in node:
        found["num_result"] = filled(
            kinds["num_result"], _NUMBER.get(node["valueQuantity"], room, kinds["num_result"])
        )
    elif "valueRange" in node:
        found["interval"] = _get_interval(node["valueRange"], room, kinds["interval"])
    elif (here := get_at(node, ("valueDateTime",))) is not None:
        inner = kinds["date_result"]
        value = TIME.get(here, room, kinds_of(inner)["date_result_value"])
        found["date_result"] = inner(date_result_value=value)
    else:
        found["text_result"] = _get_text(node, room, kinds["text_result"])
    return filled(cls, found)


def _concepts(node: Json, url: str, room: Room) -> tuple[Any, ...]:
    told = (CONCEPT.get(e["valueCodeableConcept"], room, None) for e in get_all(node, at(url)))
    return tuple(t for t in told if t is not None)


def _get_text(node: Json, room: Room, cls: type) -> Any:
    inner = kinds_of(cls)["result"]
    kinds = kinds_of(inner)
    found = _TEXT.get(node, room, inner)
    here = get_at(node, ("valueString",))
    words = unleaf(here, str, str) if here is not None else None
    value = choose(words, node.get("text"), kinds["text_result_value"])
    if value is not None:
        found["text_result_value"] = value
    codes = _concepts(node, RESULT_CODE, room)
    if codes:
        found["text_code"] = codes if _is_many(inner, "text_code") else codes[0]
    return cls(result=filled(inner, found) if found else None)


def _is_many(cls: type, name: str) -> bool:
    return any(line.many for line in table_of(cls).fields if line.name == name)


def _get_interval(node: Json, room: Room, cls: type) -> Any:
    parts = {name: QUANTITY.get(node[name], room, None) for name in ("low", "high") if name in node}
    odd = get_at(node, extension(HIGH_BELOW_LOW, "valueQuantity"))
    if odd is not None and "high" not in parts:
        parts["high"] = QUANTITY.get(odd, room, None)
    return filled(cls, parts)
