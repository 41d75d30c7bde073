"""Messages about one stay, in the order they were sent and in every other order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest

from hub.emessage.datatypes import CV
from hub.emessage.epj import ForenkletForskrivning, Forskrivningsinfo, Legemiddelinfo
from hub.emessage.msghead import MsgHead
from hub.emessage.plo.components import (
    InfoMedisinskDiagnose,
    MedisinskDiagnose,
    OpplysningOpphold,
    TjenesteBehov,
    TypeInnholdIMelding,
    UtskrevetTil,
)
from hub.emessage.plo.utskrivningsrapport import TverrfagligEpikrise
from hub.fhir.models.r4.communication import Communication
from hub.fhir.models.r4.composition import Composition
from hub.fhir.models.r4.condition import Condition
from hub.fhir.models.r4.encounter import Encounter
from hub.fhir.models.r4.flag import Flag
from hub.fhir.models.r4.medication_statement import MedicationStatement
from hub.fhir.models.r4.observation import Observation
from hub.fhir.models.r4.task import Task
from hub.mapping.draft import Context
from hub.mapping.registry import message_to_fhir
from hub.problems import ProblemCode
from tests.message_builders import OID, event, logistics, message, msg_id, party, shipment
from tests.message_town import Town

OTHER_HOSPITAL = party("Høyfjell sykehus HF", "8097001", "Indremedisin", "8097101")


def admitted(number: int = 1, **more: Any) -> MsgHead:
    payload = logistics("LOG_INNLAGT", event("1", "2026-02-27T14:00:00"))
    return message("LOG_INNLAGT", payload, number, "2026-02-27T14:20:00", **more)


def ready(number: int = 2, sent: str = "2026-03-01T09:00:00") -> MsgHead:
    payload = logistics(
        "LOG_UTSKRIVNINGSKLAR",
        event("1", "2026-02-27T14:00:00"),
        event("3", "2026-03-02", estimate=True),
    )
    return message("LOG_UTSKRIVNINGSKLAR", payload, number, sent)


def not_ready(number: int = 3, sent: str = "2026-03-01T15:00:00") -> MsgHead:
    payload = logistics(
        "LOG_AVMELDING",
        event("1", "2026-02-27T14:00:00"),
        event("3", "2026-03-02", estimate=True),
        event("4", "2026-03-01T15:00:00"),
    )
    return message("LOG_AVMELDING", payload, number, sent)


def discharged(number: int = 4, to: UtskrevetTil | None = None) -> MsgHead:
    more: dict[str, Any] = {"to": to} if to else {}
    payload = logistics("LOG_UTSKREVET", event("2", "2026-03-02T11:00:00"), **more)
    return message("LOG_UTSKREVET", payload, number, "2026-03-02T11:30:00")


def report(
    number: int, status: str, drug: str, sent: str, follows: tuple[int, int] | None = None
) -> MsgHead:
    payload = TverrfagligEpikrise(
        informasjon_om_forsendelsen=shipment(status),
        type_innhold_i_melding=TypeInnholdIMelding(
            type_innhold=CV(v="11", s=f"{OID}9139", dn="Utskrivningsrapport")
        ),
        opplysning_opphold=(
            OpplysningOpphold(
                tidsfestet_hendelse=event(None, "2026-02-27T14:00:00", text="Innlagt dato")
            ),
            OpplysningOpphold(
                tidsfestet_hendelse=event(None, "2026-03-02T11:00:00", text="Utskrevet dato")
            ),
        ),
        info_medisinsk_diagnose=(
            InfoMedisinskDiagnose(
                medisinsk_diagnose=(
                    MedisinskDiagnose(
                        hoveddiagnose=True,
                        diagnosekode=CV(v="J449", s=f"{OID}7110", dn="Uspesifisert KOLS"),
                    ),
                )
            ),
        ),
        legemiddelinfo=(
            Legemiddelinfo(
                basiskomponenttype="EPJ dokument",
                komponenttype="2.16.578.1.12.4.1.6.13.10301.0",
                komponent_id=msg_id(900 + number),
                forenklet_forskrivning=ForenkletForskrivning(
                    forskrivningsinfo=Forskrivningsinfo(navn=drug)
                ),
            ),
        ),
        tjeneste_behov=(TjenesteBehov(betegnelse_tjeneste="Digital hjemmeoppfølging"),),
    )
    return message("UTSKRIVNINGSRAPPORT", payload, number, sent, follows)


def first_report() -> MsgHead:
    return report(10, "N", "Gammelmedisin", "2026-03-02T11:10:00")


def changed_report() -> MsgHead:
    return report(11, "M", "Nymedisin", "2026-03-02T12:10:00", (10, 10))


def cancelled_report() -> MsgHead:
    return report(12, "C", "Nymedisin", "2026-03-02T13:10:00", (11, 10))


def cancel(kind: str, number: int, of: int, *events: tuple[str, str]) -> MsgHead:
    payload = logistics(kind, *(event(code, time) for code, time in events), status="C")
    return message(kind, payload, number, "2026-03-03T08:00:00", (of, of))


def statuses(town: Town, kind: type) -> list[str]:
    return sorted(r.status for r in town.all(kind))


def test_the_messages_of_a_stay_meet_in_one_encounter_in_any_order() -> None:
    told = [admitted(), ready(), discharged(), first_report()]
    for order in permutations(told):
        town = Town()
        for one in order:
            town.receive(one)
        stay = town.only(Encounter)

        assert (
            stay.status,
            stay.period.start,
            stay.period.end,
        ) == ("finished", "2026-02-27T14:00:00+01:00", "2026-03-02T11:00:00+01:00")
        assert stay.hospitalization.dischargeDisposition.coding[0].code == "1"


def test_a_stay_in_another_hospital_is_another_encounter() -> None:
    town = Town()
    town.receive(admitted())
    town.receive(admitted(7, sender=OTHER_HOSPITAL))

    assert len(town.all(Encounter)) == 2


def test_a_second_admission_is_another_encounter() -> None:
    town = Town()
    town.receive(admitted())
    town.receive(discharged())
    payload = logistics("LOG_INNLAGT", event("1", "2026-03-09T10:00:00"))
    town.receive(message("LOG_INNLAGT", payload, 8, "2026-03-09T10:30:00"))

    assert statuses(town, Encounter) == ["finished", "in-progress"]


def test_readiness_asks_the_receiving_service_to_take_the_patient() -> None:
    town = Town()
    town.receive(admitted())
    town.receive(ready())
    task = town.only(Task)

    assert ("requested", "8095101", f"Encounter/{town.only(Encounter).id}") == (
        task.status,
        task.owner.identifier.value,
        task.focus.reference,
    )


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 2, 0), (2, 1, 0)])
def test_a_withdrawn_readiness_calls_its_task_off_in_any_order(order: tuple[int, ...]) -> None:
    told = (admitted(), ready(), not_ready())
    town = Town()
    for place in order:
        town.receive(told[place])

    assert statuses(town, Task) == ["cancelled"]


def test_readiness_told_again_asks_once_in_any_order() -> None:
    told = (ready(), not_ready(), ready(5, "2026-03-02T08:00:00"))
    for order in permutations(told):
        town = Town()
        for one in order:
            town.receive(one)
        open_tasks = [t.meta.source for t in town.all(Task) if t.status == "requested"]

        assert open_tasks == [f"urn:uuid:{msg_id(5)}"]


def test_a_cancelled_withdrawal_opens_the_task_again() -> None:
    town = Town()
    for one in (admitted(), ready(), not_ready()):
        town.receive(one)
    town.receive(cancel("LOG_AVMELDING", 6, 3, ("4", "2026-03-01T15:00:00")))

    assert town.only(Task).status == "requested"


def test_a_cancelled_admission_leaves_no_stay() -> None:
    town = Town()
    town.receive(admitted())
    town.receive(cancel("LOG_INNLAGT", 6, 1, ("1", "2026-02-27T14:00:00")))

    assert town.only(Encounter).status == "entered-in-error"


def test_a_cancelled_discharge_opens_the_stay_again() -> None:
    town = Town()
    town.receive(admitted())
    town.receive(discharged())
    town.receive(cancel("LOG_UTSKREVET", 6, 4, ("2", "2026-03-02T11:00:00")))
    stay = town.only(Encounter)

    assert (stay.status, stay.period.end, stay.hospitalization) == ("in-progress", None, None)


def test_a_cancelled_message_stands_as_entered_in_error_and_its_cancellation_as_completed() -> None:
    town = Town()
    town.receive(admitted())
    town.receive(cancel("LOG_INNLAGT", 6, 1, ("1", "2026-02-27T14:00:00")))

    assert statuses(town, Communication) == ["completed", "entered-in-error"]


def test_only_the_changed_report_counts_in_any_order() -> None:
    for order in permutations((first_report(), changed_report())):
        town = Town()
        for one in order:
            town.receive(one)
        drugs = {m.contained[0].code.text: m.status for m in town.all(MedicationStatement)}

        assert drugs == {"Gammelmedisin": "entered-in-error", "Nymedisin": "active"}
        assert statuses(town, Composition) == ["entered-in-error", "final"]
        assert statuses(town, Communication) == ["completed", "completed"]
        assert statuses(town, Task) == ["cancelled", "requested"]
        assert town.only(Encounter).status == "finished"
        assert len(town.only(Encounter).diagnosis) == 1


def test_a_cancelled_report_withdraws_every_version_in_any_order() -> None:
    for order in permutations((first_report(), changed_report(), cancelled_report())):
        town = Town()
        for one in order:
            town.receive(one)

        assert {"entered-in-error"} == set(statuses(town, MedicationStatement))
        assert {"entered-in-error"} == set(statuses(town, Composition))
        assert {"cancelled"} == set(statuses(town, Task))
        assert {"entered-in-error"} == {s.status for s in town.all(Encounter)} or not town.all(
            Encounter
        )
        assert all(c.clinicalStatus is None for c in town.all(Condition))


def test_a_task_that_was_begun_stands_and_a_person_is_told() -> None:
    town = Town()
    town.receive(first_report())
    (key,) = (k for k, r in town.resources.items() if isinstance(r, Task))
    town.resources[key] = msgspec.structs.replace(town.resources[key], status="completed")
    town.receive(cancelled_report())
    told = [t for t in town.all(Task) if t.status == "requested"]

    assert town.resources[key].status == "completed"
    assert [["review-withdrawn", key]] == [
        [t.code.coding[0].code, t.input[0].valueReference.reference] for t in told
    ]


def test_a_told_death_waits_for_a_person() -> None:
    town = Town()
    town.receive(
        message(
            "LOG_DOD", logistics("LOG_DOD", event("13", "2026-03-05")), 9, "2026-03-06T08:00:00"
        )
    )

    assert (
        town.only(Task).status,
        town.only(Task).code.coding[0].code,
    ) == ("requested", "confirm-death")
    assert (
        town.only(Observation).status,
        town.only(Observation).valueDateTime,
    ) == ("preliminary", "2026-03-05")
    assert town.only(Flag).status == "active"
    assert [k for k in town.resources if k.startswith("Patient/")] == []


def test_a_patient_who_left_the_hospital_dead_waits_for_a_person_too() -> None:
    dead = UtskrevetTil(
        uttilstand=CV(v="2", s=f"{OID}8431", dn="Som død"),
        ut_til=CV(v="98", s=f"{OID}8408", dn="Ukjent"),
    )
    town = Town()
    town.receive(discharged(4, dead))

    assert [t.code.coding[0].code for t in town.all(Task)] == ["confirm-death"]
    assert town.only(Encounter).status == "finished"


def test_a_cancelled_death_takes_flag_and_task_away() -> None:
    town = Town()
    town.receive(
        message(
            "LOG_DOD", logistics("LOG_DOD", event("13", "2026-03-05")), 9, "2026-03-06T08:00:00"
        )
    )
    town.receive(cancel("LOG_DOD", 13, 9, ("13", "2026-03-05")))

    assert {"cancelled"} == {t.status for t in town.all(Task)}
    assert {"entered-in-error"} == {f.status for f in town.all(Flag)}
    assert {"entered-in-error"} == {o.status for o in town.all(Observation)}


def test_a_cancellation_about_another_patient_is_doubted() -> None:
    town = Town()
    town.receive(admitted())
    wrong = cancel("LOG_INNLAGT", 6, 1, ("1", "2026-02-27T14:00:00"))
    held = town.context(wrong)
    elsewhere = Context("p2", held.new_id, held.received, series=held.series)

    assert [p.code for p in message_to_fhir(wrong, elsewhere).problems] == [
        ProblemCode.PATIENT_DOUBTFUL
    ]


def test_a_message_that_is_stored_already_is_not_its_own_predecessor() -> None:
    town = Town()
    first = town.receive(first_report())
    again = town.draft(first_report())

    assert (first.effect, again.effect) == ("in-force", "in-force")
