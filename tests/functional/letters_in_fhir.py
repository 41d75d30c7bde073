"""What an office saves when it writes a referral or a discharge letter in FHIR: a GP refers, a hospital discharges."""

from __future__ import annotations

from typing import Any

from tests.builders import Json
from tests.functional.followed import HER, Followed

TYPES = "urn:oid:2.16.578.1.12.4.1.1.8279"
HPR = "urn:oid:2.16.578.1.12.4.1.4.4"
HEADINGS = "urn:oid:2.16.578.1.12.4.1.1.8311"
ICD_10 = "urn:oid:2.16.578.1.12.4.1.1.7110"


def service(post: Followed) -> str:
    """A service of another entity, in two levels."""
    entity = {
        "resourceType": "Organization",
        "identifier": [{"system": HER, "value": "8094001"}],
        "name": "Fjordbyen sykehus HF",
    }
    above = post.client.create(entity)
    inner = {
        "identifier": [{"system": HER, "value": "8094101"}],
        "name": "Lungesykdommer",
        "partOf": {"reference": above},
    }
    return post.client.create(entity | inner)


def doctor(post: Followed) -> str:
    return post.client.create(
        {
            "resourceType": "Practitioner",
            "identifier": [{"system": HPR, "value": "9144900"}],
            "name": [{"family": "Lin", "given": ["Rita"]}],
        }
    )


def condition(post: Followed, who: str, code: str, display: str) -> str:
    coding = {"system": ICD_10, "code": code, "display": display}
    return post.client.create(
        {
            "resourceType": "Condition",
            "clinicalStatus": {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                        "code": "active",
                    }
                ]
            },
            "code": {"coding": [coding]},
            "subject": {"reference": who},
        }
    )


def request(post: Followed, who: str, **more: Any) -> str:
    """The need for follow-up, with the three questions answered in a form."""
    form = post.client.create(
        {
            "resourceType": "QuestionnaireResponse",
            "status": "completed",
            "subject": {"reference": who},
            "item": [
                {
                    "linkId": "1",
                    "text": "Ønsker pasienten oppfølging hjemme?",
                    "answer": [{"valueBoolean": True}],
                },
                {
                    "linkId": "2",
                    "text": "Hva skal følges opp?",
                    "answer": [{"valueString": "SpO2 og puls"}, {"valueString": "pustebesvær"}],
                },
                {
                    "linkId": "3",
                    "text": "Hvem kan kontaktes?",
                    "item": [
                        {
                            "linkId": "3.1",
                            "text": "Rolle",
                            "answer": [{"valueCoding": {"display": "Fastlege"}}],
                        }
                    ],
                },
            ],
        }
    )
    reason = condition(post, who, "J449", "Uspesifisert kronisk obstruktiv lungesykdom")
    return post.client.create(
        {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "priority": "routine",
            "subject": {"reference": who},
            "requester": {"reference": doctor(post)},
            "authoredOn": "2026-03-02T10:15:00+01:00",
            "reasonReference": [{"reference": reason}],
            "note": [{"text": "KOLS med to forverringer siste år."}],
            "supportingInfo": [{"reference": form}],
            **more,
        }
    )


def composition(post: Followed, who: str, **more: Any) -> str:
    """What a ward says of a stay that is over."""
    main = condition(post, who, "J441", "Kronisk obstruktiv lungesykdom med akutt forverring")
    other = condition(post, who, "I10", "Essensiell hypertensjon")
    stay = post.client.create(
        {
            "resourceType": "Encounter",
            "status": "finished",
            "class": {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                "code": "IMP",
            },
            "subject": {"reference": who},
            "period": {"start": "2026-02-20T14:00:00+01:00", "end": "2026-02-27T11:30:00+01:00"},
            "diagnosis": [{"condition": {"reference": main}}, {"condition": {"reference": other}}],
        }
    )
    return post.client.create(
        {
            "resourceType": "Composition",
            "status": "final",
            "type": {"coding": [{"system": "http://loinc.org", "code": "18842-5"}]},
            "subject": {"reference": who},
            "encounter": {"reference": stay},
            "date": "2026-02-27T12:00:00+01:00",
            "author": [{"reference": doctor(post)}],
            "title": "Sykehusepikrise",
            "section": [
                section("FO", "Forløp og behandling", "Behandlet med prednisolon, bedring."),
                section("OP", "Planer videre", "Digital hjemmeoppfølging i tre måneder."),
            ],
            **more,
        }
    )


def section(code: str, title: str, words: str) -> Json:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{words}</p></div>'
    return {
        "title": title,
        "code": {"coding": [{"system": HEADINGS, "code": code, "display": title}]},
        "text": {"status": "additional", "div": div},
    }


def sending(kind: str, who: str, about: str, receiver: str | None, **more: Any) -> Json:
    """The Communication that asks for the message."""
    return {
        "resourceType": "Communication",
        "status": "preparation",
        "category": [{"coding": [{"system": TYPES, "code": kind}]}],
        "subject": {"reference": who},
        **({"recipient": [{"reference": receiver}]} if receiver else {}),
        "payload": [{"contentReference": {"reference": about}}],
        **more,
    }
