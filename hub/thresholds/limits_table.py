"""General limits that can be proposed: what the published sources say, one line per band, and where it was read.

No line is signed off: a GP or specialist must approve every number before clinical use; `checked` tells whether the number was
read in the source named. Limits without a source are marked as proposals.
Source: dho/data/default-thresholds.csv (facts), dho/thresholds.md §2.5, §15.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Origin(Struct, frozen=True):
    """Where numbers come from. Shape: `source` is empty where nobody published them; `checked`: yes, partly, no."""

    source: str
    basis: str
    checked: str


class Line(Struct, frozen=True):
    """One band of one set. Shape: `low` and `high` with their comparison, empty = open; `kind` as in a plan, with its parameter."""

    set: str
    measure: str
    population: str
    unit: str
    zone: str
    low: str
    high: str
    origin: Origin
    kind: str = "absolute"
    window: str = ""
    note: str = ""


# fmt: off
_NEWS2: Final = Origin("Royal College of Physicians, NEWS2 (2017), Chart 1", "published bands; zone mapping derived (score 0 green, 1-2 yellow, 3 red)", "yes")
_TELBIL: Final = Origin("Martin-Lesende et al., TELBIL, BMC Health Serv Res 2011;11:56, table 1", "published single alarm level; zone derived", "yes")
_WEIGHT: Final = Origin("European Society of Cardiology, heartfailurematters.org (weight gain) and HFA self-care recommendations (Jaarsma et al. 2020, doi 10.1002/ejhf.2008)", "published rule; zone derived", "yes")
_PROPOSAL: Final = Origin("", "proposal, needs clinical sign-off", "not applicable")
_HOME_BP: Final = Origin("ESH position paper on home BP monitoring 2021 (J Hypertens 39:1742, PMC9904446)", "published diagnostic limit; zone derived", "partly")
_SEVERE_BP: Final = Origin("NICE NG136 (severe hypertension 180/120)", "published level for severe hypertension; zone derived", "no (from memory)")
_LOW_2: Final = Origin("American Diabetes Association, Standards of Care, Glycemic targets (hypoglycaemia levels)", "published level 2 (<3.0 mmol/L, <54 mg/dL); zone derived", "yes")
_LOW_1: Final = Origin("American Diabetes Association, Standards of Care, Glycemic targets (hypoglycaemia levels)", "published level 1 (3.0 to <3.9); zone derived", "yes")
_IN_RANGE: Final = Origin("Battelino et al. Diabetes Care 2019;42:1593", "international time-in-range consensus 3.9-10.0", "no (from memory)")
_HIGH_1: Final = Origin("Battelino et al. Diabetes Care 2019;42:1593", "published level 1 hyperglycaemia", "no (from memory)")
_HIGH_2: Final = Origin("Battelino et al. Diabetes Care 2019;42:1593", "published level 2 hyperglycaemia (>13.9); repeat rule and zone are a proposal", "no (from memory)")
_HYPOXIA: Final = Origin("Greenhalgh et al. BMJ 2021;372:n677", "published definition of hypoxia <94; zone derived", "yes")
_HYPOXIA_LUNG: Final = Origin("Greenhalgh et al. BMJ 2021;372:n677", "published definition of hypoxia <88; zone derived", "yes")
_INR_RANGE: Final = Origin("2021 ESC/EACTS valvular heart disease guideline (median target plus or minus 0.5)", "published target range", "partly")
_INR_LOW: Final = Origin("2021 ESC/EACTS valvular heart disease guideline (median target plus or minus 0.5)", "derived from range; lower end is a proposal", "partly")
_INR_HIGH: Final = Origin("2021 ESC/EACTS valvular heart disease guideline (median target plus or minus 0.5)", "derived from range; upper end is a proposal", "partly")
_PHQ9: Final = Origin("Kroenke, Spitzer, Williams 2001 (PHQ-9); clinical practice", "published: any positive answer needs follow-up; zone derived", "partly")
_CAT: Final = Origin("Kon et al. Lancet Respir Med 2014;2:195", "published minimal important difference 2 points; zone derived", "partly")

LINES: Final[tuple[Line, ...]] = (
    Line("news2-single", "resp_rate", "adult", "/min", "red", "", "<=8", _NEWS2, note="NEWS2 score 3"),
    Line("news2-single", "resp_rate", "adult", "/min", "yellow", ">=9", "<=11", _NEWS2, note="NEWS2 score 1"),
    Line("news2-single", "resp_rate", "adult", "/min", "green", ">=12", "<=20", _NEWS2, note="NEWS2 score 0"),
    Line("news2-single", "resp_rate", "adult", "/min", "yellow", ">=21", "<=24", _NEWS2, note="NEWS2 score 2"),
    Line("news2-single", "resp_rate", "adult", "/min", "red", ">=25", "", _NEWS2, note="NEWS2 score 3"),
    Line("news2-single", "spo2", "adult, SpO2 scale 1", "%", "red", "", "<=91", _NEWS2, note="NEWS2 score 3"),
    Line("news2-single", "spo2", "adult, SpO2 scale 1", "%", "yellow", ">=92", "<=93", _NEWS2, note="NEWS2 score 2"),
    Line("news2-single", "spo2", "adult, SpO2 scale 1", "%", "yellow", ">=94", "<=95", _NEWS2, note="NEWS2 score 1"),
    Line("news2-single", "spo2", "adult, SpO2 scale 1", "%", "green", ">=96", "", _NEWS2, note="NEWS2 score 0"),
    Line("news2-single", "spo2", "hypercapnic risk, scale 2, room air", "%", "red", "", "<=83", _NEWS2, note="NEWS2 score 3"),
    Line("news2-single", "spo2", "hypercapnic risk, scale 2, room air", "%", "yellow", ">=84", "<=85", _NEWS2, note="NEWS2 score 2"),
    Line("news2-single", "spo2", "hypercapnic risk, scale 2, room air", "%", "yellow", ">=86", "<=87", _NEWS2, note="NEWS2 score 1"),
    Line("news2-single", "spo2", "hypercapnic risk, scale 2, room air", "%", "green", ">=88", "<=92", _NEWS2, note="NEWS2 score 0"),
    Line("news2-single", "spo2", "hypercapnic risk, scale 2, room air", "%", "green", ">=93", "", _NEWS2, note="NEWS2 score 0"),
    Line("news2-single", "spo2", "hypercapnic risk, scale 2, on oxygen", "%", "red", "", "<=83", _NEWS2, note="NEWS2 score 3"),
    Line("news2-single", "spo2", "hypercapnic risk, scale 2, on oxygen", "%", "yellow", ">=84", "<=85", _NEWS2, note="NEWS2 score 2"),
    Line("news2-single", "spo2", "hypercapnic risk, scale 2, on oxygen", "%", "yellow", ">=86", "<=87", _NEWS2, note="NEWS2 score 1"),
    Line("news2-single", "spo2", "hypercapnic risk, scale 2, on oxygen", "%", "green", ">=88", "<=92", _NEWS2, note="NEWS2 score 0"),
    Line("news2-single", "spo2", "hypercapnic risk, scale 2, on oxygen", "%", "yellow", ">=93", "<=94", _NEWS2, note="NEWS2 score 1"),
    Line("news2-single", "spo2", "hypercapnic risk, scale 2, on oxygen", "%", "yellow", ">=95", "<=96", _NEWS2, note="NEWS2 score 2"),
    Line("news2-single", "spo2", "hypercapnic risk, scale 2, on oxygen", "%", "red", ">=97", "", _NEWS2, note="NEWS2 score 3"),
    Line("news2-single", "systolic", "adult", "mm[Hg]", "red", "", "<=90", _NEWS2, note="NEWS2 score 3"),
    Line("news2-single", "systolic", "adult", "mm[Hg]", "yellow", ">=91", "<=100", _NEWS2, note="NEWS2 score 2"),
    Line("news2-single", "systolic", "adult", "mm[Hg]", "yellow", ">=101", "<=110", _NEWS2, note="NEWS2 score 1"),
    Line("news2-single", "systolic", "adult", "mm[Hg]", "green", ">=111", "<=219", _NEWS2, note="NEWS2 score 0"),
    Line("news2-single", "systolic", "adult", "mm[Hg]", "red", ">=220", "", _NEWS2, note="NEWS2 score 3"),
    Line("news2-single", "pulse", "adult", "/min", "red", "", "<=40", _NEWS2, note="NEWS2 score 3"),
    Line("news2-single", "pulse", "adult", "/min", "yellow", ">=41", "<=50", _NEWS2, note="NEWS2 score 1"),
    Line("news2-single", "pulse", "adult", "/min", "green", ">=51", "<=90", _NEWS2, note="NEWS2 score 0"),
    Line("news2-single", "pulse", "adult", "/min", "yellow", ">=91", "<=110", _NEWS2, note="NEWS2 score 1"),
    Line("news2-single", "pulse", "adult", "/min", "yellow", ">=111", "<=130", _NEWS2, note="NEWS2 score 2"),
    Line("news2-single", "pulse", "adult", "/min", "red", ">=131", "", _NEWS2, note="NEWS2 score 3"),
    Line("news2-single", "temperature", "adult", "Cel", "red", "", "<=35.0", _NEWS2, note="NEWS2 score 3"),
    Line("news2-single", "temperature", "adult", "Cel", "yellow", ">=35.1", "<=36.0", _NEWS2, note="NEWS2 score 1"),
    Line("news2-single", "temperature", "adult", "Cel", "green", ">=36.1", "<=38.0", _NEWS2, note="NEWS2 score 0"),
    Line("news2-single", "temperature", "adult", "Cel", "yellow", ">=38.1", "<=39.0", _NEWS2, note="NEWS2 score 1"),
    Line("news2-single", "temperature", "adult", "Cel", "yellow", ">=39.1", "", _NEWS2, note="NEWS2 score 2"),
    Line("telbil", "resp_rate", "heart failure or chronic lung disease at home", "/min", "yellow", "", "<12", _TELBIL),
    Line("telbil", "resp_rate", "heart failure or chronic lung disease at home", "/min", "yellow", ">24", "", _TELBIL),
    Line("telbil", "pulse", "heart failure or chronic lung disease at home", "/min", "yellow", "", "<50", _TELBIL),
    Line("telbil", "pulse", "heart failure or chronic lung disease at home", "/min", "yellow", ">100", "", _TELBIL),
    Line("telbil", "systolic", "heart failure or chronic lung disease at home", "mm[Hg]", "yellow", "", "<100", _TELBIL),
    Line("telbil", "systolic", "heart failure or chronic lung disease at home", "mm[Hg]", "yellow", ">160", "", _TELBIL),
    Line("telbil", "diastolic", "heart failure or chronic lung disease at home", "mm[Hg]", "yellow", "", "<60", _TELBIL),
    Line("telbil", "diastolic", "heart failure or chronic lung disease at home", "mm[Hg]", "yellow", ">95", "", _TELBIL),
    Line("telbil", "spo2", "heart failure or chronic lung disease at home", "%", "yellow", "", "<95", _TELBIL, note="SpO2 limit was often adjusted for lung patients"),
    Line("telbil", "temperature", "heart failure or chronic lung disease at home", "Cel", "yellow", ">37", "", _TELBIL, note="very low limit: many alerts"),
    Line("telbil", "weight", "heart failure", "kg", "yellow", ">=1", "", _TELBIL, "delta up", window="P3D"),
    Line("hf", "weight", "heart failure", "kg", "yellow", ">2.0", "", _WEIGHT, "delta up", window="P3D", note="strictly more than 2 kg; low sensitivity as a lone rule (JMIR Med Inform 2016;4:e3: 20 %)"),
    Line("hf", "weight", "heart failure", "kg", "red", ">3.0", "", _PROPOSAL, "delta up", window="P3D", note="pair with dyspnoea as a combination rule instead where possible"),
    Line("home-bp", "systolic", "adult, 7-day average", "mm[Hg]", "yellow", ">=135", "", _HOME_BP, "average", window="P7D", note="drop day 1; duplicate readings morning and evening; at least 12 readings on at least 3 days"),
    Line("home-bp", "diastolic", "adult, 7-day average", "mm[Hg]", "yellow", ">=85", "", _HOME_BP, "average", window="P7D"),
    Line("home-bp", "systolic", "adult, single reading", "mm[Hg]", "red", ">=180", "", _SEVERE_BP, "composite_bp", note="repeat before acting unless symptoms"),
    Line("home-bp", "diastolic", "adult, single reading", "mm[Hg]", "red", ">=120", "", _SEVERE_BP, "composite_bp"),
    Line("diabetes", "glucose", "adult with diabetes", "mmol/L", "red", "", "<3.0", _LOW_2),
    Line("diabetes", "glucose", "adult with diabetes", "mmol/L", "yellow", ">=3.0", "<3.9", _LOW_1),
    Line("diabetes", "glucose", "adult with diabetes", "mmol/L", "green", ">=3.9", "<=10.0", _IN_RANGE),
    Line("diabetes", "glucose", "adult with diabetes", "mmol/L", "yellow", ">10.0", "<=13.9", _HIGH_1, note="one post-meal value seldom warrants an alert: prefer 2 of 3"),
    Line("diabetes", "glucose", "adult with diabetes", "mmol/L", "red", ">13.9", "", _HIGH_2, "n_of_m 2 of 2", window="PT24H"),
    Line("covid-home", "spo2", "acute illness, no chronic lung disease", "%", "yellow", "", "<94", _HYPOXIA),
    Line("covid-home", "spo2", "acute illness, chronic lung disease", "%", "red", "", "<88", _HYPOXIA_LUNG),
    Line("inr", "inr", "mechanical aortic valve, low thrombogenicity, no risk factor", "{INR}", "green", ">=2.0", "<=3.0", _INR_RANGE, note="the GP or specialist sets the range for the patient"),
    Line("inr", "inr", "mechanical aortic valve, low thrombogenicity, no risk factor", "{INR}", "yellow", ">=1.5", "<2.0", _INR_LOW),
    Line("inr", "inr", "mechanical aortic valve, low thrombogenicity, no risk factor", "{INR}", "yellow", ">3.0", "<5.0", _INR_HIGH),
    Line("inr", "inr", "mechanical aortic valve, low thrombogenicity, no risk factor", "{INR}", "red", "", "<1.5", _PROPOSAL),
    Line("inr", "inr", "mechanical aortic valve, low thrombogenicity, no risk factor", "{INR}", "red", ">=5.0", "", _PROPOSAL, note="guidelines commonly act from INR 5"),
    Line("inr", "inr", "mechanical aortic valve with risk factor, or mitral/tricuspid", "{INR}", "green", ">=2.5", "<=3.5", _INR_RANGE, note="the GP or specialist sets the range for the patient"),
    Line("inr", "inr", "mechanical aortic valve with risk factor, or mitral/tricuspid", "{INR}", "yellow", ">=1.5", "<2.5", _INR_LOW),
    Line("inr", "inr", "mechanical aortic valve with risk factor, or mitral/tricuspid", "{INR}", "yellow", ">3.5", "<5.0", _INR_HIGH),
    Line("inr", "inr", "mechanical aortic valve with risk factor, or mitral/tricuspid", "{INR}", "red", "", "<1.5", _PROPOSAL),
    Line("inr", "inr", "mechanical aortic valve with risk factor, or mitral/tricuspid", "{INR}", "red", ">=5.0", "", _PROPOSAL, note="guidelines commonly act from INR 5"),
    Line("mental", "phq9", "adult", "{score}", "red", ">=1", "", _PHQ9, "questionnaire item 9"),
    Line("kols", "cat", "COPD", "{score}", "yellow", ">=2", "", _CAT, "delta up", window="P90D"),
)
# fmt: on

CONTEXT: Final[dict[str, dict[str, bool]]] = {
    "hypercapnic risk, scale 2, room air": {"on_oxygen": False},
    "hypercapnic risk, scale 2, on oxygen": {"on_oxygen": True},
}
"""Populations that hold only in a context of the value (§5.1): the rule's `when`."""

AVERAGES: Final[dict[str, tuple[int, int, bool]]] = {"home-bp": (12, 3, True)}
"""Sets with averages → readings and days needed, and whether the first day is left out (the note of the set's first line)."""
