from __future__ import annotations

import importlib.util
import json
from decimal import Decimal
from pathlib import Path
from threading import Thread
from time import process_time
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.fhir.codec import check_bundle_shell, encode, parse, splice, splice_own
from hub.fhir.models.explain import explain
from hub.fhir.models.r4 import Bundle, CodeableConcept, Coding, Observation, Patient, Quantity
from hub.problems import HubError, Problem, ProblemCode

_spec = importlib.util.spec_from_file_location("bodies", Path(__file__).with_name("bodies.py"))
assert _spec is not None
assert _spec.loader is not None
bodies = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bodies)
observation, body_of = bodies.observation, bodies.body_of


def refusal_of(body: bytes, expected: str | None = None) -> tuple[Problem, ...]:
    try:
        parse(body, expected)
    except HubError as error:
        return error.problems
    return ()


def problems_of(body: bytes, expected: str | None = None) -> list[tuple[str, str]]:
    with pytest.raises(HubError) as raised:
        parse(body, expected)
    return [(p.code.name, p.where) for p in raised.value.problems]


def test_a_built_resource_encodes_and_parses_to_itself():
    built = Observation(
        status="final",
        code=CodeableConcept(coding=(Coding(system="http://loinc.org", code="2708-6"),)),
        valueQuantity=Quantity(value=Decimal("94.50"), unit="%"),
    )

    assert built == parse(encode(built), "Observation").resource


def test_decimals_keep_every_digit():
    text = '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":%s}}'
    for written in ("94.50", "0.00", "1.234567890123456789012345678901", "-0.10", "100", "1E+2"):
        value = parse((text % written).encode(), None).resource.valueQuantity.value

        assert written == str(value)


def test_an_empty_struct_member_is_left_out_of_the_encoding():
    assert encode(Patient(active=True)) == b'{"resourceType":"Patient","active":true}'


