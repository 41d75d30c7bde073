"""The front page: what the hub does now, and where to look."""

from __future__ import annotations

from hub.api.pages.layout import facts, moment
from hub.api.pages.visit import Visit
from hub.html import Html, el, join, link


def front_page(visit: Visit) -> Html:
    """Nothing about any patient: counts, and links to what can be seen."""
    marked, unjudged = visit.unit.judgements.counts()
    waiting = visit.unit.outbox.waiting()
    dead = len(visit.unit.outbox.dead_letters(visit.tenant_id, 100))
    own = [p.service for p in visit.unit.own_services(visit.tenant_id)]
    return join(
        el(
            "p",
            "Knutepunktet tar imot målinger og meldinger, vurderer målingene mot hver pasients egne grenser, og sier fra.",
        ),
        facts(
            ("Klokken i knutepunktet", moment(visit.now)),
            ("Målinger mottatt", f"{marked}, hvorav {unjudged} ikke er vurdert ennå"),
            ("Oppgaver i kø", f"{waiting} venter, {dead} er gitt opp"),
            ("Egne tjenester", ", ".join(f"{s.organisation.value}/{s.service.value}" for s in own)),
        ),
        el("h2", "Se"),
        el(
            "ul",
            el("li", link("Pasientene", "/patients"), ": de som trenger det mest, står først"),
            el("li", link("Åpne varsler", "/alerts"), ": hva, hvorfor og siden når"),
            el("li", link("Meldinger", "/messages"), ": inn og ut, med kvitteringer"),
            el("li", link("Mottatte filer", "/arrivals"), ": også de som ikke lot seg lese"),
        ),
        el("h2", "For programmer"),
        el(
            "ul",
            el("li", link("Hva FHIR-grensesnittet kan", f"{visit.base_url}/metadata")),
            el("li", link("Varsler som FHIR", f"{visit.base_url}/DetectedIssue?_count=20")),
            el("li", link("Helsetilstanden", "/health")),
        ),
    )
