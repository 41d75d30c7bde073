"""A block of a PLO message → what a person reads of it, in the section it becomes.

Source: plo.md §4 and §5 (element names are Norwegian words).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final, cast

from hub.emessage import felles
from hub.emessage.datatypes import CS, CV, PQ, TS
from hub.emessage.simple_types import STRING
from hub.emessage.table import SELF, Field, Simple, table_of
from hub.mapping.both_ways.form import spoken
from hub.mapping.both_ways.script import Script
from hub.mapping.codes import content
from hub.mapping.narrative import local_time, yes_no
from hub.mapping.person import full_name
from hub.mapping.times import to_date_time

_TITLES: Final[dict[str, str]] = {
    "AndreFagrapporter": "Opplysninger fra andre faggrupper",
    "AnbefaltVidereTiltak": "Anbefalte videre tiltak",
    "AvtaleOmAdmLegemidler": "Avtale om legemiddeladministrering",
    "Cave": "Kritisk informasjon (CAVE)",
    "EksisterendeTjeneste": "Tjenester pasienten har",
    "GenereltJournalnotat": "Journalnotat",
    "InfoAndreViktigeOpplysninger": "Andre viktige opplysninger",
    "InfoAssistertKommunikasjon": "Assistert kommunikasjon",
    "InfoAvtaleOmLegemiddeladm": "Avtale om legemiddeladministrering",
    "InfoFraSykepleier": "Informasjon fra sykepleier",
    "InfoIPLOSrelevantInformasjon": "IPLOS-relevant informasjon",
    "InfoInformasjonGitt": "Informasjon gitt",
    "InfoKartleggingFunksjonsniva": "Funksjonsnivå",
    "InfoKontrolltime": "Kontrolltime",
    "InfoMaalForventetRes": "Mål og forventet resultat",
    "InfoMedisinskDiagnose": "Diagnoser",
    "InfoReservasjon": "Reservasjoner og ønsker",
    "InfoTidligereSykdommer": "Tidligere sykdommer",
    "InfoVurderinger": "Vurdering",
    "InnholdKonsultasjon": "Om innholdet",
    "IverksatteTiltak": "Iverksatte tiltak",
    "Legemiddelinfo": "Legemidler",
    "LegemidlerAdministrertVedOverforing": "Legemidler gitt ved overføring",
    "MedisinskfagligeOpplysninger": "Medisinskfaglige opplysninger",
    "OpplysningerAndreFaggrupper": "Opplysninger fra andre faggrupper",
    "OpplysningerOmHjelpemidler": "Hjelpemidler",
    "OpplysningerRelevantOppfolging": "Opplysninger relevante for oppfølging",
    "OpplysningerTilSoknad": "Opplysninger til søknad",
    "ParorendeForesatt": "Pårørende og foresatte",
    "RegistrertBlodtype": "Blodtype",
    "SakshodeCave": "Stikkord",
    "SendtDokument": "Sendte dokumenter",
    "Sykepleierdokumentasjon": "Sykepleierdokumentasjon",
    "TilleggsopplysningPasient": "Tilleggsopplysninger om pasienten",
    "TjenesteBehov": "Behov for tjenester",
    "TypeInnholdIMelding": "Om innholdet",
    "UtskrevetTil": "Utskrevet til",
    "Fraversassistent": "Fravær",
}
_LABELS: Final[dict[str, str]] = {
    "AnsvarligRapport": "",
    "FodselsarMindrearigParorende": "mindreårig, født",
    "Kontaktperson": "",
    "Referanseperson": "",
    "Horselsvikt": "hørselsvikt",
    "ParorendeInformert": "pårørende informert",
    "InformasjonGittTil": "gitt til",
    "InformasjonGittAv": "gitt av",
    "InformasjonGittDato": "gitt",
    "UtfortTidspunkt": "utført",
    "FramsattAv": "framsatt av",
    "FramsattDato": "framsatt",
    "TidspunktForHendelse": "",
    "PasientParorendeBestiller": "pasient eller pårørende bestiller",
    "AvtaleAdmLegemidler": "avtale om administrering av legemidler",
    "AvtaleAdmMultidose": "avtale om multidose",
    "EndringFunksjonsnivaa": "endring i funksjonsnivå",
    "FunksjonshemmingKroniskSykdom": "funksjonshemming eller kronisk sykdom",
}
# What only tells which component of a record this is
_SILENT: Final = frozenset(
    {"komponentID", "referanseViktigTilleggsinfo", "informasjonskategori", "Hoveddiagnose"}
)

_NONE: Final[frozenset[str]] = frozenset()


def title_of(element: str) -> str:
    """The name of an element that becomes a section → the section's title."""
    return _TITLES.get(element) or spoken(element)