HOLES: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("required primitive", {"status": None}, ("REQUIRED_MISSING", "Observation.status")),
    ("required complex", {"code": None}, ("REQUIRED_MISSING", "Observation.code")),
    (
        "list for 0..1",
        {"subject": [{"reference": "Patient/1"}]},
        ("WRONG_TYPE", "Observation.subject"),
    ),
    ("object for 0..*", {"category": {"text": "x"}}, ("WRONG_TYPE", "Observation.category")),
    ("empty array", {"category": []}, ("BAD_VALUE", "Observation.category")),
    ("empty object", {"subject": {}}, ("INVARIANT", "Observation.subject")),
    ("object with only an id", {"method": {"id": "a"}}, ("INVARIANT", "Observation.method")),
    ("empty string", {"note": [{"text": ""}]}, ("BAD_VALUE", "Observation.note[0].text")),
    ("null", {"subject": {"reference": None}}, ("WRONG_TYPE", "Observation.subject.reference")),
    ("code outside a required binding", {"status": "finale"}, ("BAD_CODE", "Observation.status")),
    (
        "reference to a type not allowed",
        {"subject": {"reference": "Organization/1"}},
        ("BAD_VALUE", "Observation.subject.reference"),
    ),
    (
        "absolute reference to a type not allowed",
        {"subject": {"reference": "https://a.example/fhir/Organization/1"}},
        ("BAD_VALUE", "Observation.subject.reference"),
    ),
    (
        "malformed reference",
        {"subject": {"reference": "Patient/"}},
        ("BAD_VALUE", "Observation.subject.reference"),
    ),
    (
        "reference with another type beside",
        {"subject": {"reference": "Patient/1", "type": "Group"}},
        ("BAD_VALUE", "Observation.subject.type"),
    ),
    ("unknown element", {"colour": "red"}, ("UNKNOWN_ELEMENT", "Observation.colour")),
    ("id", {"id": "a b"}, ("BAD_VALUE", "Observation.id")),
    ("id with a line end", {"id": "a\n"}, ("BAD_VALUE", "Observation.id")),
    (
        "dateTime without zone",
        {"effectiveDateTime": "2026-03-01T08:30:00"},
        ("BAD_VALUE", "Observation.effectiveDateTime"),
    ),
    ("instant without time", {"issued": "2026-03-01"}, ("BAD_VALUE", "Observation.issued")),
    (
        "30 February",
        {"effectiveDateTime": "2024-02-30"},
        ("BAD_VALUE", "Observation.effectiveDateTime"),
    ),
    (
        "29 February",
        {"effectiveDateTime": "2023-02-29"},
        ("BAD_VALUE", "Observation.effectiveDateTime"),
    ),
    ("two values", {"valueString": "x"}, ("INVARIANT", "Observation.value")),
    (
        "a value beside a companion",
        {"_valueString": {"extension": [{"url": "http://a.example/x", "valueCode": "a"}]}},
        ("INVARIANT", "Observation.value"),
    ),
    (
        "decimal as string",
        {"valueQuantity": {"value": "94"}},
        ("WRONG_TYPE", "Observation.valueQuantity.value"),
    ),
    (
        "decimal as string in a component",
        {
            "component": [
                {"code": {"text": "a"}},
                {"code": {"text": "b"}, "valueQuantity": {"value": "9"}},
            ]
        },
        ("WRONG_TYPE", "Observation.component[1].valueQuantity.value"),
    ),
    (
        "boolean as string",
        {"valueQuantity": None, "valueBoolean": "true"},
        ("WRONG_TYPE", "Observation.valueBoolean"),
    ),
    (
        "integer as decimal",
        {"valueQuantity": None, "valueInteger": 1.5},
        ("WRONG_TYPE", "Observation.valueInteger"),
    ),
    (
        "integer too large",
        {"valueQuantity": None, "valueInteger": 2**31},
        ("BAD_VALUE", "Observation.valueInteger"),
    ),
    ("obs-6", {"dataAbsentReason": {"text": "x"}}, ("INVARIANT", "Observation")),
    (
        "obs-3",
        {"referenceRange": [{"type": {"text": "x"}}]},
        ("INVARIANT", "Observation.referenceRange[0]"),
    ),
    (
        "qty-3",
        {"valueQuantity": {"value": 1, "code": "kg"}},
        ("INVARIANT", "Observation.valueQuantity"),
    ),
    (
        "per-1",
        {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-02", "end": "2026-01"}},
        ("INVARIANT", "Observation.effectivePeriod"),
    ),
    (
        "uri with a blank",
        {"implicitRules": "http://a b"},
        ("BAD_VALUE", "Observation.implicitRules"),
    ),
    ("code with two blanks", {"language": "nb  NO"}, ("BAD_VALUE", "Observation.language")),
    (
        "ext-1 with neither",
        {"extension": [{"url": "http://a.example/x"}]},
        ("INVARIANT", "Observation.extension[0]"),
    ),
    (
        "ext-1 with both",
        {
            "extension": [
                {
                    "url": "http://a.example/x",
                    "valueCode": "a",
                    "extension": [{"url": "b", "valueCode": "c"}],
                }
            ]
        },
        ("INVARIANT", "Observation.extension[0]"),
    ),
    (
        "two values in an extension",
        {"extension": [{"url": "http://a.example/x", "valueCode": "a", "valueString": "b"}]},
        ("INVARIANT", "Observation.extension[0].value"),
    ),
    (
        "script in the narrative",
        {
            "text": {
                "status": "generated",
                "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script>1</script></div>',
            }
        },
        ("NARRATIVE_UNSAFE", "Observation.text.div"),
    ),
    ("local reference to nothing", {"subject": {"reference": "#p"}}, ("INVARIANT", "Observation")),
    (
        "contained and not referred to",
        {"contained": [{"resourceType": "Patient", "id": "p"}]},
        ("INVARIANT", "Observation.contained[0]"),
    ),
    (
        "a contained resource of a type that may not stand there",
        {"contained": [{"resourceType": "Medication", "id": "m"}], "subject": {"reference": "#m"}},
        ("BAD_VALUE", "Observation.subject.reference"),
    ),
    (
        "one that a contained resource refers to",
        {
            "contained": [
                {"resourceType": "Device", "id": "d"},
                {"resourceType": "Patient", "id": "p", "managingOrganization": {"reference": "#d"}},
            ],
            "subject": {"reference": "#p"},
        },
        ("BAD_VALUE", "Observation.contained[1].managingOrganization.reference"),
    ),
    (
        "a contained resource that refers to what is around it",
        {
            "contained": [
                {"resourceType": "Patient", "id": "p", "generalPractitioner": [{"reference": "#"}]}
            ],
            "subject": {"reference": "#p"},
        },
        ("BAD_VALUE", "Observation.contained[0].generalPractitioner[0].reference"),
    ),
    (
        "a canonical to nothing contained",
        {"extension": [{"url": "http://a.example/x", "valueCanonical": "#q"}]},
        ("BAD_VALUE", "Observation.extension[0].valueCanonical"),
    ),
    (
        "wrong inside contained",
        {
            "contained": [{"resourceType": "Patient", "id": "p", "gender": "x"}],
            "subject": {"reference": "#p"},
        },
        ("BAD_CODE", "Observation.contained[0].gender"),
    ),
    (
        "control character",
        {"note": [{"text": "a\u0001b"}]},
        ("BAD_VALUE", "Observation.note[0].text"),
    ),
    (
        "half a surrogate pair",
        {"note": [{"text": "a\ud800b"}]},
        ("BAD_VALUE", "Observation.note[0].text"),
    ),
]


