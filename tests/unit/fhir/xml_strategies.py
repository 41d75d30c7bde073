"""Random bodies along the models, with everything that JSON and XML write differently; they need not be valid FHIR."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from hub.fhir.models import RESOURCE_TYPES, struct_for
from hub.fhir.models.elements import Element, elements_of

Json = dict[str, Any]
_DEEPEST = 3


class Digits(str):
    """A number as its digits."""

    __slots__ = ()


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r<&>\"' å"),
    min_size=1,
    max_size=12,
)
decimals = st.from_regex(
    r"\A-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,8})?(?:[eE][+-]?[0-9]{1,3})?\Z"
).map(Digits)
integers = st.integers(-(2**31), 2**31 - 1).map(lambda n: Digits(str(n)))
narratives = st.sampled_from(
    [
        '<div xmlns="http://www.w3.org/1999/xhtml">Måling &amp; &lt;svar&gt; &#160;</div>',
        "<div class='a' xmlns='http://www.w3.org/1999/xhtml'><p>a<br/>b<br />\n\tc</p><!-- d --></div>",
        '<div xml:lang="nb" xmlns="http://www.w3.org/1999/xhtml" title="a &gt; b"><div>x</div></div >',
    ]
)


def render(value: Any) -> str:
    """A value → JSON, numbers as their digits."""
    if isinstance(value, Digits):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{render(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(render(v) for v in value) + "]"
    return json.dumps(value)


def plain(body: bytes) -> Any:
    """JSON → values that are equal when not a digit differs."""
    return json.loads(body, parse_float=Digits, parse_int=Digits)


def _primitive(element: Element) -> st.SearchStrategy[Any]:
    if element.kind == "xhtml":
        return narratives
    if element.json_type == "boolean":
        return st.booleans()
    if element.kind == "decimal":
        return decimals
    return integers if element.json_type == "number" else texts


@st.composite
def companions(draw: st.DrawFn, depth: int) -> Json:
    """What stands in a `_name` member."""
    made: Json = {}
    if draw(st.booleans()):
        made["id"] = draw(texts)
    if not made or draw(st.booleans()):
        made["extension"] = [draw(extensions(depth + 1))]
    return made


@st.composite
def extensions(draw: st.DrawFn, depth: int) -> Json:
    """An extension."""
    made: Json = {"url": draw(texts)}
    if depth < _DEEPEST and draw(st.booleans()):
        made["extension"] = [draw(extensions(depth + 1))]
    elif draw(st.booleans()):
        made["valueDecimal"] = draw(decimals)
    else:
        made["_valueCode"] = {"id": "a"}
    return made


@st.composite
def objects(draw: st.DrawFn, struct: Any, depth: int) -> Json:
    """An object of that struct with a few of its members."""
    elements = elements_of(struct)
    names = sorted(n for n in elements if not n.startswith("_"))
    made: Json = {}
    for name in draw(st.lists(st.sampled_from(names), max_size=5, unique=True)):
        element = elements[name]
        if element.struct is not None or element.kind == "Resource":
            if depth >= _DEEPEST:
                continue
            one = resources(depth + 1)
            if element.struct is not None:
                one = objects(element.struct, depth + 1)
            many = st.lists(one, min_size=1, max_size=2)
            made[name] = draw(many if element.many else one)
        elif f"_{name}" not in elements:
            made[name] = draw(_primitive(element))
        elif not element.many:
            which = draw(st.sampled_from(["value", "companion", "both"]))
            if which != "companion":
                made[name] = draw(_primitive(element))
            if which != "value":
                made[f"_{name}"] = draw(companions(depth))
        else:
            pairs = [
                (draw(st.none() | _primitive(element)), draw(st.none() | companions(depth)))
                for _ in range(draw(st.integers(1, 3)))
            ]
            pairs = [pair for pair in pairs if pair != (None, None)] or [
                (draw(_primitive(element)), None)
            ]
            for key, items in ((name, [p[0] for p in pairs]), (f"_{name}", [p[1] for p in pairs])):
                if any(item is not None for item in items):
                    made[key] = items
    return made


@st.composite
def resources(draw: st.DrawFn, depth: int = 0) -> Json:
    """A resource of any type."""
    kind = draw(st.sampled_from(["Bundle", "Parameters", "Patient", "Observation", *_TYPES]))
    return {"resourceType": kind, **draw(objects(struct_for(kind), depth))}


_TYPES = sorted(RESOURCE_TYPES)
