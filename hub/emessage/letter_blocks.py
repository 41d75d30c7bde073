"""Blocks that letters share: an Epikrise and a Henvisning 1.x say the same with them, each in its own namespace.

They stand in the namespace of Epikrise 1.2; the editions of Henvisning (`henvisning_1.py`) name theirs.
Source: HIS 80226:2014, HIS 80517:2014; Epikrise-v1.2.xsd, Henvisning-v1.1.xsd.
"""

from __future__ import annotations

from hub.emessage.datatypes import CS, CV, PQ, TS, URL
from hub.emessage.namespaces import EPIKRISE_1_2
from hub.emessage.simple_types import STRING
from hub.emessage.table import block, many, maybe, one, some


@block(EPIKRISE_1_2)
class Modifier:
    """What qualifies a concept, such as a star code."""

    name: CS = one("Name", CS)
    value: tuple[CV, ...] = some("Value", CV)


@block(EPIKRISE_1_2)
class AdditionalId:
    """A further identifier of the same party or person."""

    id: str = one("Id", STRING)
    type: CS = one("Type", CS)


@block(EPIKRISE_1_2)
class HCPerson:
    """A person in an institution: level 2 of an addressing when it is a person."""

    name: str | None = maybe("Name", STRING)
    id: str | None = maybe("Id", STRING)
    type_id: CS | None = maybe("TypeId", CS)
    additional_id: tuple[AdditionalId, ...] = many("AdditionalId", AdditionalId)


@block(EPIKRISE_1_2)
class Dept:
    """A department: level 2 of an addressing when it is a service."""

    type: CS | None = maybe("Type", CS)
    name: str | None = maybe("Name", STRING)
    id: str | None = maybe("Id", STRING)
    type_id: CS | None = maybe("TypeId", CS)
    additional_id: tuple[AdditionalId, ...] = many("AdditionalId", AdditionalId)


@block(EPIKRISE_1_2)
class Address:
    """A postal address, with telephone numbers and the like."""

    type: CS = one("Type", CS)
    street_adr: str | None = maybe("StreetAdr", STRING)
    postal_code: str | None = maybe("PostalCode", STRING)
    city: str | None = maybe("City", STRING)
    county: CS | None = maybe("County", CS)
    country: CS | None = maybe("Country", CS)
    city_distr: CS | None = maybe("CityDistr", CS)
    tele_address: tuple[URL, ...] = many("TeleAddress", URL)


@block(EPIKRISE_1_2)
class PatientPrecaution:
    """What whoever treats the patient must heed."""

    precaution: str = one("Precaution", STRING)
    start_date_time: TS | None = maybe("StartDateTime", TS)
    end_date_time: TS | None = maybe("EndDateTime", TS)


@block(EPIKRISE_1_2)
class Interval:
    """A result as an interval."""

    low: PQ | None = maybe("Low", PQ)
    high: PQ | None = maybe("High", PQ)


@block(EPIKRISE_1_2)
class DateResult:
    """A result that is a date."""

    date_result_value: TS = one("DateResultValue", TS)


@block(EPIKRISE_1_2)
class NumResult:
    """A result as a number, with < or > where it is a bound."""

    arithmetic_comp: CS | None = maybe("ArithmeticComp", CS)
    num_result_value: PQ = one("NumResultValue", PQ)


@block(EPIKRISE_1_2)
class ClinInv:
    """What was examined."""

    id: CV = one("Id", CV)
    spec: tuple[CV, ...] = many("Spec", CV)
