"""Every type of search parameter against the naive evaluator: the engine finds what the specification's sentences say."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.fhir.codec import parse
from hub.ports import Unit
from hub.problems import HubError
from tests.builders import Json, observation, patient, to_json
from tests.contract.bench import START, Bench, save
from tests.contract.naive_kinds import UCUM, holds

OFTEN = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.filter_too_much,
        HealthCheck.too_slow,
    ],
)
Pair = tuple[str, str]

TEXTS = st.sampled_from(["Åse", "Ase", "ase", "Bjørn", "Bjorn", "Sæther", "Andréa", "An", "a b", "Kari Åse", "Aase", "x", "Anne-Lise", "O'Brien", "Lie Hansen", "B. Lie", "-"])  # fmt: skip
SEARCHED = st.sampled_from(["a", "å", "Ås", "ase", "BJØRN", "bjo", "sae", "sæ", "andrea", "ri ås", "aa", "Åse", "x", "no", "anne lise", "OBrien", "hansen", "lie", "b lie"])  # fmt: skip
SYSTEMS = st.sampled_from(["urn:a", "urn:b", None])
CODES = st.sampled_from(["1", "2", "A", "a"])


def optional(strategy: st.SearchStrategy[Any], name: str) -> st.SearchStrategy[Json]:
    """An element's strategy → that of an object with the element, or without."""
    return st.one_of(st.just({}), strategy.map(lambda value: {name: value}))


