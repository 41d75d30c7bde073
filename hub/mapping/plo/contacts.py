"""Units and persons to contact, and who answers for a PLO message ↔ CareTeam, and the attesters of the Composition.

Source: plo.md §3 ("Contacts"), §5; lists 9034, 9060, 8254.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from hub.emessage.plo.components import (
    AnsvarForRapport,
    KontaktpersonHelsepersonell,
    TilknyttetEnhet,
)
from hub.fhir.models.r4.care_team import CareTeam, CareTeamParticipant
from hub.fhir.models.r4.composition import Composition, CompositionAttester, CompositionSection
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Pen, build, struct_from
from hub.mapping.both_ways.lines import At
from hub.mapping.both_ways.sheet import Sheet
from hub.mapping.both_ways.written import DAY_IN_TIME
from hub.mapping.narrative import Contained
from hub.mapping.organisation import professional_reference
from hub.mapping.plo.journal import name_of
from hub.mapping.plo.sections import code_for, section_for
from hub.mapping.plo.words import line_of

CONTACTS: Final = "Kontakter"
_UNIT: Final = Form(
    TilknyttetEnhet,
    CareTeamParticipant,
    At("kontaktenhet", "member"),
    fixed=lambda _pen: {"role": (code_for("TilknyttetEnhet"),)},
)
_CONTACT: Final = Form(
    KontaktpersonHelsepersonell,
    CareTeamParticipant,
    At("kontaktperson", "member"),
    fixed=lambda _pen: {"role": (code_for("KontaktpersonHelsepersonell"),)},
)
_ANSWERING: Final = frozenset({"ansvarlig_rapport", "type_relasjon", "merknad"})
_RESPONSIBLE: Final = Form(
    AnsvarForRapport,
    CareTeamParticipant,
    At("ansvarlig_rapport", "member"),
    At("type_relasjon", "role[1]"),
    only=_ANSWERING,
    fixed=lambda _pen: {"role": (code_for("AnsvarForRapport"),)},
)
TEAM: Final = {
    "tilknyttet_enhet": ("TilknyttetEnhet", _UNIT),
    "kontaktperson_helsepersonell": ("KontaktpersonHelsepersonell", _CONTACT),
    "ansvar_for_rapport": ("AnsvarForRapport", _RESPONSIBLE),
}


def _put_team(value: Any, sheet: Sheet, pen: Pen) -> None:
    """Units and persons to contact, and who answers for the message → one CareTeam."""
    inside = Contained()
    members: list[Any] = []
    lines: list[str] = []
    for name, (_, form) in TEAM.items():
        for each in getattr(value, name):
            members.append(struct_from(form, each, Pen(pen.desk, inside)))
            lines.append(line_of(each))
    if not members:
        return
    _put_approvals(value.ansvar_for_rapport, sheet)
    team = CareTeam(
        status="active",
        name="Kontakter oppgitt i meldingen",
        subject=pen.desk.patient,
        encounter=pen.desk.encounter,
        participant=tuple(members),
        contained=inside.listed(),
    )
    made = Sheet(CompositionSection)
    made["entry"] = (pen.desk.add(team, team.name),)
    sheet.add("section", section_for(CONTACTS, made, [line for line in lines if line]).close())


def _put_approvals(people: Sequence[AnsvarForRapport], sheet: Sheet) -> None:
    """Who answers for the message, and when each approved it → the attesters, when any approval has a date."""
    if all(each.godkjent_dato is None for each in people):
        return
    for each in people:
        day = each.godkjent_dato
        time, companion = (None, None) if day is None else DAY_IN_TIME.to(day)
        attester = CompositionAttester(
            mode="professional",
            time=time,
            time_ext=companion,
            party=professional_reference(each.ansvarlig_rapport),
        )
        sheet.add("attester", attester)


def _get_approval(struct: Composition, place: int) -> str | None:
    """When the responsible at this place approved the message."""
    attester = struct.attester[place] if place < len(struct.attester) else None
    return DAY_IN_TIME.of(attester.time, attester.time_ext) if attester else None


def _get_member(struct: Composition, form: Form, member: Any, place: int, eye: Eye) -> Any:
    values = form.find(member, eye)
    if form is _RESPONSIBLE:
        values["godkjent_dato"] = _get_approval(struct, place)
    return build(form.cls, values)


def _get_team(struct: Any, eye: Eye) -> Mapping[str, Any]:
    found: dict[str, list[Any]] = {name: [] for name in TEAM}
    for team in _teams(struct, eye):
        for member in team.participant:
            codes = {c.code for role in member.role[:1] for c in role.coding}
            for name, (element, form) in TEAM.items():
                if element in codes:
                    place = len(found[name])
                    found[name].append(_get_member(struct, form, member, place, eye.inside(team)))
    return {name: tuple(values) for name, values in found.items()}


def _teams(struct: Any, eye: Eye) -> Iterable[CareTeam]:
    for each in struct.section:
        if name_of(each) == CONTACTS:
            for entry in each.entry:
                team = eye.find(entry)
                if isinstance(team, CareTeam):
                    yield team


TEAM_LINE: Final = Custom(tuple(TEAM), "section → CareTeam.participant", _put_team, _get_team)
