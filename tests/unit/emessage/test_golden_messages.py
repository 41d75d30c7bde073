"""Every golden message: what is read out of it, which receipt it gets, and that nothing of it is lost."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.emessage import xml
from hub.emessage.apprec import ROOTS, parse_app_rec, render_app_rec
from hub.emessage.message_types import find
from hub.emessage.msghead import MsgHead
from hub.emessage.read import Reading, read_message
from hub.emessage.receipt import build_receipt, decide_status, own_receivers
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse

TREE = Path(__file__).parents[2] / "golden" / "emessage"
CASES = sorted(path.parent.relative_to(TREE).as_posix() for path in TREE.glob("*/*/*/message.xml"))
AT = datetime(2026, 3, 2, 10, 16, tzinfo=UTC)
RECEIPT_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

PUBLISHED = (b"13116900216",)
"""Numbers of test persons that Norsk Helsenett publishes; all others have the month of a synthetic one."""
# Case → problems, and the receipts as (version, role, status, error codes).
EXPECTED: dict[str, tuple[list[str], list[tuple[str, str, str, list[str]]]]] = {
    "FRAVARSMELDING/1.5/without-content": (
        ["SCHEMA_INVALID", "SCHEMA_INVALID"],
        [("1.0", "SPR", "2", ["T02"])],
    ),
    "PLO/2.0/not-supported": (["MESSAGE_TYPE_UNSUPPORTED"], [("1.1", "PRIM", "2", ["T10"])]),
    "LOG_INNLAGT/1.6/message-id-not-uuid": (
        ["MESSAGE_ID_INVALID"],
        [("1.1", "PRIM", "2", ["E10"])],
    ),
    "LOG_INNLAGT/1.6/patient-insufficient": (
        ["PATIENT_INSUFFICIENT"],
        [("1.1", "PRIM", "2", ["E36"])],
    ),
    "LOG_INNLAGT/1.6/schema-invalid": (["SCHEMA_INVALID"], [("1.1", "PRIM", "2", ["T02"])]),
    "LOG_INNLAGT/1.6/type-contradicts-event": (["FORMAT_FAULT"], [("1.1", "PRIM", "2", ["T99"])]),
    "LOG_INNLAGT/1.6/not-well-formed": (["XML_NOT_WELL_FORMED"], []),
    "LOG_INNLAGT/1.6/with-dtd": (["XML_FORBIDDEN"], []),
    "LOG_INNLAGT/1.6/sender-unknown": (["SENDER_UNKNOWN"], []),
    "UTSKRIVNINGSRAPPORT/1.6/attachment-unknown-format": (
        ["FORMAT_FAULT"],
        [("1.1", "PRIM", "2", ["T99"])],
    ),
    "UTSKRIVNINGSRAPPORT/1.6/to-follow-up-at-home": (
        [],
        [("1.1", "PRIM", "1", []), ("1.1", "COP", "1", [])],
    ),
}
ACCEPTED: tuple[list[str], list[tuple[str, str, str, list[str]]]] = ([], [("1.1", "PRIM", "1", [])])


def read_case(case: str) -> Reading:
    return read_message((TREE / case / "message.xml").read_bytes())


def receipts(reading: Reading) -> list[tuple[str, str, str, list[str]]]:
    envelope = reading.envelope
    if envelope is None or not envelope.answerable or decide_status(reading.problems) is None:
        return []
    made: list[tuple[str, str, str, list[str]]] = []
    for own in own_receivers(envelope, None):
        version = reading.app_rec_version
        receipt = build_receipt(
            envelope, own.party, own.role, reading.problems, version, RECEIPT_ID, AT
        )
        assert receipt == parse_app_rec(xml.parse(render_app_rec(receipt, version)), version)
        role = receipt.sender.role
        errors = [error.v or "" for error in receipt.error]
        made.append((version, (role.v if role else None) or "", receipt.status.v or "", errors))
    return made


def test_every_expectation_names_a_case() -> None:
    assert [case for case in EXPECTED if case not in CASES] == []


@pytest.mark.parametrize("case", [case for case in CASES if not case.startswith("APPREC/")])
def test_a_golden_message_gets_the_receipt_it_should(case: str) -> None:
    problems, expected = EXPECTED.get(case, ACCEPTED)
    reading = read_case(case)

    assert problems == [problem.code.name for problem in reading.problems]
    assert expected == receipts(reading)


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("APPREC/")])
def test_a_receipt_is_read_and_never_answered(case: str) -> None:
    data = (TREE / case / "message.xml").read_bytes()
    reading = read_case(case)

    assert reading.app_rec is not None
    assert receipts(reading) == []
    assert case.split("/")[1] == reading.app_rec_version == ROOTS[xml.parse(data).tag]
    assert xml.canonical(data) == xml.canonical(
        render_app_rec(reading.app_rec, reading.app_rec_version)
    )


@pytest.mark.parametrize(
    "case", [case for case in CASES if case not in EXPECTED and not case.startswith("APPREC/")]
)
def test_an_accepted_message_renders_back_as_it_came(case: str) -> None:
    data = (TREE / case / "message.xml").read_bytes()
    row = find(case.partition("/")[0], xml.parse(data).tag[1:].partition("}")[0])
    if row is not None and row.payload is not None:  # a letter is its own root
        again = render(parse(data, row.payload, row.edition), edition=row.edition)
    else:
        again = render(parse(data, MsgHead))

    assert xml.canonical(data) == xml.canonical(again)


def test_an_attachment_is_handed_on_with_its_description() -> None:
    (attachment,) = read_case("UTSKRIVNINGSRAPPORT/1.6/attachment").attachments

    assert (
        attachment.mime_type,
        attachment.description,
        attachment.data,
    ) == ("application/pdf", "Egenbehandlingsplan", b"%PDF-1.4 our own")


@pytest.mark.parametrize("case", CASES)
def test_every_case_is_described_and_holds_only_synthetic_persons(case: str) -> None:
    assert "synthetic" in (TREE / case / "note.md").read_text()
    runs = re.findall(rb"(?<![0-9-])[0-9]{11}(?![0-9])", (TREE / case / "message.xml").read_bytes())
    assert all(run in PUBLISHED or int(run[2:4]) > 80 for run in runs)
