"""The blocks that all PLO 1.6 messages share (poKomponent), one class each.

Source: HIS 80704:2014, poKomponent-v1.6.xsd (2012-04-01).
"""

from __future__ import annotations

from hub.emessage.datatypes import CS, CV, PQ, TS
from hub.emessage.epj import (
    Allerginotat,
    Cave,
    GenereltJournalnotat,
    Journaltekst,
    LegemidlerAdministrertVedOverforing,
)
from hub.emessage.felles import HealthcareProfessional, Organisation, Person
from hub.emessage.namespaces import EPJ1, EPJ2, EPJ3, PO
from hub.emessage.simple_types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DECIMAL,
    DOUBLE,
    INTEGER,
    STRING,
    YEAR,
)
from hub.emessage.table import Choice, block, many, maybe, one, some


@block(PO)
class AssistertKommunikasjon:
    """Need for an interpreter or other help to communicate."""

    person_tolkebehov: Person | None = maybe("PersonTolkebehov", Person)
    horselsvikt: bool | None = maybe("Horselsvikt", BOOLEAN)
    synsvikt: bool | None = maybe("Synsvikt", BOOLEAN)
    behov_tolk_sprak: CS | None = maybe("BehovTolkSprak", CS)
    preferert_tolk: Person | None = maybe("PreferertTolk", Person)
    behov_opphort_dato: TS | None = maybe("BehovOpphortDato", TS)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class InfoAssistertKommunikasjon:
    """Wraps one need for assisted communication."""

    assistert_kommunikasjon: AssistertKommunikasjon = one(
        "AssistertKommunikasjon", AssistertKommunikasjon
    )


@block(PO)
class Foresporsel:
    """A question: its type, text, urgency and the period it is about."""

    type_foresp: CV = one("TypeForesp", CV)
    formal: CV | None = maybe("Formål", CV)
    hastegrad: CS | None = maybe("Hastegrad", CS)
    type_journalinfo: CV | None = maybe("TypeJournalinfo", CV)
    sporsmal: str | None = maybe("Sporsmal", STRING)
    begrunnelse: str | None = maybe("Begrunnelse", STRING)
    fra_dato: str | None = maybe("FraDato", DATE)
    til_dato: str | None = maybe("TilDato", DATE)
    ref_dok_id_foresp: str | None = maybe("RefDokIdForesp", STRING)


@block(PO)
class InformasjonOmForsendelsen:
    """New, changed or cancelled (7309), and the question it may answer."""

    forsendelsesstatus: CS = one("Forsendelsesstatus", CS)
    forbehold_om_videresending: bool | None = maybe("ForbeholdOmVideresending", BOOLEAN)
    svar_paa_foresporsel: bool | None = maybe("SvarPaaForesporsel", BOOLEAN)
    foresporsel: Foresporsel | None = maybe("Foresporsel", Foresporsel)


@block(PO)
class TilleggsopplysningPasient:
    """Civil status, lives alone, language."""

    sivil_status: CS | None = maybe("SivilStatus", CS)
    bor_alene: bool | None = maybe("BorAlene", BOOLEAN)
    sprak: CS | None = maybe("Sprak", CS)