def label_of(element: str) -> str:
    """The name of an element → the label of its value, "" when the value needs none."""
    return _LABELS.get(element, spoken(element))


def line_of(value: Any) -> str:
    """A block → one line."""
    cls = value.__class__
    said = ", ".join(_teller(cls, _NONE)(value))
    return f"Hoveddiagnose: {said}" if _may_be_main(cls) and value.hoveddiagnose else said


@cache
def _may_be_main(cls: type) -> bool:
    return any(field.name == "hoveddiagnose" for field in table_of(cls).fields)


def lines_of(values: Iterable[Any]) -> list[str]:
    """Blocks → the lines of those that say anything."""
    return [line for line in map(line_of, values) if line]


def pieces(value: Any, leave_out: frozenset[str] = _NONE) -> list[str]:
    """A block → its values as a person reads them, each with its label where the value alone says too little."""
    return _teller(value.__class__, leave_out)(value)


Told = Callable[[Any], str]


@cache
def _teller(cls: type, leave_out: frozenset[str]) -> Callable[[Any], list[str]]:
    """A class, and the fields that are told elsewhere → what tells its values; it is written out at first use."""
    script = Script()
    script.add(0, "said = []")
    for field in table_of(cls).fields:
        name, kind = field.kinds[0]
        if not _is_told(field, name, leave_out):
            continue
        here, depth = script.local(), 1
        script.add(0, f"{here} = value.{field.name}")
        script.add(0, f"for {here} in {here}:" if field.many else f"if {here} is not None:")
        if kind is STRING:
            script.add(depth, f"if {here} and not {here}.isspace():")
            script.add(depth + 1, f"said.append({here})")
            continue
        script.add(
            depth, f"{here} = {script.name(_told(name, cls if kind is SELF else kind))}({here})"
        )
        script.add(depth, f"if {here}:")
        script.add(depth + 1, f"said.append({here})")
    script.add(0, "return said")
    return script.function("value")


def _is_told(field: Field, element: str, leave_out: frozenset[str]) -> bool:
    return not (field.fixed or element in _SILENT or field.name in leave_out)


def _told(name: str, kind: Any) -> Told:
    """The name of an element and its kind → what says a value of it."""
    if isinstance(kind, Simple):
        return _simple(name, cast("Simple[Any]", kind).name)
    if kind is CS:
        return _code
    if kind is CV:
        return _code_of_list
    label = label_of(name)
    if kind is TS:
        return lambda value: _labelled(label, local_time(to_date_time(value.v)) or value.v)
    if kind is PQ:
        return lambda value: f"{value.v or ''} {value.u or ''}".strip()
    if kind in (felles.Person, felles.HealthcareProfessional):
        return lambda value: _labelled(label, _person(value))
    return _organisation if kind is felles.Organisation else line_of


def _organisation(value: felles.Organisation) -> str:
    return ", ".join([p for p in (content(value.organisation_name), *_phones(value)) if p])


def _simple(name: str, kind: str) -> Told:
    label = label_of(name)
    if kind == "xs:boolean":
        yes, no = (f"{label}: {yes_no(value=value).lower()}" for value in (True, False))
        return lambda value: yes if value else no
    if kind.startswith("xs:date"):
        return lambda value: _labelled(label, local_time(to_date_time(value)) or value)
    return lambda value: _labelled(label, value)


def _labelled(label: str, text: str | None) -> str:
    return (f"{label}: {text}" if label else text) if text else ""


def _code(value: CS) -> str:
    return content(value.dn) or value.v or ""


def _code_of_list(value: CV) -> str:
    name, code = content(value.ot) or content(value.dn), value.v
    return f"{code} {name}" if code and name and len(code) > 2 else name or code or ""


def _person(value: felles.Person | felles.HealthcareProfessional) -> str:
    category = (
        value.type_healthcare_professional
        if isinstance(value, felles.HealthcareProfessional)
        else None
    )
    title = content(category.dn) if category else None
    return ", ".join(p for p in (full_name(value), title, *_phones(value)) if p)


def _phones(value: Any) -> Iterable[str]:
    for each in value.tele_com:
        yield (each.tele_address.v or "").removeprefix("tel:")
