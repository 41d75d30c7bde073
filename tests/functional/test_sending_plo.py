"""A Communication that points to a Composition → the PLO message in the drop, its series, and its receipt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.clock import FixedClock
from hub.emessage.apprec import render_app_rec
from hub.emessage.plo.helseopplysninger import HelseopplysningerVedSoknad
from hub.emessage.plo.helseopplysninger_til_lege import Konsultasjon
from hub.emessage.plo.innleggelsesrapport import Innleggelsesrapport
from hub.emessage.plo.medisinske_opplysninger import OverforingMedisinskeOpplysninger
from hub.emessage.plo.pasientlogistikk import Pasientlogistikk
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.emessage.read import Reading, read_message
from hub.emessage.receipt import build_receipt
from hub.emessage.table import table_of
from hub.emessage.table_build import render
from hub.mapping.registry import payload_of
from hub.problems import Problem, ProblemCode
from tests.dialogue_builders import dialogue, question
from tests.functional import letters_in_fhir as letters
from tests.functional import plo_in_fhir as plo
from tests.functional.followed import ASLAUG, TWO_SERVICES, Followed
from tests.functional.hub_client import Client
from tests.functional.test_dialogue import take
from tests.functional.test_sending_letters import receivers, send, the, written
from tests.message_builders import MUNICIPALITY, msg_id, person

SERVICE = "8094101"


def replace(value: Any, **fields: Any) -> Any:
    """A part of a message → the same with other fields."""
    return msgspec.structs.replace(value, **fields)


@pytest.fixture
def ward(post: Followed) -> str:
    return letters.service(post)


def messages(post: Followed) -> list[Reading]:
    """What was sent, oldest first."""
    return sorted(written(post), key=lambda r: r.envelope.msg_id if r.envelope else "")


def conversation(reading: Reading) -> tuple[str, str]:
    """A message → (the one before, the first) of its conversation."""
    assert reading.envelope is not None
    return reading.envelope.parent, reading.envelope.conversation


def answered(post: Followed, reading: Reading, number: int, *faults: Problem) -> None:
    """The receiver's receipt for a message of ours is taken in."""
    assert reading.envelope is not None
    party = reading.envelope.receivers[0].party
    at = post.clock.now()
    answer = build_receipt(reading.envelope, party, "PRIM", faults, "1.1", msg_id(number), at)
    (post.drop.inbox / f"receipt{number}.xml").write_bytes(render_app_rec(answer, "1.1"))
    post.take_in()


def content(post: Followed, kind: str, who: str) -> str:
    """What a person writes for a type: enough of everything."""
    if kind == "LOG_DOD":
        return plo.report(post, who, event=[plo.event("13", "2026-02-27")])
    where = plo.stay(post, who)
    more: dict[str, Any] = {"encounter": {"reference": where}}
    if kind in ("LOG_UTSKRIVNINGSKLAR", "HELSEOPPL_SOKNAD"):
        more["event"] = [plo.event("3", "2026-03-10")]
    if kind == "LOG_AVMELDING":
        more["event"] = [plo.event("4", "2026-02-28")]
    if kind.startswith("LOG_"):
        return plo.report(post, who, **more)
    if kind == "HELSEOPPLYSNINGER_LEGE":
        code = {"system": f"{plo.VOLVEN}9137", "code": "3"}
        more["category"] = [{"coding": [code]}]
    if kind == "ORIENTERING_TJENESTETILBUD":
        return plo.report(post, who, section=[plo.listed(plo.service(post, who))], **more)
    ill = letters.condition(post, who, "J449", "KOLS")
    sections = [plo.text(plo.MEDICAL, "PROB", "Økt tungpust.", ill, plo.allergy(post, who))]
    return plo.report(post, who, section=[*sections, plo.listed(plo.kin(post, who))], **more)


ALL = (
    "LOG_INNLAGT", "LOG_UTSKRIVNINGSKLAR", "LOG_AVMELDING", "LOG_UTSKREVET", "LOG_DOD", "INNLEGGELSESRAPPORT",
    "HELSEOPPL_SOKNAD", "HELSEOPPLYSNINGER_LEGE", "ORIENTERING_TJENESTETILBUD", "MEDISINSKE_OPPLYSNINGER",
    "UTSKRIVNINGSRAPPORT",
)  # fmt: skip


