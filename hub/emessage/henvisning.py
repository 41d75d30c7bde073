"""Henvisning 2.0: the referral of a patient, inside a MsgHead.

Source: HIS 80517:2017, Henvisning-v2.0.xsd (2018-02-19).
"""

from __future__ import annotations

from hub.emessage.datatypes import CS, CV, PQ
from hub.emessage.namespaces import HENVISNING_2_0, PO_2_0
from hub.emessage.plo.components_2_0 import (
    AnsvarForRapport,
    InfoAssistertKommunikasjon,
    KontaktpersonHelsepersonell,
    Legemiddelgjennomgang,
    OpplysningerOmIndividuellPlan,
    ParorendeForesatt,
    PasientrelatertKontaktperson,
    SendtDokument,
    TilknyttetEnhet,
    TilleggsopplysningPasient,
    TypeInnholdIMelding,
)
from hub.emessage.simple_types import BOOLEAN, DATE, DATE_TIME, STRING
from hub.emessage.table import Choice, block, many, maybe, one, some


@block(HENVISNING_2_0)
class PatientPrecaution:
    """What whoever treats the patient must heed."""

    precaution: str = one("Precaution", STRING)
    start_date_time: str | None = maybe("StartDateTime", DATE_TIME)
    end_date_time: str | None = maybe("EndDateTime", DATE_TIME)


@block(HENVISNING_2_0)
class Result:
    """A result as text."""

    heading: CS | None = maybe("Heading", CS)
    text_result_value: str | None = maybe("TextResultValue", STRING)
    text_code: CV | None = maybe("TextCode", CV)


@block(HENVISNING_2_0)
class TextResult:
    """A result told in words."""

    result: Result | None = maybe("Result", Result)


@block(HENVISNING_2_0)
class Interval:
    """A result as an interval."""

    low: PQ | None = maybe("Low", PQ)
    high: PQ | None = maybe("High", PQ)


@block(HENVISNING_2_0)
class DateResult:
    """A result that is a date."""

    date_result_value: str = one("DateResultValue", DATE)


@block(HENVISNING_2_0)
class NumResult:
    """A result as a number, with < or > where it is a bound."""

    arithmetic_comp: CS | None = maybe("ArithmeticComp", CS)
    num_result_value: PQ = one("NumResultValue", PQ)


@block(HENVISNING_2_0)
class ClinInv:
    """What was examined."""

    id: CV = one("Id", CV)
    spec: tuple[CV, ...] = many("Spec", CV)


@block(HENVISNING_2_0, choices=(Choice(("text_result", "interval", "date_result", "num_result")),))
class ResultItem:
    """The result of an examination."""

    text_result: TextResult | None = maybe("TextResult", TextResult)
    interval: Interval | None = maybe("Interval", Interval)
    date_result: DateResult | None = maybe("DateResult", DateResult)
    num_result: NumResult | None = maybe("NumResult", NumResult)
    serv_type: CS | None = maybe("ServType", CS)
    inv_date: str | None = maybe("InvDate", DATE_TIME)
    comment: str | None = maybe("Comment", STRING)
    dev_result_ind: CS | None = maybe("DevResultInd", CS)
    clin_inv: ClinInv = one("ClinInv", ClinInv)


@block(HENVISNING_2_0)
class Medication:
    """A drug that was, is or will be used."""

    drug_id: CV = one("DrugId", CV)
    comment: str | None = maybe("Comment", STRING)
    status: CS = one("Status", CS)
    intended_duration: PQ | None = maybe("IntendedDuration", PQ)
    quantity_supplied: PQ | None = maybe("QuantitySupplied", PQ)
    unit_dose: PQ | None = maybe("UnitDose", PQ)
    dosage_text: str | None = maybe("DosageText", STRING)


@block(HENVISNING_2_0)
class Observation:
    """Clinical information as text or code, other than drugs and results."""

    description: str | None = maybe("Description", STRING)
    comment: str | None = maybe("Comment", STRING)


@block(HENVISNING_2_0, choices=(Choice(("result_item", "medication", "observation")),))
class InfItem:
    """One piece of clinical information, with its type (8233)."""

    result_item: ResultItem | None = maybe("ResultItem", ResultItem)
    medication: Medication | None = maybe("Medication", Medication)
    observation: Observation | None = maybe("Observation", Observation)
    type: CV = one("Type", CV)
    start_date_time: str | None = maybe("StartDateTime", DATE_TIME)
    end_date_time: str | None = maybe("EndDateTime", DATE_TIME)
    org_date: str | None = maybe("OrgDate", DATE_TIME)


@block(HENVISNING_2_0)
class ReasonAsText:
    """A reason for the referral as text under a coded heading."""

    heading: CV | None = maybe("Heading", CV)
    text_result_value: str | None = maybe("TextResultValue", STRING)
    text_code: tuple[CV, ...] = many("TextCode", CV)


@block(HENVISNING_2_0)
class Modifier:
    """What qualifies a concept, such as a star code."""

    name: CS = one("Name", CS)
    value: tuple[CV, ...] = some("Value", CV)


@block(HENVISNING_2_0)
class Diagnosis:
    """A diagnosis as the reason for a referral; the first one is the main one."""

    concept: CV = one("Concept", CV)
    modifier: tuple[Modifier, ...] = many("Modifier", Modifier)


