"""Code list 8114: Type dokumentreferanse.

Source: Volven 8114, OID 2.16.578.1.12.4.1.1.8114, names as in NHN's stylesheets of 2024.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.codes.code_list import CodeList

DOCUMENT_REFERENCE: Final = CodeList(
    number="8114",
    name="Type dokumentreferanse",
    version="2024",
    names={
        "A": "Vedlegg",
        "REF": "Referanse",
        "XML": "XML-instans",
    },
)