@block(PO)
class ParorendeForesatt:
    """A next of kin or guardian; a child under 18 by year of birth."""

    slektskap: CS | None = maybe("Slektskap", CS)
    omsorgsfunksjon: CS | None = maybe("Omsorgsfunksjon", CS)
    fodselsar_mindrearig_parorende: str | None = maybe("FodselsarMindrearigParorende", YEAR)
    referanseperson: Person = one("Referanseperson", Person)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class TilknyttetEnhet:
    """A unit to contact."""

    kontaktenhet: Organisation = one("Kontaktenhet", Organisation)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class KontaktpersonHelsepersonell:
    """A professional to contact."""

    kontaktperson: HealthcareProfessional = one("Kontaktperson", HealthcareProfessional)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class AnsvarForRapport:
    """Who answers for the report, and when it was approved."""

    ansvarlig_rapport: HealthcareProfessional = one("AnsvarligRapport", HealthcareProfessional)
    godkjent_dato: str | None = maybe("GodkjentDato", DATE)
    type_relasjon: CV | None = maybe("TypeRelasjon", CV)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class SendtDokument:
    """Another document that was (or was not) sent, to whom and when."""

    opplysning: CV = one("Opplysning", CV)
    ja_nei: bool = one("JaNei", BOOLEAN)
    dato_sendt: str | None = maybe("DatoSendt", DATE)
    type_mottaker: CV | None = maybe("TypeMottaker", CV)
    navn_mottaker: str | None = maybe("NavnMottaker", STRING)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class TypeInnholdIMelding:
    """What kind of content the message has (9138, 9139 or 9140)."""

    type_innhold: CV = one("TypeInnhold", CV)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class StedForHendelse:
    """Where the event takes place."""

    sted_hendelse: str = one("StedHendelse", STRING)


@block(PO)
class TidsfestetHendelse:
    """An event with its code (9121), time, and whether the time is an estimate."""

    hendelsekode: CV | None = maybe("Hendelsekode", CV)
    beskrivelse_av_hendelse: str | None = maybe("BeskrivelseAvHendelse", STRING)
    tidspunkt_for_hendelse: TS = one("TidspunktForHendelse", TS)
    anslag: bool = one("Anslag", BOOLEAN)
    merknad: str | None = maybe("Merknad", STRING)
    sted_for_hendelse: StedForHendelse | None = maybe("StedForHendelse", StedForHendelse)


@block(PO)
class OpplysningOpphold:
    """A dated event of the stay."""

    tidsfestet_hendelse: TidsfestetHendelse = one("TidsfestetHendelse", TidsfestetHendelse)


@block(PO)
class MedisinskDiagnose:
    """One diagnosis by code or text."""

    hoveddiagnose: bool | None = maybe("Hoveddiagnose", BOOLEAN)
    diagnosekode: CV | None = maybe("Diagnosekode", CV)
    diagnose_beskrivelse: str | None = maybe("DiagnoseBeskrivelse", STRING)


@block(PO)
class InfoMedisinskDiagnose:
    """The diagnoses, one element per code."""

    medisinsk_diagnose: tuple[MedisinskDiagnose, ...] = some("MedisinskDiagnose", MedisinskDiagnose)


@block(PO)
class RegistrertBlodtype:
    """Blood type and rhesus group."""

    blodtype: CS = one("Blodtype", CS)
    rhesusgruppe: CS | None = maybe("Rhesusgruppe", CS)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class TidligereSykdomFragment:
    """An earlier disease or disability, by text and code."""

    funksjonshemming_kronisk_sykdom: bool = one("FunksjonshemmingKroniskSykdom", BOOLEAN)
    tidligere_sykdom: str = one("TidligereSykdom", STRING)
    diagnosekode: CV | None = maybe("Diagnosekode", CV)


@block(PO)
class InfoTidligereSykdommer:
    """An earlier disease, with journal text."""

    tidligere_sykdom_fragment: TidligereSykdomFragment | None = maybe(
        "TidligereSykdomFragment", TidligereSykdomFragment
    )
    journaltekst: Journaltekst | None = maybe("Journaltekst", Journaltekst, EPJ2)


@block(PO)
class MedisinskfagligeOpplysninger:
    """Blood type, earlier diseases, critical information, allergies and journal notes."""

    registrert_blodtype: RegistrertBlodtype | None = maybe("RegistrertBlodtype", RegistrertBlodtype)
    info_tidligere_sykdommer: tuple[InfoTidligereSykdommer, ...] = many(
        "InfoTidligereSykdommer", InfoTidligereSykdommer
    )
    cave: Cave | None = maybe("Cave", Cave, EPJ1)
    allerginotat: tuple[Allerginotat, ...] = many("Allerginotat", Allerginotat, EPJ1)
    generelt_journalnotat: tuple[GenereltJournalnotat, ...] = many(
        "GenereltJournalnotat", GenereltJournalnotat, EPJ2
    )