@block(HENVISNING_2_0)
class ReqServ:
    """The service asked for, and how urgent it is (8304)."""

    serv_type: CS = one("ServType", CS)
    req_date: str | None = maybe("ReqDate", DATE)
    priority: CS = one("Priority", CS)
    comment: str | None = maybe("Comment", STRING)


@block(HENVISNING_2_0)
class Comment:
    """A text under a coded heading."""

    heading: CV | None = maybe("Heading", CV)
    text_result_value: str | None = maybe("TextResultValue", STRING)
    coded_comment: tuple[CV, ...] = many("CodedComment", CV)


@block(HENVISNING_2_0)
class DatoMottakOgVurdering:
    """A date in the assessment of the referral."""

    type_dato: CV = one("TypeDato", CV)
    dato: str = one("Dato", DATE)


@block(HENVISNING_2_0)
class Opplysninger:
    """The right to health care, and what follows from it."""

    fritt_sykehusvalg: bool | None = maybe("FrittSykehusvalg", BOOLEAN)
    ventetid_sluttkode: CV | None = maybe("VentetidSluttkode", CV)
    forlops_id: str = one("ForlopsId", STRING)
    rett_til_helsehjelp: bool = one("RettTilHelsehjelp", BOOLEAN)
    utfall_av_vurdering: CV = one("UtfallAvVurdering", CV)


@block(HENVISNING_2_0)
class VurderingAvHenvisning:
    """How an earlier receiver judged the referral: dates and outcome."""

    dato_mottak_og_vurdering: tuple[DatoMottakOgVurdering, ...] = some(
        "DatoMottakOgVurdering", DatoMottakOgVurdering
    )
    opplysninger: Opplysninger | None = maybe("Opplysninger", Opplysninger)


@block(HENVISNING_2_0)
class Pakkeforlop:
    """A code of a standardised pathway."""

    pakkeforlopskode: CV = one("Pakkeforlopskode", CV)
    merknad: str | None = maybe("Merknad", STRING)


@block(HENVISNING_2_0)
class Consent:
    """Who has consented to the referral."""

    consent_status: CV = one("ConsentStatus", CV)
    consent_date: str | None = maybe("ConsentDate", DATE)
    merknad: str | None = maybe("Merknad", STRING)
    given_by: str | None = maybe("GivenBy", STRING)


@block(HENVISNING_2_0)
class Henvisning:
    """The referral."""

    serv_type: CS = one("ServType", CS)
    issue_date: str = one("IssueDate", DATE_TIME)
    payment_cat: CS | None = maybe("PaymentCat", CS)
    req_comment: str | None = maybe("ReqComment", STRING)
    document_id: str = one("DocumentId", STRING)
    basis_for_health_services: CS | None = maybe("BasisForHealthServices", CS)
    tilleggsopplysning_pasient: TilleggsopplysningPasient | None = maybe(
        "TilleggsopplysningPasient", TilleggsopplysningPasient, PO_2_0
    )
    parorende_foresatt: tuple[ParorendeForesatt, ...] = many(
        "ParorendeForesatt", ParorendeForesatt, PO_2_0
    )
    tilknyttet_enhet: tuple[TilknyttetEnhet, ...] = many("TilknyttetEnhet", TilknyttetEnhet, PO_2_0)
    kontaktperson_helsepersonell: tuple[KontaktpersonHelsepersonell, ...] = many(
        "KontaktpersonHelsepersonell", KontaktpersonHelsepersonell, PO_2_0
    )
    ansvar_for_rapport: tuple[AnsvarForRapport, ...] = many(
        "AnsvarForRapport", AnsvarForRapport, PO_2_0
    )
    sendt_dokument: tuple[SendtDokument, ...] = many("SendtDokument", SendtDokument, PO_2_0)
    type_innhold_i_melding: TypeInnholdIMelding = one(
        "TypeInnholdIMelding", TypeInnholdIMelding, PO_2_0
    )
    info_assistert_kommunikasjon: tuple[InfoAssistertKommunikasjon, ...] = many(
        "InfoAssistertKommunikasjon", InfoAssistertKommunikasjon, PO_2_0
    )
    opplysninger_om_individuell_plan: OpplysningerOmIndividuellPlan | None = maybe(
        "OpplysningerOmIndividuellPlan", OpplysningerOmIndividuellPlan, PO_2_0
    )
    pasientrelatert_kontaktperson: tuple[PasientrelatertKontaktperson, ...] = many(
        "PasientrelatertKontaktperson", PasientrelatertKontaktperson, PO_2_0
    )
    legemiddelgjennomgang: Legemiddelgjennomgang | None = maybe(
        "Legemiddelgjennomgang", Legemiddelgjennomgang, PO_2_0
    )
    patient_precaution: tuple[PatientPrecaution, ...] = many("PatientPrecaution", PatientPrecaution)
    inf_item: tuple[InfItem, ...] = many("InfItem", InfItem)
    reason_as_text: tuple[ReasonAsText, ...] = many("ReasonAsText", ReasonAsText)
    diagnosis: tuple[Diagnosis, ...] = many("Diagnosis", Diagnosis)
    req_serv: ReqServ = one("ReqServ", ReqServ)
    comment: tuple[Comment, ...] = many("Comment", Comment)
    vurdering_av_henvisning: VurderingAvHenvisning | None = maybe(
        "VurderingAvHenvisning", VurderingAvHenvisning
    )
    pakkeforlop: tuple[Pakkeforlop, ...] = many("Pakkeforlop", Pakkeforlop)
    consent: tuple[Consent, ...] = many("Consent", Consent)
