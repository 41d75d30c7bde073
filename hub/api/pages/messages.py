"""Messages in and out: the list, the files that arrived, and one message with its timeline and its bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hub.api.pages.layout import facts, moment
from hub.api.pages.visit import Visit
from hub.emessage.message_types import MESSAGE_TYPES
from hub.flows.list_messages import APPREC, MessageLine, list_arrivals, list_messages
from hub.flows.replay_message import find_replay
from hub.flows.tell_message import Step, Told, raw_of, tell_message
from hub.html import Html, Part, el, join, link, table

_ANSWERS: Final = "answers "
LIMIT: Final = 100
SHOWN_BYTES: Final = 300_000
_TITLES: Final = {row.type: row.title for row in reversed(MESSAGE_TYPES)} | {
    APPREC: "Kvittering",
    "build_alert_message": "Jobb: melding til fastlegen",
    "submit_message": "Jobb: sending",
    "import_message": "Jobb: mottak",
    "held_too_long": "Jobb: purring",
}
_DIRECTIONS: Final = {"in": "inn", "out": "ut", "job": "jobb"}
_STATES: Final = {
    "Queued": "i kø",
    "Submitting": "sendes",
    "Submitted": "sendt",
    "Written": "sendt",
    "OnQueue": "sendt",
    "TransportAcked": "hentet av formidleren",
    "TransportRejected": "avvist av formidleren",
    "TransportAbandoned": "gitt opp av formidleren",
    "AppRecOk": "kvittert OK",
    "AppRecRejected": "avvist av mottakeren",
    "AppRecPartly": "kvittert med feil",
    "Expired": "uten svar fra formidleren",
    "NoAppRec": "uten kvittering",
    "DeadLetter": "kunne ikke sendes",
    "Conflict": "kjent id, annet innhold",
    "Cancelled": "stoppet",
    "TakenBack": "kan ikke behandles av mottakeren",
    "stored": "mottatt",
    "imported": "tatt inn",
    "rejected": "avvist",
    "held": "venter på et menneske",
    "duplicate": "dublett",
    "conflict": "kjent id, annet innhold",
    "receipt": "kvittering lest",
    "not-for-us": "ikke til oss",
    "quarantined": "i karantene",
    "dead": "gitt opp",
}
_STEPS: Final = {
    "queued": "lagt i kø",
    "received": "mottatt",
    "written": "skrevet til meldingsformidleren",
    "submitted": "overlevert",
    "taken-back": "mottakeren har meldt at meldingen ikke kan behandles",
    "put-on-queue": "lagt på kø hos formidleren",
    "submit-failed": "forsøk mislyktes",
    "transport-ack": "hentet av formidleren",
    "transport-nack": "avvist av formidleren",
    "transport-gave-up": "gitt opp av formidleren",
    "apprec-ok": "mottakeren har kvittert OK: ansvaret er hos mottakeren",
    "apprec-rejected": "mottakeren har avvist",
    "apprec-partly": "mottakeren har kvittert med feil",
    "apprec-overdue": "ingen kvittering innen fristen",
    "given-up": "alle forsøk brukt opp",
    "replayed": "sendt på nytt av et menneske",
    "cancelled": "stoppet",
    "to be tried": "skal prøves",
    "given up": "gitt opp",
}


def message_list(visit: Visit) -> Html:
    """The newest messages in and out, and what was given up."""
    lines = list_messages(visit.unit, visit.tenant_id, LIMIT)
    visit.note_all(line.patient_id for line in lines)
    return message_table(lines, "Meldinger")


def arrival_list(visit: Visit) -> Html:
    """The newest files that arrived, whatever became of them."""
    lines = list_arrivals(visit.unit, visit.tenant_id, LIMIT)
    visit.note_all(())
    return message_table(lines, "Mottatte filer")


def message_table(lines: Sequence[MessageLine], caption: str) -> Html:
    """Lines → their table."""
    heads = ("Melding", "Tid", "Retning", "Fra → til (HER-id)", "Tilstand", "Gjelder")
    return table(caption, heads, [_row(line) for line in lines], "Ingen meldinger ennå.")


def _row(line: MessageLine) -> tuple[Part, ...]:
    title = _TITLES.get(line.type, line.type) or "ukjent type"
    return (
        title if line.direction == "job" else link(title, f"/messages/{line.id}"),
        moment(line.at),
        _DIRECTIONS[line.direction],
        f"{line.sender_her or '?'} → {line.receiver_her or '?'}" if line.direction != "job" else "",
        _state(line),
        _about(line),
    )


def _state(line: MessageLine) -> str:
    return _STATES.get(line.state, line.state)


def _about(line: MessageLine) -> Part:
    """What a message is for, as a link: the patient, or the message that a receipt answers."""
    answered = line.about if line.type == APPREC and line.direction == "out" else ""
    if line.state == "receipt" and line.reason.startswith(_ANSWERS):
        answered = line.reason.removeprefix(_ANSWERS)
    if answered:
        return link("meldingen den svarer på", f"/messages/{answered}")
    patient = link("pasienten", f"/patients/{line.patient_id}") if line.patient_id else None
    return join(patient, " " if patient and line.reason else None, line.reason)


def message_page(visit: Visit, name: str) -> tuple[str, Html] | None:
    """Our id or a claim id → title and page, None when there is none."""
    told = tell_message(visit.unit, visit.tenant_id, name)
    if told is None:
        return None
    visit.note(told.line.patient_id or None)
    again = find_replay(visit.unit, visit.tenant_id, name)
    line = told.line
    title = _TITLES.get(line.type, line.type) or "Ukjent type"
    raw = raw_of(visit.unit, visit.tenant_id, name)
    return f"{title}: {_state(line)}", join(
        el("p", link("Les meldingen", f"/messages/{line.id}/read")),
        _facts(visit, told),
        el("p", el("code", f"hub messages replay {line.id}"), " kjører den på nytt.")
        if again is not None and again.job is not None
        else None,
        el("h2", "Hva som har skjedd"),
        el("ol", [_step(step) for step in told.steps], class_="line"),
        _resources(visit, told),
        el("h2", f"Meldingen slik den {'kom' if line.direction == 'in' else 'gikk'}"),
        el("pre", el("code", raw[:SHOWN_BYTES].decode("utf-8", "replace")), tabindex="0"),
        el("p", f"De første {SHOWN_BYTES} av {told.size} byte er vist.")
        if told.size > SHOWN_BYTES
        else None,
    )


def _facts(visit: Visit, told: Told) -> Html:
    line = told.line
    alert = line.about if line.about.startswith("DetectedIssue/") else ""
    return facts(
        ("Retning", "mottatt" if line.direction == "in" else "sendt"),
        ("Type", line.type),
        ("Fra HER-id", line.sender_her),
        ("Til HER-id", line.receiver_her),
        ("Meldings-id", el("code", line.msg_id) if line.msg_id else None),
        ("Gjelder", _about(line) if line.patient_id or line.about or line.reason else None),
        ("Varsel", link("som FHIR", f"{visit.base_url}/{alert}") if alert else None),
        ("Fil", el("code", told.name) if told.name else None),
        ("SHA-256", el("code", told.sha256)),
    )


def _step(step: Step) -> Html:
    word, _, rest = step.what.partition(" ")
    shown = _STEPS.get(step.what) or _STATES.get(step.what, step.what)
    if word == "receipt" and rest:
        receipt = link("kvittering", f"/messages/{step.evidence}")
        return el("li", moment(step.at), receipt, f" laget: {_STATES.get(rest, rest)}")
    evidence = el("span", f" ({step.evidence})", class_="soft") if step.evidence else None
    return el("li", moment(step.at), shown, evidence)


def _resources(visit: Visit, told: Told) -> Html | None:
    if not told.resources:
        return None
    shown = [el("li", link(place, f"{visit.base_url}/{place}")) for place in told.resources]
    return join(el("h2", "Det som ble til av den"), el("ul", shown))