@pytest.mark.parametrize(("changes", "expected"), [h[1:] for h in HOLES], ids=[h[0] for h in HOLES])
def test_each_known_hole_is_closed(changes: dict[str, Any], expected: tuple[str, str]):
    # json leaves None out by our own convention; a null is written where the change is nested
    assert [expected] == problems_of(body_of(observation(**changes)))


WELL: list[tuple[str, dict[str, Any]]] = [
    ("as it is", {}),
    ("status as an extension only", {"status": None, "_status": {"extension": [{"url": "http://a.example/x", "valueCode": "y"}]}}),
    ("a partial date", {"effectiveDateTime": "2026-03"}),
    ("29 February of a leap year", {"effectiveDateTime": "2024-02-29"}),
    ("instant with Z", {"issued": "2026-03-01T08:30:00.123Z"}),
    ("braces in a text", {"note": [{"text": "an empty {} and [] and null"}]}),
    ("quotes and backslashes in a text", {"note": [{"text": 'say "hi" \\ \\" {"id":"x"}'}]}),
    ("letters beyond ASCII, escaped", {"note": [{"text": "Åse Ødegård \U0001f600"}]}),
    ("a value as an extension", {"valueQuantity": None, "_valueString": {"extension": [{"url": "http://a.example/x", "valueCode": "y"}]}}),
    ("a logical reference", {"subject": {"identifier": {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "1"}}}),
    ("a reference by urn:uuid", {"subject": {"reference": "urn:uuid:0193a1b2-7c3d-7e8f-9a0b-1c2d3e4f5a6b"}}),
    ("a versioned reference", {"subject": {"reference": "Patient/1/_history/2"}}),
    ("a contained patient", {"contained": [{"resourceType": "Patient", "id": "p"}], "subject": {"reference": "#p"}}),
    ("a contained picture in the narrative", {"contained": [{"resourceType": "Binary", "id": "p", "contentType": "image/png"}], "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><img src="#p" alt="p"/></div>'}}),
    ("a canonical to what is contained", {"contained": [{"resourceType": "Questionnaire", "id": "q", "status": "draft"}], "extension": [{"url": "http://a.example/x", "valueCanonical": "#q"}]}),
    ("a reference to what is around a contained resource", {"contained": [{"resourceType": "Provenance", "id": "p", "target": [{"reference": "#"}], "recorded": "2026-03-01T08:30:00Z", "agent": [{"who": {"display": "x"}}]}]}),
    ("30 digits", {"valueQuantity": {"value": 123456789012345678901234567890}}),
]  # fmt: skip


@pytest.mark.parametrize("changes", [w[1] for w in WELL], ids=[w[0] for w in WELL])
def test_a_valid_observation_is_accepted(changes: dict[str, Any]):
    body = body_of(observation(**changes))

    assert json.loads(body) == json.loads(encode(parse(body, "Observation").resource))


def test_every_problem_of_a_body_is_told_at_once():
    body = body_of(
        observation(status="finale", colour="red", subject={"reference": "Organization/1"}, code={})
    )

    assert {
        ("BAD_CODE", "Observation.status"),
        ("UNKNOWN_ELEMENT", "Observation.colour"),
        ("BAD_VALUE", "Observation.subject.reference"),
        ("INVARIANT", "Observation.code"),
    } == set(problems_of(body))


BYTES: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "NOT_JSON"),
    ("no JSON", b"hello", "NOT_JSON"),
    ("an array", b"[]", "NOT_JSON"),
    ("a null", b"null", "NOT_JSON"),
    ("two documents", b'{"resourceType":"Patient"} {}', "NOT_JSON"),
    ("a byte order mark", b'\xef\xbb\xbf{"resourceType":"Patient"}', "NOT_JSON"),
    ("Latin 1", '{"resourceType":"Patient","name":[{"family":"Øye"}]}'.encode("latin-1"), "NOT_UTF8"),
    ("a surrogate in UTF-8", b'{"resourceType":"Patient","name":[{"family":"\xed\xa0\x80"}]}', "NOT_UTF8"),
    ("NaN", b'{"resourceType":"Observation","valueQuantity":{"value":NaN}}', "NOT_JSON"),
    ("a NUL byte", b'{"resourceType":"Patient","name":[{"family":"\x00"}]}', "NOT_JSON"),
    ("an escaped NUL", b'{"resourceType":"Patient","name":[{"family":"\\u0000"}]}', "BAD_VALUE"),
    ("no type", b"{}", "WRONG_RESOURCE_TYPE"),
    ("a type of no resource", b'{"resourceType":"Patients"}', "WRONG_RESOURCE_TYPE"),
    ("a type that is a number", b'{"resourceType":1}', "WRONG_RESOURCE_TYPE"),
    ("the type twice", b'{"resourceType":"Patient","resourceType":"Patient"}', "DUPLICATE_KEY"),
    ("a key twice", b'{"resourceType":"Patient","gender":"male","gender":"female"}', "DUPLICATE_KEY"),
    ("a key twice, once escaped", b'{"resourceType":"Patient","gender":"male","\\u0067ender":"male"}', "DUPLICATE_KEY"),
    ("a key twice in contained", b'{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"a","name":"b"}],"managingOrganization":{"reference":"#o"}}', "DUPLICATE_KEY"),
    ("a huge exponent", b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1e999999}}', "BAD_VALUE"),
    ("a tiny exponent", b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1e-999999}}', "BAD_VALUE"),
    ("a leading zero", b'{"resourceType":"Observation","valueQuantity":{"value":01}}', "NOT_JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code"), [b[1:] for b in BYTES], ids=[b[0] for b in BYTES])
