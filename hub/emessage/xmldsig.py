"""A personal XML signature inside an envelope: its form is checked, it is carried as it stands and not trusted here.

The content of each element is a pattern over the names of its children, as the schema gives it; `*` stands for an element
of any other namespace. Such elements are passed over unless they are of a message vocabulary, which a schema would judge.
Source: xmldsig-core-schema.xsd (W3C XML-DSig core, 2000/09/xmldsig#).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from hub.emessage import xml
from hub.emessage.datatypes import is_message_vocabulary
from hub.emessage.namespaces import SCHEMA_HINTS, XMLDSIG, XSI
from hub.emessage.simple_types import ANY_URI, BASE64, INTEGER, STRING
from hub.emessage.table import Errors, Simple, Special
from hub.emessage.xml import WHITESPACE, Element, Node


@dataclass(frozen=True, slots=True)
class _Model:
    """One element of the vocabulary.

    Shape: `content` is a pattern over child names, each followed by a blank; `text` the type of its text, None when text
    may not stand there (`mixed`: any text, between elements too); `required` and `optional` its attributes; `strict`: elements
    of other vocabularies must be declared in a schema that is known.
    """

    content: str = ""
    text: Simple[str] | None = None
    mixed: bool = False
    required: str = ""
    optional: str = ""
    strict: bool = False


_ALGORITHM: Final = "Algorithm"
_BASE64: Final = _Model(text=BASE64)
_TEXT: Final = _Model(text=STRING)
_MODELS: Final = {
    "Signature": _Model("SignedInfo SignatureValue (KeyInfo )?(Object )*", optional="Id"),
    "SignatureValue": _Model(text=BASE64, optional="Id"),
    "SignedInfo": _Model("CanonicalizationMethod SignatureMethod (Reference )+", optional="Id"),
    "CanonicalizationMethod": _Model(r"(\S+ )*", mixed=True, required=_ALGORITHM, strict=True),
    "SignatureMethod": _Model(
        r"(HMACOutputLength )?(\* )*", mixed=True, required=_ALGORITHM, strict=True
    ),
    "HMACOutputLength": _Model(text=INTEGER),
    "Reference": _Model("(Transforms )?DigestMethod DigestValue ", optional="Id URI Type"),
    "Transforms": _Model("(Transform )+"),
    "Transform": _Model(r"(\* |XPath )*", mixed=True, required=_ALGORITHM),
    "XPath": _TEXT,
    "DigestMethod": _Model(r"(\* )*", mixed=True, required=_ALGORITHM),
    "DigestValue": _BASE64,
    "KeyInfo": _Model(
        r"(KeyName |KeyValue |RetrievalMethod |X509Data |PGPData |SPKIData |MgmtData |\* )+",
        mixed=True,
        optional="Id",
    ),
    "KeyName": _TEXT,
    "MgmtData": _TEXT,
    "KeyValue": _Model(r"DSAKeyValue |RSAKeyValue |\* ", mixed=True),
    "RetrievalMethod": _Model("(Transforms )?", optional="URI Type"),
    "X509Data": _Model(
        r"(X509IssuerSerial |X509SKI |X509SubjectName |X509Certificate |X509CRL |\* )+"
    ),
    "X509IssuerSerial": _Model("X509IssuerName X509SerialNumber "),
    "X509IssuerName": _TEXT,
    "X509SerialNumber": _Model(text=INTEGER),
    "X509SKI": _BASE64,
    "X509SubjectName": _TEXT,
    "X509Certificate": _BASE64,
    "X509CRL": _BASE64,
    "PGPData": _Model(r"(PGPKeyID (PGPKeyPacket )?|PGPKeyPacket )(\* )*"),
    "PGPKeyID": _BASE64,
    "PGPKeyPacket": _BASE64,
    "SPKIData": _Model(r"(SPKISexp (\* )?)+"),
    "SPKISexp": _BASE64,
    "Object": _Model(r"(\S+ )*", mixed=True, optional="Id MimeType Encoding"),
    "Manifest": _Model("(Reference )+", optional="Id"),
    "SignatureProperties": _Model("(SignatureProperty )+", optional="Id"),
    "SignatureProperty": _Model(r"(\* )+", mixed=True, required="Target", optional="Id"),
    "DSAKeyValue": _Model("(P Q )?(G )?Y (J )?(Seed PgenCounter )?"),
    "RSAKeyValue": _Model("Modulus Exponent "),
    **dict.fromkeys(
        ("P", "Q", "G", "Y", "J", "Seed", "PgenCounter", "Modulus", "Exponent"), _BASE64
    ),
}
# What the schema declares inside another element alone, and so knows nowhere else
_LOCAL: Final = frozenset(
    [
        "HMACOutputLength",
        "XPath",
        "X509IssuerSerial",
        "X509IssuerName",
        "X509SerialNumber",
        "X509SKI",
        "X509SubjectName",
        "X509Certificate",
        "X509CRL",
        "PGPKeyID",
        "PGPKeyPacket",
        "SPKISexp",
        "P",
        "Q",
        "G",
        "Y",
        "J",
        "Seed",
        "PgenCounter",
        "Modulus",
        "Exponent",
    ]
)
_ANYTHING: Final = frozenset({"Object", "CanonicalizationMethod"})
_PATTERNS: Final = {name: re.compile(model.content) for name, model in _MODELS.items()}
_ID: Final = re.compile(r"[^\W\d][\w.\-]*")
_TEXTS: Final = frozenset({"Id", "MimeType"})


def _read(element: Element, errors: Errors) -> Node:
    _check(element, "Signature", errors, set())
    return xml.to_node(element)


def _check(element: Element, name: str, errors: Errors, ids: set[str]) -> None:
    """An element of the vocabulary → notes on all that its schema refuses, below it too."""
    model = _MODELS[name]
    _check_attributes(element, model, errors, ids)
    names = "".join(f"{_name(child)} " for child in element)
    if not _PATTERNS[name].fullmatch(names):
        errors.append((element, "A part of the signature is missing, repeated or out of order"))
    texts = [element.text, *(child.tail for child in element)]
    if model.text is not None:
        if model.text.read(element.text or "") is None:
            errors.append((element, f"The text is not a valid {model.text.name}"))
    elif not model.mixed and any(text and text.strip(WHITESPACE) for text in texts):
        errors.append((element, "Text is not allowed here"))
    for child in element:
        found = _name(child)
        if found in _MODELS and not (name in _ANYTHING and found in _LOCAL):
            _check(child, found, errors, ids)
        else:
            _check_foreign(child, errors)
            if model.strict and not is_message_vocabulary(xml.namespace(child.tag)):
                errors.append((child, "The element is not known"))


def _name(element: Element) -> str:
    """An element → its local name in this vocabulary, `*` when it is of another namespace."""
    ns, local = xml.namespace(element.tag), xml.local_name(element.tag)
    if ns == XMLDSIG:
        return local
    # Other than this namespace means some namespace.
    return "*" if ns else "?"


def _check_attributes(element: Element, model: _Model, errors: Errors, ids: set[str]) -> None:
    allowed = {*model.required.split(), *model.optional.split()}
    seen: set[str] = set()
    for name, value in element.items():
        seen.add(name)
        if name in SCHEMA_HINTS:
            continue
        if name not in allowed:
            errors.append((element, f"Unknown attribute {xml.local_name(name)[:64]}"))
        elif name not in _TEXTS and ANY_URI.read(value) is None:
            errors.append((element, f"Attribute {name} has a value that is not allowed"))
        elif name == "Id":
            if not _ID.fullmatch(value.strip(WHITESPACE)) or value.strip(WHITESPACE) in ids:
                errors.append((element, "Attribute Id has a value that is not allowed"))
            ids.add(value.strip(WHITESPACE))
    errors.extend(
        (element, f"Attribute {name} is missing")
        for name in model.required.split()
        if name not in seen
    )


def _check_foreign(element: Element, errors: Errors) -> None:
    for part in (element.tag, *(name for name, _ in element.items())):
        ns = xml.namespace(part)
        if is_message_vocabulary(ns) or (ns == XSI and part not in SCHEMA_HINTS):
            errors.append((element, "A message element is not allowed inside a signature"))
    for child in element:
        _check_foreign(child, errors)


def _write(tag: str, value: Node) -> Node:
    return Node(tag, value.attributes, value.content)


SIGNATURE: Final[Special[Node]] = Special("signature", _read, _write)
