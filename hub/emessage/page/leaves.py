"""One value of a message → what is shown for it: codes, times, quantities, yes and no, texts.

Whatever was written stands on the page as it was written too: in a `<time>`, `<data>` or `<abbr>` where people see it in
another form.
Source: kith.xsd (CS, CV, TS, PQ, BL, URL); Språkrådet's form of dates and times.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from hub.emessage import datatypes, simple_types
from hub.emessage.datatypes import FORMATTED_TEXT
from hub.emessage.page.formatted import formatted_text
from hub.emessage.page.labels import CODE_LISTS
from hub.emessage.table import Simple
from hub.emessage.xml import WHITESPACE, Node
from hub.html import Html, Part, el, join

Show = Callable[[Node], Html]

_OSLO: Final = ZoneInfo("Europe/Oslo")
_NORWEGIAN_LISTS: Final = "2.16.578.1.12.4.1.1."
_DAY: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(Z|[+-]\d\d:\d\d)?")
_POINT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?"
)
_MONTH: Final = re.compile(r"(\d{4})-(\d\d)")
_YES: Final = {"true": "Ja", "1": "Ja", "false": "Nei", "0": "Nei"}
_SCHEMES: Final = {"tel": "", "mailto": "", "fax": "faks ", "sms": "SMS "}


def text_of(node: Node) -> str:
    """An element → its characters, those of what stands in it too."""
    return "".join(part if isinstance(part, str) else text_of(part) for part in node.content)


def attribute(node: Node, name: str) -> str:
    """An element and an attribute's name → its value, "" when it is not there."""
    return dict(node.attributes).get(name, "")


def plain(text: str) -> Html:
    """A text → the same, its line breaks kept."""
    if "\n" in text.strip(WHITESPACE):
        return el("p", text.strip("\r\n"), class_="text")
    return el("span", text)


def day_or_time(text: str) -> Html:
    """A date, time or both as XML writes it → as Norwegians write it, in Norwegian time where the zone is told."""
    return el("time", _written(text.strip(WHITESPACE)), datetime=text)


def _written(text: str) -> str:
    if found := _POINT.fullmatch(text):
        year, month, day, clock, seconds, zone = found.groups()
        if zone:
            try:
                local = datetime.fromisoformat(text).astimezone(_OSLO)
            except (ValueError, OverflowError):
                return text
            year, month, day, clock = f"{local:%Y}", f"{local:%m}", f"{local:%d}", f"{local:%H:%M}"
        tail = f":{seconds}" if seconds and seconds != "00" else ""
        return f"{day}.{month}.{year} kl. {clock}{tail}"
    if found := _DAY.fullmatch(text):
        year, month, day, _ = found.groups()
        return f"{day}.{month}.{year}"
    if found := _MONTH.fullmatch(text):
        return f"{found[2]}.{found[1]}"
    return text


def yes_or_no(text: str) -> Html:
    """A boolean as XML writes it → Ja or Nei."""
    return el("data", _YES.get(text.strip(WHITESPACE), text), value=text)


def _code(node: Node) -> Html:
    """A coded value: what it says first, then the code and the list it is from."""
    value, name, free, system = (attribute(node, each) for each in ("V", "DN", "OT", "S"))
    told = [part for part in (name, free) if part]
    code = el("span", "(", _place(value, system), ")", class_="code") if told else None
    if not told:
        return el("span", _place(value, system) if value or system else "(uten innhold)")
    return el(
        "span",
        " – ".join(told),
        " " if value or system else None,
        code if value or system else None,
    )


def _place(value: str, system: str) -> Html:
    if not system:
        return join(value)
    known = CODE_LISTS.get(system)
    short = known or system.removeprefix(_NORWEGIAN_LISTS)
    shown: Part = system if short == system else el("abbr", short, title=system)
    return join(value, " i " if value else None, None if known else "kodeverk ", shown)


def _point(node: Node) -> Html:
    return day_or_time(attribute(node, "V"))


def _quantity(node: Node) -> Html:
    value, unit = attribute(node, "V"), attribute(node, "U")
    return el("data", f"{value.replace('.', ',')} {unit}".strip(), value=value)


def _truth(node: Node) -> Html:
    return yes_or_no(attribute(node, "V"))


def _address(node: Node) -> Html:
    """An electronic address: told, never a link, for whoever wrote it is not known."""
    value = attribute(node, "V")
    scheme, colon, rest = value.partition(":")
    shown = f"{_SCHEMES[scheme.lower()]}{rest}" if colon and scheme.lower() in _SCHEMES else value
    return el("data", shown, value=value)


_BY_CLASS: Final[dict[type, tuple[frozenset[str], Show]]] = {
    datatypes.CS: (frozenset({"V", "DN"}), _code),
    datatypes.CV: (frozenset({"V", "DN", "OT", "S"}), _code),
    datatypes.TS: (frozenset({"V"}), _point),
    datatypes.PQ: (frozenset({"V", "U"}), _quantity),
    datatypes.BL: (frozenset({"V"}), _truth),
    datatypes.URL: (frozenset({"V"}), _address),
}
_BY_TYPE: Final[dict[str, Callable[[str], Html]]] = {
    simple_types.BOOLEAN.name: yes_or_no,
    simple_types.DATE.name: day_or_time,
    simple_types.DATE_TIME.name: day_or_time,
    simple_types.POINT_IN_TIME.name: day_or_time,
}


def is_leaf(kind: Any) -> bool:
    """The kind of a field → whether it is one value, no block of fields."""
    return kind in _BY_CLASS or isinstance(kind, Simple) or kind is FORMATTED_TEXT


def show_leaf(node: Node, kind: Any) -> Html | None:
    """An element and the kind that its field has → what is shown; None when it holds more than the kind can."""
    if kind in _BY_CLASS:
        known, show = _BY_CLASS[kind]
        return show(node) if not node.content and {n for n, _ in node.attributes} <= known else None
    if kind is FORMATTED_TEXT:
        return formatted_text(node)
    if node.attributes or any(isinstance(part, Node) for part in node.content):
        return None
    return show_text(text_of(node), kind)


def show_text(text: str, kind: Any) -> Html:
    """Characters of a simple type → what is shown for them."""
    return _BY_TYPE.get(kind.name, plain)(text)
