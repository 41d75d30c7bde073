"""What a Composition says in words, and the measurements it lists → journal texts of a PLO message, each in its block.

Shape: a heading of list 9141 belongs to the nurse's part, any other to the medical one; what a message has no place for is
refused, not left out.
Source: plo.md §3 ("Free text sections are epj2:Journaltekst with a heading code"), lists 9141, 9142, 9145.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from hub.emessage.codes.overskrift_medisinsk_9142 import OVERSKRIFT_MEDISINSK
from hub.emessage.datatypes import CV
from hub.emessage.epj import GenereltJournalnotat, Journaltekst
from hub.emessage.plo.components import (
    InfoAndreViktigeOpplysninger,
    InfoFraSykepleier,
    MedisinskfagligeOpplysninger,
    Sykepleierdokumentasjon,
)
from hub.fhir.models.r4.composition import CompositionSection
from hub.fhir.models.r4.observation import Observation
from hub.mapping.both_ways.form import build
from hub.mapping.message_words import MAX_ROWS, clean, left_out, local_clock, to_rows
from hub.mapping.observation_parts import observation_to_measurements
from hub.mapping.plo.journal import name_of, of_text
from hub.mapping.times import oslo
from hub.mapping.urls import VOLVEN
from hub.problems import HubError, Problem, ProblemCode

_NURSING: Final = f"{VOLVEN}9141"
_YEARS: Final = 36_500


@dataclass(frozen=True, slots=True)
class Said:
    """One text. Shape: `nursing`: it stands in the nurse's part."""

    heading: CV | None
    words: str
    nursing: bool = False


def said_in(sections: Iterable[CompositionSection]) -> Iterator[Said]:
    """Sections that are not laid out as a message's own, at any depth → what they say."""
    for section in sections:
        if name_of(section) is not None:
            continue
        words = (of_text(section.text) or "").strip() if section.text is not None else ""
        if words and not (section.text is not None and section.text.status == "empty"):
            coded = section.code.coding[0] if section.code and section.code.coding else None
            yield Said(
                _heading(section, coded), words, coded is not None and coded.system == _NURSING
            )
        yield from said_in(section.section)


def _heading(section: CompositionSection, coded: Any) -> CV | None:
    oid = (coded.system or "").removeprefix("urn:oid:") if coded is not None else ""
    if coded is not None and coded.code and oid and oid != coded.system:
        return CV(v=coded.code, s=oid, dn=coded.display or section.title)
    told = clean(section.title or (section.code.text if section.code else None))
    return CV(ot=told) if told else None


def measured(observations: Sequence[Observation], now: datetime) -> Said | None:
    """Measurements → one text with a line each, newest first; None when there are none."""
    read = [
        (found, "")
        for each in observations
        for found in observation_to_measurements(
            each, resource_id=each.id or "", version=1, received=now
        )
    ]
    rows = to_rows(read, now=now, days=_YEARS)
    lines = [f"{local_clock(r.at, oslo())}: {r.measure} {r.value}" for r in rows[:MAX_ROWS]]
    more = left_out(rows)
    words = "\n".join((*lines, *((more,) if more else ())))
    return Said(OVERSKRIFT_MEDISINSK.cv("FU"), f"Målinger\n{words}") if lines else None


def text_blocks(
    said: Iterable[Said], fields: frozenset[str], new_id: Callable[[], str]
) -> dict[str, Any]:
    """Texts → fields of the message and the blocks that hold them. Problems: OUTPUT_INVALID."""
    nursing: list[Journaltekst] = []
    medical: list[Journaltekst] = []
    for each in said:
        text = Journaltekst(overskriftskode=each.heading, notat=each.words)
        in_nursing = each.nursing and "sykepleierdokumentasjon" in fields
        (nursing if in_nursing else medical).append(text)
    found: dict[str, Any] = {}
    if nursing:
        found["sykepleierdokumentasjon"] = Sykepleierdokumentasjon(
            info_fra_sykepleier=InfoFraSykepleier(journaltekst=tuple(nursing))
        )
    if medical:
        place = next((name for name in _MEDICAL if name in fields), None)
        if place is None:
            detail = "Meldingstypen har ikke plass til tekst"
            raise HubError(Problem(ProblemCode.OUTPUT_INVALID, detail, "Composition.section.text"))
        told = {
            "komponent_id": new_id(),
            "informasjonskategori": "Andre notater",
            "journaltekst": tuple(medical),
        }
        note = build(GenereltJournalnotat, told)
        found[place] = _MEDICAL[place](generelt_journalnotat=(note,))
    return found


_MEDICAL: Final[dict[str, Any]] = {
    "medisinskfaglige_opplysninger": MedisinskfagligeOpplysninger,
    "info_andre_viktige_opplysninger": InfoAndreViktigeOpplysninger,
}
"""Field → the class of the block that holds medical texts; the first that a message has."""
