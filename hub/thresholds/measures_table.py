"""The measures: codes, canonical unit, decimals, plausible range and conversions, one row each.

No row is signed off: a GP or specialist must approve every plausible range before clinical use, and rows with
`codes_open` have codes that still need a terminology check.
Source: dho/data/measurements.csv (facts), dho/thresholds.md §4.4, §16.
"""

from __future__ import annotations

from typing import Final

Row = tuple[
    str,
    str,
    str,
    str,
    int,
    str | None,
    str | None,
    str,
    frozenset[str],
    dict[str, tuple[str, ...]],
    bool,
]
"""key, name shown (nb), name (en), canonical unit, decimals, plausible min, plausible max, conversions to the
canonical unit as `unit=factor[+-offset]`, units whose conversion is rounded, codes by system, codes open."""

_NONE: Final[frozenset[str]] = frozenset()
_KPA: Final = frozenset({"kPa"})

# fmt: off
ROWS: Final[tuple[Row, ...]] = (
    ("spo2", "SpO2", "oxygen saturation", "%", 0, "30", "100", "1=100", _NONE,
     {"loinc": ("59408-5", "2708-6"), "sct": ("431314004",), "npu": ("NPU03011",), "mdc": ("150456",)}, False),
    ("pulse", "Puls", "heart rate", "/min", 0, "20", "300", "{beats}/min=1;{beat}/min=1;Hz=60", _NONE,
     {"loinc": ("8867-4",), "sct": ("364075005",), "npu": ("NPU21692",), "mdc": ("149546", "149530")}, False),
    ("bp", "Blodtrykk", "blood pressure", "mm[Hg]", 0, None, None, "", _NONE,
     {"loinc": ("85354-9",), "sct": ("75367002",), "mdc": ("150020",)}, False),
    ("systolic", "Systolisk blodtrykk", "systolic blood pressure", "mm[Hg]", 0, "40", "300", "kPa=7.50061683", _KPA,
     {"loinc": ("8480-6",), "sct": ("271649006",), "mdc": ("150021",)}, False),
    ("diastolic", "Diastolisk blodtrykk", "diastolic blood pressure", "mm[Hg]", 0, "20", "200", "kPa=7.50061683", _KPA,
     {"loinc": ("8462-4",), "sct": ("271650006",), "mdc": ("150022",)}, False),
    ("map", "Middelarterietrykk", "mean blood pressure", "mm[Hg]", 0, "30", "250", "kPa=7.50061683", _KPA,
     {"loinc": ("8478-0",), "mdc": ("150023",)}, False),
    ("weight", "Vekt", "body weight", "kg", 1, "20", "400", "g=0.001;[lb_av]=0.45359237", frozenset({"[lb_av]"}),
     {"loinc": ("29463-7",), "sct": ("27113001",), "npu": ("NPU03804",), "mdc": ("188736",)}, False),
    ("height", "Høyde", "body height", "cm", 0, "50", "250", "m=100;[in_i]=2.54", frozenset({"[in_i]"}),
     {"loinc": ("8302-2",), "mdc": ("188740",)}, False),
    ("bmi", "KMI", "body mass index", "kg/m2", 1, "8", "100", "", _NONE,
     {"loinc": ("39156-5",), "sct": ("60621009",), "npu": ("NPU27281",), "mdc": ("188752",)}, True),
    ("temperature", "Temperatur", "body temperature", "Cel", 1, "25", "43",
     "[degF]=0.5555555556-17.7777777778;K=1-273.15", frozenset({"[degF]"}),
     {"loinc": ("8310-5", "8333-7"), "sct": ("276885007",), "npu": ("NPU08676",), "mdc": ("150364", "150392")}, True),
    ("resp_rate", "Respirasjonsfrekvens", "respiratory rate", "/min", 0, "4", "80", "{breaths}/min=1", _NONE,
     {"loinc": ("9279-1",), "sct": ("86290005",), "mdc": ("151562",)}, True),
    ("glucose", "Blodsukker", "glucose in blood", "mmol/L", 1, "0.6", "50", "mg/dL=0.0554994", frozenset({"mg/dL"}),
     {"loinc": ("15074-8", "14743-9", "2339-0"), "sct": ("434912009",), "npu": ("NPU02187", "NPU22089"),
      "mdc": ("160184",)}, True),
    ("inr", "INR", "INR", "{INR}", 1, "0.5", "15", "1=1", _NONE,
     {"loinc": ("6301-6", "34714-6", "46418-0"), "npu": ("NPU01685",)}, True),
    ("fev1", "FEV1", "FEV1", "L", 2, "0.1", "8", "mL=0.001", _NONE, {"loinc": ("20150-9",), "mdc": ("152586",)}, True),
    ("fvc", "FVC", "forced vital capacity", "L", 2, "0.2", "10", "mL=0.001", _NONE, {"loinc": ("19868-9",)}, True),
    ("pef", "PEF", "peak expiratory flow", "L/min", 0, "30", "900", "L/s=60", _NONE,
     {"loinc": ("19935-6",), "mdc": ("152584",)}, True),
    ("crp", "CRP", "C-reactive protein", "mg/L", 0, "0", "600", "mg/dL=10", _NONE,
     {"loinc": ("1988-5",), "sct": ("55235003",), "npu": ("NPU19748",)}, True),
    ("hba1c", "HbA1c", "haemoglobin A1c", "mmol/mol", 0, "15", "200", "%=10.929-23.5", frozenset({"%"}),
     {"loinc": ("59261-8", "4548-4"), "npu": ("NPU27300",)}, True),
    ("ketone", "Blodketoner", "ketones in blood", "mmol/L", 1, "0", "15", "", _NONE, {}, True),
    ("oxygen_flow", "Oksygentilførsel", "inhaled oxygen flow", "L/min", 1, "0", "15", "", _NONE,
     {"loinc": ("3151-8",)}, True),
    ("pain_nrs", "Smerte (NRS)", "pain severity", "{score}", 0, "0", "10", "", _NONE,
     {"loinc": ("72514-3",), "sct": ("225908003",)}, True),
    ("steps", "Skritt", "number of steps", "{steps}", 0, "0", "100000", "", _NONE, {"loinc": ("55423-8",)}, True),
    ("news2", "NEWS2", "NEWS2 total", "{score}", 0, "0", "20", "", _NONE, {"sct": ("1104051000000101",)}, False),
    ("cfs", "Skrøpelighet (CFS)", "clinical frailty scale", "{score}", 0, "1", "9", "", _NONE,
     {"sct": ("763264000",)}, False),
    ("phq9", "PHQ-9", "PHQ-9 total", "{score}", 0, "0", "27", "", _NONE,
     {"loinc": ("44261-6",), "sct": ("720433000",)}, True),
    ("gad7", "GAD-7", "GAD-7 total", "{score}", 0, "0", "21", "", _NONE,
     {"loinc": ("70274-6",), "sct": ("445455005",)}, True),
    ("cat", "CAT", "COPD assessment test total", "{score}", 0, "0", "40", "", _NONE, {}, True),
    ("who5", "WHO-5", "WHO-5 well-being", "{score}", 0, "0", "100", "", _NONE, {}, True),
    ("mmrc", "mMRC", "mMRC dyspnoea grade", "{score}", 0, "0", "4", "", _NONE, {}, True),
    # Coded: answers, not numbers
    ("consciousness", "Bevissthet (ACVPU)", "level of consciousness", "{code}", 0, None, None, "", _NONE,
     {"sct": ("1104441000000107",)}, False),
    ("oxygen", "Oksygen", "on supplemental oxygen", "{code}", 0, None, None, "", _NONE, {}, True),
)

ROUNDED_TO: Final[dict[tuple[str, str], int]] = {
    # The usual precision of a rule's unit that is not the canonical one (§4.4)
    ("glucose", "mg/dL"): 0,
    ("systolic", "kPa"): 1,
    ("diastolic", "kPa"): 1,
    ("map", "kPa"): 1,
    ("temperature", "[degF]"): 1,
    ("weight", "[lb_av]"): 1,
    # Not in the text; our proposal, to be signed off
    ("height", "[in_i]"): 1,
    ("hba1c", "%"): 1,
}
# fmt: on