@block(PO)
class InfoAndreViktigeOpplysninger:
    """Other important information: journal notes and allergies."""

    generelt_journalnotat: tuple[GenereltJournalnotat, ...] = many(
        "GenereltJournalnotat", GenereltJournalnotat, EPJ2
    )
    allerginotat: tuple[Allerginotat, ...] = many("Allerginotat", Allerginotat, EPJ1)


@block(PO)
class OpplysningerRelevantOppfolging:
    """What the receiving service must arrange: bandages, help with medication."""

    bandasjemateriell_engangsutstyr: bool | None = maybe("BandasjemateriellEngangsutstyr", BOOLEAN)
    hjelp_legemiddeladm: bool | None = maybe("HjelpLegemiddeladm", BOOLEAN)
    endring_funksjonsnivaa: str | None = maybe("EndringFunksjonsnivaa", STRING)
    merknad_til_bandasjemateriell: str | None = maybe("MerknadTilBandasjemateriell", STRING)
    merknad_til_legemiddeladministrering: str | None = maybe(
        "MerknadTilLegemiddeladministrering", STRING
    )


@block(PO)
class InfoFraSykepleier:
    """Follow-up information and journal texts of the nurse."""

    opplysninger_relevant_oppfolging: OpplysningerRelevantOppfolging | None = maybe(
        "OpplysningerRelevantOppfolging", OpplysningerRelevantOppfolging
    )
    journaltekst: tuple[Journaltekst, ...] = many("Journaltekst", Journaltekst, EPJ2)


@block(PO)
class AdmInstrukser:
    """How medicines are handed out, and special measures such as insulin."""

    utleveringsform: CS | None = maybe("Utleveringsform", CS)
    sarskilte_tiltak: tuple[CS, ...] = many("SarskilteTiltak", CS)


@block(PO)
class GjennomforingAvTiltak:
    """When a measure was carried out, and whether it may end."""

    utfort_tidspunkt: str = one("UtfortTidspunkt", DATE)
    tiltak_kan_termineres: bool | None = maybe("TiltakKanTermineres", BOOLEAN)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class PlanlagtGjennomforingTiltak:
    """When a measure is planned: start, end, weekdays, interval."""

    planlagt_start: str = one("PlanlagtStart", DATE)
    planlagt_slutt: str | None = maybe("PlanlagtSlutt", DATE)
    faste_ukedager: tuple[CS, ...] = many("FasteUkedager", CS)
    gjentagelse_intervall: PQ | None = maybe("GjentagelseIntervall", PQ)
    etter_behov: bool | None = maybe("EtterBehov", BOOLEAN)


@block(PO)
class Tiltaksbeskrivelse:
    """A measure: codes, text, profession, how it was and will be carried out."""

    intervensjon_tiltak_kode: tuple[CV, ...] = many("IntervensjonTiltakKode", CV)
    intervensjon_tiltak_beskrivelse: str | None = maybe("IntervensjonTiltakBeskrivelse", STRING)
    kategori_helsepersonell: CS | None = maybe("KategoriHelsepersonell", CS)
    stikkord: tuple[str, ...] = many("Stikkord", STRING)
    evaluering_tidspunkt: str | None = maybe("EvalueringTidspunkt", DATE)
    merknad: str | None = maybe("Merknad", STRING)
    gjennomforing_av_tiltak: tuple[GjennomforingAvTiltak, ...] = many(
        "GjennomforingAvTiltak", GjennomforingAvTiltak
    )
    planlagt_gjennomforing_tiltak: PlanlagtGjennomforingTiltak | None = maybe(
        "PlanlagtGjennomforingTiltak", PlanlagtGjennomforingTiltak
    )


