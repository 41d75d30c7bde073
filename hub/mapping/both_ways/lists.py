"""Which code list the element of a CS implies, by the element's name.

Source: plo.md (code lists at each block), identifiers-and-codes.md, felleskomponent1.xsd.
"""

from __future__ import annotations

from typing import Final

LISTS: Final[dict[str, str]] = {
    "Forsendelsesstatus": "7309",
    "Hastegrad": "9067",
    "SivilStatus": "8724",
    "Sprak": "3303",
    "BehovTolkSprak": "3303",
    "Slektskap": "9033",
    "Omsorgsfunksjon": "9050",
    "TypeHealthcareProfessional": "9060",
    "KategoriHelsepersonell": "9060",
    "Sex": "3101",
    "Nationality": "9043",
    "Country": "9043",
    "County": "3402",
    "Type": "3401",
    "TypeTelecom": "9061",
    "Blodtype": "9160",
    "Rhesusgruppe": "9161",
    "AnafylaktiskeReaksjoner": "1103",
    "StatusTilForskrivningen": "9104",
    "InngaarIMultidose": "9103",
    "Atc": "7180",
    "Legemiddelform": "7448",
    "Bruk": "9101",
    "AdmStatus": "9083",
    "Utleveringsform": "9135",
    "SarskilteTiltak": "9136",
    "FasteUkedager": "9082",
    "Briller": "9113",
    "HjelpemiddelHorsel": "9114",
    "Status": "8230",
    "TypeInnholdKonsultasjon": "9137",
}
"""A CV names its list itself; one that does not goes without a system."""
