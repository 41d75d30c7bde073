"""Marked up text is judged while it is written, as it would be judged when written."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.emessage import xml_write
from hub.emessage.namespaces import PO, XHTML
from hub.emessage.xml import Node
from hub.fhir.models.narrative import ok_narrative
from hub.mapping.markup import DIV, to_div
from hub.problems import HubError

_NAMES = st.sampled_from(["p", "td", "b", "br", "img", "script", "P", "x", "div"])
_KEYS = st.sampled_from(["style", "colspan", "href", "onclick", "title", "xmlns", "class"])
_VALUES = st.sampled_from(
    ["2", "color:red", "javascript:x", "https://a.example/", '<"&', "", "a\nb"]
)
_TEXTS = st.sampled_from(["Ord", " ", "", "a < b & c", "\r\n", "\xa0", "</p>"])
_TAGS = st.builds(lambda ns, name: f"{{{ns}}}{name}" if ns else name,
                  st.sampled_from([XHTML, XHTML, XHTML, PO, "", "urn:x"]), _NAMES)  # fmt: skip
_ATTRIBUTES = st.lists(st.tuples(_KEYS, _VALUES), max_size=2).map(tuple)
_NODES = st.recursive(
    st.builds(Node, _TAGS, _ATTRIBUTES, st.just(())),
    lambda inner: st.builds(
        Node, _TAGS, _ATTRIBUTES, st.lists(st.one_of(_TEXTS, inner), max_size=3).map(tuple)
    ),
    max_leaves=6,
)


@example(("\r\n",), ())  # written as a reference, which a narrative may hold
@given(st.lists(st.one_of(_TEXTS, _NODES), max_size=4).map(tuple), _ATTRIBUTES)
def test_a_div_is_taken_and_refused_as_its_whole_text_would_be(
    content: tuple[Node | str, ...], attributes: tuple[tuple[str, str], ...]
):
    outer = Node(DIV, attributes, content)
    written = xml_write.render(outer).decode().partition("\n")[2]

    assert to_div(outer) == (written if ok_narrative(written) else None)


@pytest.mark.parametrize(
    ("inner", "taken"),
    [
        (Node(f"{{{XHTML}}}p", (), ("Ord",)), True),
        (Node(f"{{{XHTML}}}p", (), (" ",)), False),
        (Node(f"{{{XHTML}}}img", (("src", "data:image/png;base64,AA=="), ("alt", "Kurve"))), True),
        (Node(f"{{{XHTML}}}script", (), ("x",)), False),
        (Node(f"{{{XHTML}}}p", (("onclick", "x"),), ("Ord",)), False),
        (Node(f"{{{XHTML}}}p", (("title", "x" * 500),), ("Ord",)), True),
        (Node(f"{{{PO}}}p", (), ("Ord",)), False),
    ],
)
def test_what_a_narrative_may_hold_is_taken_and_nothing_else(inner: Node, taken: bool):
    assert (to_div(Node(DIV, (), (inner,))) is not None) is taken


def test_a_character_that_xml_cannot_carry_is_refused():
    with pytest.raises(HubError):
        to_div(Node(DIV, (), ("Ord\x00",)))


@pytest.mark.parametrize("name", ["del", "s", "strike"])
def test_what_is_struck_out_is_not_told_as_if_it_stood(name: str) -> None:
    struck = Node(f"{{{XHTML}}}{name}", (("class", "x"),), ("Penicillinallergi",))
    told = to_div(Node(DIV, (), ("Obs: ", struck)))
    line = '<span style="text-decoration: line-through">Penicillinallergi</span>'
    assert f'<div xmlns="{XHTML}">Obs: {line}</div>' == told


@pytest.mark.parametrize("name", ["u", "ins", "font"])
def test_a_tag_beside_it_does_not_make_a_power_a_number(name: str) -> None:
    power = Node(f"{{{XHTML}}}sup", (), ("9",))
    told = to_div(Node(DIV, (), ("10", power, Node(f"{{{XHTML}}}{name}", (), ("/L",)))))
    assert told is not None
    assert "10<sup>9</sup><span" in told
