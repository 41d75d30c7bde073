"""Envelopes of every root, read leniently."""

import pytest

from hub.emessage import namespaces as ns
from hub.emessage import xml
from hub.emessage.envelope import Envelope, EnvelopePatient, Identifier, Unit
from hub.emessage.envelope_read import read_envelope
from hub.values import HerId

INST = "<HCP><Inst><Name>Fjordbyen sykehus</Name><Id>10</Id><TypeId V='HER' DN='HER-id'/>{}</Inst></HCP>"
DEPT = INST.format(
    "<Dept><Name>Lunge</Name><Id>11</Id><TypeId V='HER'/><AdditionalId><Id>9</Id><Type V='RSH'/></AdditionalId></Dept>"
)
PERSON = INST.format("<HCPerson><Name>Mari Lind</Name><Id>12</Id><TypeId V='HER'/></HCPerson>")
ALONE = "<HCP><HCProf><Name>Mari Lind</Name><Id>1.3</Id><TypeId V='HER'/></HCProf></HCP>"
PATIENT = (
    "<Patient><Sex V='2'/><DateOfBirth V='1948-03-12'/><Name>Testdal, Aslaug</Name><OffId>12834812019</OffId>"
    "<TypeOffId V='FNR'/><AdditionalId><Id>7</Id><Type V='XXX'/></AdditionalId></Patient>"
)


def read(namespace: str, body: str, root: str = "Message") -> Envelope:
    envelope = read_envelope(xml.parse(f"<{root} xmlns='{namespace}'>{body}</{root}>".encode()))
    assert envelope is not None
    return envelope


def message(namespace: str, body: str) -> Envelope:
    return read(namespace, f"<Type V='T' DN='N'/><GenDate V='2026-03-02'/><MsgId>m-1</MsgId>{body}")


@pytest.mark.parametrize("namespace", [ns.EPIKRISE_1_1, ns.EPIKRISE_1_2])
def test_the_provider_sends_an_epikrise_to_the_requester(namespace: str) -> None:
    body = (
        f"<ServRprt>{PATIENT}<ServProvider>{DEPT}</ServProvider><CopyDest>{ALONE}</CopyDest><CopyDest/>"
        f"<Requester>{PERSON}</Requester></ServRprt>"
    )
    envelope = message(namespace, body)

    assert envelope.sender is not None
    assert (HerId("10"), HerId("11")) == (envelope.sender.her_id, envelope.sender.unit_her_id)
    assert [("PRIM", HerId("12")), ("COP", HerId("13"))] == [
        (r.role, r.party.unit_her_id) for r in envelope.receivers
    ]
    assert (
        envelope.root,
        envelope.msg_id,
        envelope.gen_date,
        envelope.type,
        envelope.type_name,
    ) == ("Message", "m-1", "2026-03-02", "T", "N")
    assert envelope.answerable


@pytest.mark.parametrize("namespace", [ns.HENVISNING_1_0, ns.HENVISNING_1_1])
def test_the_requester_sends_a_henvisning_to_the_provider(namespace: str) -> None:
    body = f"<ServReq>{PATIENT}<ServProvider>{DEPT}</ServProvider><Requester>{PERSON}</Requester></ServReq>"
    envelope = message(namespace, body)

    assert envelope.sender is not None
    assert Unit("person", "Mari Lind", (Identifier("12", "HER"),)) == envelope.sender.unit
    assert [HerId("11")] == [receiver.party.unit_her_id for receiver in envelope.receivers]


def test_the_patient_of_a_message_has_the_family_name_first() -> None:
    patient = message(ns.EPIKRISE_1_2, f"<ServRprt>{PATIENT}</ServRprt>").patient

    expected = (Identifier("12834812019", "FNR"), Identifier("7", "XXX"))
    assert EnvelopePatient("Testdal", "", "Aslaug", "1948-03-12", "2", expected) == patient


def test_further_identifiers_come_along() -> None:
    envelope = message(ns.EPIKRISE_1_2, f"<ServRprt><ServProvider>{DEPT}</ServProvider></ServRprt>")

    assert envelope.sender is not None
    assert envelope.sender.unit is not None
    assert (Identifier("11", "HER"), Identifier("9", "RSH")) == envelope.sender.unit.identifiers


@pytest.mark.parametrize("root", ["MsgHead", "AppRec", "Message"])
def test_an_empty_message_has_an_envelope_that_nobody_can_answer(root: str) -> None:
    namespace = {"MsgHead": ns.MSGHEAD, "AppRec": ns.APPREC_1_0, "Message": ns.EPIKRISE_1_1}[root]
    envelope = read(namespace, "", root)

    assert (
        envelope.sender,
        envelope.receivers,
        envelope.patient,
        envelope.msg_id,
    ) == (None, (), None, "")
    assert not envelope.answerable


def test_an_institution_alone_is_a_party_without_a_unit() -> None:
    envelope = message(
        ns.EPIKRISE_1_2, f"<ServRprt><ServProvider>{INST.format('')}</ServProvider></ServRprt>"
    )

    assert envelope.sender is not None
    assert envelope.sender.unit is None
    assert envelope.sender.unit_her_id is None


ORG = "<Organisation><OrganisationName>{}</OrganisationName><Ident><Id>{}</Id><TypeId V='HER'/></Ident>{}</Organisation>"


def test_addressing_is_read_also_where_the_schema_is_broken() -> None:
    body = (
        "<MsgInfo><Surprise/><MsgId> m-1 </MsgId><Type V='X'/>"
        f"<Sender>{ORG.format('A', 1, ORG.format('B', 2, ''))}</Sender>"
        f"<Receiver>{ORG.format('C', 3, '')}</Receiver>"
        f"<OtherReceiver><RoleReceiver V='COP'/>{ORG.format('D', 4, '')}</OtherReceiver>"
        "<OtherReceiver><RoleReceiver V='COP'/><Patient/></OtherReceiver></MsgInfo>"
    )
    envelope = read(ns.MSGHEAD, body, "MsgHead")

    assert envelope.answerable
    assert [receiver.party.name for receiver in envelope.receivers] == ["C", "D"]
    assert envelope.msg_id == "m-1"


def test_a_service_goes_before_the_professional_beside_it() -> None:
    person = "<HealthcareProfessional><GivenName>Mari</GivenName><FamilyName>Lind</FamilyName></HealthcareProfessional>"
    both = ORG.format("A", 1, ORG.format("B", 2, "") + person)
    envelope = read(ns.MSGHEAD, f"<MsgInfo><Sender>{both}</Sender></MsgInfo>", "MsgHead")

    assert envelope.sender is not None
    assert Unit("service", "B", (Identifier("2", "HER"),)) == envelope.sender.unit


def test_a_general_practitioner_is_addressed_as_a_person() -> None:
    person = "<HealthcareProfessional><GivenName>Mari</GivenName><FamilyName>Lind</FamilyName></HealthcareProfessional>"
    envelope = read(
        ns.MSGHEAD, f"<MsgInfo><Sender>{ORG.format('A', 1, person)}</Sender></MsgInfo>", "MsgHead"
    )

    assert envelope.sender is not None
    assert Unit("person", "Mari Lind") == envelope.sender.unit


def test_an_unknown_root_has_no_envelope() -> None:
    assert read_envelope(xml.parse(b"<a/>")) is None
