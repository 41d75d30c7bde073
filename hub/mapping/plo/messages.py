"""A whole PLO payload ↔ its Composition, whichever message it is: each of its elements has the table of its block.

Source: plo.md §4; http://hl7.org/fhir/R4/composition.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from hub.emessage.epj import Legemiddelinfo
from hub.emessage.plo import components as plo
from hub.emessage.plo.v1_5.melding_fravar import Fraversassistent
from hub.emessage.table import table_of
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.composition import Composition
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Spec
from hub.mapping.both_ways.inline import Inline
from hub.mapping.both_ways.lines import At
from hub.mapping.plo.aids import AIDS
from hub.mapping.plo.appointments import APPOINTMENT
from hub.mapping.plo.contacts import TEAM, TEAM_LINE
from hub.mapping.plo.diagnoses import DIAGNOSES, IPLOS
from hub.mapping.plo.functions import FUNCTIONS
from hub.mapping.plo.head import CIRCUMSTANCES, NEXT_OF_KIN, SENT_DOCUMENT
from hub.mapping.plo.information import ASSISTED, ASSISTED_WRAPPED, INFORMATION_GIVEN, RESERVATIONS
from hub.mapping.plo.medication import STATEMENT
from hub.mapping.plo.nursing import MEDICAL, NURSING, OTHER_IMPORTANT, OTHER_PROFESSIONS
from hub.mapping.plo.sections import Group, Sub, section
from hub.mapping.plo.services import EXISTING, NEED
from hub.mapping.plo.shipment import SHIPMENT
from hub.mapping.plo.stay_events import LOGISTICS, STAY

THE_MESSAGE: Final = "Communication of the message"
"""Under which name an Eye finds the Communication that stands for the message."""


def _get_shipment(_struct: Any, eye: Eye) -> Mapping[str, Any]:
    message = eye.resources.get(THE_MESSAGE)
    if not isinstance(message, Communication):
        return {}
    return {"informasjon_om_forsendelsen": SHIPMENT.read(message, eye.inside(message))}


_SHIPMENT: Final = Custom(
    ("informasjon_om_forsendelsen",),
    "→ Communication of the message",
    lambda _v, _s, _p: None,
    _get_shipment,
)


def _group(form: Form) -> Callable[[str], Spec]:
    return lambda name: Group(name, form)


def _sub(form: Form) -> Callable[[str], Spec]:
    return lambda name: Sub(name, form)


BLOCKS: Final[dict[type, Callable[[str], Spec]]] = {
    plo.InformasjonOmForsendelsen: lambda _name: _SHIPMENT,
    plo.TilleggsopplysningPasient: _sub(CIRCUMSTANCES),
    plo.ParorendeForesatt: _group(NEXT_OF_KIN),
    plo.SendtDokument: _group(SENT_DOCUMENT),
    plo.TypeInnholdIMelding: lambda name: Inline(name, At("type_innhold", "category[0]")),
    plo.OpplysningOpphold: lambda _name: STAY,
    plo.InfoMedisinskDiagnose: _sub(DIAGNOSES),
    plo.MedisinskfagligeOpplysninger: _sub(MEDICAL),
    Legemiddelinfo: _group(STATEMENT),
    plo.InfoAndreViktigeOpplysninger: _sub(OTHER_IMPORTANT),
    plo.Sykepleierdokumentasjon: _sub(NURSING),
    plo.OpplysningerAndreFaggrupper: _sub(OTHER_PROFESSIONS),
    plo.InfoKartleggingFunksjonsniva: _sub(FUNCTIONS),
    plo.TjenesteBehov: _group(NEED),
    plo.InfoInformasjonGitt: _sub(INFORMATION_GIVEN),
    plo.InfoAssistertKommunikasjon: _sub(ASSISTED_WRAPPED),
    plo.AssistertKommunikasjon: _group(ASSISTED),
    plo.InfoReservasjon: _sub(RESERVATIONS),
    plo.InfoKontrolltime: _group(APPOINTMENT),
    plo.OpplysningerOmHjelpemidler: _sub(AIDS),
    plo.EksisterendeTjeneste: _group(EXISTING),
    plo.OpplysningerTilSoknad: _sub(section(plo.OpplysningerTilSoknad)),
    plo.InnholdKonsultasjon: lambda name: Inline(
        name, At("type_innhold_konsultasjon", "category[0]")
    ),
    plo.InfoIPLOSrelevantInformasjon: _sub(IPLOS),
    Fraversassistent: _sub(section(Fraversassistent)),
}
"""Class of a block → its line in a message, for whatever field it stands in."""


@cache
def form_of(cls: type) -> Form:
    """The class of a payload → its form."""
    fields = table_of(cls).fields
    specs: list[Spec] = [TEAM_LINE] if any(f.name in TEAM for f in fields) else []
    if any(f.name == "melding_innlagt_pasient" for f in fields):
        specs.append(LOGISTICS)
    taken = {*TEAM, *LOGISTICS.fields}
    specs += [BLOCKS[f.kinds[0][1]](f.name) for f in fields if f.name not in taken]
    return Form(cls, Composition, *specs)


def form_for(payload: Any) -> Form:
    """A payload → the form of its class."""
    cls: type = payload.__class__
    return form_of(cls)
