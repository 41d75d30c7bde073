"""An entry of the access log → what its patient is told of it, in Norwegian: who, when, for whom, what and why.

Drops: the practitioner's numbers, the client's address, what was searched for, ids of requests (ATT-8: a name, never a number).
Source: security/audit.md §2, §6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from hub.emessage.codes.message_function_8279 import MESSAGE_FUNCTION
from hub.mapping.urls import ENH, HER

_OSLO: Final = ZoneInfo("Europe/Oslo")
_DONE: Final = {
    "C": "registrerte",
    "R": "leste",
    "U": "endret",
    "D": "slettet",
    "E": "søkte i",
}
_THINGS: Final = {
    "": "journalopplysninger",
    "Observation": "måling",
    "Patient": "personopplysninger",
    "CarePlan": "egenbehandlingsplan",
    "QuestionnaireResponse": "skjemasvar",
    "Communication": "melding",
    "DocumentReference": "dokument",
    "Binary": "dokument",
    "DetectedIssue": "varsel",
    "Flag": "varsel",
    "Task": "oppgave",
    "ServiceRequest": "bestilling",
    "Consent": "samtykke eller sperring",
    "AuditEvent": "innsynslogg",
}
_MESSAGES: Final = {
    "receive": "tok imot {}{}",
    "disclose": "sendte {}{}",
    "transmit": "fulgte opp {}{}",
    "destroy": "slettet opplysninger etter lagringstidens slutt",
}
"""What becomes of messages, by the type of the event; then the other side, where it is known."""
_PARTY: Final = {"receive": " fra {}", "disclose": " til {}", "transmit": " til {}"}
_PURPOSES: Final = {
    "TREAT": "behandling",
    "ETREAT": "akutt behandling",
    "COC": "koordinering av tjenester",
    "BTG": "nødrett: vanlige regler ble satt til side",
}
_ROLES: Final = {"LE": "lege", "SP": "sykepleier", "HE": "helsesekretær", "FT": "fysioterapeut"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CitizenLine:
    """One line of the citizen's log. Shape: texts in Norwegian; "" where the entry does not tell."""

    at: datetime
    who: str
    role: str
    organisation: str
    what: str
    reason: str
    refused: bool

    @property
    def text(self) -> str:
        """The line as it is read."""
        who = f"{self.who} ({self.role})" if self.role else self.who
        place = f", organisasjon {self.organisation}" if self.organisation else ""
        refused = " – ble avvist" if self.refused else ""
        reason = f". Grunn: {self.reason}" if self.reason else ""
        at = self.at.astimezone(_OSLO)
        return f"{at:%d.%m.%Y kl. %H:%M:%S}: {who}{place} {self.what}{refused}{reason}"


def audit_to_citizen(body: bytes) -> CitizenLine:
    """The stored bytes of an AuditEvent → its line."""
    event: Mapping[str, Any] = msgspec.json.decode(body)
    agents: list[Mapping[str, Any]] = event["agent"]
    nobody: Mapping[str, Any] = {}
    person = next((a for a in agents if "name" in a), nobody)
    numbers = [a["who"]["identifier"]["value"] for a in agents if _system(a) == ENH]
    thing = next(
        (
            e["what"]["reference"].partition("/")[0]
            for e in event.get("entity", ())
            if e.get("type", {}).get("code") == "2" and "reference" in e.get("what", {})
        ),
        "",
    )
    done = _DONE.get(event.get("action", ""), "brukte")
    what = _passed(event, agents) or f"{done} {_THINGS.get(thing, thing)}"
    return CitizenLine(
        at=datetime.fromisoformat(event["recorded"]),
        who=person.get("name") or _system_name(agents[0]),
        role=_role(person),
        organisation=" / ".join(numbers),
        what=what,
        reason=_PURPOSES.get(_purpose(event), ""),
        refused=event.get("outcome") != "0",
    )


def _system_name(agent: Mapping[str, Any]) -> str:
    """An agent without a person → what acted, in words a patient understands."""
    name: str = agent["who"].get("display", "uten navn")
    if name.startswith("The hub"):
        return "Huben selv"
    user, at, _ = name.partition(", at the command line")
    return f"Driftspersonell ({user})" if at else f"Systemet {name}"


def _passed(event: Mapping[str, Any], agents: Sequence[Mapping[str, Any]]) -> str:
    """An event about a message → what was done with it and whose it is or was; "" for another event."""
    way: str = event.get("type", {}).get("code", "")
    told = _MESSAGES.get(way)
    if told is None:
        return ""
    code: str = event["subtype"][0]["code"]
    name = MESSAGE_FUNCTION.names.get(code, "")
    kind = (
        f"meldingen «{name}»" if name else ("et notat" if code == "journal-note" else "en melding")
    )
    party = next((a["who"] for a in agents if _system(a) == HER), None)
    if party is None:
        return told.format(kind, " til kommunens journal" if code == "journal-note" else "")
    other = party.get("display") or f"HER-id {party['identifier']['value']}"
    return told.format(kind, _PARTY[way].format(other))


_SHOWN: Final = ("resourceType", "id", "type", "subtype", "action", "recorded", "outcome", "purposeOfEvent")  # fmt: skip


def citizen_event(body: bytes) -> dict[str, Any]:
    """The stored bytes of an AuditEvent → the same with names and organisations alone. Shape: an AuditEvent.

    Drops: as above; of what was looked at the type stays, of whom the patient.
    """
    event: dict[str, Any] = msgspec.json.decode(body)
    told = {name: event[name] for name in _SHOWN if name in event}
    told["agent"] = [_named(agent) for agent in event["agent"]]
    told["source"] = event["source"]
    seen = [_seen(entity) for entity in event.get("entity", ())]
    return {**told, "entity": kept} if (kept := [each for each in seen if each]) else told


def _named(agent: Mapping[str, Any]) -> dict[str, Any]:
    """An agent → its kind, its role, and its name; of an organisation the number, which is public."""
    who: Mapping[str, Any] = agent.get("who", {})
    shown: dict[str, Any] = {
        k: agent[k] for k in ("type", "role", "name", "requestor") if k in agent
    }
    if _system(agent) in (ENH, HER):
        shown["who"] = {"identifier": who["identifier"]}
    elif who.get("display"):
        shown["who"] = {"display": who["display"]}
    return shown


def _seen(entity: Mapping[str, Any]) -> dict[str, Any]:
    reference = str(entity.get("what", {}).get("reference", ""))
    if not reference:
        return {}
    kind = reference.partition("/")[0]
    what = {"reference": reference} if kind == "Patient" else {"type": kind}
    return {"what": what, "type": entity["type"], "role": entity["role"]}


def _system(agent: Mapping[str, Any]) -> str:
    who: Mapping[str, Any] = agent.get("who", {})
    identifier: Mapping[str, Any] = who.get("identifier", {})
    return str(identifier.get("system", ""))


def _role(person: Mapping[str, Any]) -> str:
    for role in person.get("role", ()):
        code: str = role["coding"][0]["code"]
        return _ROLES.get(code, code)
    return ""


def _purpose(event: Mapping[str, Any]) -> str:
    for purpose in event.get("purposeOfEvent", ()):
        return purpose["coding"][0]["code"]
    return ""
