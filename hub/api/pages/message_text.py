"""One message as people read it, and its attachments as files to save."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from hub.api.pages.visit import Visit
from hub.emessage import xml
from hub.emessage.attached_documents import ATTACHMENT_TYPES
from hub.emessage.large_text import LargeText, parse_cut
from hub.emessage.page.attachments import Found, find_attachments
from hub.emessage.page.message import read_page
from hub.flows.tell_message import raw_of, tell_message
from hub.html import Html, el, join, link
from hub.problems import HubError

_UNKNOWN_TYPE: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class File:
    """Bytes to be saved. Shape: `parts` are given once; `headers` say their number, their name, and that nothing in them is to be run."""

    parts: Iterator[bytes]
    size: int
    media_type: str
    name: str

    @property
    def headers(self) -> dict[str, str]:
        """The headers that go with the bytes; a browser saves them and opens nothing."""
        plain = self.name.encode("ascii", "replace").decode().replace("?", "_")
        told = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(self.name, safe='')}"
        return {"content-disposition": told, "content-length": str(self.size)}


def message_text(visit: Visit, name: str) -> tuple[str, Html] | None:
    """Our id or a claim id → title and page of what the message says, None when there is none."""
    told = tell_message(visit.unit, visit.tenant_id, name)
    if told is None:
        return None
    visit.note(told.line.patient_id or None)
    here = f"/messages/{quote(told.line.id, safe='')}"

    def address(one: Found) -> str:
        return f"{here}/attachments/{one.number}"

    shown = read_page(raw_of(visit.unit, visit.tenant_id, name), address)
    back = el("p", link("Hva som har skjedd med meldingen", here), class_="technical")
    return shown.title, join(shown.content, back)


def attachment(visit: Visit, name: str, number: int) -> File | None:
    """A message and the place of an attachment in it → the file, None when there is none."""
    told = tell_message(visit.unit, visit.tenant_id, name)
    if told is None:
        return None
    try:
        root, large = parse_cut(raw_of(visit.unit, visit.tenant_id, name))
    except HubError:
        return None
    found = next(
        (each for each in find_attachments(xml.to_node(root), large) if each.number == number), None
    )
    held = _held(found) if found is not None else None
    if found is None or held is None:
        return None
    visit.note(told.line.patient_id or None)
    known = found.mime_type in ATTACHMENT_TYPES
    return File(*held, found.mime_type if known else _UNKNOWN_TYPE, found.name)


def _held(found: Found) -> tuple[Iterator[bytes], int] | None:
    """An attachment → its bytes in parts, a large one's made only as they are sent, and how many; None when they cannot be made out."""
    if isinstance(found.held, LargeText):
        return found.held.decoded(), found.held.size
    data = found.data
    return None if data is None else (iter((data,)), len(data))
