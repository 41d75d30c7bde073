"""FHIR XML and JSON, there and back without loss, and what is refused on the way.

Source: http://hl7.org/fhir/R4/xml.html, http://hl7.org/fhir/R4/json.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest
from fhir.resources.R4B import get_fhir_model_class  # noqa: TID251 the second opinion
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.fhir.xml_read import to_json
from hub.fhir.xml_write import to_xml
from hub.problems import HubError, Problem
from tests.resource_factory import every_type, maximal, minimal
from tests.unit.fhir.xml_strategies import Json, plain, render, resources

_ENCODER = msgspec.json.Encoder(decimal_format="number")
NS = 'xmlns="http://hl7.org/fhir"'
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'


@pytest.mark.parametrize("name", every_type())
def test_a_resource_of_every_type_survives_xml_with_every_element_and_digit(name: str) -> None:
    for body in (_ENCODER.encode(make(name, n)) for make in (minimal, maximal) for n in range(4)):
        xml = to_xml(body)
        assert plain(body) == plain(to_json(xml))
        assert xml == to_xml(to_json(xml))
        assert plain(body) == plain(to_json(to_xml(body, pretty=True)))


@settings(max_examples=200, deadline=None)
@given(resources())
def test_every_body_survives_xml(body: Json) -> None:
    written = render(body).encode()
    xml = to_xml(written)
    assert plain(written) == plain(to_json(xml))
    assert xml == to_xml(to_json(xml))


@pytest.mark.parametrize("name", ["Patient", "Observation", "CarePlan", "Bundle", "Questionnaire"])
def test_another_reader_of_fhir_xml_sees_the_same(name: str) -> None:
    model = get_fhir_model_class(name)
    for number in range(4):
        body = _ENCODER.encode(minimal(name, number))
        theirs = model.model_validate_xml(to_xml(body))
        assert model.model_validate_json(body).model_dump_json() == theirs.model_dump_json()


PATIENT = {
    "resourceType": "Patient",
    "birthDate": "1950-01-02",
    "_birthDate": {
        "id": "b",
        "extension": [{"url": "http://e.example/t", "valueDateTime": "1950-01-02T03:04:05Z"}],
    },
    "id": "a",
    "active": True,
    "name": [
        {
            "id": "n",
            "given": ["Kari", None],
            "_given": [None, {"id": "g2"}],
            "family": 'B & "C"\n<d>',
        }
    ],
    "multipleBirthInteger": 2,
    "contained": [{"resourceType": "Device", "id": "d"}],
    "text": {"status": "generated", "div": f"<div {XHTML}>æ&nbsp;<br/></div>"},
}
PATIENT_XML = (
    f'<?xml version="1.0" encoding="UTF-8"?><Patient {NS}><id value="a"/><text><status value="generated"/>'
    f"<div {XHTML}>æ&#160;<br/></div></text>"
    '<contained><Device><id value="d"/></Device></contained><active value="true"/>'
    '<name id="n"><family value="B &amp; &quot;C&quot;&#10;&lt;d>"/><given value="Kari"/><given id="g2"/></name>'
    '<birthDate id="b" value="1950-01-02"><extension url="http://e.example/t">'
    '<valueDateTime value="1950-01-02T03:04:05Z"/></extension></birthDate>'
    '<multipleBirthInteger value="2"/></Patient>'
)


def test_xml_is_written_as_the_specification_shows_it() -> None:
    assert PATIENT_XML == to_xml(json.dumps(PATIENT).encode()).decode()


def test_pretty_xml_has_a_line_for_each_element_and_leaves_the_narrative_alone() -> None:
    lines = to_xml(json.dumps(PATIENT).encode(), pretty=True).decode().splitlines()
    assert [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<Patient {NS}>",
        '  <id value="a"/>',
    ] == lines[:3]
    assert f"    <div {XHTML}>æ&#160;<br/></div>" in lines
    assert "</Patient>" == lines[-1]


def test_a_character_that_xml_cannot_carry_is_refused_not_dropped() -> None:
    with pytest.raises(HubError) as caught:
        to_xml('{"resourceType":"Patient","implicitRules":"a\ufffe"}'.encode())
    assert ["NOT_ACCEPTABLE"] == [p.code.name for p in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (f"<Patient {NS}/>", {"resourceType": "Patient"}),
        ('<f:Patient xmlns:f="http://hl7.org/fhir"><f:id value="a"/></f:Patient>', {"resourceType": "Patient", "id": "a"}),
        (f"\ufeff<?xml version='1.0' encoding='utf-8'?>\n<Patient {NS}/>\n", {"resourceType": "Patient"}),
        (f"<!-- a --><?b c?><Patient {NS}><!-- d --> <?e?> </Patient>", {"resourceType": "Patient"}),
        (
            f'<Patient {NS} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://hl7.org/fhir a.xsd"/>',
            {"resourceType": "Patient"},
        ),
        (f'<Patient {NS}><multipleBirthInteger value="+3"/></Patient>', {"resourceType": "Patient", "multipleBirthInteger": 3}),
        (f'<Patient {NS}><gender value="a&#10;&#x9;b"/></Patient>', {"resourceType": "Patient", "gender": "a\n\tb"}),
        (f"<Patient {NS}><name/></Patient>", {"resourceType": "Patient", "name": [{}]}),
    ],
)  # fmt: skip
def test_ways_to_write_the_same_are_read_alike(written: str, read: Json) -> None:
    assert read == json.loads(to_json(written.encode()))


@pytest.mark.parametrize(
    ("written", "div"),
    [
        (f"<div {XHTML}>a<br/><![CDATA[<]]>\n&#160;</div >", f"<div {XHTML}>a<br/><![CDATA[<]]>\n&#160;</div >"),
        (f"<div {XHTML} title='>'/>", f"<div {XHTML} title='>'/>"),
        (
            '<h:div xmlns:h="http://www.w3.org/1999/xhtml" title="a &lt;&quot;"><h:p xml:lang="nb">a &amp; b<h:br/></h:p></h:div>',
            f'<div {XHTML} title="a &lt;&quot;"><p xml:lang="nb">a &amp; b<br></br></p></div>',
        ),
    ],
)  # fmt: skip
def test_a_narrative_keeps_its_bytes_or_where_its_namespace_stands_elsewhere_is_written_anew(
    written: str, div: str
) -> None:
    xml = f"<Patient {NS}><text><status value='generated'/>{written}</text></Patient>"
    assert div == json.loads(to_json(xml.encode()))["text"]["div"]


def test_a_foreign_element_in_a_narrative_does_not_pass_for_one_of_xhtml() -> None:
    inside = '<h:div xmlns:h="http://www.w3.org/1999/xhtml"><p xmlns="http://x.example" x:y="1" xmlns:x="http://y.example"/></h:div>'
    xml = f"<Patient {NS}><text><status value='generated'/>{inside}</text></Patient>"
    made = json.loads(to_json(xml.encode()))["text"]["div"]
    assert f'<div {XHTML}><foreign foreign-y="1"></foreign></div>' == made


def patient(inside: str) -> str:
    return f"<Patient {NS}>\n{inside}</Patient>"


REFUSED = {
    "nothing": ("", "XML_NOT_WELL_FORMED", ""),
    "no XML": ("{}", "XML_NOT_WELL_FORMED", ""),
    "half": (patient("")[:-4], "XML_NOT_WELL_FORMED", ""),
    "two roots": (patient("") * 2, "XML_NOT_WELL_FORMED", ""),
    "an attribute twice": (patient('<active value="true" value="true"/>'), "XML_NOT_WELL_FORMED", ""),
    "an unknown entity": (patient('<gender value="&nbsp;"/>'), "XML_NOT_WELL_FORMED", ""),
    "an unbound prefix": (patient("<a:b/>"), "XML_NOT_WELL_FORMED", ""),
    "XML 1.1": ("<?xml version='1.1'?>" + patient(""), "XML_NOT_WELL_FORMED", ""),
    "another charset": ("<?xml version='1.0' encoding='ISO-8859-1'?>" + patient(""), "NOT_UTF8", ""),
    "a DTD": ("<!DOCTYPE Patient>" + patient(""), "XML_FORBIDDEN", ""),
    "an external DTD": ("<!DOCTYPE Patient SYSTEM 'http://127.0.0.1:9/a.dtd'>" + patient(""), "XML_FORBIDDEN", ""),
    "an external entity": (
        '<!DOCTYPE Patient [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + patient('<gender value="x"/>&a;'),
        "XML_FORBIDDEN", "",
    ),
    "a bomb": (
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>' + patient("&b;"),
        "XML_FORBIDDEN", "",
    ),
    "no namespace": ("<Patient/>", "XML_STRUCTURE", "Patient"),
    "another namespace": ('<Patient xmlns="urn:hl7-org:v3"/>', "XML_STRUCTURE", "Patient"),
    "another namespace inside": (patient('<active xmlns="urn:x" value="true"/>'), "XML_STRUCTURE", "Patient.active"),
    "an unknown type": (f"<Nothing {NS}/>", "WRONG_RESOURCE_TYPE", "Nothing"),
    "an unknown element": (patient('<colour value="red"><a/></colour>'), "UNKNOWN_ELEMENT", "Patient.colour"),
    "an unknown attribute": (patient('<active value="true" xml:lang="nb"/>'), "UNKNOWN_ELEMENT", "Patient.active"),
    "a value on a complex element": (patient('<name value="a"/>'), "UNKNOWN_ELEMENT", "Patient.name[0]"),
    "an id on a resource": (f'<Patient {NS} id="a"/>', "UNKNOWN_ELEMENT", "Patient"),
    "an extension in an id": (patient('<id value="a"><extension url="b"/></id>'), "UNKNOWN_ELEMENT", "Patient.id.extension"),
    "a choice without its type": (patient('<deceased value="true"/>'), "UNKNOWN_ELEMENT", "Patient.deceased"),
    "an attribute as an element": (patient("<name><id value='a'/></name>"), "UNKNOWN_ELEMENT", "Patient.name[0].id"),
    "text": (patient("hello"), "XML_STRUCTURE", "Patient"),
    "text for a value": (patient("<active>true</active>"), "XML_STRUCTURE", "Patient.active"),
    "the wrong order": (patient('<active value="true"/><id value="a"/>'), "XML_STRUCTURE", "Patient.id"),
    "one element twice": (patient('<active value="true"/><active value="true"/>'), "XML_STRUCTURE", "Patient.active"),
    "repeats apart": (patient("<name id='a'/><gender value='male'/><name id='b'/>"), "XML_STRUCTURE", "Patient.name"),
    "no value": (patient("<active/>"), "INVARIANT", "Patient.active"),
    "a boolean that is none": (patient('<active value="yes"/>'), "BAD_VALUE", "Patient.active"),
    "an integer that is none": (patient('<multipleBirthInteger value="1.0"/>'), "BAD_VALUE", "Patient.multipleBirthInteger"),
    "a decimal that is none": (
        f'<Observation {NS}><valueQuantity><value value="1,5"/></valueQuantity></Observation>',
        "BAD_VALUE", "Observation.valueQuantity.value",
    ),
    "contained nothing": (patient("<contained/>"), "XML_STRUCTURE", "Patient.contained[0]"),
    "contained two": (patient("<contained><Device/><Device/></contained>"), "XML_STRUCTURE", "Patient.contained[0]"),
    "contained of no type": (patient("<contained><x/></contained>"), "WRONG_RESOURCE_TYPE", "Patient.contained[0]"),
    "a div that is none of XHTML": (patient("<text><div>a</div></text>"), "XML_STRUCTURE", "Patient.text.div"),
    "in the second name": (patient("<name id='a'/><name><x/></name>"), "UNKNOWN_ELEMENT", "Patient.name[1].x"),
    "too deep": (patient('<extension url="a">' * 200), "TOO_DEEP", ""),
    "a deep narrative": (patient(f"<text><div {XHTML}>" + "<b>" * 200), "TOO_DEEP", ""),
    "too many tags": (patient("<a/>" * 1_000_000), "TOO_LARGE", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_fhir_xml_is_refused_with_its_place(case: str) -> None:
    written, code, where = REFUSED[case]
    problem, *_ = problems_of(written.encode())
    assert (code, where) == (problem.code.name, problem.where)


@pytest.mark.parametrize(
    "body",
    [
        patient("").encode("utf-16"), patient("").encode("utf-16-le"), patient('<gender value="å"/>').encode("latin-1"),
        b"\xff", b"\x00",
    ],
)  # fmt: skip
def test_bytes_in_another_charset_are_refused(body: bytes) -> None:
    (problem,) = problems_of(body)
    assert "NOT_UTF8" == problem.code.name


def test_several_problems_are_told_together_each_with_its_line() -> None:
    found = problems_of(patient('<a/>\n<active value="yes"/>\n<name><b/></name>').encode())
    assert ["Patient.a", "Patient.active", "Patient.name[0].b"] == [p.where for p in found]
    assert ["(line 2)", "(line 3)", "(line 4)"] == [p.detail[-8:] for p in found]


def test_no_more_problems_are_told_than_anybody_reads() -> None:
    assert 100 == len(problems_of(patient("<a/>" * 500).encode()))


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(alphabet='<>/&"= aPtientxmls:!-[]?', max_size=80).map(str.encode)
)
def test_no_bytes_raise_anything_but_a_problem(body: bytes) -> None:
    assert all(isinstance(p, Problem) for p in problems_of(body))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_body_with_a_piece_cut_out_is_read_or_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(PATIENT_XML)))
    end = data.draw(st.integers(start, len(PATIENT_XML)))
    assert all(
        isinstance(p, Problem)
        for p in problems_of((PATIENT_XML[:start] + PATIENT_XML[end:]).encode())
    )


def problems_of(body: bytes) -> tuple[Problem, ...]:
    def found() -> Iterator[Problem]:
        try:
            to_json(body)
        except HubError as error:
            yield from error.problems

    return tuple(found())
