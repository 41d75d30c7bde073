"""Nothing is silently lost: what a message says can be found in the FHIR resources, or is named in `drops.py`."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hub.emessage.msghead import MsgHead, OtherReceiver
from hub.emessage.payloads import Content, Payload
from hub.emessage.plo.components import InfoKontrolltime
from hub.emessage.plo.pasientlogistikk import Pasientlogistikk
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.emessage.read import read_message
from hub.mapping.plo_to_fhir.drops import DROPS
from hub.mapping.registry import MAPPERS
from tests.message_builders import everything
from tests.message_trace import falses, traces

GOLDEN = Path(__file__).parents[3] / "golden"
EVENTS = (
    "orientering_om_dod",
    "melding_om_utskrevet_pasient",
    "melding_utskrivningsklar_pasient",
    "avmelding_utskrivningsklar_pasient",
    "melding_innlagt_pasient",
)
TIMES = ("informasjon_om_time", "kontrolltime_bestill", "informasjon_om_tentativ_time")
RECEIVERS = ("organisation", "patient", "person", "healthcare_professional")


def whole_message(payload: Payload) -> MsgHead:
    """The fullest envelope there is, with copy receivers of every kind and an attachment."""
    head = everything(MsgHead, frozenset({"signature", "patient_report", "file_reference"}))
    main, attached = head.document[0], head.document[0]
    main = msgspec.structs.replace(
        main, ref_doc=msgspec.structs.replace(main.ref_doc, content=Content((payload,)))
    )
    others = tuple(everything(OtherReceiver, frozenset(RECEIVERS) - {kind}) for kind in RECEIVERS)
    info = msgspec.structs.replace(head.msg_info, other_receiver=others)
    return msgspec.structs.replace(head, msg_info=info, document=(main, attached))


def lost(message: MsgHead, *, codes_too: bool = True) -> list[str]:
    return sorted({t.path for t in traces(message, codes_too=codes_too) if not t.seen} - set(DROPS))


def test_a_discharge_report_with_everything_in_it_is_found_whole() -> None:
    appointments = tuple(everything(InfoKontrolltime, frozenset(TIMES) - {kind}) for kind in TIMES)
    report = everything(TverrfagligEpikrise)
    report = msgspec.structs.replace(report, info_kontrolltime=appointments)

    assert lost(whole_message(report), codes_too=False) == []


@pytest.mark.parametrize("kind", EVENTS)
def test_a_logistics_message_with_everything_in_it_is_found_whole(kind: str) -> None:
    payload = everything(Pasientlogistikk, frozenset(EVENTS) - {kind})

    assert lost(whole_message(payload), codes_too=False) == []


def test_what_is_listed_as_dropped_is_really_dropped() -> None:
    message = whole_message(everything(TverrfagligEpikrise))
    unseen = {t.path for t in traces(message, codes_too=False) if not t.seen}

    assert set(DROPS) == unseen


def golden_messages() -> list[Path]:
    found = sorted(GOLDEN.glob("*/*/1.6/*/message.xml"))
    return [p for p in found if p.parent.parent.parent.name in {kind for kind, _ in MAPPERS}]


@pytest.mark.parametrize("path", golden_messages(), ids=lambda p: "/".join(p.parts[-5:-1]))
def test_every_value_of_a_golden_message_is_found(path: Path) -> None:
    reading = read_message(path.read_bytes())
    if reading.message is None or reading.payload is None:
        return  # a golden message that cannot be read has nothing to map

    assert lost(reading.message) == []


@pytest.mark.parametrize("path", golden_messages(), ids=lambda p: "/".join(p.parts[-5:-1]))
def test_a_false_is_told_from_nothing_said(path: Path) -> None:
    reading = read_message(path.read_bytes())
    if reading.message is None or reading.payload is None:
        return

    assert [t.path for t in falses(reading.message) if not t.seen] == []