def merged(*parts: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Strategies of objects → that of one with the members of all."""
    return st.tuples(*parts).map(lambda found: {k: v for part in found for k, v in part.items()})


CODING = merged(
    st.one_of(CODES.map(lambda c: {"code": c}), CODES.map(lambda c: {"code": c}), st.just({})),
    SYSTEMS.map(lambda s: {"system": s} if s else {}),
    optional(TEXTS, "display"),
)
CONCEPT = st.one_of(
    st.lists(CODING, min_size=1, max_size=2).map(lambda c: {"coding": c}),
    TEXTS.map(lambda t: {"text": t}),
    merged(CODING.map(lambda c: {"coding": [c]}), TEXTS.map(lambda t: {"text": t})),
)
NAME = merged(
    optional(TEXTS, "family"), st.lists(TEXTS, min_size=1, max_size=2).map(lambda g: {"given": g})
)
IDENTIFIER = merged(
    st.one_of(CODES.map(lambda c: {"value": c}), st.just({"use": "old"})),
    SYSTEMS.map(lambda s: {"system": s} if s else {}),
    optional(CODING.map(lambda c: {"coding": [c]}), "type"),
)
PATIENT = merged(
    st.just(patient()),
    optional(st.lists(NAME, min_size=1, max_size=2), "name"),
    optional(merged(TEXTS.map(lambda t: {"city": t}), st.just({"line": ["Vei 1"]})).map(lambda a: [a]), "address"),
    optional(st.sampled_from(["male", "female"]), "gender"),
    optional(st.booleans(), "active"),
    optional(st.sampled_from(["1950", "1950-02", "1950-02-28"]), "birthDate"),
    optional(st.sampled_from([[{"system": "phone", "value": "1"}], [{"system": "email", "value": "a"}, {"use": "home"}], [{"use": "home"}], [{"value": "A"}]]), "telecom"),
    optional(CONCEPT.map(lambda c: [{"language": c}]), "communication"),
    optional(st.lists(IDENTIFIER, min_size=1, max_size=2), "identifier"),
    optional(st.sampled_from([{"reference": "Organization/1"}, {"identifier": {"system": "urn:a", "value": "1"}}, {"display": "Kontoret"}]), "managingOrganization"),
    optional(st.lists(CODING, min_size=1, max_size=2).map(lambda t: {"tag": t, "profile": ["http://p/a", "http://p/b/c"]}), "meta"),
)  # fmt: skip
NUMBERS = [
    "5.4",
    "5.35",
    "5.45",
    "5.40",
    "5",
    "500",
    "0.5",
    "-5",
    "98.6",
    "37",
    "310.15",
    "0",
    "5400",
]
UNITS = [{}, {"unit": "mg"}, {"code": "mg", "system": "urn:own"}, *({"code": c, "system": UCUM, "unit": c} for c in ("mg", "g", "kg", "Cel", "[degF]", "K", "mmol/L", "umol/L"))]  # fmt: skip
QUANTITY = merged(
    st.sampled_from(NUMBERS).map(lambda n: {"value": Decimal(n)}),
    st.sampled_from(UNITS),
    st.sampled_from([{}, {}, {}, {"comparator": "<"}, {"comparator": ">="}]),
)


REFERENCE = st.sampled_from(["Patient/a", "Patient/a/_history/1", "Organization/1", "Organization/1/_history/3"]).map(lambda r: {"reference": r})  # fmt: skip
COMPONENT = merged(CONCEPT.map(lambda c: {"code": c}), optional(QUANTITY, "valueQuantity"))
OBSERVATION = merged(
    st.just({k: v for k, v in observation("Patient/a").items() if k != "valueQuantity"}),
    CONCEPT.map(lambda c: {"code": c}),
    optional(st.lists(CONCEPT, min_size=1, max_size=2), "category"),
    st.one_of(optional(QUANTITY, "valueQuantity"), optional(CONCEPT, "valueCodeableConcept"), optional(TEXTS, "valueString")),
    optional(st.lists(COMPONENT, min_size=1, max_size=3), "component"),
    optional(REFERENCE.map(lambda r: [r]), "performer"),
    st.sampled_from(["", "", "/_history/1", "/_history/2"]).map(lambda v: {"subject": {"reference": f"Patient/a{v}"}}),
)  # fmt: skip
ENDS = [{"low": {"value": Decimal("0.2")}}, {"high": {"value": Decimal("0.5")}}, {"low": {"value": Decimal("0.2")}, "high": {"value": Decimal("0.5")}}]  # fmt: skip
RISK = merged(
    st.just({"resourceType": "RiskAssessment", "status": "final", "subject": {"reference": "Patient/a"}}),
    st.lists(
        st.one_of(
            st.sampled_from(["0.2", "0.25", "0.3", "0.50"]).map(lambda n: {"probabilityDecimal": Decimal(n)}),
            st.sampled_from(ENDS).map(lambda r: {"probabilityRange": r}),
        ),
        min_size=1,
        max_size=2,
    ).map(lambda p: {"prediction": p}),
)  # fmt: skip
RANGE = st.tuples(st.sampled_from([["low"], ["high"], ["low", "high"]]), st.sampled_from(UNITS)).map(
    lambda r: {end: {"value": Decimal("0.2" if end == "low" else "5.4"), **r[1]} for end in r[0]}
)  # fmt: skip
CONTEXT = merged(
    CODING.map(lambda c: {"code": c}),
    st.one_of(QUANTITY.map(lambda q: {"valueQuantity": q}), RANGE.map(lambda r: {"valueRange": r})),
)
VALUE_SET = merged(
    st.just({"resourceType": "ValueSet", "status": "draft"}),
    optional(st.sampled_from(["http://x/a", "http://x/a/b", "http://x/ab", "urn:x"]), "url"),
    optional(TEXTS, "title"),
    optional(st.lists(CONTEXT, min_size=1, max_size=2), "useContext"),
)  # fmt: skip

TOKENS = st.sampled_from(["1", "a", "A", "urn:a|1", "urn:a|", "|1", "urn:b|2", "urn:c|1"])
CONTACTS = st.sampled_from(["1", "a", "A", "|a", "phone|1", "email|a", "phone|", "email|1"])
MISSING = st.sampled_from(["true", "false"])
PREFIX = st.sampled_from(["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"])
AMOUNT = st.tuples(
    PREFIX,
    st.sampled_from([*NUMBERS, "5e2", "1e-1"]),
    st.sampled_from(["", "||mg", "|urn:own|mg", *(f"|{UCUM}|{c}" for c in ("mg", "g", "kg", "Cel", "[degF]", "mmol/L"))]),
).map("".join)  # fmt: skip


def asked(**names: st.SearchStrategy[str]) -> st.SearchStrategy[Pair]:
    """Parameters with underscores for hyphens, `__` before a modifier → pairs of them with one value or two."""

    def pair(name: str, text: st.SearchStrategy[str]) -> st.SearchStrategy[Pair]:
        written = name.replace("__", ":").replace("_", "-")
        most = 1 if written.endswith(":missing") else 2
        shown = written if not written.startswith("-") else f"_{written[1:]}"
        return st.lists(text, min_size=1, max_size=most).map(lambda v: (shown, ",".join(v)))

    return st.one_of(*(pair(name, text) for name, text in names.items()))


STRINGS = asked(
    name=SEARCHED, name__exact=TEXTS, name__contains=SEARCHED, name__missing=MISSING, family=SEARCHED,
    birthdate=st.tuples(PREFIX, st.sampled_from(["1950", "1950-02", "1950-02-28", "1951"])).map("".join), birthdate__missing=MISSING,
    address=SEARCHED, address_city__contains=SEARCHED, address_city__exact=TEXTS,
)  # fmt: skip
PATIENT_TOKENS = asked(
    gender=st.sampled_from(["male", "female", "|male"]), gender__not=st.sampled_from(["male"]), gender__missing=MISSING,
    active=MISSING, identifier=TOKENS, identifier__not=TOKENS, identifier__missing=MISSING, _tag=TOKENS, _tag__not=TOKENS,
    identifier__of_type=st.sampled_from(["urn:a|1|1", "urn:b|A|2", "urn:a|a|a"]),
    organization=st.sampled_from(["1", "Organization/1", "Organization/2"]), organization__missing=MISSING,
    organization__identifier=st.sampled_from(["1", "urn:a|1", "urn:b|1", "|1", "urn:a|", "urn:b|"]),
    telecom=CONTACTS, telecom__not=CONTACTS, telecom__missing=MISSING, phone=CONTACTS, phone__missing=MISSING, language=TOKENS, language__text=SEARCHED, language__missing=MISSING,
    _profile=st.sampled_from(["http://p/a", "http://p/b"]), _profile__below=st.sampled_from(["http://p/b", "http://p/"]),
)  # fmt: skip
REFERRED = st.sampled_from(["a", "1", "Patient/a", "Organization/1", "Patient/a/_history/1", "Patient/a/_history/2", "Organization/1/_history/3"])  # fmt: skip
OBSERVED = asked(
    code=TOKENS, code__not=TOKENS, code__text=SEARCHED, category=TOKENS, category__text=SEARCHED,
    category__not=TOKENS, category__missing=MISSING, code__missing=MISSING, value_concept=TOKENS, value_concept__missing=MISSING,
    value_concept__text=SEARCHED, value_concept__not=TOKENS, value_string=SEARCHED, component_code__missing=MISSING,
    combo_code__text=SEARCHED, combo_code__missing=MISSING,
    value_string__contains=SEARCHED, component_code=TOKENS, component_code__text=SEARCHED, combo_code=TOKENS,
    combo_code__not=TOKENS, performer=REFERRED, performer__Organization=st.sampled_from(["1", "a"]),
    performer__missing=MISSING, subject=REFERRED, patient=REFERRED, subject__Patient=st.sampled_from(["a", "b", "a/_history/1"]),
    subject__missing=MISSING,
)  # fmt: skip
MEASURED = asked(
    value_quantity=AMOUNT, value_quantity__missing=MISSING, component_value_quantity=AMOUNT, combo_value_quantity=AMOUNT,
    combo_value_quantity__missing=MISSING,
)  # fmt: skip
JOINED = st.tuples(
    st.sampled_from(
        ["code-value-quantity", "component-code-value-quantity", "combo-code-value-quantity"]
    ),
    st.tuples(TOKENS, AMOUNT).map("$".join),
)
PROBABLE = st.tuples(
    st.just("probability"),
    st.tuples(PREFIX, st.sampled_from(["0.2", "0.20", "0.25", "0.3", "0.5", "2e-1", "0"])).map(
        "".join
    ),
)
URIS = asked(
    url=st.sampled_from(["http://x/a", "http://x"]), url__below=st.sampled_from(["http://x/a", "http://x", "http://x/"]),
    url__above=st.sampled_from(["http://x/a/b/c", "http://x/ab", "urn:x"]), url__missing=MISSING, title=SEARCHED,
    context_quantity=AMOUNT, context_quantity__missing=MISSING, context_type_quantity=st.tuples(TOKENS, AMOUNT).map("$".join),
)  # fmt: skip


def stands(body: Json) -> bool:
    """Whether the hub takes a resource: chance breaks rules that bind several elements."""
    try:
        parse(to_json(body), None)
    except HubError:
        return False
    return True


KINDS: dict[str, tuple[st.SearchStrategy[Json], st.SearchStrategy[Pair]]] = {
    "strings": (PATIENT, STRINGS),
    "tokens, references and tags": (PATIENT, PATIENT_TOKENS),
    "concepts": (OBSERVATION, OBSERVED),
    "quantities": (OBSERVATION, MEASURED),
    "composites": (OBSERVATION, JOINED),
    "numbers": (RISK, PROBABLE),
    "uris": (VALUE_SET, URIS),
}


@pytest.mark.parametrize("kind", KINDS)
@OFTEN
@given(st.data())
def test_the_engine_finds_what_the_naive_evaluator_finds(
    make_bench: Callable[[], Bench], kind: str, data: st.DataObject
) -> None:
    resources, pairs = KINDS[kind]
    bench = make_bench()
    bodies = data.draw(st.lists(resources.filter(stands), min_size=1, max_size=6))
    stored = [{**body, "id": f"r{n}"} for n, body in enumerate(bodies)]

    def work(unit: Unit) -> None:
        save(unit.fhir, {**patient(), "id": "a"}, START)
        for body in stored:
            save(unit.fhir, body, START)

    bench.write(work)
    for name, value in data.draw(st.lists(pairs, min_size=5, max_size=15)):
        found = bench.find(stored[0]["resourceType"], (name, value))
        expected = [body["id"] for body in stored if holds(body, name, value, START)]
        assert sorted(set(found) - {"a"}) == sorted(expected), (name, value)