@block(PO)
class AvtaleOmAdmLegemidler:
    """Agreement about help with medication and multidose."""

    avtale_adm_legemidler: bool = one("AvtaleAdmLegemidler", BOOLEAN)
    avtale_adm_multidose: bool = one("AvtaleAdmMultidose", BOOLEAN)
    merknad: str | None = maybe("Merknad", STRING)
    adm_instrukser: AdmInstrukser | None = maybe("AdmInstrukser", AdmInstrukser)
    tiltaksbeskrivelse: tuple[Tiltaksbeskrivelse, ...] = many(
        "Tiltaksbeskrivelse", Tiltaksbeskrivelse
    )


@block(PO)
class InfoAvtaleOmLegemiddeladm:
    """Wraps the agreement about medication, its instructions and measures."""

    avtale_om_adm_legemidler: AvtaleOmAdmLegemidler = one(
        "AvtaleOmAdmLegemidler", AvtaleOmAdmLegemidler
    )


@block(PO)
class Enkeltvurdering:
    """One assessment, coded or as text, of one area of function."""

    funksjonsomrade: CV | None = maybe("Funksjonsområde", CV)
    kodet_vurdering: CV | None = maybe("KodetVurdering", CV)
    vurdering_tekst: str | None = maybe("VurderingTekst", STRING)


@block(PO)
class InnholdVurdering:
    """An assessment: subject, period, profession and its single parts."""

    vurderingen_gjelder: str = one("VurderingenGjelder", STRING)
    stikkord: tuple[str, ...] = many("Stikkord", STRING)
    fra_dato: str | None = maybe("FraDato", DATE)
    til_dato: str | None = maybe("TilDato", DATE)
    kategori_helsepersonell: CS | None = maybe("KategoriHelsepersonell", CS)
    enkeltvurdering: tuple[Enkeltvurdering, ...] = many("Enkeltvurdering", Enkeltvurdering)


@block(PO)
class InfoVurderinger:
    """An assessment by a professional, with journal texts."""

    innhold_vurdering: InnholdVurdering = one("InnholdVurdering", InnholdVurdering)
    journaltekst: tuple[Journaltekst, ...] = many("Journaltekst", Journaltekst, EPJ2)


@block(PO)
class IverksatteTiltak:
    """A measure that has been started."""

    tiltaksbeskrivelse: Tiltaksbeskrivelse = one("Tiltaksbeskrivelse", Tiltaksbeskrivelse)


@block(PO)
class AnbefaltVidereTiltak:
    """A measure that the sender recommends."""

    tiltaksbeskrivelse: Tiltaksbeskrivelse = one("Tiltaksbeskrivelse", Tiltaksbeskrivelse)


@block(PO)
class InnholdMaaldokument:
    """A goal: result, expected degree, dates and keywords."""

    maal_forventet_resultat: CV | None = maybe("MaalForventetResultat", CV)
    forventet_grad_maaloppnaaelse: CV | None = maybe("ForventetGradMaaloppnaaelse", CV)
    beskrivelse: str | None = maybe("Beskrivelse", STRING)
    kategori_helsepersonell: CS | None = maybe("KategoriHelsepersonell", CS)
    forventes_oppnaadd: str | None = maybe("ForventesOppnaadd", DATE)
    fra_dato: str | None = maybe("FraDato", DATE)
    til_dato: str | None = maybe("TilDato", DATE)
    stikkord: tuple[str, ...] = many("Stikkord", STRING)


@block(PO)
class InfoMaalForventetRes:
    """A goal or expected result, with journal texts."""

    innhold_maaldokument: InnholdMaaldokument = one("InnholdMaaldokument", InnholdMaaldokument)
    journaltekst: tuple[Journaltekst, ...] = many("Journaltekst", Journaltekst, EPJ2)