def test_bytes_that_are_no_clean_json_are_refused_by_name(body: bytes, code: str):
    assert code in [found for found, _ in problems_of(body)]


def test_the_type_must_be_the_one_asked_for():
    assert problems_of(b'{"resourceType":"Patient"}', "Observation") == [
        ("WRONG_RESOURCE_TYPE", "resourceType")
    ]


def nested(levels: int) -> bytes:
    opening = b'{"url":"http://a.example/x","extension":[' * levels
    inner = b'{"url":"http://a.example/x","valueBoolean":true}'
    return b'{"resourceType":"Patient","extension":[' + opening + inner + b"]}" * levels + b"]}"


def test_twenty_levels_of_extensions_are_taken():
    assert parse(nested(20), None).type == "Patient"


@pytest.mark.parametrize("levels", [40, 250, 5000, 100_000])
def test_depth_is_limited(levels: int):
    assert "TOO_DEEP" in [code for code, _ in problems_of(nested(levels))]


@pytest.mark.parametrize(
    "deep", [b"[" * 500 + b"]" * 500, b'{"a":' * 500 + b"1" + b"}" * 500, b"[" * 200_000]
)
def test_deep_json_of_any_shape_is_refused(deep: bytes):
    assert problems_of(b'{"resourceType":"Patient","x":' + deep + b"}")
    assert problems_of(b'{"resourceType":"Patient","contained":[' + deep + b"]}")