@pytest.mark.parametrize("kind", ALL)
def test_every_message_is_written_for_1_6_and_ended_by_its_receipt(
    post: Followed, who: str, ward: str, kind: str
) -> None:
    made = send(post, plo.sending(kind, who, content(post, kind, who), ward))

    reading = the(post)
    assert reading.envelope is not None
    assert (reading.envelope.type, reading.app_rec_version) == (kind, "1.1")
    assert receivers(reading) == [("8094001", SERVICE)]
    assert reading.handling.status == "N"
    assert conversation(reading) == ("", "")
    assert post.client.get(made).json()["status"] == "in-progress"
    answered(post, reading, 77)
    assert post.client.get(made).json()["status"] == "completed"


def test_a_refused_message_asks_a_person_and_goes_anew_under_a_new_number(
    post: Followed, who: str, ward: str
) -> None:
    about = content(post, "INNLEGGELSESRAPPORT", who)
    made = send(post, plo.sending("INNLEGGELSESRAPPORT", who, about, ward))
    answered(post, the(post), 78, Problem(ProblemCode.PATIENT_UNKNOWN, "x", "/MsgHead"))
    assert post.client.get(made).json()["status"] == "stopped"
    send(post, plo.sending("INNLEGGELSESRAPPORT", who, about, ward))

    first, second = messages(post)
    assert first.envelope is not None
    assert second.envelope is not None
    assert second.handling.status == "N"
    assert conversation(second) == ("", "")
    assert first.envelope.msg_id != second.envelope.msg_id


def test_everything_a_report_lists_stands_where_the_standard_has_it(
    post: Followed, who: str, ward: str
) -> None:
    ill = letters.condition(post, who, "J449", "KOLS")
    spo2 = post.client.create(letters_observation(who))
    about = plo.report(
        post,
        who,
        encounter={"reference": plo.stay(post, who)},
        section=[
            plo.text(plo.MEDICAL, "OP", "Digital oppfølging.", ill, plo.allergy(post, who)),
            plo.text(plo.NURSING, "8", "Mobilisert.", plo.drug(post, who), plo.kin(post, who)),
            plo.listed(plo.service(post, who), plo.visit(post, who), plo.score(post, who), spo2),
        ],
    )
    asked = plo.sending("UTSKRIVNINGSRAPPORT", who, about, ward)
    send(post, asked)

    told = the(post).payload
    assert isinstance(told, TverrfagligEpikrise)
    assert [
        (e.tidsfestet_hendelse.hendelsekode.v, e.tidsfestet_hendelse.tidspunkt_for_hendelse.v)
        for e in told.opplysning_opphold
        if e.tidsfestet_hendelse.hendelsekode
    ] == [("1", "2026-02-20T14:00:00"), ("2", "2026-02-27T11:30:00")]
    (coded,) = told.info_medisinsk_diagnose[0].medisinsk_diagnose
    assert coded.diagnosekode is not None
    assert coded.diagnosekode.v == "J449"
    assert told.medisinskfaglige_opplysninger is not None
    (note,) = told.medisinskfaglige_opplysninger.generelt_journalnotat
    assert [t.overskriftskode.v for t in note.journaltekst if t.overskriftskode] == ["OP", "FU"]
    assert "SpO2 91" in note.journaltekst[1].notat
    (allergic,) = told.medisinskfaglige_opplysninger.allerginotat
    assert allergic.allergi.allergisk_mot == "Penicillin"
    (drug,) = told.legemiddelinfo
    given = drug.forenklet_forskrivning.forskrivningsinfo
    assert given.atc is not None
    assert (given.navn, given.atc.v, given.dos_veiled_enkel) == (
        "tiotropium", "R03BB04", "1 inhalasjon daglig",
    )  # fmt: skip
    (nearest,) = told.parorende_foresatt
    assert nearest.referanseperson.given_name == "Nils"
    assert nearest.slektskap is not None
    assert nearest.slektskap.v == "BA"
    assert told.tjeneste_behov[0].betegnelse_tjeneste == "Digital hjemmeoppfølging"
    time = told.info_kontrolltime[0].informasjon_om_time
    assert time is not None
    assert (time.tidspunkt_time, time.bestilt_kontrolltime, time.sted_time) == (
        "2026-03-20T09:00:00", True, "Lungepoliklinikken",
    )  # fmt: skip
    assert told.info_kartlegging_funksjonsniva is not None
    assert told.info_kartlegging_funksjonsniva.kartlagt_funksjon[0].vurdering == "3"
    assert told.sykepleierdokumentasjon is not None
    assert told.sykepleierdokumentasjon.info_fra_sykepleier is not None
    (nursing,) = told.sykepleierdokumentasjon.info_fra_sykepleier.journaltekst
    assert nursing.notat == "Mobilisert."
    assert told.ansvar_for_rapport[0].ansvarlig_rapport.family_name == "Lin"
    assert told.tilknyttet_enhet[0].kontaktenhet.ident[0].id == "8095101"