@block(PO)
class Ansvarlig:
    """Who was responsible for an assessment, when, and whether outside the sender."""

    type_hendelse: CV | None = maybe("TypeHendelse", CV)
    tidspunkt_for_hendelse: str = one("TidspunktForHendelse", DATE_TIME)
    ekstern: bool = one("Ekstern", BOOLEAN)
    ansvarlig_tjenesteyter: HealthcareProfessional | None = maybe(
        "AnsvarligTjenesteyter", HealthcareProfessional
    )
    virksomhet: Organisation | None = maybe("Virksomhet", Organisation)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class Sykepleierdokumentasjon:
    """The nurse's documentation: summary, medication given, assessments, measures, goals."""

    info_fra_sykepleier: InfoFraSykepleier | None = maybe("InfoFraSykepleier", InfoFraSykepleier)
    legemidler_administrert_ved_overforing: LegemidlerAdministrertVedOverforing | None = maybe(
        "LegemidlerAdministrertVedOverforing", LegemidlerAdministrertVedOverforing, EPJ3
    )
    info_avtale_om_legemiddeladm: InfoAvtaleOmLegemiddeladm | None = maybe(
        "InfoAvtaleOmLegemiddeladm", InfoAvtaleOmLegemiddeladm
    )
    info_vurderinger: tuple[InfoVurderinger, ...] = many("InfoVurderinger", InfoVurderinger)
    iverksatte_tiltak: tuple[IverksatteTiltak, ...] = many("IverksatteTiltak", IverksatteTiltak)
    anbefalt_videre_tiltak: tuple[AnbefaltVidereTiltak, ...] = many(
        "AnbefaltVidereTiltak", AnbefaltVidereTiltak
    )
    info_maal_forventet_res: tuple[InfoMaalForventetRes, ...] = many(
        "InfoMaalForventetRes", InfoMaalForventetRes
    )
    ansvarlig: tuple[Ansvarlig, ...] = many("Ansvarlig", Ansvarlig)


@block(PO)
class AndreFagrapporter:
    """Report of another profession: start, status, expected status at discharge."""

    behandling_start: str | None = maybe("BehandlingStart", DATE)
    status_innleggelse: str | None = maybe("StatusInnleggelse", STRING)
    status_behandlingsstart: str | None = maybe("StatusBehandlingsstart", STRING)
    forventet_status_utskriving: str | None = maybe("ForventetStatusUtskriving", STRING)
    ansvarlig_rapport: HealthcareProfessional | None = maybe(
        "AnsvarligRapport", HealthcareProfessional
    )
    journaltekst: tuple[Journaltekst, ...] = many("Journaltekst", Journaltekst, EPJ2)


@block(PO)
class OpplysningerAndreFaggrupper:
    """Reports, recommended measures and assessments of other professions."""

    andre_fagrapporter: AndreFagrapporter | None = maybe("AndreFagrapporter", AndreFagrapporter)
    anbefalt_videre_tiltak: tuple[AnbefaltVidereTiltak, ...] = many(
        "AnbefaltVidereTiltak", AnbefaltVidereTiltak
    )
    info_vurderinger: tuple[InfoVurderinger, ...] = many("InfoVurderinger", InfoVurderinger)


@block(PO)
class SamletVurderingFunksjonsniva:
    """The summary of the function scores; the assessment date stands in the remark."""

    pleietyngde: str | None = maybe("Pleietyngde", DECIMAL)
    vurdering_pleietyngde: str | None = maybe("VurderingPleietyngde", STRING)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class KartlagtFunksjon:
    """One function variable (IPLOS 9111 or GAF 9115) and its score."""

    funksjonsvariabel: CV | None = maybe("Funksjonsvariabel", CV)
    vurdering: str | None = maybe("Vurdering", INTEGER)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class InfoKartleggingFunksjonsniva:
    """Function scores, their summary and who made them."""

    samlet_vurdering_funksjonsniva: SamletVurderingFunksjonsniva | None = maybe(
        "SamletVurderingFunksjonsniva", SamletVurderingFunksjonsniva
    )
    kartlagt_funksjon: tuple[KartlagtFunksjon, ...] = some("KartlagtFunksjon", KartlagtFunksjon)
    ansvarlig: Ansvarlig | None = maybe("Ansvarlig", Ansvarlig)


