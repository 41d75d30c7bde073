"""HealthcareService.notAvailable → the announced outages in which no value is expected.

Decided here (thresholds.md §5.7 does not say how an outage is announced): whoever plans maintenance writes a period into
`notAvailable` of a HealthcareService whose `type` has our code `measurement-reception`. Other services' closed days mean nothing here.
Source: dho/thresholds.md §5.7; dho/requirements.md 167; FHIR R4 HealthcareService.notAvailable.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hub.fhir.models.r4.healthcare_service import HealthcareService
from hub.mapping import urls
from hub.mapping.fhir_parts import has_code
from hub.mapping.fhir_time import to_end, to_start
from hub.problems import Problem, ProblemCode
from hub.thresholds.timers import Downtime

RECEPTION: Final = "measurement-reception"
LONGEST: Final = timedelta(days=31)
_OSLO: Final = ZoneInfo("Europe/Oslo")


def is_reception(service: HealthcareService) -> bool:
    """A HealthcareService → whether it stands for the way values come in."""
    return has_code(service.type, urls.SERVICE_CODES, RECEPTION)


def to_downtimes(services: Iterable[HealthcareService]) -> tuple[Downtime, ...]:
    """HealthcareServices → the outages that were announced, by start; what cannot be read announces nothing."""
    found = [
        each
        for service in services
        if is_reception(service) and service.active is not False
        for each in map(_period, service.notAvailable)
        if isinstance(each, Downtime)
    ]
    return tuple(sorted(found, key=lambda each: each.start))


def check_downtimes(service: HealthcareService) -> tuple[Problem, ...]:
    """A HealthcareService as it is written → what is wrong with the outages in it: they silence alerts, so they must be exact."""
    if not is_reception(service):
        return ()
    told = (_period(each) for each in service.notAvailable)
    return tuple(each for each in told if isinstance(each, Problem))


def _period(each: object) -> Downtime | Problem:
    during = getattr(each, "during", None)
    where = "HealthcareService.notAvailable.during"
    start = None if during is None else to_start(during.start, _OSLO)
    end = None if during is None else to_end(during.end, _OSLO)
    if start is None or end is None:
        text = "En varslet nedetid må ha både start og slutt."
        return Problem(ProblemCode.BUSINESS_RULE, text, where)
    if not timedelta(0) < end - start <= LONGEST:
        text = "En varslet nedetid må slutte etter at den begynner, og vare høyst 31 døgn."
        return Problem(ProblemCode.BUSINESS_RULE, text, where)
    return Downtime(start, end)
