"""Whatever the schema lets through becomes valid FHIR: empty texts, odd times, enormous numbers, codes without a code."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from hub.emessage.msghead import MsgHead
from hub.emessage.payloads import Content
from hub.emessage.plo.pasientlogistikk import Pasientlogistikk
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.emessage.table import Simple
from hub.fhir import codec
from hub.mapping.draft import draft_to_bundle
from hub.mapping.plo_to_fhir import pasientlogistikk, utskrivningsrapport
from hub.problems import HubError
from tests.message_builders import everything
from tests.message_town import Town
from tests.message_trace import rewrite

TEXTS = (
    "",
    " ",
    "\n",
    "<b>&\"'",
    "  to  blanke  ",
    "æøå–½",
    "1",
    "x" * 3000,
    "\t\r\nlinje",
    "{3F0B-}",
)
CODES = (
    "",
    "1",
    "2",
    "3",
    "9",
    "13",
    "MC",
    "F",
    "PG",
    "HNR",
    "FNR",
    "HER",
    "HPR",
    "C",
    "M",
    "N",
    "mikrog",
    "Døgn",
    "odd",
)
VALUES: dict[str, tuple[Any, ...]] = {
    "xs:string": TEXTS,
    "xs:token": CODES,
    "xs:boolean": (True, False),
    "xs:date": (
        "2026-02-28",
        "2026-02-28Z",
        "2026-02-28+01:00",
        "-0044-03-15",
        "12026-01-01",
        "0001-01-01",
    ),
    "xs:dateTime": (
        "2026-02-28T10:00:00",
        "2026-02-28T24:00:00",
        "2026-02-28T10:00:00.123456789Z",
        "9999-12-31T23:59:59",
        "9999-12-31T24:00:00",
        "0001-01-01T00:00:00+14:00",
        "-0044-03-15T10:00:00",
        "12026-01-01T00:00:00",
    ),
    "date, time or both": (
        "2026-02-28",
        "2026-02",
        "2026",
        "10:15:00",
        "2026-02-28T10:00:00",
        "-0044-03-15",
        "2026Z",
    ),
    "xs:gYear": ("2014", "2014Z", "-0044", "12026"),
    "xs:integer": ("0", "-7", "+30", "2147483648", "9" * 40, " 12 "),
    "xs:decimal": ("0", "-1.50", ".5", "5.", "9" * 40, "+1"),
    "xs:double": ("1E3", "INF", "-INF", "NaN", "1E-400", "1E400", "0.1", "2.50"),
    "OID": ("1", "2.16.578.1.12.4.1.1.9051", "2.16.578.1.12.4.1.1.8116", "01.002"),
    "xs:anyURI": (
        "",
        "tel:",
        "tel:73555555",
        "mailto:a@b.no",
        "fax:1",
        "noe annet",
        "http://x.no/å b",
    ),
    "informasjonskategori": ("Cave/allergier", "Legemidler", "Andre notater", "Uspesifisert"),
}
EVENTS = (
    "orientering_om_dod",
    "melding_om_utskrevet_pasient",
    "melding_utskrivningsklar_pasient",
    "avmelding_utskrivningsklar_pasient",
    "melding_innlagt_pasient",
)


def odd(message: MsgHead, seed: int) -> MsgHead:
    random = Random(seed)

    def choose(_path: str, kind: Simple[Any], part: Any) -> Any:
        return random.choice(VALUES.get(kind.name, (part,)))

    return rewrite(message, choose)


def with_payload(payload: Any) -> MsgHead:
    head = everything(MsgHead, frozenset({"signature", "patient_report", "file_reference"}))
    main = head.document[0]
    main = msgspec.structs.replace(
        main, ref_doc=msgspec.structs.replace(main.ref_doc, content=Content((payload,)))
    )
    return msgspec.structs.replace(head, document=(main, head.document[0]))


def refused(message: MsgHead) -> list[str]:
    """What is wrong with the resources of a message, in all: nothing, it is hoped."""
    town = Town()
    assert message.document[0].ref_doc.content is not None
    payload: Any = message.document[0].ref_doc.content.elements[0]
    context = town.context(message)
    if isinstance(payload, Pasientlogistikk):
        draft = pasientlogistikk.to_fhir(message, payload, context).value
    else:
        draft = utskrivningsrapport.to_fhir(message, payload, context).value
    wrong: list[str] = []
    for entry in draft_to_bundle(draft).entry:
        assert entry.resource is not None
        name = type(entry.resource).__name__
        try:
            codec.parse(codec.encode(entry.resource), name)
        except HubError as error:
            wrong += [f"{p.code.name} {p.where} {p.detail}" for p in error.problems]
    return wrong


@pytest.mark.parametrize("seed", range(40))
def test_a_discharge_report_of_odd_values_becomes_valid_fhir(seed: int) -> None:
    assert refused(odd(with_payload(everything(TverrfagligEpikrise)), seed)) == []


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", EVENTS)
def test_a_logistics_message_of_odd_values_becomes_valid_fhir(kind: str, seed: int) -> None:
    payload = everything(Pasientlogistikk, frozenset(EVENTS) - {kind})

    assert refused(odd(with_payload(payload), seed)) == []
