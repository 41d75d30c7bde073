"""An answered form and the rule that adds it up → the Observation with the sum that goes with the form to the journal.

Source: fhir-no/vkp-dho.md ("Questionnaire answered": Observation (score)); dho/thresholds.md §5.9 (a sum with blanks is a bound).
"""

from __future__ import annotations

from msgspec.structs import replace

from hub.fhir.models.r4.datatypes import CodeableConcept, Coding, Reference
from hub.fhir.models.r4.observation import Observation
from hub.fhir.models.r4.questionnaire_response import QuestionnaireResponse
from hub.mapping import urls
from hub.mapping.alert_to_detected_issue import OSLO
from hub.mapping.fhir_parts import ucum
from hub.mapping.fhir_time import to_instant
from hub.mapping.response_to_measurement import response_to_measurement
from hub.thresholds.book import compile_book, compile_limits
from hub.thresholds.examine import examine
from hub.thresholds.forms_table import FORMS, proposed_rules
from hub.thresholds.measurement import Patient
from hub.thresholds.measures import name_of
from hub.thresholds.plan import Rule
from hub.thresholds.rules.kind import Moment

_UNIT = "{score}"


def form_score(
    form: QuestionnaireResponse, rule: Rule | None, subject: Reference, form_urn: str
) -> Observation | None:
    """A form, its rule and the form's place in the document → the sum; None where nobody has said how it is added up.

    Shape: a rule on one question says nothing of the sum: it is added up as the form's own publisher does, where that is known.
    A sum with unanswered questions is told as at least, or at most, what the answers give.
    """
    rule = _adding(rule)
    if rule is None or form.authored is None:
        return None
    authored = to_instant(form.authored, OSLO)
    if authored is None:
        return None
    given = response_to_measurement(form, resource_id="form", version=1, received=authored).value
    examined = None if given is None else examine(given)
    book = compile_book(Patient("patient"), (), compile_limits((rule,)))
    judge = book.entries[0].judge
    if given is None or examined is None or judge is None:
        return None
    if examined.reading is None or examined.sample is None:
        return None
    found = judge(examined.reading, Moment(examined.sample, book.empty))
    if (
        found is None or found.value is None
    ):  # with blanks only a bound that hits is a result (§5.9)
        return None
    bound = "<=" if rule.reversed else ">="
    blanks = any(operand.value is None for operand in found.operands)
    quantity = ucum(found.value, _UNIT)
    return Observation(
        status="final",
        code=CodeableConcept(
            coding=(Coding(system=urls.MEASURE_CODES, code=given.measure),),
            text=f"{name_of(given.measure)}, sum",
        ),
        subject=subject,
        effectiveDateTime=form.authored,
        valueQuantity=replace(quantity, comparator=bound) if blanks else quantity,
        derivedFrom=(Reference(reference=form_urn),),
    )


def _adding(rule: Rule | None) -> Rule | None:
    """The rule that fired → the one that adds the form up: itself, or the published score of the form."""
    if rule is None or rule.kind != "questionnaire":
        return None
    if rule.total:
        return rule
    published = next((form for form in FORMS if form.key == rule.form), None)
    return None if published is None else proposed_rules(published)[0]