def letters_observation(who: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": who},
        "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
        "effectiveDateTime": "2026-02-26T08:00:00+01:00",
        "valueQuantity": {
            "value": 91, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%",
        },
    }  # fmt: skip


def test_a_change_and_a_withdrawal_refer_to_the_latest_and_to_the_first(
    post: Followed, who: str, ward: str
) -> None:
    kind = "HELSEOPPL_SOKNAD"
    about = content(post, kind, who)
    for status in ("final", "amended", "entered-in-error"):
        body = post.client.get(about).json()
        assert post.client.put(f"/fhir/{about}", body | {"status": status}).status_code == 200
        send(post, plo.sending(kind, who, about, ward))

    first, changed, gone = messages(post)
    assert [r.handling.status for r in (first, changed, gone)] == ["N", "M", "C"]
    ids = [r.envelope.msg_id if r.envelope else "" for r in (first, changed, gone)]
    assert conversation(changed) == (ids[0], ids[0])
    assert conversation(gone) == (ids[1], ids[0])
    assert isinstance(changed.payload, HelseopplysningerVedSoknad)
    assert changed.payload.type_innhold_i_melding.type_innhold.v == "2"


def test_a_series_that_was_withdrawn_begins_anew(post: Followed, who: str, ward: str) -> None:
    kind = "LOG_INNLAGT"
    about = content(post, kind, who)
    for status in ("final", "entered-in-error", "final"):
        body = post.client.get(about).json()
        assert post.client.put(f"/fhir/{about}", body | {"status": status}).status_code == 200
        reason = [{"contentString": "Sendt på feil pasient"}] if status != "final" else []
        asked = plo.sending(kind, who, about, ward)
        send(post, asked | {"payload": [*asked["payload"], *reason]})

    readings = messages(post)
    assert [r.handling.status for r in readings] == ["N", "C", "N"]
    assert conversation(readings[2]) == ("", "")
    gone = readings[1].payload
    assert isinstance(gone, Pasientlogistikk)
    assert gone.melding_innlagt_pasient is not None
    told = gone.melding_innlagt_pasient.tidsfestet_hendelse
    assert told.beskrivelse_av_hendelse == "Sendt på feil pasient"


def test_an_answer_goes_to_who_asked_with_the_question_in_it(post: Followed, who: str) -> None:
    asked = dialogue("DIALOG_FORESPORSEL", question("Hvordan går det?"))
    take(post, asked)
    (received,) = post.client.search(f"Communication?patient={who}")
    answering = {"inResponseTo": [{"reference": f"Communication/{received['id']}"}]}
    kind = "MEDISINSKE_OPPLYSNINGER"
    about = content(post, kind, who)
    before = set(post.files(post.drop.out))
    send(post, plo.sending(kind, who, about, None, **answering))

    (path,) = set(post.files(post.drop.out)) - before
    reading = read_message(path.read_bytes(), takes=lambda _: True)
    told = reading.payload
    assert isinstance(told, OverforingMedisinskeOpplysninger)
    assert told.informasjon_om_forsendelsen.svar_paa_foresporsel is True
    assert told.informasjon_om_forsendelsen.foresporsel is not None
    assert told.informasjon_om_forsendelsen.foresporsel.sporsmal == "Hvordan går det?"
    assert told.type_innhold_i_melding is not None
    assert told.type_innhold_i_melding.type_innhold.v == "4"
    first = asked.msg_info.msg_id
    assert conversation(reading) == (first, first)


def test_a_partner_on_1_5_gets_1_5(
    make_client: Callable[..., Client], clock: FixedClock, tmp_path: Path
) -> None:
    def make(**settings: str | None) -> Client:
        return make_client(**settings, HUB_PARTNER_EDITIONS=f"{SERVICE}=PLO 1.5")

    post = Followed(make, clock, tmp_path / "drop", TWO_SERVICES)
    who, ward = post.client.create(ASLAUG), letters.service(post)
    kind = "HELSEOPPLYSNINGER_LEGE"
    send(post, plo.sending(kind, who, content(post, kind, who), ward))

    reading = the(post)
    assert reading.envelope is not None
    assert reading.envelope.namespace == "http://www.kith.no/xmlstds/po/Konsultasjon/2009-06-30"
    assert reading.app_rec_version == "1.0"
    assert isinstance(reading.payload, Konsultasjon)