def test_a_bundle_is_decoded_to_the_last_entry():
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": observation()},
            {
                "resource": {
                    "resourceType": "Bundle",
                    "type": "collection",
                    "entry": [{"resource": observation()}],
                }
            },
        ],
    }
    parsed = parse(body_of(bundle), "Bundle").resource

    assert isinstance(parsed, Bundle)
    assert isinstance(parsed.entry[0].resource, Observation)
    assert bundle == json.loads(encode(parsed))


def test_a_problem_in_a_bundle_entry_has_its_place():
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": observation(status="finale")}],
    }

    assert problems_of(body_of(bundle)) == [("BAD_CODE", "Bundle.entry[0].resource.status")]


def test_a_rule_of_the_bundle_is_told_beside_its_entries():
    entry = {"resource": observation()}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}

    assert problems_of(body_of(bundle)) == [("INVARIANT", "Bundle")]


def test_a_null_in_an_array_stands_only_beside_an_extension():
    name = {"family": "Danser", "given": ["Line", None]}
    beside = {"extension": [{"url": "http://a.example/x", "valueCode": "y"}]}
    good = {"resourceType": "Patient", "name": [name | {"_given": [None, beside]}]}

    assert parse(body_of(good), None).resource.name[0].given == ("Line", None)
    for bad in (name, name | {"_given": [beside, None]}, name | {"_given": [None]}):
        assert {"Patient.name[0].given[1]", "Patient.name[0].given"} >= {
            where for _, where in problems_of(body_of({"resourceType": "Patient", "name": [bad]}))
        }


def test_the_shell_of_a_bundle_is_checked_without_its_entries():
    entry = {
        "request": {"method": "POST", "url": "Observation"},
        "resource": {"resourceType": "Nonsense", "a": []},
    }
    check_bundle_shell(body_of({"resourceType": "Bundle", "type": "transaction", "entry": [entry]}))

    with pytest.raises(HubError) as raised:
        check_bundle_shell(
            body_of(
                {"resourceType": "Bundle", "type": "x", "entry": [{"request": {"method": "POST"}}]}
            )
        )
    # bdl-3 too: a request stands in a Bundle of a type that takes none.
    assert {"Bundle.type", "Bundle.entry[0].request.url", "Bundle"} == {
        p.where for p in raised.value.problems
    }


@pytest.mark.parametrize("inside", [{"resourceType": "Patient", "active": "x", "foo": 1}, 5, "x"])
def test_what_is_wrong_with_the_shell_is_told_however_much_is_wrong_inside(inside: object):
    entry = {"request": {"method": "POST", "url": "Patient"}, "resource": inside}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry] * 150, "foo": 1}

    with pytest.raises(HubError) as raised:
        check_bundle_shell(body_of(bundle))
    assert [("UNKNOWN_ELEMENT", "Bundle.foo")] == [
        (p.code.name, p.where) for p in raised.value.problems
    ]


def test_so_many_problems_are_looked_for_and_no_more():
    """Each place of a large body may be wrong: what nobody reads is not worked out."""
    body = body_of(observation() | {"component": [{}] * 100_000})

    found = explain(body, "Observation")
    assert found[-1].detail == "At least 100 further problems are not listed"
    assert (101, "MORE_PROBLEMS") == (len(found), found[-1].code.name)
    began = process_time()
    explain(body, "Observation")
    assert process_time() - began < 1  # half a second each 50,000 when all were looked for


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_hub_error(body: bytes):
    assert refusal_of(body) or parse(body, None).type


