"""Forms with a published score: how many questions, what each may count, and what a sum means. No question's text is here.

No row is signed off: a doctor must approve the bands before clinical use; `checked` tells whether the figures were read in the source
named or come from memory. The zones of the bands are proposals.
Source: dho/data/scores.csv (bands, sources, licences); the number of questions and their points as the instruments state them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct

from hub.thresholds.plan import Band, Rule
from hub.thresholds.zones import Zone


class Form(Struct, frozen=True):
    """One form.

    Shape: questions are called "1" to `questions`, each counts `low` to `high`; the score is their sum times `multiply`;
    `bands` are (zone, from which score on), the mildest or the lowest first; `alarms` are (question, points from which on
    it is red by itself).
    """

    key: str
    title: str
    questions: int
    low: int
    high: int
    bands: tuple[tuple[Zone, str], ...]
    source: str
    licence: str
    checked: str
    multiply: str = "1"
    alarms: tuple[tuple[str, str], ...] = ()


FORMS: Final = (
    Form(
        "phq9", "PHQ-9", 9, 0, 3, (("green", "0"), ("yellow", "10"), ("red", "20")),
        "Kroenke et al. J Gen Intern Med 2001;16:606", "free to use", "second-hand table", alarms=(("9", "1"),),
    ),
    Form(
        "gad7", "GAD-7", 7, 0, 3, (("green", "0"), ("yellow", "10"), ("red", "15")),
        "Spitzer et al. Arch Intern Med 2006;166:1092", "free to use", "second-hand table",
    ),
    Form(
        "who5", "WHO-5", 5, 0, 5, (("red", "0"), ("yellow", "29"), ("green", "51")),
        "Topp et al. Psychother Psychosom 2015;84:167", "WHO: free, attribution", "no (from memory)", multiply="4",
    ),
    Form(
        "cat", "COPD Assessment Test", 8, 0, 5, (("green", "0"), ("yellow", "10"), ("red", "31")),
        "Jones et al. Eur Respir J 2009;34:648; CAT user guide", "copyright GSK; texts only with permission",
        "second-hand table",
    ),
    Form(
        "mmrc", "mMRC", 1, 0, 4, (("green", "0"), ("yellow", "2"), ("red", "4")),
        "GOLD report (cut-off 2); the red band is a proposal", "free", "no (from memory)",
    ),
    Form(
        "ccq", "Clinical COPD Questionnaire", 10, 0, 6, (("green", "0"), ("yellow", "1"), ("red", "2")),
        "GOLD report (cut-off 1); upper bands a proposal", "check licence", "no (from memory)", multiply="0.1",
    ),
    Form(
        "audit_c", "AUDIT-C", 3, 0, 4, (("green", "0"), ("yellow", "4"), ("red", "8")),
        "Bush et al. 1998; national cut-offs vary", "free", "no (from memory)",
    ),
    Form(
        "k10", "Kessler 10", 10, 1, 5, (("green", "10"), ("yellow", "25"), ("red", "30")),
        "Kessler et al. 2002; Andrews and Slade 2001", "free", "no (from memory)",
    ),
    Form(
        "cfs", "Clinical Frailty Scale", 1, 1, 9, (("green", "1"), ("yellow", "5")),
        "Rockwood et al. CMAJ 2005;173:489", "licence from Dalhousie for commercial use", "no (from memory)",
    ),
)  # fmt: skip
"""WHO-5 and the frailty scale are in their own directions; a mean (CCQ) is a sum times one tenth."""
TITLES: Final = {form.key: form.title for form in FORMS}


def proposed_rules(form: Form) -> tuple[Rule, ...]:
    """A form → the rules a plan may take over once a doctor has approved them."""
    lows = [Decimal(low) for _, low in form.bands]
    bands = tuple(
        Band(
            zone,
            ge=None if number == 0 else lows[number],
            lt=lows[number + 1] if number + 1 < len(lows) else None,
        )
        for number, (zone, _) in enumerate(form.bands)
    )
    items = tuple(str(number) for number in range(1, form.questions + 1))
    multiply = None if form.multiply == "1" else Decimal(form.multiply)
    reverse = form.bands[0][0] == "red"
    total = Rule(
        f"{form.key}-sum",
        "questionnaire",
        form=form.key,
        total=True,
        items=items,
        bands=bands,
        multiply=multiply,
        reversed=reverse,
        item_max=Decimal(form.high) if reverse else None,
    )
    alarms = tuple(
        Rule(
            f"{form.key}-{item}",
            "questionnaire",
            form=form.key,
            item=item,
            bands=(Band("green", lt=Decimal(points)), Band("red", ge=Decimal(points))),
        )
        for item, points in form.alarms
    )
    return (total, *alarms)
