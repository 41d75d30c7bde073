"""Receipts: who answers, with which status and errors, mirrored how."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from hub.emessage.apprec import AppRec, render_app_rec
from hub.emessage.datatypes import CS
from hub.emessage.envelope import Addressee, Envelope, Identifier, Party, Unit
from hub.emessage.message_types import AppRecVersion
from hub.emessage.namespaces import EPIKRISE_1_1
from hub.emessage.receipt import build_receipt, decide_status, own_receivers
from hub.problems import HubError, Problem, ProblemCode
from hub.values import HerId, OwnService

AT = datetime(2026, 3, 2, 10, 16, 5, tzinfo=UTC)


def her(value: str) -> tuple[Identifier, ...]:
    return (Identifier(value, "HER", "HER-id"),)


def party(upper: str, lower: str | None, kind: str = "service") -> Party:
    unit = Unit("person" if kind == "person" else "service", "Enhet", her(lower)) if lower else None
    return Party("Virksomhet", her(upper) if upper else (), unit)


SENDER = party("10", "11")
OURS = party("20", "21")
SERVICES = [
    OwnService(HerId("20"), HerId("21")),
    OwnService(HerId("20"), HerId("22"), frozenset({"LOG_DOD"})),
]


def envelope(
    *receivers: Addressee, sender: Party | None = SENDER, gen_date: str = "2026-03-02T10:15:00"
) -> Envelope:
    return Envelope(
        root="MsgHead",
        namespace="urn:payload",
        type="LOG_INNLAGT",
        type_name="Melding om innlagt pasient",
        msg_id="m-1",
        gen_date=gen_date,
        sender=sender,
        receivers=receivers,
    )


def problem(code: ProblemCode, detail: str = "detail", where: str = "") -> Problem:
    return Problem(code, detail, where)


def receipt(
    *problems: Problem,
    version: AppRecVersion = "1.1",
    one: Envelope | None = None,
    own: Party = OURS,
) -> AppRec:
    return build_receipt(one or envelope(), own, "PRIM", problems, version, "r-1", AT, ("hub", "1"))


def owners(*receivers: Addressee) -> list[tuple[str, bool, list[str]]]:
    found = own_receivers(envelope(*receivers), SERVICES)
    return [
        (own.role, own.service is not None, [p.code.name for p in own.problems]) for own in found
    ]


def test_our_service_answers_as_primary_receiver_and_as_copy() -> None:
    assert owners(Addressee(OURS, "PRIM"), Addressee(OURS, "COP")) == [
        ("PRIM", True, []),
        ("COP", True, []),
    ]


def test_other_roles_and_other_organisations_are_not_ours_to_answer_for() -> None:
    assert (
        owners(Addressee(party("30", "31"), "PRIM"), Addressee(OURS, "FR"), Addressee(OURS, "OR"))
        == []
    )


@pytest.mark.parametrize("lower", ["99", None])
def test_an_unknown_or_missing_service_of_our_organisation_is_answered_with_e21(
    lower: str | None,
) -> None:
    assert owners(Addressee(party("20", lower), "PRIM")) == [("PRIM", False, ["RECEIVER_UNKNOWN"])]


def test_a_missing_upper_level_is_answered_with_e21() -> None:
    assert owners(Addressee(party("", "21"), "PRIM")) == [("PRIM", False, ["RECEIVER_UNKNOWN"])]


def test_our_service_number_under_another_organisation_is_not_ours() -> None:
    assert owners(Addressee(party("30", "21"), "PRIM")) == []


def test_a_service_that_does_not_take_the_type_answers_t10() -> None:
    assert owners(Addressee(party("20", "22"), "PRIM")) == [
        ("PRIM", True, ["MESSAGE_TYPE_UNSUPPORTED"])
    ]


ENTITY, WARD, OTHER = "999988939", "999988947", "999988955"
NUMBERS = {ENTITY: frozenset({"20", "21"}), WARD: frozenset({"21"})}


def enh(value: str) -> tuple[Identifier, ...]:
    return (Identifier(value, "ENH", "Organisasjonsnummer"),)


@pytest.mark.parametrize(
    ("upper", "lower", "found"),
    [
        (enh(ENTITY), her("21"), []),
        (enh("999 988 939"), enh(WARD), []),
        (her("20"), enh(WARD), []),
        (enh(ENTITY), enh(ENTITY), []),
        (enh(ENTITY), (), ["RECEIVER_UNKNOWN"]),
        (enh(ENTITY), enh(OTHER), ["RECEIVER_UNKNOWN"]),
        (her("20"), enh(OTHER), ["RECEIVER_UNKNOWN"]),
        (her("30"), enh(WARD), None),
        (enh(OTHER), enh(OTHER), None),
        (her("30") + enh(ENTITY), her("21"), None),
    ],
)
def test_a_level_without_a_her_id_is_told_by_its_organisation_number(
    upper: tuple[Identifier, ...], lower: tuple[Identifier, ...], found: list[str] | None
) -> None:
    named = Party("Virksomhet", upper, Unit("service", "Enhet", lower))
    told = own_receivers(envelope(Addressee(named, "PRIM")), SERVICES, NUMBERS)

    assert (None if found is None else [found]) == (
        [[p.code.name for p in one.problems] for one in told] or None
    )


def test_a_number_that_several_of_our_services_share_names_none_of_them() -> None:
    numbers = {ENTITY: frozenset({"20", "21", "22"})}
    shared = Party("Virksomhet", enh(ENTITY), Unit("service", "Enhet", enh(ENTITY)))
    (told,) = own_receivers(envelope(Addressee(shared, "PRIM")), SERVICES, numbers)

    assert ["RECEIVER_UNKNOWN"] == [p.code.name for p in told.problems]


@pytest.mark.parametrize(("type_", "takes"), [("E", "EPIKRISE"), ("H", "HENVISNING"), ("E", "E")])
def test_a_service_takes_a_type_by_its_name_on_the_transport_too(type_: str, takes: str) -> None:
    one = OwnService(HerId("20"), HerId("21"), frozenset({takes}))
    named = replace(envelope(Addressee(OURS, "PRIM")), type=type_)

    assert [()] == [own.problems for own in own_receivers(named, [one])]


def test_the_type_of_the_original_is_as_written_and_never_empty() -> None:
    one = envelope(Addressee(OURS, "PRIM"))
    odd = receipt(one=replace(one, stated=("X", "Ukjent")))
    none = receipt(one=replace(one, stated=("", "")))

    assert CS(v="X", dn="Ukjent") == odd.original_msg_id.msg_type
    assert "LOG_INNLAGT" == none.original_msg_id.msg_type.v


def test_without_settings_every_addressee_is_ours() -> None:
    found = own_receivers(
        envelope(Addressee(party("30", None), "PRIM"), Addressee(OURS, "COP")), None
    )

    assert [own.role for own in found] == ["PRIM", "COP"]


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ([], "1"),
        (["CONTENT_ODD"], "1"),
        (["SCHEMA_INVALID"], "2"),
        (["CONTENT_ODD", "PATIENT_INSUFFICIENT"], "2"),
        (["PATIENT_DOUBTFUL"], None),
        (["INTERNAL"], None),
        (["MESSAGE_DUPLICATE"], None),
        (["MESSAGE_CONFLICT", "SCHEMA_INVALID"], None),
        (["XML_FORBIDDEN"], None),
    ],
)
def test_the_status_follows_the_problem_table(codes: list[str], status: str | None) -> None:
    assert status == decide_status([problem(ProblemCode[code]) for code in codes])


def test_the_parties_change_places_and_all_identifiers_come_back() -> None:
    sender = Party(
        "Sykehus",
        (Identifier("10", "HER"), Identifier("999", "ENH")),
        Unit("person", "Mari Lind", (Identifier("11", "HER"), Identifier("9", "HPR"))),
    )
    made = receipt(one=envelope(sender=sender))
    inst = made.receiver.hcp.inst

    assert inst is not None
    assert (inst.name, inst.id, [i.id for i in inst.additional_id]) == ("Sykehus", "10", ["999"])
    assert (
        inst.hc_person[0].name,
        inst.hc_person[0].id,
        [i.id for i in inst.hc_person[0].additional_id],
    ) == ("Mari Lind", "11", ["9"])
    assert inst.dept == ()
    assert made.sender.hcp.inst is not None
    assert made.sender.hcp.inst.dept[0].id == "21"


def test_a_party_without_identifiers_is_mirrored_by_name() -> None:
    made = receipt(own=Party("Virksomhet", (), Unit("service", "Enhet")))

    assert made.sender.hcp.inst is not None
    assert (made.sender.hcp.inst.id, made.sender.hcp.inst.dept[0].name) == (None, "Enhet")


def test_a_professional_without_an_institution_is_mirrored_as_such() -> None:
    alone = Party("", (), Unit("person", "Mari Lind", her("11")))
    made = receipt(one=envelope(sender=alone))

    assert made.receiver.hcp.hc_prof is not None
    assert made.receiver.hcp.hc_prof.id == "11"


@pytest.mark.parametrize(
    ("version", "namespace", "role", "roles"),
    [
        ("1.1", "urn:payload", "PRIM", ("PRIM", "AVS")),
        ("1.1", "urn:payload", "COP", ("COP", "AVS")),
        ("1.0", "urn:payload", "PRIM", ("SPR", "RECEIVER")),
        ("1.0", EPIKRISE_1_1, "PRIM", ("REQ", "RECEIVER")),
        ("1.0", EPIKRISE_1_1, "COP", ("COP", "RECEIVER")),
    ],
)
def test_role_codes_follow_version_and_message(
    version: AppRecVersion, namespace: str, role: str, roles: tuple[str, str]
) -> None:
    one = Envelope("MsgHead", namespace, "E", "", "m", "2026-03-02T10:15:00", SENDER)
    made = build_receipt(one, OURS, "COP" if role == "COP" else "PRIM", (), version, "r", AT)

    assert made.sender.role is not None
    assert made.receiver.role is not None
    assert roles == (made.sender.role.v, made.receiver.role.v)


def test_the_original_message_is_named_as_it_named_itself() -> None:
    original = receipt().original_msg_id

    assert (
        original.msg_type.v,
        original.issue_date,
        original.id,
    ) == ("LOG_INNLAGT", "2026-03-02T10:15:00", "m-1")


@pytest.mark.parametrize(
    ("gen_date", "expected"),
    [
        ("2026-03-02", "2026-03-02T00:00:00"),
        ("2026-03-02+01:00", "2026-03-02T00:00:00+01:00"),
        ("yesterday", "2026-03-02T10:16:05+00:00"),
    ],
)
def test_the_issue_date_is_always_a_date_time(gen_date: str, expected: str) -> None:
    assert expected == receipt(one=envelope(gen_date=gen_date)).original_msg_id.issue_date


def test_faults_with_one_code_become_one_error_with_a_text() -> None:
    made = receipt(
        problem(ProblemCode.SCHEMA_INVALID, "one", "/a"),
        problem(ProblemCode.SCHEMA_INVALID, "two", "/b"),
        problem(ProblemCode.PATIENT_INSUFFICIENT),
        problem(ProblemCode.CONTENT_ODD),
    )

    assert [(error.v, error.ot) for error in made.error] == [
        ("T02", "one /a; two /b"),
        ("E36", None),
    ]
    assert all(error.s == "2.16.578.1.12.4.1.1.8221" and error.dn for error in made.error)


def test_a_long_text_is_cut() -> None:
    (error,) = receipt(problem(ProblemCode.FORMAT_FAULT, "x" * 2000)).error

    assert len(error.ot or "") == 500


@pytest.mark.parametrize(
    "one",
    [
        envelope(sender=None),
        envelope(sender=Party("Uten id")),
        Envelope("AppRec", "urn", "APPREC", "", "m", "2026-03-02T10:15:00", SENDER),
        Envelope("MsgHead", "urn", "X", "", "", "2026-03-02T10:15:00", SENDER),
    ],
)
def test_no_receipt_is_built_where_none_can_arrive(one: Envelope) -> None:
    with pytest.raises(HubError) as caught:
        receipt(one=one)

    assert caught.value.problems[0].code is ProblemCode.OUTPUT_INVALID


def test_no_receipt_is_built_for_a_held_message() -> None:
    with pytest.raises(HubError):
        receipt(problem(ProblemCode.PATIENT_DOUBTFUL))


def test_both_versions_are_written_in_their_namespace() -> None:
    assert b"apprec/2004-11-21" in render_app_rec(receipt(version="1.0"), "1.0")
    assert b"apprec/2012-02-15" in render_app_rec(receipt(), "1.1")
