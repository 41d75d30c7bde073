"""Code list 9060: Kategori helsepersonell.

Source: Volven 9060, OID 2.16.578.1.12.4.1.1.9060, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

PROFESSION: Final = CodeList(
    number="9060",
    name="Kategori helsepersonell",
    version="2024",
    names={
        "AA": "Ambulansearbeider",
        "AT": "Apotektekniker",
        "AU": "Audiograf",
        "BI": "Bioingeniør",
        "ET": "Ergoterapeut",
        "FA1": "Provisorfarmasøyt",
        "FA2": "Reseptarfarmasøyt",
        "FO": "Fotterapeut",
        "FT": "Fysioterapeut",
        "HE": "Helsesekretær",
        "HF": "Helsefagarbeider",
        "HP": "Hjelpepleier",
        "JO": "Jordmor",
        "KE": "Klinisk ernæringsfysiolog",
        "KI": "Kiropraktor",
        "LE": "Lege",
        "MT": "Manuellterapeut",
        "OA": "Omsorgsarbeider",
        "OI": "Ortopedingeniør",
        "OP": "Optiker",
        "OR": "Ortoptist",
        "PE": "Perfusjonist",
        "PS": "Psykolog",
        "RA": "Radiograf",
        "SP": "Sykepleier",
        "TH": "Tannhelsesekretær",
        "TL": "Tannlege",
        "TP": "Tannpleier",
        "TT": "Tanntekniker",
        "VE": "Veterinær",
        "VP": "Vernepleier",
        "XX": "Ukjent/uspesifisert",
    },
)