_BODY = body_of(
    observation(
        text={"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">a</div>'},
        note=[{"text": "å"}],
    )
)


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(_BODY) - 1), st.integers(0, 3), st.binary(max_size=3))
def test_no_damage_to_a_body_raises_anything_but_hub_error(at: int, cut: int, put: bytes):
    damaged = _BODY[:at] + put + _BODY[at + cut :]
    if refusal_of(damaged):
        return
    again = encode(parse(damaged, None).resource)

    assert json.loads(again, parse_float=Decimal) == json.loads(damaged, parse_float=Decimal)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "text", "coding", "extension", "url"]), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(Observation.__struct_fields__)), JSON)
def test_what_is_refused_is_always_explained(name: str, value: Any):
    body = body_of(observation() | {name.replace("_ext", ""): value})
    problems = refusal_of(body, "Observation")

    assert all(p.where for p in problems)
    assert explain(body, "Observation") == problems


AT = "2026-03-01T08:00:00.000Z"


def put_in(body: bytes, *security: dict[str, str]) -> bytes:
    parsed = parse(body, None)
    return splice(body, parsed, id="new-1", version_id="3", last_updated=AT, security=security)


def members(body: bytes) -> dict[str, bytes]:
    return {
        name: bytes(raw)
        for name, raw in msgspec.json.decode(body, type=dict[str, msgspec.Raw]).items()
    }


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(
        [None, {}, {"profile": ["http://a.example/p"]}, {"versionId": "9", "tag": [{"code": "t"}]}]
    ),
    st.sampled_from([None, "old"]),
    st.booleans(),
    st.sampled_from([None, 2, "\t"]),
)
def test_splicing_keeps_every_other_member_byte_for_byte(
    meta: dict[str, Any] | None, old: str | None, type_last: bool, indent: Any
):
    plain = observation(meta=meta or None, id=old)
    if type_last:
        plain["resourceType"] = plain.pop("resourceType")
    body = json.dumps(plain, indent=indent).encode().replace(b'"value": 94,', b'"value": 94.50,')
    spliced = put_in(body)
    before, after = members(body), members(spliced)

    assert {k: v for k, v in before.items() if k not in {"id", "meta"}} == {
        k: v for k, v in after.items() if k not in {"id", "meta"}
    }
    assert after["id"] == b'"new-1"'
    kept = {
        k: v for k, v in json.loads(after["meta"]).items() if k not in {"versionId", "lastUpdated"}
    }
    assert {k: v for k, v in (meta or {}).items() if k != "versionId"} == kept
    assert tuple(json.loads(after["meta"])[k] for k in ("versionId", "lastUpdated")) == ("3", AT)
    parse(spliced, "Observation")


@pytest.mark.parametrize(
    "meta",
    [None, {"profile": ["http://a.example/p"]}, {"security": [{"system": "s", "code": "x"}]}],
)
@pytest.mark.parametrize(
    "tags", [(), ({"system": "s", "code": "x"}, {"code": "y", "display": "Y"})]
)
def test_a_struct_of_our_own_gets_what_splicing_puts_in(meta: Any, tags: Any):
    body = body_of(observation(meta=meta)).replace(b"94,", b"94.50,")
    own = splice_own(
        parse(body, None).resource, id="new-1", version_id="3", last_updated=AT, security=tags
    )

    assert json.loads(own, parse_float=str) == json.loads(put_in(body, *tags), parse_float=str)
    parse(own, "Observation")


def test_a_security_label_is_added_once():
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
    body = body_of(observation())
    once = put_in(body, label)
    twice = put_in(once, label)

    assert [label] == json.loads(once)["meta"]["security"]
    assert json.loads(once) == json.loads(twice)


def test_problems_never_repeat_what_the_sender_wrote_as_a_value():
    secret = "Kari Nordmann"
    with pytest.raises(HubError) as raised:
        parse(
            body_of(
                observation(status=secret, subject={"reference": secret}, effectiveDateTime=secret)
            ),
            None,
        )
    assert not any(secret in p.detail or secret in p.where for p in raised.value.problems)
    assert ProblemCode.BAD_CODE in {p.code for p in raised.value.problems}


MOST = 1024 * 1024