@block(PO)
class TjenesteBehov:
    """A municipal service that is needed: type, description, amount."""

    iplos_tjenestetype: CV | None = maybe("IPLOStjenestetype", CV)
    betegnelse_tjeneste: str | None = maybe("BetegnelseTjeneste", STRING)
    ved_institusjon: str | None = maybe("VedInstitusjon", STRING)
    beskrivelse_av_tjeneste: str | None = maybe("BeskrivelseAvTjeneste", STRING)
    antall_enheter_onsket: str | None = maybe("AntallEnheterOnsket", DOUBLE)
    enhet: str | None = maybe("Enhet", STRING)


@block(PO)
class InformasjonGitt:
    """One piece of information given: what, to whom, when, by whom."""

    type_informasjon: CV | None = maybe("TypeInformasjon", CV)
    beskrivelse_informasjon: str | None = maybe("BeskrivelseInformasjon", STRING)
    muntlig_informasjon: bool | None = maybe("MuntligInformasjon", BOOLEAN)
    informasjon_gitt_til: Person = one("InformasjonGittTil", Person)
    informasjon_gitt_dato: str = one("InformasjonGittDato", DATE)
    informasjon_gitt_av: HealthcareProfessional = one("InformasjonGittAv", HealthcareProfessional)


@block(PO)
class InfoInformasjonGitt:
    """What the patient or the next of kin was told."""

    informasjon_gitt: tuple[InformasjonGitt, ...] = some("InformasjonGitt", InformasjonGitt)


@block(PO)
class ReservasjonOnske:
    """A reservation or wish: what, by whom, when, withdrawn when."""

    gjelder: str = one("Gjelder", STRING)
    framsatt_av: Person = one("FramsattAv", Person)
    framsatt_dato: str = one("FramsattDato", DATE)
    trukket_tilbake_av: Person | None = maybe("TrukketTilbakeAv", Person)
    trukket_tilbake_dato: str | None = maybe("TrukketTilbakeDato", DATE)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class InfoReservasjon:
    """Reservations and wishes of the patient."""

    reservasjon_onske: tuple[ReservasjonOnske, ...] = some("ReservasjonOnske", ReservasjonOnske)


@block(PO)
class InformertOm:
    """Whether the patient and the next of kin know."""

    pasient_informert: bool = one("PasientInformert", BOOLEAN)
    parorende_informert: bool = one("ParorendeInformert", BOOLEAN)


@block(PO)
class InformasjonOmTime:
    """A made appointment: time, length in minutes, place."""

    bestilt_kontrolltime: bool = one("BestiltKontrolltime", BOOLEAN)
    tidspunkt_time: str | None = maybe("TidspunktTime", DATE_TIME)
    varighet: str | None = maybe("Varighet", INTEGER)
    sted_time: str | None = maybe("StedTime", STRING)
    informert_om: InformertOm | None = maybe("InformertOm", InformertOm)


@block(PO)
class KontrolltimeBestill:
    """An appointment that the patient or the next of kin makes."""

    pasient_parorende_bestiller: bool = one("PasientParorendeBestiller", BOOLEAN)
    informert_om: InformertOm | None = maybe("InformertOm", InformertOm)


@block(PO)
class InformasjonOmTentativTime:
    """A tentative appointment in words."""

    tentativt_tidspunkt_time: str | None = maybe("TentativtTidspunktTime", STRING)
    sted_time: str | None = maybe("StedTime", STRING)
    merknad: str | None = maybe("Merknad", STRING)
    informert_om: InformertOm | None = maybe("InformertOm", InformertOm)


@block(
    PO,
    choices=(
        Choice(("informasjon_om_time", "kontrolltime_bestill", "informasjon_om_tentativ_time")),
    ),
)
class InfoKontrolltime:
    """A control appointment: made, to be made by the patient, or tentative."""

    informasjon_om_time: InformasjonOmTime | None = maybe("InformasjonOmTime", InformasjonOmTime)
    kontrolltime_bestill: KontrolltimeBestill | None = maybe(
        "KontrolltimeBestill", KontrolltimeBestill
    )
    informasjon_om_tentativ_time: InformasjonOmTentativTime | None = maybe(
        "InformasjonOmTentativTime", InformasjonOmTentativTime
    )