LACKING: dict[str, tuple[str, dict[str, Any], str]] = {
    "a draft": ("INNLEGGELSESRAPPORT", {"status": "preliminary"}, "ikke ferdig"),
    "no stay": ("LOG_INNLAGT", {}, "Pasient innlagt"),
    "a day alone": (
        "LOG_INNLAGT",
        {"event": [plo.event("1", "2026-02-20")]},
        "dato og klokkeslett",
    ),
    "no day of readiness": ("HELSEOPPL_SOKNAD", {}, "Pasient utskrivningsklar"),
    "nobody who decided": (
        "LOG_AVMELDING",
        {"author": [{"display": "Lin"}], "event": [plo.event("4", "2026-02-28")]},
        "hvem som er ansvarlig",
    ),
    "no place": ("LOG_UTSKREVET", {"event": [plo.event("2", "2026-02-27")]}, "utskrevet til"),
    "no purpose": ("HELSEOPPLYSNINGER_LEGE", {}, "legevurdering"),
    "no services": ("ORIENTERING_TJENESTETILBUD", {}, "hvilke tjenester"),
    "nothing to withdraw": ("INNLEGGELSESRAPPORT", {"status": "entered-in-error"}, "å kansellere"),
    "words where none may be": (
        "LOG_DOD",
        {
            "event": [plo.event("13", "2026-02-27")],
            "section": [plo.text(plo.MEDICAL, "PROB", "Fall.")],
        },
        "ikke plass til tekst",
    ),
}


@pytest.mark.parametrize("case", LACKING)
def test_a_message_that_lacks_something_waits_for_a_person_and_says_what(
    post: Followed, who: str, ward: str, case: str
) -> None:
    kind, fields, words = LACKING[case]
    made = send(post, plo.sending(kind, who, plo.report(post, who, **fields), ward))

    told = post.client.get(made).json()
    assert told["status"] == "on-hold"
    assert words in told["statusReason"]["text"]
    assert len(post.tasks(code="not-sent")) == 1
    assert written(post) == []


def test_a_message_is_not_new_twice_and_a_logistics_message_never_changed(
    post: Followed, who: str, ward: str
) -> None:
    kind = "LOG_INNLAGT"
    about = content(post, kind, who)
    send(post, plo.sending(kind, who, about, ward))
    again = send(post, plo.sending(kind, who, about, ward))
    body = post.client.get(about).json()
    assert post.client.put(f"/fhir/{about}", body | {"status": "amended"}).status_code == 200
    changed = send(post, plo.sending(kind, who, about, ward))

    assert "alt sendt" in post.client.get(again).json()["statusReason"]["text"]
    assert "kan ikke endres" in post.client.get(changed).json()["statusReason"]["text"]
    assert len(written(post)) == 1


def test_what_has_no_place_in_a_message_is_refused_not_left_out(
    post: Followed, who: str, ward: str
) -> None:
    about = plo.report(post, who, section=[plo.listed(plo.visit(post, who))])
    made = send(post, plo.sending("INNLEGGELSESRAPPORT", who, about, ward))

    assert "ikke plass til Appointment" in post.client.get(made).json()["statusReason"]["text"]


def test_what_was_received_can_be_edited_and_sent_on(post: Followed, who: str, ward: str) -> None:
    golden = Path(__file__).parents[1] / "golden" / "mapping" / "INNLEGGELSESRAPPORT"
    (path,) = golden.rglob("*.xml")
    told = read_message(path.read_bytes(), takes=lambda _: True).message
    assert told is not None
    info = told.msg_info
    ours = replace(
        info, patient=person(), receiver=replace(info.receiver, organisation=MUNICIPALITY)
    )
    (post.drop.inbox / "1.xml").write_bytes(render(replace(told, msg_info=ours)))
    post.take_in()
    (received,) = post.client.search(f"Composition?patient={who}")
    kept = (
        "resourceType",
        "status",
        "type",
        "subject",
        "date",
        "title",
        "section",
        "contained",
        "category",
        "attester",
    )
    edited = {k: v for k, v in received.items() if k in kept} | {
        "author": [{"reference": letters.doctor(post)}]
    }
    about = post.client.create(edited)
    before = set(post.files(post.drop.out))
    send(post, plo.sending("INNLEGGELSESRAPPORT", who, about, ward))

    (out,) = set(post.files(post.drop.out)) - before
    written = read_message(out.read_bytes(), takes=lambda _: True).payload
    first = payload_of(told)
    assert isinstance(written, Innleggelsesrapport)
    assert isinstance(first, Innleggelsesrapport)
    same = ("informasjon_om_forsendelsen",)
    for name in (f.name for f in table_of(Innleggelsesrapport).fields):
        if name not in same:
            assert getattr(written, name) == getattr(first, name), name
