"""Code list 9034: Helsepersonells funksjoner mv. (rolle til pasient).

Source: Volven 9034, OID 2.16.578.1.12.4.1.1.9034, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

ROLE_TO_PATIENT: Final = CodeList(
    number="9034",
    name="Helsepersonells funksjoner mv. (rolle til pasient)",
    version="2024",
    names={
        "10": "Utskrivende lege",
        "11": "Utskrivende sykepleier",
        "12": "Instituerende lege",
        "13": "Innleggende lege",
        "14": "Ansvarlig jordmor",
        "15": "Vikar for fastlege",
        "16": "Turnuslege",
        "17": "Forløpskoordinator kreft",
        "18": "Koordinator (spesialisthelsetjenesteloven)",
        "19": "Kontaktlege",
        "20": "Kontaktpsykolog",
        "21": "Helsefaglig kontakt",
        "22": "Kontakt i primærhelseteam",
        "23": "Ønsket behandler",
        "24": "Kontakt hos mottaker",
        "3": "Behandlingsansvarlig lege",
        "4": "Journalansvarlig",
        "5": "Informasjonsansvarlig",
        "6": "Fastlege",
        "7": "Faglig ansvarlig for vedtak i psykisk helsevern",
        "8": "Koordinator Individuell plan",
        "9": "Primærkontakt",
    },
)
