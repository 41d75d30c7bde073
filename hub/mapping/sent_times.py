"""Times of e-messages → FHIR times that can be written again as they were sent.

A FHIR time holds the moment; what it cannot hold of the sender's writing (the zone of a date, a clock without a day, the
hour 24) stands beside it. Norwegian local time without a zone needs nothing beside it: so it is written back.
Source: kith.xsd (TS), W3C XML Schema part 2; http://hl7.org/fhir/R4/datatypes.html#dateTime.
"""

from __future__ import annotations

from hub.emessage.datatypes import TS
from hub.fhir.models.r4.datatypes import Element, Extension, Period
from hub.mapping.codes import NOTHING_SAID, content
from hub.mapping.message_urls import END_AS_SENT, TIME_AS_SENT
from hub.mapping.times import is_before, lexical_time, to_date, to_date_time

Sent = tuple[str | None, Element | None]
"""A FHIR time and what stands beside it."""


def sent_time(text: str | None) -> Sent:
    """A lexical time → FHIR dateTime, and what must stand beside it for the time to be written as it was sent."""
    if text is None:
        return None, None
    value = to_date_time(text)
    return value, None if lexical_time(value) == text else _time_as_sent(text)


def sent_date(text: str | None) -> Sent:
    """A lexical date → FHIR date, and what must stand beside it for the date to be written as it was sent."""
    if text is None:
        return None, None
    value = to_date(text)
    return value, None if value == text else _time_as_sent(text)


def sent_point(value: TS | None) -> Sent:
    """A TS → FHIR dateTime and what stands beside it; an element without a time says so."""
    if value is None:
        return None, None
    return (None, Element(extension=NOTHING_SAID)) if value.v is None else sent_time(value.v)


def _time_as_sent(text: str) -> Element | None:
    said = content(text)
    return Element(extension=(Extension(url=TIME_AS_SENT, valueString=said),)) if said else None


def sent_period(start: Sent, end: Sent) -> Period | None:
    """Two times with what stands beside them → Period, or None when there is neither; per-1 as in `codes.period_of`."""
    if start == (None, None) and end == (None, None):
        return None
    if start[0] and end[0] and is_before(end[0], start[0]):
        early = Extension(url=END_AS_SENT, valueDateTime=end[0], valueDateTime_ext=end[1])
        return Period(start=start[0], start_ext=start[1], extension=(early,))
    return Period(start=start[0], start_ext=start[1], end=end[0], end_ext=end[1])
