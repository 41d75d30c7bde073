"""What is wrong with a message, found while reading it."""

from pathlib import Path

import pytest

from hub.emessage.envelope import EnvelopePatient, Identifier, is_sufficient
from hub.emessage.message_types import MessageType
from hub.emessage.read import read_message

GOLDEN = Path(__file__).parents[2] / "golden" / "emessage"
NEW = (GOLDEN / "LOG_INNLAGT/1.6/new/message.xml").read_bytes()
REPORT = (GOLDEN / "UTSKRIVNINGSRAPPORT/1.6/attachment/message.xml").read_bytes()
FNR = (Identifier("12834812019", "FNR"),)


def codes(data: bytes) -> list[str]:
    return [problem.code.name for problem in read_message(data).problems]


@pytest.mark.parametrize(
    ("patient", "expected"),
    [
        (EnvelopePatient("Testdal", "", "Aslaug", identifiers=FNR), True),
        (EnvelopePatient("Testdal", identifiers=(Identifier("52834812007", "DNR"),)), True),
        (EnvelopePatient("Testdal", identifiers=(Identifier("80000000000", "FHN"),)), True),
        (EnvelopePatient("Testdal", "", "Aslaug", "1948-03-12", "2"), True),
        (EnvelopePatient("Testdal", "", "Aslaug", "1948-03-12"), False),
        (EnvelopePatient("Testdal", "", "Aslaug", identifiers=(Identifier("1", "HNR"),)), False),
        (EnvelopePatient(identifiers=FNR), False),
        (EnvelopePatient("Testdal", identifiers=(Identifier("", "FNR"),)), False),
        (None, False),
    ],
)
def test_a_patient_is_identified_in_four_ways(
    patient: EnvelopePatient | None, *, expected: bool
) -> None:
    assert expected is is_sufficient(patient)


def test_a_message_without_a_payload_is_a_format_fault() -> None:
    start, end = NEW.index(b"<Content>"), NEW.index(b"</Content>") + 10

    assert codes(NEW[:start] + NEW[end:]) == ["FORMAT_FAULT"]


def test_two_payloads_are_a_format_fault_so_that_none_is_lost() -> None:
    start, end = NEW.index(b"<Content>") + 9, NEW.index(b"</Content>")

    assert codes(NEW[:end] + NEW[start:end] + NEW[end:]) == ["FORMAT_FAULT"]


def test_an_inner_element_of_a_supported_namespace_is_no_payload() -> None:
    start, end = NEW.index(b"<Content>") + 9, NEW.index(b"</Content>")
    inner = b'<Ukjent xmlns="http://www.kith.no/xmlstds/po/Pasientlogistikk/2012-04-01"/>'

    assert codes(NEW[:start] + inner + NEW[end:]) == ["SCHEMA_INVALID"]


def test_a_type_that_does_not_belong_to_the_payload_is_not_supported() -> None:
    data = NEW.replace(b'V="LOG_INNLAGT"', b'V="UTSKRIVNINGSRAPPORT"', 1)

    assert codes(data) == ["MESSAGE_TYPE_UNSUPPORTED"]


def test_a_foreign_root_is_no_message() -> None:
    reading = read_message(b'<Message xmlns="urn:other"/>')

    assert (
        reading.root,
        reading.envelope,
        [p.code.name for p in reading.problems],
    ) == ("", None, ["SENDER_UNKNOWN"])


def test_a_counterpart_may_take_types_that_the_hub_does_not() -> None:
    def all_types(_: MessageType) -> bool:
        return True

    reading = read_message(
        (GOLDEN / "DIALOG_HELSEFAGLIG/1.1/alert-table/message.xml").read_bytes(), all_types
    )

    assert reading.problems == ()
    assert not reading.fatal
    assert type(reading.payload).__name__ == "Dialogmelding"


@pytest.mark.parametrize(
    "change",
    [
        (b"<MimeType>application/pdf</MimeType>", b""),
        (
            b"<Content>\n        <Base64Container",
            b"<Content><po:X xmlns:po='urn:x'/>\n        <Base64Container",
        ),
        (b"</Description>", b"</Description><Compression V='GZ'/>"),
    ],
)
def test_an_attachment_that_cannot_be_handled_makes_the_answer_negative(
    change: tuple[bytes, bytes],
) -> None:
    head, tail = REPORT[: REPORT.rindex(b"<Document>")], REPORT[REPORT.rindex(b"<Document>") :]
    assert change[0] in tail

    assert codes(head + tail.replace(*change)) == ["FORMAT_FAULT"]


def test_a_schema_invalid_receipt_is_read_as_far_as_it_goes() -> None:
    data = (GOLDEN / "APPREC/1.1/ok/message.xml").read_bytes().replace(b"<Status", b"<StatusX", 1)
    reading = read_message(data)

    assert (
        reading.root,
        reading.app_rec,
        [p.code.name for p in reading.problems][:1],
    ) == ("AppRec", None, ["SCHEMA_INVALID"])
    assert reading.envelope is not None
    assert not reading.envelope.answerable
