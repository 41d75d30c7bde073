"""What the flow of messages must know of any payload, whichever codec reads it: its place in a series, and whether it is urgent.

Read leniently by local names, like the envelope, so that it holds for messages whose content is not read as well.
Source: plo.md §3 (7309, TidsfestetHendelse), epikrise-henvisning.md (ServType, ServProvId, Id, DocumentId, Priority).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, cast

import msgspec

from hub.emessage import namespaces as ns
from hub.emessage.simple_types import collapse
from hub.emessage.xml import Element, local_name, namespace

_EMERGENCY: Final = "0"
_REFERRALS: Final = frozenset((ns.HENVISNING_1_0, ns.HENVISNING_1_1, ns.HENVISNING_2_0))
_BODIES: Final = ("ServRprt", "ServReq")
# Only a message whose whole content is its events can be told by them; a report repeats those of others.
_LOGISTICS: Final = "Pasientlogistikk"


class Handling(msgspec.Struct, frozen=True):
    """How a message is to be handled, beside who sent it to whom.

    Shape: `status` is the code of list 7309 as sent, "" when the message has none; `document_id` is the same over a series
    (ServProvId, ServReq/Id, DocumentId); `events` are (code of list 9121, time) of a logistics message;
    `emergency` is a referral with priority 0.
    """

    status: str = ""
    document_id: str = ""
    events: frozenset[tuple[str, str]] = frozenset()
    emergency: bool = False


NO_HANDLING: Final = Handling()


def read_handling(payload: Element | None) -> Handling:
    """The payload of a MsgHead, or the root of a Message → its Handling; what is not there is empty."""
    if payload is None:
        return NO_HANDLING
    parts = _children(payload)
    inner = next((parts[name] for name in _BODIES if name in parts), None)
    body = parts if inner is None else _children(inner)
    shipment = _children(parts.get("InformasjonOmForsendelsen"))
    status = _v(shipment.get("Forsendelsesstatus")) or _v(body.get("ServType"))
    names = ("DocumentId",) if inner is None else ("ServProvId", "Id")
    found = (_text(body.get(name)) for name in names)
    return Handling(
        status,
        next((text for text in found if text), ""),
        frozenset(_events(payload)) if local_name(payload.tag) == _LOGISTICS else frozenset(),
        namespace(payload.tag) in _REFERRALS
        and _v(_child(body.get("ReqServ"), "Priority")) == _EMERGENCY,
    )


def handling_of(payload: object, tag: str) -> Handling:
    """A payload as a codec read it, and its tag → its Handling, as `read_handling` finds it in the same document."""
    inner = _part(payload, "serv_rprt") or _part(payload, "serv_req")
    body = payload if inner is None else inner
    status = _part(_part(payload, "informasjon_om_forsendelsen"), "forsendelsesstatus")
    names = ("document_id",) if inner is None else ("serv_prov_id", "id")
    found = ((_part(body, name) or "").strip() for name in names)
    return Handling(
        _code(status) or _code(_part(body, "serv_type")),
        next((text for text in found if text), ""),
        frozenset(_told_events(payload)) if local_name(tag) == _LOGISTICS else frozenset(),
        namespace(tag) in _REFERRALS
        and _code(_part(_part(body, "req_serv"), "priority")) == _EMERGENCY,
    )


def _part(value: object, name: str) -> Any:
    return getattr(value, name, None)


def _code(value: Any) -> str:
    """A code or a time that may be missing → what its V says."""
    return (_part(value, "v") or "").strip()


def _told_events(payload: object) -> Iterator[tuple[str, str]]:
    for name in cast("Any", payload).__struct_fields__:
        for part in _each(_part(payload, name)):
            for event in _each(_part(part, "tidsfestet_hendelse")):
                yield _code(event.hendelsekode), _code(event.tidspunkt_for_hendelse)


def _each(value: Any) -> tuple[Any, ...]:
    """What stands in a field → its values, none where it is empty."""
    if value is None:
        return ()
    return cast("tuple[Any, ...]", value) if isinstance(value, tuple) else (value,)


def _children(element: Element | None) -> dict[str, Element]:
    """An element → the first child of each local name."""
    found: dict[str, Element] = {}
    for child in element if element is not None else ():
        found.setdefault(local_name(child.tag), child)
    return found


def _events(payload: Element) -> Iterator[tuple[str, str]]:
    for part in payload:
        for event in part:
            if local_name(event.tag) == "TidsfestetHendelse":
                code = _v(_child(event, "Hendelsekode"))
                yield code, _v(_child(event, "TidspunktForHendelse"))


def _child(element: Element | None, name: str) -> Element | None:
    if element is None:
        return None
    return next((child for child in element if local_name(child.tag) == name), None)


def _v(element: Element | None) -> str:
    if element is None:
        return ""
    return next((collapse(value).strip() for key, value in element.items() if key == "V"), "")


def _text(element: Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""
