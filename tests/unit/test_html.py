"""Whatever text goes into an element comes out as text, in its own order, in a document that can be read."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from hub.html import el

TURNING = "\u061c\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("turn", TURNING)
def test_what_turns_the_order_of_digits_around_is_shown_by_its_name(turn: str) -> None:
    shown = ET.fromstring(el("p", f"Gi {turn}05 mg", title=f"{turn}fdp.exe").text)

    assert f"Gi [U+{ord(turn):04X}]05 mg" == shown.text
    assert f"[U+{ord(turn):04X}]fdp.exe" == shown.get("title")


@pytest.mark.parametrize("odd", ["\x00", "\x01", "\x0b", "\x1b", "\ufffe", "\uffff", "\ud800"])
def test_what_no_document_may_hold_is_shown_as_unknown(odd: str) -> None:
    shown = ET.fromstring(el("p", f"a{odd}b", title=odd).text)

    assert ("a\ufffdb", "\ufffd") == (shown.text, shown.get("title"))


@pytest.mark.parametrize(
    "text",
    ["]]><script>x</script>", "'\"><b>", "&amp;", "a\tb\nc", "Ærø – 😀", "\u200e12\u00a0kg", "x" * 9999],
)  # fmt: skip
def test_every_other_text_stays_as_it_is(text: str) -> None:
    shown = ET.fromstring(el("p", text, class_="x").text)

    assert text == "".join(shown.itertext())
    assert [] == list(shown)
