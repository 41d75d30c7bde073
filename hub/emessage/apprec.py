"""AppRec 1.0 and 1.1 (applikasjonskvittering): the receipt as a table; both versions have the same tree.

Source: HIS 80415:2004 (1.0), HIS 80415:2012 (1.1), AppRec-v1.1.xsd, AppRec-v1-2004-11-21.xsd.
"""

from __future__ import annotations

from typing import Final

from hub.emessage.datatypes import CS, CV, URL
from hub.emessage.message_types import AppRecVersion
from hub.emessage.namespaces import APPREC_1_0, APPREC_1_1
from hub.emessage.simple_types import DATE_TIME, STRING
from hub.emessage.table import Choice, Edition, block, many, maybe, one
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse_element
from hub.emessage.xml import Element

MIG_VERSIONS: Final[dict[AppRecVersion, str]] = {"1.0": "1.0 2004-11-21", "1.1": "v1.1 2012-02-15"}
ROOTS: Final[dict[str, AppRecVersion]] = {
    f"{{{APPREC_1_0}}}AppRec": "1.0",
    f"{{{APPREC_1_1}}}AppRec": "1.1",
}
EDITIONS: Final[dict[AppRecVersion, Edition | None]] = {
    "1.0": Edition("AppRec 1.0", ((APPREC_1_1, APPREC_1_0),)),
    "1.1": None,
}


@block(APPREC_1_1)
class AdditionalId:
    """A further identifier of the same party."""

    id: str = one("Id", STRING)
    type: CS = one("Type", CS)


@block(APPREC_1_1)
class Dept:
    """Level 2 of an addressing when it is a service."""

    type: CS | None = maybe("Type", CS)
    name: str | None = maybe("Name", STRING)
    id: str | None = maybe("Id", STRING)
    type_id: CS | None = maybe("TypeId", CS)
    additional_id: tuple[AdditionalId, ...] = many("AdditionalId", AdditionalId)


@block(APPREC_1_1)
class HCPerson:
    """Level 2 of an addressing when it is a person."""

    name: str | None = maybe("Name", STRING)
    id: str | None = maybe("Id", STRING)
    type_id: CS | None = maybe("TypeId", CS)
    additional_id: tuple[AdditionalId, ...] = many("AdditionalId", AdditionalId)


@block(APPREC_1_1)
class Inst:
    """Level 1 of an addressing, with the level 2 inside."""

    name: str | None = maybe("Name", STRING)
    id: str | None = maybe("Id", STRING)
    type_id: CS | None = maybe("TypeId", CS)
    dept: tuple[Dept, ...] = many("Dept", Dept)
    additional_id: tuple[AdditionalId, ...] = many("AdditionalId", AdditionalId)
    hc_person: tuple[HCPerson, ...] = many("HCPerson", HCPerson)


@block(APPREC_1_1)
class HCProf:
    """A professional without an institution; normally not used."""

    type: CS | None = maybe("Type", CS)
    name: str | None = maybe("Name", STRING)
    id: str | None = maybe("Id", STRING)
    type_id: CS | None = maybe("TypeId", CS)
    additional_id: tuple[AdditionalId, ...] = many("AdditionalId", AdditionalId)


@block(APPREC_1_1)
class Address:
    """A postal address."""

    type: CS = one("Type", CS)
    street_adr: str | None = maybe("StreetAdr", STRING)
    postal_code: str | None = maybe("PostalCode", STRING)
    city: str | None = maybe("City", STRING)
    county: CS | None = maybe("County", CS)
    country: CS | None = maybe("Country", CS)
    city_distr: CS | None = maybe("CityDistr", CS)
    tele_address: tuple[URL, ...] = many("TeleAddress", URL)


@block(APPREC_1_1, choices=(Choice(("inst", "hc_prof")),))
class HCP:
    """A party: an institution with its levels, or a single professional."""

    inst: Inst | None = maybe("Inst", Inst)
    hc_prof: HCProf | None = maybe("HCProf", HCProf)
    med_speciality: CV | None = maybe("MedSpeciality", CV)
    address: Address | None = maybe("Address", Address)


@block(APPREC_1_1)
class Sender:
    """Who sends the receipt: the receiver of the message, mirrored."""

    role: CS | None = maybe("Role", CS)
    hcp: HCP = one("HCP", HCP)


@block(APPREC_1_1)
class Receiver:
    """Who gets the receipt: the sender of the message, mirrored."""

    role: CS | None = maybe("Role", CS)
    hcp: HCP = one("HCP", HCP)


@block(APPREC_1_1)
class OriginalMsgId:
    """The message a receipt is about: its type, time and id."""

    msg_type: CS = one("MsgType", CS)
    issue_date: str = one("IssueDate", DATE_TIME)
    id: str = one("Id", STRING)


@block(APPREC_1_1)
class AppRec:
    """One receipt: who answers whom, status, errors, and which message it is about.

    Shape: the tree is the same in both versions; an empty MIGversion means the one of the version read.
    """

    msg_type: CS = one("MsgType", CS)
    mig_version: str = one("MIGversion", STRING, empty_means="v1.1 2012-02-15")
    software_name: str | None = maybe("SoftwareName", STRING)
    software_version: str | None = maybe("SoftwareVersion", STRING)
    gen_date: str = one("GenDate", DATE_TIME)
    id: str = one("Id", STRING)
    sender: Sender = one("Sender", Sender)
    receiver: Receiver = one("Receiver", Receiver)
    status: CS = one("Status", CS)
    error: tuple[CV, ...] = many("Error", CV)
    original_msg_id: OriginalMsgId = one("OriginalMsgId", OriginalMsgId)


def parse_app_rec(root: Element, version: AppRecVersion) -> AppRec:
    """The root Element of a receipt and its version (by the namespace, `ROOTS`) → the AppRec.

    Problems: SCHEMA_INVALID.
    """
    return parse_element(root, AppRec, EDITIONS[version])


def render_app_rec(receipt: AppRec, version: AppRecVersion) -> bytes:
    """A receipt and its version → the document.

    Problems: OUTPUT_INVALID.
    """
    return render(receipt, EDITIONS[version])
