"""An attachment is what its sender says, or the answer is negative; what nobody recognises is odd and taken in."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.emessage.attachment_kinds import SAID, check_kind, kind_of, type_of
from hub.emessage.page.attachments import find_attachments
from hub.emessage.read import read_message
from hub.emessage.receipt import build_receipt, decide_status, own_receivers
from hub.emessage.table_build import render
from hub.emessage.xml import parse, to_node
from tests.dialogue_builders import answer, attached, dialogue, helsefaglig
from tests.message_generator import changed
from tests.unit.emessage.test_golden_messages import AT, RECEIPT_ID

MESSAGE = (
    Path(__file__).parents[2] / "golden/emessage/UTSKRIVNINGSRAPPORT/1.6/attachment/message.xml"
).read_bytes()
START = MESSAGE.index(b">", MESSAGE.index(b"<Base64Container")) + 1
END = MESSAGE.index(b"</Base64Container")
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0"
GOOD = {"application/pdf": PDF, "image/png": PNG, "image/jpeg": JPEG, "text/plain": b"Hei"}
DANGEROUS = {
    "a Windows program": b"MZ\x90\0\x03",
    "a Linux program": b"\x7fELF\x02\x01",
    "a macOS program": b"\xcf\xfa\xed\xfe\x07",
    "a Java class": b"\xca\xfe\xba\xbe\0\0",
    "a script": b"#!/bin/sh\nrm -rf ~\n",
    "an archive": b"PK\x03\x04\x14\0",
    "an office document with macros": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0",
    "a compressed file": b"\x1f\x8b\x08\0",
    "a page": b" \n<!DOCTYPE HTML><script>alert(1)</script>",
    "a picture that runs": b"<svg onload='alert(1)'/>",
    "XML": b"\xef\xbb\xbf<?xml version='1.0'?><a/>",
}


def with_attachment(
    data: bytes, mime_type: str = "application/pdf", text: bytes | None = None
) -> bytes:
    held = base64.b64encode(data) if text is None else text
    made = MESSAGE[:START] + held + MESSAGE[END:]
    return made.replace(b"<MimeType>application/pdf<", b"<MimeType>" + mime_type.encode() + b"<")


def verdict(data: bytes) -> tuple[list[str], str | None, list[str | None]]:
    """A message → its problems, and status and codes of the receipt it gets."""
    reading = read_message(data)
    assert reading.envelope is not None
    own = own_receivers(reading.envelope, None)[0]
    receipt = build_receipt(
        reading.envelope,
        own.party,
        own.role,
        reading.problems,
        reading.app_rec_version,
        RECEIPT_ID,
        AT,
        ("x", "1"),
    )
    status = decide_status(reading.problems)
    assert status is not None
    return [p.code.name for p in reading.problems], receipt.status.v, [e.v for e in receipt.error]


@pytest.mark.parametrize("kind", GOOD)
def test_what_is_what_it_says_is_taken_in(kind: str) -> None:
    assert ([], "1", []) == verdict(with_attachment(GOOD[kind], kind))


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("found", DANGEROUS)
def test_what_could_run_is_refused_whatever_it_is_called(said: str, found: str) -> None:
    assert (["FORMAT_FAULT"], "2", ["T99"]) == verdict(with_attachment(DANGEROUS[found], said))


@pytest.mark.parametrize("said", GOOD)
@pytest.mark.parametrize("found", ["application/pdf", "image/png", "image/jpeg"])
def test_one_format_under_the_name_of_another_is_refused(said: str, found: str) -> None:
    expected = [] if said == found else ["FORMAT_FAULT"]

    assert expected == verdict(with_attachment(GOOD[found], said))[0]


@pytest.mark.parametrize("said", ["application/pdf", "image/png", "image/jpeg"])
def test_bytes_that_nobody_recognises_are_odd_and_taken_in(said: str) -> None:
    assert (["CONTENT_ODD"], "1", []) == verdict(with_attachment(b"no magic here", said))


def test_text_with_zero_bytes_is_odd_and_taken_in() -> None:
    assert (["CONTENT_ODD"], "1", []) == verdict(with_attachment(b"a\0b", "text/plain"))


def test_an_attachment_without_bytes_is_refused() -> None:
    assert (["FORMAT_FAULT"], "2", ["T99"]) == verdict(with_attachment(b""))
    assert (["FORMAT_FAULT"], "2", ["T99"]) == verdict(with_attachment(b"", text=b" \n "))


@pytest.mark.parametrize("text", [b"JVBERi0", b"JVBERi0=====", b"JVBE*i0x", b"JVBERi0\xc3\xa6"])
def test_text_that_is_no_base64_breaks_the_schema(text: bytes) -> None:
    assert (["SCHEMA_INVALID"], "2", ["T02"]) == verdict(with_attachment(b"", text=text))


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-msdownload",
        "text/html",
        "image/svg+xml",
        "application/zip",
        "application/javascript",
        "",
        "../pdf",
    ],
)
def test_a_type_that_is_not_taken_in_is_refused(kind: str) -> None:
    assert (["FORMAT_FAULT"], "2", ["T99"]) == verdict(with_attachment(PDF, kind))


@pytest.mark.parametrize(
    "kind",
    [
        "application/PDF",
        " application/pdf ",
        "\tApplication/Pdf\n",
        "application/x-pdf",
        'application/pdf; name="a.pdf"',
    ],
)
def test_a_type_is_known_in_any_case_and_among_blanks(kind: str) -> None:
    assert ([], "1", []) == verdict(with_attachment(PDF, kind))


@pytest.mark.parametrize(
    "title", ["../../../etc/passwd", "invoice.pdf.exe", "a\tb", "x" * 3000, "", "C:\\run.bat"]
)
def test_no_title_is_a_reason_to_refuse_and_none_becomes_a_dangerous_name(title: str) -> None:
    data = titled(MESSAGE, [title])
    (found,) = find_attachments(to_node(parse(data)), {})

    assert ([], "1", []) == verdict(data)
    assert 1 == found.name.count(".")
    assert found.name.endswith(".pdf")
    assert not set(found.name) & set("/\\:\t")


def test_attachments_of_one_title_become_files_of_several_names() -> None:
    found = find_attachments(to_node(parse(titled(MESSAGE, ["Svar", "Svar", "svar", ""]))), {})

    assert ["Svar.pdf", "Svar 2.pdf", "svar 3.pdf", "vedlegg 4.pdf"] == [one.name for one in found]
    assert ["Svar", "Svar", "svar", ""] == [one.title for one in found]


def titled(message: bytes, titles: list[str]) -> bytes:
    """A message with one attachment → with one for each title."""
    start = message.rindex(b"<Document>")
    end = message.index(b"</Document>", start) + len(b"</Document>")
    one = message[start:end]
    before, _, rest = one.partition(b"<Description>")
    after = rest.partition(b"</Description>")[2]
    made = [before + f"<Description>{t}</Description>".encode() + after for t in titles]
    return message[:start] + b"".join(made) + message[end:]


@given(st.binary(max_size=64), st.sampled_from(sorted(SAID)))
def test_any_bytes_get_a_verdict_and_the_same_each_time(data: bytes, said: str) -> None:
    assert check_kind(said, data, "/") == check_kind(said, data, "/")
    assert kind_of(data) == kind_of(bytes(data))


@pytest.mark.parametrize("said", ["image/jpg", "image/pjpeg", "IMAGE/JPEG;q=1"])
def test_a_jpeg_is_one_by_any_of_its_names(said: str) -> None:
    assert type_of(said) == "image/jpeg"


@pytest.mark.parametrize(
    ("message_type", "taken"),
    [
        ("DIALOG_HELSEFAGLIG", {"application/pdf", "image/jpeg", "image/png"}),
        ("DIALOG_STATUS_HENVISNING", {"application/pdf"}),
        ("DIALOG_SVAR", {"application/pdf", "image/jpeg", "image/png", "text/plain"}),
    ],
)
def test_the_formats_that_a_standard_fixes_are_those_that_are_taken_in(
    message_type: str, taken: set[str]
) -> None:
    payload = answer() if message_type == "DIALOG_SVAR" else helsefaglig("Tema", "Tekst")
    for kind, data in GOOD.items():
        document = attached(base64.b64encode(data).decode(), kind)
        whole = dialogue(message_type, payload)
        message = changed(whole, document=(*whole.document, document))
        codes = verdict(render(message))[2]

        assert ([] if kind in taken else ["T99"]) == codes, kind
