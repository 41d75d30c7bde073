"""The second opinion, on small schemas of our own that hold the traps of the official ones."""

import pytest

from hub.emessage.schemas import compile_schemas
from hub.problems import HubError, ProblemCode

XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
FILES = {
    "kith.xsd": f'<xs:schema {XS} targetNamespace="urn:kith"><xs:simpleType name="code"><xs:restriction base="xs:string">'
    '<xs:maxLength value="2"/></xs:restriction></xs:simpleType></xs:schema>'.encode(),
    "part.xsd": f'<xs:schema {XS} targetNamespace="urn:m"><xs:element name="part" type="xs:date"/></xs:schema>'.encode(),
    # Imports by an address that must never be followed, and includes a file of its own namespace.
    "message.xsd": (
        f'<xs:schema {XS} xmlns:k="urn:kith" xmlns:m="urn:m" targetNamespace="urn:m" elementFormDefault="qualified">'
        '<xs:import namespace="urn:kith" schemaLocation="http://nowhere.invalid/kith.xsd"/>'
        '<xs:include schemaLocation="part.xsd"/><xs:element name="message"><xs:complexType><xs:sequence>'
        '<xs:element name="code" type="k:code"/><xs:element ref="m:part"/></xs:sequence></xs:complexType></xs:element>'
        "</xs:schema>"
    ).encode(),
    "catalog.xml": b"<catalog/>",
}


def test_a_valid_document_has_no_problem() -> None:
    schemas = compile_schemas(FILES)

    assert (
        schemas.validate(b'<message xmlns="urn:m"><code>ab</code><part>2026-01-01</part></message>')
        == ()
    )


def test_problems_name_the_place_and_never_the_content() -> None:
    found = compile_schemas(FILES).validate(
        b'<message xmlns="urn:m"><code>secret</code><part>x</part></message>'
    )

    assert {ProblemCode.SCHEMA_INVALID} == {problem.code for problem in found}
    assert all(problem.where for problem in found)
    assert not any("secret" in problem.detail for problem in found)


def test_what_cannot_be_parsed_is_said_as_the_parser_says_it() -> None:
    assert ProblemCode.XML_NOT_WELL_FORMED is compile_schemas(FILES).validate(b"<")[0].code


def test_a_set_with_a_missing_file_does_not_compile() -> None:
    with pytest.raises(HubError) as caught:
        compile_schemas({"message.xsd": FILES["message.xsd"]})

    assert caught.value.problems[0].code is ProblemCode.OUTPUT_INVALID


def test_a_broken_file_does_not_compile() -> None:
    with pytest.raises(HubError):
        compile_schemas({**FILES, "kith.xsd": b"<"})
