"""Elements as values: text is escaped when it goes in, so that nothing stored can become mark-up.

What turns the order of letters and digits around is shown by its name instead of being obeyed: "05 mg" must not read as "50 mg".
What no document may hold (XML 1.0 §2.2) is shown as U+FFFD. Source: Unicode UAX #9 §2, UTR #36 §2.10.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_VOID: Final = frozenset({"meta", "link", "br", "hr", "img", "input", "line", "circle", "rect"})
_TURNING: Final = "\u061c\u200f\u202a-\u202e\u2066-\u2069"
_ODD: Final = re.compile(f"[{_TURNING}]|[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Html:
    """Mark-up that is ready to be sent; only this module makes it."""

    text: str


Part = Html | str | None
"""What may stand in an element: text is escaped, None is left out."""


def el(
    name: str, /, *parts: Part | Iterable[Part], **attributes: str | float | bool | None
) -> Html:
    """An element's name, parts and attributes → the element.

    Shape: `class_` is written class, other underscores become hyphens; True is an attribute that says its own name, False and
    None leave it out.
    """
    shown = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{shown}/>")
    return Html(f"<{name}{shown}>{join(*parts).text}</{name}>")


def join(*parts: Part | Iterable[Part]) -> Html:
    """Parts → one after the other."""
    return Html("".join(_render(part) for part in parts))


def _render(part: Part | Iterable[Part]) -> str:
    if part is None:
        return ""
    if isinstance(part, Html):
        return part.text
    if isinstance(part, str):
        return _shown(part)
    return "".join(_render(each) for each in part)


def _attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-") if key != "viewBox" else key
    shown = name if value is True else str(value)
    return f' {name}="{_shown(shown)}"'


def _shown(text: str) -> str:
    return escape(_ODD.sub(_named, text))


def _named(found: re.Match[str]) -> str:
    return f"[U+{ord(found[0]):04X}]" if re.match(f"[{_TURNING}]", found[0]) else "\ufffd"


def link(text: str, href: str, **attributes: str) -> Html:
    """A text and where it leads → the link."""
    return el("a", text, href=href, **attributes)


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[Part]], empty: str = "Ingen."
) -> Html:
    """Heads and rows → a table whose first column heads the rows, or a line that says there is nothing."""
    body = [el("tr", [_cell(at, cell, heads[at]) for at, cell in enumerate(row)]) for row in rows]
    if not body:
        return el("p", empty, class_="empty")
    return el(
        "div",
        el(
            "table",
            el("caption", caption),
            el("thead", el("tr", [el("th", head, scope="col") for head in heads])),
            el("tbody", body),
            class_="stack",
        ),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=caption,
    )


def _cell(at: int, cell: Part, head: str) -> Html:
    if at == 0:
        return el("th", cell, scope="row")
    return el("td", cell, data_head=head)
