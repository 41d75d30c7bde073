"""A signature is carried as it stands when it is one, and refused when the schema would refuse it."""

import pytest

from hub.emessage import xml
from hub.emessage.namespaces import XMLDSIG
from hub.emessage.table import Errors
from hub.emessage.xmldsig import SIGNATURE

METHOD = '<CanonicalizationMethod Algorithm="urn:c"/><SignatureMethod Algorithm="urn:s"/>'
REFERENCE = (
    '<Reference URI=""><DigestMethod Algorithm="urn:d"/><DigestValue>QUJD</DigestValue></Reference>'
)
INFO = f"<SignedInfo>{METHOD}{REFERENCE}</SignedInfo>"
VALUE = "<SignatureValue>QU JD</SignatureValue>"
KEY = (
    '<KeyInfo Id="k"><KeyName>x</KeyName><X509Data><X509IssuerSerial><X509IssuerName>n</X509IssuerName>'
    "<X509SerialNumber>12</X509SerialNumber></X509IssuerSerial><X509Certificate>QUJD</X509Certificate></X509Data>"
    '<x:Else xmlns:x="urn:else" any="1">text</x:Else></KeyInfo>'
)


def problems(content: str, attributes: str = "") -> list[str]:
    errors: Errors = []
    root = xml.parse(f'<Signature xmlns="{XMLDSIG}" {attributes}>{content}</Signature>'.encode())
    value = SIGNATURE.read(root, errors)
    assert value is not None
    assert value == xml.to_node(root)
    return [xml.path(element) for element, _ in errors]


@pytest.mark.parametrize(
    "content",
    [
        INFO + VALUE,
        INFO + VALUE + KEY,
        INFO + VALUE + '<Object Encoding="urn:e">text<x:y xmlns:x="urn:else"/> more</Object>',
        INFO
        + VALUE
        + "<KeyInfo><KeyValue><RSAKeyValue><Modulus>QUJD</Modulus><Exponent>QUJD</Exponent></RSAKeyValue></KeyValue></KeyInfo>",
        INFO.replace(
            "<DigestMethod",
            '<Transforms><Transform Algorithm="urn:t"><XPath>a</XPath></Transform></Transforms><DigestMethod',
        )
        + VALUE,
        INFO + VALUE + '<Object><y xmlns=""/><Manifest>' + REFERENCE + "</Manifest></Object>",
        INFO.replace('urn:c"/>', 'urn:c"><KeyName>k</KeyName></CanonicalizationMethod>') + VALUE,
    ],
)
def test_a_signature_as_the_schema_says_is_carried(content: str) -> None:
    assert problems(content, 'Id="s1"') == []


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (VALUE + INFO, "/Signature"),
        (INFO, "/Signature"),
        ("<SignedInfo/>" + VALUE, "/Signature/SignedInfo"),
        (INFO + "<SignatureValue>Q!</SignatureValue>", "/Signature/SignatureValue"),
        (INFO + VALUE + "<KeyInfo/>", "/Signature/KeyInfo"),
        (
            INFO.replace(' Algorithm="urn:c"', "") + VALUE,
            "/Signature/SignedInfo/CanonicalizationMethod",
        ),
        (INFO.replace('URI=""', 'URL=""') + VALUE, "/Signature/SignedInfo/Reference"),
        (INFO.replace("QUJD", "QUJ") + VALUE, "/Signature/SignedInfo/Reference/DigestValue"),
        (
            INFO.replace('<Reference URI="">', "<Reference>stray") + VALUE,
            "/Signature/SignedInfo/Reference",
        ),
        (INFO + VALUE + KEY.replace('Id="k"', 'Id="1 k"'), "/Signature/KeyInfo"),
        (
            INFO + VALUE + KEY.replace(">12<", ">x<"),
            "/Signature/KeyInfo/X509Data/X509IssuerSerial/X509SerialNumber",
        ),
        (
            INFO + VALUE + KEY.replace("urn:else", "http://www.kith.no/xmlstds"),
            "/Signature/KeyInfo/Else",
        ),
        (
            INFO + VALUE + "<Object><Object><Manifest/></Object></Object>",
            "/Signature/Object/Object/Manifest",
        ),
        (
            INFO.replace('urn:s"/>', 'urn:s"><x:y xmlns:x="urn:else"/></SignatureMethod>') + VALUE,
            "/Signature/SignedInfo/SignatureMethod/y",
        ),
    ],
)
def test_what_the_schema_refuses_is_refused_where_it_is(content: str, where: str) -> None:
    assert where in problems(content)


@pytest.mark.parametrize(
    "inside", ["<Unknown/>", "<XPath>a</XPath>", '<x:y xmlns:x="urn:else"><KeyName/></x:y>']
)
def test_what_the_schema_passes_over_is_refused_where_it_looks_like_a_part(inside: str) -> None:
    errors: Errors = []
    root = xml.parse(
        f'<Signature xmlns="{XMLDSIG}">{INFO}{VALUE}<Object>{inside}</Object></Signature>'.encode()
    )
    SIGNATURE.read(root, errors)

    assert ["A message element is not allowed inside a signature"] == [told for _, told in errors]


def test_ids_are_not_given_twice() -> None:
    assert problems(INFO + VALUE + KEY, 'Id="k"') == ["/Signature/KeyInfo"]
