"""Codes, quantities, times and addresses of e-messages as FHIR datatypes."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.emessage.datatypes import CS, CV, PQ, URL
from hub.emessage.felles import Address, TeleCom
from hub.fhir.models.primitives import PATTERNS
from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, ContactPoint, Quantity
from hub.mapping.codes import NOTHING_SAID, code_text, to_concept, to_contact_point, to_quantity
from hub.mapping.narrative import to_paragraphs
from hub.mapping.person import to_address, to_telecom
from hub.mapping.times import order_key, to_date, to_date_time
from tests.message_builders import OID


@pytest.mark.parametrize(
    ("sent", "system"),
    [
        (CV(v="J44", s=f"{OID}7110"), "urn:oid:2.16.578.1.12.4.1.1.7110"),
        (CV(v="R95", s=f"{OID}7170"), "http://hl7.org/fhir/sid/icpc-2"),
        (CV(v="H02AB06", s=f"{OID}7180"), "http://www.whocc.no/atc"),
        (CV(v="x", s="1.2.3"), "urn:oid:1.2.3"),
        (CV(v="x"), None),
    ],
)
def test_a_code_keeps_its_list_under_the_name_fhir_knows(sent: CV, system: str | None) -> None:
    concept = to_concept(sent)

    assert concept is not None
    assert (concept.coding[0].system, concept.coding[0].code) == (system, sent.v)


def test_a_cs_gets_the_list_its_element_implies() -> None:
    coding = Coding(system="urn:oid:2.16.578.1.12.4.1.1.9103", code="1", display="Ikke multidose")

    assert to_concept(CS(v="1", dn="Ikke multidose"), "9103") == CodeableConcept(
        coding=(coding,), text="Ikke multidose"
    )


def test_free_text_beside_a_code_and_ot_are_both_said() -> None:
    concept = to_concept(CV(v="88", s=f"{OID}9141", dn="Annet", ot="eget"), text="beskrivelse")

    assert concept is not None
    assert concept.text == "beskrivelse – eget"


@pytest.mark.parametrize("nothing", [CS(), CV(), CV(v=" ", dn="")])
def test_a_code_that_says_nothing_says_so(nothing: CS | CV) -> None:
    assert to_concept(nothing) == CodeableConcept(extension=NOTHING_SAID)


def test_a_code_that_is_not_there_is_nothing() -> None:
    assert to_concept(None) is None


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (
            PQ(v="2.50", u="mg"),
            Quantity(
                value=Decimal("2.50"), unit="mg", system="http://unitsofmeasure.org", code="mg"
            ),
        ),
        (
            PQ(v="5", u="mikrog"),
            Quantity(
                value=Decimal(5), unit="mikrog", system="http://unitsofmeasure.org", code="ug"
            ),
        ),
        (PQ(v="100", u="IE"), Quantity(value=Decimal(100), unit="IE")),
        (PQ(v="INF", u="mg"), Quantity(unit="INF mg")),
        (PQ(u="mg"), Quantity(unit="mg", system="http://unitsofmeasure.org", code="mg")),
        (PQ(), None),
    ],
)
def test_a_quantity_is_exact_and_coded_only_when_the_unit_is_ucum(
    sent: PQ, expected: Quantity | None
) -> None:
    assert to_quantity(sent) == expected


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("2026-03-02T10:15:00", "2026-03-02T10:15:00+01:00"),
        ("2026-07-02T10:15:00", "2026-07-02T10:15:00+02:00"),
        ("2026-10-25T02:30:00", "2026-10-25T02:30:00+02:00"),
        ("2026-03-29T02:30:00", "2026-03-29T02:30:00+01:00"),
        ("2026-03-02T10:15:00Z", "2026-03-02T10:15:00Z"),
        ("2026-12-31T24:00:00", "2027-01-01T00:00:00+01:00"),
        ("2026-03-02", "2026-03-02"),
        ("2026-03-02+01:00", "2026-03-02"),
        ("2026-03", "2026-03"),
        ("2026", "2026"),
        ("10:15:00", None),
        ("-0044-03-15", None),
        ("12026-01-01T00:00:00", None),
        ("9999-12-31T24:00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_keeps_its_precision_and_gets_norwegian_time(
    sent: str | None, expected: str | None
) -> None:
    assert to_date_time(sent) == expected


def test_a_date_is_the_day_of_a_time() -> None:
    assert to_date("2026-03-02T23:30:00") == "2026-03-02"


def test_times_with_different_offsets_sort_by_when_they_were() -> None:
    times = ["2026-03-02T10:00:00Z", "2026-03-02T10:30:00+01:00", "2026-03-02", ""]

    assert sorted(times, key=order_key) == [
        "",
        "2026-03-02",
        "2026-03-02T10:30:00+01:00",
        "2026-03-02T10:00:00Z",
    ]


def test_the_first_and_the_last_times_there_are_sort_too() -> None:
    times = [
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "2016-12-31T23:59:60Z",
        "2017-01-01T00:00:00Z",
    ]

    assert sorted(times, key=order_key) == [times[1], times[2], times[3], times[0]]


@settings(max_examples=300, deadline=None)
@given(
    st.datetimes().map(lambda d: d.isoformat(timespec="seconds"))
    | st.dates().map(str)
    | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}", fullmatch=True)
)
def test_whatever_comes_out_of_a_time_is_a_fhir_date_time(sent: str) -> None:
    made = to_date_time(sent)

    assert made is None or re.match(PATTERNS["dateTime"], made) or not _is_date(sent)


def _is_date(sent: str) -> bool:
    try:
        datetime.fromisoformat(sent)
    except ValueError:
        return False
    return True


@given(st.text())
def test_a_code_has_no_blanks_around_it(sent: str) -> None:
    made = code_text(sent)

    assert made is None or re.match(PATTERNS["code"], made)


@pytest.mark.parametrize(
    ("address", "kind", "expected"),
    [
        ("tel:73555555", CS(v="MC", dn="Mobiltelefon"), ("phone", "73555555", "mobile")),
        ("mailto:post@example.no", None, ("email", "post@example.no", None)),
        ("73555555", CS(v="F", dn="Fax"), ("fax", "73555555", None)),
        ("https://example.no", None, ("url", "https://example.no", None)),
        ("noe:annet", None, ("other", "noe:annet", None)),
    ],
)
def test_an_address_is_filed_by_its_scheme(
    address: str, kind: CS | None, expected: tuple[str, str, str | None]
) -> None:
    point = to_contact_point(address, kind)

    assert point is not None
    assert (point.system, point.value, point.use) == expected


def test_a_telephone_number_that_is_not_there_says_so() -> None:
    assert to_telecom((TeleCom(tele_address=URL()),)) == (ContactPoint(extension=NOTHING_SAID),)


def test_the_municipality_of_an_address_keeps_its_number() -> None:
    made = to_address(Address(street_adr="Veien 1", postbox="12", county=CS(v="0301", dn="Oslo")))

    assert made is not None
    assert (made.line, made.district) == (("Veien 1", "Postboks 12"), "Oslo")
    assert made.district_ext is not None
    coding = made.district_ext.extension[0].valueCoding
    assert coding is not None
    assert coding.code == "0301"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("en linje", "<p>en linje</p>"),
        ("to\nlinjer", "<p>to<br/>linjer</p>"),
        ("to\r\n\r\navsnitt", "<p>to</p><p>avsnitt</p>"),
        ("SpO2 < 88 & <b>", "<p>SpO2 &lt; 88 &amp; &lt;b&gt;</p>"),
        ("  \n ", ""),
    ],
)
def test_plain_text_becomes_clean_xhtml(text: str, expected: str) -> None:
    assert to_paragraphs(text) == expected