@block(PO)
class FasteHjelpemidler:
    """Glasses, hearing aid, pacemaker."""

    briller: CS | None = maybe("Briller", CS)
    hjelpemiddel_horsel: CS | None = maybe("HjelpemiddelHorsel", CS)
    pacemaker: bool | None = maybe("Pacemaker", BOOLEAN)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class Hjelpemiddelbeskrivelse:
    """An assistive device: code and name."""

    sekvensnummer: str | None = maybe("Sekvensnummer", INTEGER)
    hjelpemiddelkode_rtv: CV | None = maybe("HjelpemiddelkodeRTV", CV)
    betegnelse_hjelpemiddel: str = one("BetegnelseHjelpemiddel", STRING)


@block(PO)
class StatusHjelpemiddel:
    """A device and the status of its delivery (8230)."""

    status: CS = one("Status", CS)
    hjelpemiddelbeskrivelse: Hjelpemiddelbeskrivelse = one(
        "Hjelpemiddelbeskrivelse", Hjelpemiddelbeskrivelse
    )


@block(PO)
class OpplysningerOmHjelpemidler:
    """Fixed aids, and devices with their status."""

    faste_hjelpemidler: tuple[FasteHjelpemidler, ...] = many("FasteHjelpemidler", FasteHjelpemidler)
    status_hjelpemiddel: tuple[StatusHjelpemiddel, ...] = many(
        "StatusHjelpemiddel", StatusHjelpemiddel
    )


@block(PO)
class UtskrevetTil:
    """Where the patient is discharged to (8408), and in what condition (8431)."""

    uttilstand: CV | None = maybe("Uttilstand", CV)
    ut_til: CV = one("UtTil", CV)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class OpplysningerTilSoknad:
    """Whether the patient has applied for services too."""

    egensoknad_sendt: bool = one("EgensoknadSendt", BOOLEAN)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class EksisterendeTjeneste:
    """A service that the patient has already: type (9151), public or private, amount and period."""

    iplos_tjenestetype: CV | None = maybe("IPLOStjenestetype", CV)
    betegnelse_tjeneste: str | None = maybe("BetegnelseTjeneste", STRING)
    privat_tjeneste: bool = one("PrivatTjeneste", BOOLEAN)
    tjenesten_levert_av: str | None = maybe("TjenestenLevertAv", STRING)
    opplysninger_om_tjenesten: str | None = maybe("OpplysningerOmTjenesten", STRING)
    antall_enheter: str | None = maybe("AntallEnheter", DECIMAL)
    enhet: str | None = maybe("Enhet", STRING)
    startdato: str | None = maybe("Startdato", DATE)
    sluttdato: str | None = maybe("Sluttdato", DATE)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class InnholdKonsultasjon:
    """What the municipality wants of the GP (9137)."""

    type_innhold_konsultasjon: CS = one("TypeInnholdKonsultasjon", CS)
    merknad: str | None = maybe("Merknad", STRING)


@block(PO)
class TidsperiodeDiagnose:
    """A diagnosis with the period in which it holds."""

    startdato_diagnose: str = one("StartdatoDiagnose", DATE)
    sluttdato_diagnose: str | None = maybe("SluttdatoDiagnose", DATE)
    medisinsk_diagnose: MedisinskDiagnose = one("MedisinskDiagnose", MedisinskDiagnose)


@block(PO)
class InfoIPLOSrelevantInformasjon:
    """What the municipality reports to IPLOS: diagnoses with their periods, and one dated event."""

    tidsperiode_diagnose: tuple[TidsperiodeDiagnose, ...] = many(
        "TidsperiodeDiagnose", TidsperiodeDiagnose
    )
    tidsfestet_hendelse: TidsfestetHendelse | None = maybe("TidsfestetHendelse", TidsfestetHendelse)