@pytest.mark.parametrize("text", ["a" * MOST, "ø" * MOST, '"' * MOST, "\\" * MOST])
def test_a_text_of_a_megabyte_is_taken_however_it_is_written(text: str) -> None:
    body = {"resourceType": "Patient", "name": [{"family": text}]}
    parse(json.dumps(body, ensure_ascii=False).encode(), "Patient")


@pytest.mark.parametrize("text", ["a" * (MOST + 1), '"' * (MOST + 1), "a\\" * MOST])
def test_a_longer_text_is_refused_wherever_it_stands(text: str) -> None:
    long = {"resourceType": "Patient", "name": [{"given": ["b", text]}]}
    inside = {"resourceType": "Patient", "contained": [{**long, "id": "c"}]}
    whole = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": long}]}
    parts = {"resourceType": "Parameters", "parameter": [{"name": "x", "valueMarkdown": text}]}
    note = {**long, "extension": [{"url": "urn:x", "valueString": text}], "birthDate": "never"}
    del note["name"]
    for body, where in (
        (long, ["Patient.name[0].given[1]"]),
        (whole, ["Bundle.entry[0].resource.name[0].given[1]"]),
        (parts, ["Parameters.parameter[0].valueMarkdown"]),
        (note, ["Patient.birthDate", "Patient.extension[0].valueString"]),
    ):
        found = problems_of(json.dumps(body).encode())
        assert sorted(found) == [("BAD_VALUE", at) for at in where]
    told = [where for _, where in problems_of(json.dumps(inside).encode())]
    assert "Patient.contained[0].name[0].given[1]" in told


def test_what_is_no_text_may_be_longer() -> None:
    body = {"resourceType": "Binary", "contentType": "text/plain", "data": "QUJD" * MOST}
    parse(json.dumps(body).encode(), "Binary")


def many_contained() -> bytes:
    """A Patient with as many contained resources, none of which it points to."""
    each = [{"resourceType": "Organization", "id": f"o{n}", "name": "x"} for n in range(4000)]
    return json.dumps({"resourceType": "Patient", "contained": each}).encode()


@pytest.mark.parametrize(
    "body",
    [
        many_contained(),
        b'{"resourceType":"Binary","contentType":"a/b","data":"' + b" " * 60_000 + b'!"}',
    ],
)
def test_what_is_refused_costs_what_it_is_long(body: bytes) -> None:
    began = process_time()
    with pytest.raises(HubError):
        parse(body, None)

    assert process_time() - began < 4  # seconds; its length squared takes seven and more


@pytest.mark.parametrize("written", ["1e" + "9" * 30, "-0.1E-" + "9" * 30, "9" * 5000])
def test_a_number_beyond_all_measure_is_refused(written: str) -> None:
    body = b'{"resourceType":"Observation","status":"final","code":{"text":"a"},"valueQuantity":{"value":'
    assert problems_of(body + written.encode() + b"}}") == [
        ("BAD_VALUE", "Observation.valueQuantity.value")
    ]


def test_large_bodies_are_looked_at_one_at_a_time():
    """Ten megabytes with one fault at the end take seconds and much memory; who waited would hold a thread that others need."""
    good = [{"url": "http://a.example/x", "valueCode": "y"}] * 25_000
    body = body_of(observation() | {"extension": [*good, {"url": "http://a.example/x"}]})
    small = body_of(observation() | {"status": "x"})
    told: dict[str, list[str]] = {}

    def look() -> None:
        told["first"] = [p.code.name for p in refusal_of(body)]

    first = Thread(target=look)
    first.start()
    while first.is_alive() and "second" not in told:
        found = [p.code.name for p in refusal_of(body)]
        if found == ["OVERLOADED"]:
            told["second"] = found
            assert [p.code.name for p in refusal_of(small)] == ["BAD_CODE"]
    first.join()
    assert told in (
        {"first": ["INVARIANT"], "second": ["OVERLOADED"]},
        {"first": ["OVERLOADED"]},
    )
    assert [p.code.name for p in refusal_of(body)] == ["INVARIANT"]
