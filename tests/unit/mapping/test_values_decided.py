"""What comes as FHIR, decided from the text by hand: units, comparators, values of other types, what is absent, and parts of all kinds.

Source: dho/thresholds.md §4.3-4.6, §5.2, §9.1, §9.3, §13 S1, S8, §16; docs/adr/0054, docs/adr/0056.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from hub.fhir.codec import parse
from hub.mapping.observation_parts import observation_to_measurements
from hub.mapping.plain_observation import plain_measurement
from hub.problems import HubError
from hub.thresholds.engine import decide
from hub.thresholds.measurement import Measurement, Patient, StatusPeriod
from hub.thresholds.plan import Rule
from tests.builders import Json, coding
from tests.unit.thresholds.conftest import Build

BUILD = Build()
UCUM = "http://unitsofmeasure.org"
BEGIN, AT, NOW = (datetime(2026, *day, tzinfo=UTC) for day in ((1, 1), (3, 2, 8), (4, 1)))
SP, PU, BP, SY, DI, GL, WT, TE, RR, HBP = (
    "59408-5", "8867-4", "85354-9", "8480-6", "8462-4", "15074-8", "29463-7", "8310-5", "9279-1", "55284-4",
)  # fmt: skip
OXYGEN, BEATS, SUGAR, PRESSURE = BUILD.absolute(), BUILD.pulse_rule(), BUILD.glucose_rule(), BUILD.bp_rule()  # fmt: skip
MASS = BUILD.absolute("green <150, red >=150", name="r-wt", measure="weight", unit="kg")
HEAT = BUILD.absolute("red <35.0, green >=35.0 <38.0, yellow >=38.0 <39.0, red >=39.0", name="r-t", measure="temperature", unit="Cel")  # fmt: skip
UPPER = BUILD.absolute("green <140, red >=140", name="r-sys", measure="systolic", unit="mm[Hg]")
NO_UPPER = BUILD.absolute("", name="r-sys", measure="systolic", unit="mm[Hg]")
MEAN = BUILD.absolute("green <100, red >=100", name="r-map", measure="map", unit="mm[Hg]")
BREATHS = BUILD.absolute("red <8, green >=8 <=20, red >20", name="r-rr", measure="resp_rate", unit="/min")  # fmt: skip
Alerts = list[tuple[str, str, str]]
ABS = ("sys.data-absent", "yellow", "technical.data-absent")
UN = ("sys.unit", "yellow", "technical.unit")
INC = ("sys.incomplete", "yellow", "technical.incomplete")
IMP = ("sys.implausible", "yellow", "technical.implausible")
CC = ("sys.code-conflict", "yellow", "technical.code-conflict")
R = ("r", "red", "absolute.low")
RP = ("r-pulse", "red", "absolute.high")
RG = ("r-glu", "red", "absolute.low")


def amount(number: Any, code: str | None = None, *, unit: str | None = None, system: str = UCUM, comp: str | None = None) -> Json:  # fmt: skip
    given = {"value": None if number is None else Decimal(str(number)), "code": code, "unit": unit}
    given |= {"system": None if code is None else system, "comparator": comp}
    return {"valueQuantity": {name: part for name, part in given.items() if part is not None}}


def mmhg(number: Any) -> Json:
    return amount(number, "mm[Hg]")


def of(code: str, **more: Any) -> Json:
    return {"code": {"coding": [coding(code)]}, **more}


def absent(code: str) -> Json:
    system = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
    return {"dataAbsentReason": {"coding": [{"system": system, "code": code}]}}


def zones(own: str, **parts: str) -> dict[str, str]:
    return {"o": own} | {f"o#{measure}": zone for measure, zone in parts.items()}


def read(given: Json) -> tuple[Measurement, ...]:
    """A resource → its measurements; the short way must say the same of it."""
    whole = {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": "Patient/p"},
    }
    body = whole | {"effectiveDateTime": "2026-03-02T08:00:00Z"} | given
    data = msgspec.json.Encoder(decimal_format="number").encode(body)
    made = parse(data, "Observation").resource
    found = observation_to_measurements(made, resource_id="o", version=1, received=AT)
    assert plain_measurement(made, "o", 1, AT) in (None, *found)
    return found


CASES: list[tuple[str, list[Rule], Json, dict[str, str] | None, Alerts]] = [
    # Units
    ("fraction unit 1", [OXYGEN], of(SP, **amount("0.86", "1")), zones("red"), [R]),
    ("pct in wrong system", [OXYGEN], of(SP, **amount(86, "%", system="http://x")), zones("invalid"), [UN]),
    ("wrong system but unit text", [OXYGEN], of(SP, **amount(86, "%", unit="%", system="http://x")), zones("red"), [R]),
    ("unit text only", [OXYGEN], of(SP, **amount(86, unit="%")), zones("red"), [R]),
    ("unit text capital", [SUGAR], of(GL, **amount(2, unit="mmol/l")), zones("invalid"), [UN]),
    ("mg/dL", [SUGAR], of(GL, **amount(54, "mg/dL")), zones("yellow"), [("r-glu", "yellow", "absolute.low")]),
    ("mg/dL 53", [SUGAR], of(GL, **amount(53, "mg/dL")), zones("red"), [RG]),
    ("no unit", [SUGAR], of(GL, **amount(2)), zones("invalid"), [UN]),
    ("mmHg text bp", [PRESSURE], of(BP, component=[of(SY, **amount(190, unit="mm[Hg]")), of(DI, **amount(80, unit="mm[Hg]"))]), zones("red"), [("r-bp", "red", "bp.systolic.high")]),
    ("one part without a unit", [PRESSURE], of(BP, component=[of(SY, **mmhg(190)), of(DI, **amount(80))]), zones("red"), sorted([("r-bp", "red", "bp.systolic.high"), INC, UN])),
    ("kPa part", [PRESSURE], of(BP, component=[of(SY, **amount(24, "kPa")), of(DI, **mmhg(80))]), zones("red"), [("r-bp", "red", "bp.systolic.high")]),
    ("fahrenheit", [HEAT], of(TE, **amount("102.2", "[degF]")), zones("red"), [("r-t", "red", "absolute.high")]),
    ("lb", [MASS], of(WT, **amount(331, "[lb_av]")), zones("red"), [("r-wt", "red", "absolute.high")]),
    # Comparators
    ("LO", [SUGAR], of(GL, **amount("1.1", "mmol/L", comp="<")), zones("red"), [RG]),
    ("HI", [SUGAR], of(GL, **amount("33.3", "mmol/L", comp=">")), zones("red"), [("r-glu", "red", "absolute.high")]),
    (">5", [SUGAR], of(GL, **amount(5, "mmol/L", comp=">")), zones("red"), [("r-glu", "red", "absolute.high")]),
    ("ad", [SUGAR], of(GL, **amount(5, "mmol/L", comp="ad")), None, []),
    ("pulse comp in bp", [PRESSURE, BEATS], of(BP, component=[of(SY, **mmhg(120)), of(DI, **mmhg(80)), of(PU, **amount(119, "/min", comp=">"))]), zones("green", pulse="red"), [RP]),
    ("comparator on value of component spo2", [OXYGEN, BEATS], of(SP, component=[of("2708-6", **amount(95, "%", comp="<"))]), zones("red"), [R]),
    (">88%", [OXYGEN], of(SP, **amount(88, "%", comp="<=")), zones("red"), [R]),
    ("beyond the guard HI", [SUGAR], of(GL, **amount(60, "mmol/L", comp=">")), zones("invalid"), [IMP]),
    # Absence
    ("reason", [OXYGEN], of(SP, **absent("error")), zones("invalid"), [ABS]),
    ("asked-declined", [OXYGEN], of(SP, **absent("asked-declined")), zones("invalid"), [ABS]),
    ("nothing", [OXYGEN], of(SP), zones("invalid"), [ABS]),
    ("quantity with no value", [OXYGEN], of(SP, **amount(None, "%")), zones("invalid"), [ABS]),
    ("systolic absent, abs systolic rule", [UPPER], of(BP, component=[of(SY, **absent("error")), of(DI, **mmhg(80))]), zones("none"), [INC]),
    ("systolic missing, abs systolic rule", [UPPER], of(BP, component=[of(DI, **mmhg(80))]), zones("none"), [INC]),
    ("all parts absent", [PRESSURE], of(BP, component=[of(SY, **absent("error")), of(DI, **absent("error"))]), zones("invalid"), [ABS]),
    ("bp as own code without anything", [PRESSURE], of(BP), zones("invalid"), [ABS]),
    ("bp with valueQuantity", [PRESSURE], of(BP, **mmhg(190)), zones("invalid"), [ABS]),
    ("bp reason but red pulse", [PRESSURE, BEATS], of(BP, component=[of(SY, **absent("error")), of(DI, **absent("error")), of(PU, **amount(130, "/min"))]), zones("invalid", pulse="red"), [RP, ABS]),
    ("spo2 reason, pulse red", [OXYGEN, BEATS], of(SP, **absent("error"), component=[of(PU, **amount(130, "/min"))]), zones("invalid", pulse="red"), [RP, ABS]),
    ("panel reason, parts fine", [PRESSURE], of(BP, **absent("unknown"), component=[of(SY, **mmhg(190)), of(DI, **mmhg(80))]), zones("red"), [("r-bp", "red", "bp.systolic.high")]),
    # Value types for a numeric rule
    ("valueString number", [OXYGEN], of(SP, valueString="86"), zones("invalid"), [UN]),
    ("valueString with unit", [OXYGEN], of(SP, valueString="86 %"), zones("invalid"), [ABS]),
    ("valueString LO", [SUGAR], of(GL, valueString="LO"), zones("invalid"), [ABS]),
    ("valueInteger", [OXYGEN], of(SP, valueInteger=86), zones("invalid"), [UN]),
    ("valueRange", [OXYGEN], of(SP, valueRange={"low": {"value": 80}, "high": {"value": 86}}), zones("invalid"), [ABS]),
    ("valueRatio", [OXYGEN], of(SP, valueRatio={"numerator": {"value": 86}, "denominator": {"value": 100}}), zones("invalid"), [ABS]),
    ("sampled", [OXYGEN], of(SP, valueSampledData={"origin": {"value": 0}, "period": 1, "dimensions": 1, "data": "86 85"}), zones("invalid"), [ABS]),
    ("codeable", [OXYGEN], of(SP, valueCodeableConcept={"text": "low"}), zones("invalid"), [ABS]),
    ("codeable with number", [OXYGEN], of(SP, valueCodeableConcept={"text": "86"}), zones("invalid"), [UN]),
    ("codeable empty coding", [OXYGEN], of(SP, valueCodeableConcept={"coding": [{"system": "http://x"}]}), zones("invalid"), [ABS]),
    ("boolean", [OXYGEN], of(SP, valueBoolean=True), zones("invalid"), [ABS]),
    ("time", [OXYGEN], of(SP, valueTime="08:00:00"), zones("invalid"), [ABS]),
    ("datetime", [OXYGEN], of(SP, valueDateTime="2026-03-02"), zones("invalid"), [ABS]),
    ("period", [OXYGEN], of(SP, valuePeriod={"start": "2026-03-02"}), zones("invalid"), [ABS]),
    ("component valueString", [OXYGEN, BEATS], of(SP, **amount(95, "%"), component=[of(PU, valueString="130")]), zones("green", pulse="invalid"), [UN]),
    ("component valueRange", [OXYGEN, BEATS], of(SP, **amount(95, "%"), component=[of(PU, valueRange={"low": {"value": 130}})]), zones("green", pulse="invalid"), [ABS]),
    ("systolic valueString", [PRESSURE], of(BP, component=[of(SY, valueString="190"), of(DI, **mmhg(80))]), zones("green"), sorted([INC, UN])),
    ("systolic valueRange", [PRESSURE], of(BP, component=[of(SY, valueRange={"low": {"value": 190}}), of(DI, **mmhg(80))]), zones("green"), [INC]),
    # More parts
    ("weight + fat", [MASS], of(WT, **amount(160, "kg"), component=[of("41982-0", **amount(30, "%"))]), zones("red"), [("r-wt", "red", "absolute.high")]),
    ("vital signs panel", [OXYGEN, BEATS, HEAT, BREATHS], of("85353-1", component=[of(SP, **amount(95, "%")), of(PU, **amount(130, "/min")), of(TE, **amount(39, "Cel")), of(RR, **amount(25, "/min"))]), zones("green", pulse="red", temperature="red", resp_rate="red"), sorted([RP, ("r-t", "red", "absolute.high"), ("r-rr", "red", "absolute.high")])),
    ("codings conflict in part", [OXYGEN, BEATS], of(SP, **amount(80, "%"), component=[{"code": {"coding": [coding(PU), coding(RR)]}, **amount(130, "/min")}]), zones("red", pulse="invalid"), sorted([R, CC])),
    ("codings conflict in whole, parts fine", [OXYGEN, BEATS], {"code": {"coding": [coding(SP), coding(RR)]}, **amount(80, "%"), "component": [of(PU, **amount(130, "/min"))]}, zones("invalid", pulse="red"), sorted([RP, CC])),
    ("part implausible, whole fine", [OXYGEN, BEATS], of(SP, **amount(95, "%"), component=[of(PU, **amount(900, "/min"))]), zones("green", pulse="invalid"), [IMP]),
    ("bp implausible, pulse red", [PRESSURE, BEATS], of(BP, component=[of(SY, **mmhg(80)), of(DI, **mmhg(80)), of(PU, **amount(130, "/min"))]), zones("invalid", pulse="red"), sorted([RP, IMP])),
    ("a unit with an annotation of the table", [BEATS], of(PU, **amount(130, "{beats}/min")), zones("red"), [RP]),
    ("bpm text", [BEATS], of(PU, **amount(130, unit="bpm")), zones("invalid"), [UN]),
    ("unit / min coded", [BEATS], of(PU, **amount(130, "/min", unit="slag/min")), zones("red"), [RP]),
    ("misprint weight", [MASS], of("29563-7", **amount(160, "kg")), zones("red"), [("r-wt", "red", "absolute.high")]),
    ("negative", [OXYGEN], of(SP, **amount(-86, "%")), zones("invalid"), [IMP]),
    ("1e1", [OXYGEN], of(SP, **amount("8.6E+1", "%")), zones("red"), [R]),
    ("tiny digits", [OXYGEN], of(SP, **amount("87.99999999999999999", "%")), zones("red"), [R]),
    ("oxygen flow comp with unit fault", [OXYGEN], of(SP, **amount(95, "%"), component=[of("3151-8", **amount(2, "gal"))]), zones("green", oxygen_flow="invalid"), [UN]),
    ("unknown code alone", [OXYGEN], of("1-1", **amount(1, "%")), {}, []),
    ("unknown part", [OXYGEN], of(SP, **amount(95, "%"), component=[of("1-1", **amount(1, "%"))]), zones("green"), []),
    ("entered in error", [OXYGEN], {**of(SP, **amount(80, "%"), component=[of(PU, **amount(130, "/min"))]), "status": "entered-in-error"}, zones("retracted", pulse="retracted"), []),
    ("registered bare", [OXYGEN], {**of(SP), "status": "registered"}, zones("none"), []),
    ("registered bp bare parts", [PRESSURE], {**of(BP, component=[of(SY), of(DI)]), "status": "registered"}, zones("none"), []),
    ("preliminary red", [OXYGEN], {**of(SP, **amount(80, "%")), "status": "preliminary"}, zones("red"), [R]),
    ("component of HBP 55284-4", [PRESSURE], of(HBP, component=[of(SY, **mmhg(190)), of(DI, **mmhg(80))]), zones("red"), [("r-bp", "red", "bp.systolic.high")]),
    ("sys/dia via mdc codes", [PRESSURE], of(BP, component=[{"code": {"coding": [{"system": "urn:iso:std:iso:11073:10101", "code": "150021"}]}, **mmhg(190)}, {"code": {"coding": [{"system": "urn:iso:std:iso:11073:10101", "code": "150022"}]}, **mmhg(80)}]), zones("red"), [("r-bp", "red", "bp.systolic.high")]),
    ("only text code", [OXYGEN], {"code": {"text": "SpO2"}, **amount(80, "%")}, {}, []),
    ("the upper pressure is wanted and there is none, but the rule is off", [NO_UPPER], of(BP, component=[of(DI, **mmhg(80))]), zones("none"), []),
    ("few cuffs give a mean pressure", [MEAN], of(BP, component=[of(SY, **mmhg(120)), of(DI, **mmhg(80))]), zones("none"), []),
]  # fmt: skip
"""Name, rules, resource, zones (None = refused at the door), alerts."""


@pytest.mark.parametrize(("rules", "given", "wanted", "alerts"), [pytest.param(*each[1:], id=each[0]) for each in CASES])  # fmt: skip
def test_what_comes_is_judged_as_the_text_says(
    rules: list[Rule], given: Json, wanted: dict[str, str] | None, alerts: Alerts
) -> None:
    try:
        found = read(given)
    except HubError:
        assert wanted is None
        return
    patient = Patient("p", "Europe/Oslo", (StatusPeriod("active", BEGIN),))
    verdict = decide(patient, [BUILD.plan(*rules)], (), None, (), found, (), NOW)

    assert wanted == {name: judged.zone for name, judged in verdict.judgements.items()}
    assert sorted(alerts) == sorted((a.rule, a.zone, a.reason) for a in verdict.alerts)
