"""FHIR codes, times and texts → those of e-messages: the way back of `codes.py`.

Where FHIR says a thing more coarsely than the sender did, the sender's own word stands beside it as an extension. It
counts while it still means what FHIR says; once the value has been changed in FHIR, the new value is what is written.
Source: emessage/identifiers-and-codes.md; kith.xsd; W3C XML Schema part 2 (date, dateTime).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from hub.emessage.datatypes import CS, CV, TS
from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Element, Extension, Period
from hub.mapping.codes import list_system
from hub.mapping.fhir_parts import extension
from hub.mapping.message_urls import (
    ATC,
    CODE_AS_SENT,
    END_AS_SENT,
    ICPC_2,
    OTHER_TEXT,
    TIME_AS_SENT,
)
from hub.mapping.times import lexical_time, to_date, to_date_time
from hub.mapping.urls import DATA_ABSENT_EXTENSION, LOINC, SNOMED

_OID: Final = "urn:oid:"
# Systems that FHIR knows by a name of their own
_OIDS: Final = {
    ATC: "2.16.578.1.12.4.1.1.7180",
    ICPC_2: "2.16.578.1.12.4.1.1.7170",
    SNOMED: "2.16.840.1.113883.6.96",
    LOINC: "2.16.840.1.113883.6.1",
}
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def oid_of(system: str | None) -> str | None:
    """A code system's URL → its OID as a CV's S holds it, or None when it has none."""
    if system is None:
        return None
    return _OIDS.get(system) or (system.removeprefix(_OID) if system.startswith(_OID) else None)


def _first(value: CodeableConcept | Coding) -> Coding | None:
    if isinstance(value, Coding):
        return value
    return value.coding[0] if value.coding else None


def to_cs(value: CodeableConcept | Coding | None) -> CS | None:
    """A concept → CS, whose list the element implies; None when there is none."""
    if value is None:
        return None
    coding = _first(value)
    text = value.text if isinstance(value, CodeableConcept) else None
    if coding is None:
        return CS(dn=text)
    return CS(v=coding.code, dn=coding.display or text)


def to_cv(value: CodeableConcept | Coding | None) -> CV | None:
    """A concept → CV with its list; words that are not the code's name are OT. None when there is none."""
    if value is None:
        return None
    coding = _first(value)
    other = other_text(value) if isinstance(value, CodeableConcept) else None
    if coding is None:
        return CV(ot=other)
    return CV(v=coding.code, s=oid_of(coding.system), dn=coding.display, ot=other)


def other_text(value: CodeableConcept) -> str | None:
    """A concept → the words beside its code: those kept for it, else a text that is not just the code's name."""
    kept = extension(value.extension, OTHER_TEXT)
    if kept is not None:
        return kept.valueString
    names = {coding.display for coding in value.coding}
    return value.text if value.text not in names else None


def concept_in(extensions: Iterable[Extension], url: str) -> CodeableConcept | None:
    """Extensions → the concept that the first with this URL holds."""
    found = extension(extensions, url)
    return found.valueCodeableConcept if found is not None else None


def sent_code(
    extensions: Iterable[Extension],
    list_number: str,
    value: Any,
    read: Callable[[CS | None], Any],
    codes: dict[Any, CS],
) -> CS | None:
    """A coarse FHIR value and the extensions beside it → the sender's code, or the usual one for the value.

    Shape: `read` is how the sender's code becomes the value; `codes` is the usual code for each value.
    """
    system = list_system(list_number)
    for each in extensions:
        kept = each.valueCodeableConcept if each.url == CODE_AS_SENT else None
        if kept is not None and kept.coding and kept.coding[0].system == system:
            code = to_cs(kept)
            if read(code) == value:
                return code
    return codes.get(value)


def written_time(value: str | None, beside: Element | None) -> str | None:
    """A FHIR dateTime and what stands beside it → the lexical time: as it was sent while it still is that time."""
    sent = _as_sent(beside)
    if sent is not None and to_date_time(sent) == value:
        return sent
    return lexical_time(value)


def written_date(value: str | None, beside: Element | None) -> str | None:
    """A FHIR date and what stands beside it → xs:date; None when it is coarser than a day."""
    sent = _as_sent(beside)
    if sent is not None and to_date(sent) == value:
        return sent
    return value[:10] if value and _DAY.match(value) else None


def to_ts(value: str | None, beside: Element | None) -> TS | None:
    """A FHIR dateTime and what stands beside it → TS; None when there is neither."""
    text = written_time(value, beside)
    if text is not None:
        return TS(v=text)
    absent = beside is not None and extension(beside.extension, DATA_ABSENT_EXTENSION) is not None
    return TS() if absent else None


def period_ends(
    period: Period | None,
) -> tuple[str | None, Element | None, str | None, Element | None]:
    """A Period → start and end, each with what stands beside it; an end before its start is found beside."""
    if period is None:
        return None, None, None, None
    early = extension(period.extension, END_AS_SENT)
    if period.end is None and early is not None:
        return period.start, period.start_ext, early.valueDateTime, early.valueDateTime_ext
    return period.start, period.start_ext, period.end, period.end_ext


def _as_sent(beside: Element | None) -> str | None:
    found = extension(beside.extension, TIME_AS_SENT) if beside is not None else None
    return found.valueString if found is not None else None
