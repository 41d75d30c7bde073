"""Messages as lines for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec

from hub.flows.list_messages import MessageLine
from hub.flows.tell_message import Told

_LOCAL = ZoneInfo("Europe/Oslo")
_CAMEL = re.compile(r"_([a-z])")
_ARROWS = {"in": "in ", "out": "out", "job": "job"}


def render_line(line: MessageLine) -> str:
    """A line of the list → one line of text, of columns first and what varies last."""
    parties = f"{line.sender_her or '?'} > {line.receiver_her or '?'}"
    return "  ".join(
        (
            render_time(line.at),
            _ARROWS[line.direction],
            f"{line.type or '?':<22}",
            f"{'' if line.direction == 'job' else parties:<19}",
            f"{line.state:<14}",
            line.id,
            "  ".join(filter(None, (line.about and f"for {line.about}", line.reason))),
        )
    ).rstrip()


def render_told(told: Told) -> Iterator[str]:
    """All that is known of a message → lines."""
    line = told.line
    yield f"{line.type or 'unknown type'}, {'received' if line.direction == 'in' else 'sent'}, {line.state}"
    rows = (
        ("id", line.id),
        ("MsgId", line.msg_id),
        ("from", line.sender_her and f"HER {line.sender_her}"),
        ("to", line.receiver_her and f"HER {line.receiver_her}"),
        ("for", line.about),
        ("reason", line.reason),
        ("patient", line.patient_id and f"Patient/{line.patient_id}"),
        ("file", told.name),
        ("bytes", f"{told.size}, SHA-256 {told.sha256}"),
    )
    for name, text in rows:
        if text:
            yield f"  {name:<9} {text}"
    for step in told.steps:
        yield f"  {render_time(step.at)}  {step.what}  {step.evidence}".rstrip()
    for place in told.resources:
        yield f"  made      {place}"


def render_json(value: object) -> str:
    """A line or all that is known of a message → JSON, with names as FHIR writes them."""
    return msgspec.json.encode(_camel(msgspec.to_builtins(value))).decode()


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {_CAMEL.sub(lambda m: m[1].upper(), k): _camel(v) for k, v in members.items()}
    if isinstance(value, list | tuple):
        return [_camel(each) for each in cast("list[Any]", value)]
    return value


def render_time(at: datetime) -> str:
    """An instant → Norwegian time to the second."""
    return f"{at.astimezone(_LOCAL):%Y-%m-%d %H:%M:%S}"
