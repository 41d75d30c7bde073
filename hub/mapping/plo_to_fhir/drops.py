"""What the PLO mappers leave behind on purpose, path by path: marks that say how a message is built, never what it says.

A test changes every value of every golden message, and fails when a change leaves no trace in the FHIR resources and
the path is not listed here, and when a path listed here leaves one.
Source: plo.md §5 "EPJ components carry attributes"; hodemelding.md (MsgInfo, RefDoc).
"""

from __future__ import annotations

from typing import Final

_CAVE: Final = "TverrfagligEpikrise/MedisinskfagligeOpplysninger/Cave"
# Where an EPJ component stands → whether its komponentID is kept (as the identifier of the resource it becomes)
_COMPONENTS: Final = {
    _CAVE: False,
    f"{_CAVE}/SakshodeCave": False,
    f"{_CAVE}/Allerginotat": True,
    "TverrfagligEpikrise/MedisinskfagligeOpplysninger/Allerginotat": True,
    "TverrfagligEpikrise/MedisinskfagligeOpplysninger/GenereltJournalnotat": False,
    "TverrfagligEpikrise/InfoAndreViktigeOpplysninger/GenereltJournalnotat": False,
    "TverrfagligEpikrise/InfoAndreViktigeOpplysninger/Allerginotat": True,
    "TverrfagligEpikrise/Legemiddelinfo": True,
    "TverrfagligEpikrise/Sykepleierdokumentasjon/LegemidlerAdministrertVedOverforing": False,
}


def _component_drops() -> dict[str, str]:
    drops: dict[str, str] = {}
    for path, keeps_id in _COMPONENTS.items():
        if not path.endswith("GenereltJournalnotat"):
            drops[f"{path}/@informasjonskategori"] = "follows from which component this is"
        drops[f"{path}/@referanseViktigTilleggsinfo"] = "a pointer inside the sender's record"
        if not keeps_id:
            drops[f"{path}/@komponentID"] = (
                "names a wrapper in the sender's record that becomes no resource"
            )
    return drops


DROPS: Final[dict[str, str]] = _component_drops()
"""Path of an element or attribute (without namespaces and positions) → why it is left behind."""

_RECOMMENDED: Final = "recommended only when true; display ignores false (plo.md §3)"
_BOX: Final = "a box of the sender's form that is not ticked"

SILENT_FALSE: Final[dict[str, str]] = {
    "Hoveddiagnose": _RECOMMENDED,
    "MuntligInformasjon": _RECOMMENDED,
    "Pacemaker": _RECOMMENDED,
    "HensynVedForskrivning": _BOX,
    "HensynMatDrikke": _BOX,
    "Kontaktallergi": _BOX,
    "PollenInnsektstikk": _BOX,
    "SkalIkkeTasSammenMedAnnetLegemiddel": _BOX,
}
"""Name of a boolean whose false says the same as nothing → why."""
