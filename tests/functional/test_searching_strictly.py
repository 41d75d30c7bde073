"""Where the specification says what a search finds, sentence by sentence: each is quoted where it is tested.

Source: http://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import UCUM, Json, observation, quantity
from tests.functional.hub_client import BASE, Client, codes_of

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ORGANISATION: Json = {"resourceType": "Organization", "id": "o1", "name": "Testdal"}


def put(client: Client, *resources: Json) -> None:
    """Resources with ids of their own → stored."""
    for body in resources:
        answer = client.put(f"{body['resourceType']}/{body['id']}", body)
        assert answer.status_code in (200, 201), answer.text


def found(client: Client, query: str) -> str:
    """A search → the ids of its matches on all pages, in order of their names."""
    return " ".join(sorted(each["id"] for each in client.search(query)))


def person(here: str, **more: Any) -> Json:
    """An id and elements → a Patient."""
    return {"resourceType": "Patient", "id": here, **more}


# `:missing`: "all the resources that don't have a value for the parameter"


@pytest.fixture
def people(client: Client) -> Client:
    """Patients who each have another kind of value, or none."""
    office = {"resourceType": "Organization", "id": "o", "name": "Inne i"}
    put(
        client,
        ORGANISATION,
        person("contained", managingOrganization={"reference": "#o"}, contained=[office]),
        person("display", managingOrganization={"display": "Legekontoret"}),
        person("logical", managingOrganization={"identifier": {"system": "urn:o", "value": "7"}}),
        person("stored", managingOrganization={"reference": "Organization/o1"}),
        person("system", identifier=[{"system": "urn:s"}], telecom=[{"system": "phone"}]),
        person("use", identifier=[{"use": "old"}], name=[{"use": "old"}]),
        person("bare", _gender={"extension": [{"url": "urn:e", "valueCode": "x"}]}),
    )
    return client


@pytest.mark.parametrize(
    ("name", "present"),
    [
        ("organization", "contained display logical stored"),
        ("identifier", "system use"),
        ("telecom", "system"),
        ("phone", "system"),
        ("name", "use"),
        ("family", ""),
        ("gender", ""),
    ],
)
def test_what_has_a_value_of_any_kind_is_not_missing(
    people: Client, name: str, present: str
) -> None:
    everybody = ["bare", "contained", "display", "logical", "stored", "system", "use"]
    missing = " ".join(each for each in everybody if each not in present.split())
    assert found(people, f"Patient?{name}:missing=false") == present
    assert found(people, f"Patient?{name}:missing=true") == missing


def test_a_measurement_without_a_number_or_a_time_is_not_missing(client: Client) -> None:
    put(client, person("p"))
    plain = {
        k: v for k, v in observation("Patient/p").items() if not k.startswith(("value", "eff"))
    }
    put(
        client,
        {**plain, "id": "unit", "valueQuantity": {"unit": "%"}},
        {**plain, "id": "timing", "effectiveTiming": {"code": {"text": "ved behov"}}},
        {**plain, "id": "nobody", "performer": [{"display": "Sykepleier"}]},
    )
    for name, present, missing in (
        ("value-quantity", "unit", "nobody timing"),
        ("combo-value-quantity", "unit", "nobody timing"),
        ("date", "timing", "nobody unit"),
        ("performer", "nobody", "timing unit"),
    ):
        for where in ("", "patient=p&"):
            assert found(client, f"Observation?{where}{name}:missing=false") == present
            assert found(client, f"Observation?{where}{name}:missing=true") == missing


def test_a_narrow_parameter_misses_what_does_not_say_that_it_is_of_that_type(
    client: Client,
) -> None:
    code = {"text": "x"}
    put(
        client,
        {"resourceType": "Condition", "id": "display", "code": code, "subject": {"display": "En"}},
        {"resourceType": "Condition", "id": "typed", "code": code, "subject": {"display": "En", "type": "Patient"}},
    )  # fmt: skip
    assert found(client, "Condition?subject:missing=false") == "display typed"
    assert found(client, "Condition?patient:missing=false") == "typed"


# Tokens


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("telecom=%2B4790000000", "mobile"),
        ("telecom=%2B47 900 00 000", "mobile"),
        ("telecom=phone|%2B4790000000", "mobile"),
        ("telecom=|%2B4790000000", "mobile"),
        ("telecom=sms|%2B4790000000", ""),
        ("telecom=sms|5551234", "text"),
        ("telecom=phone|", "mobile"),
        ("phone=%2B47-900-00-000", "mobile"),
        ("phone=5551234", ""),
        ("email=Kari@Example.no", "mobile"),
        ("email=kari@example.no", "mobile"),
        ("telecom:not=email|kari@example.no", "text"),
    ],
)
def test_a_contact_is_found_however_it_is_written(
    client: Client, query: str, expected: str
) -> None:
    """ContactPoint: "token searches may use special handling, such as ignoring punctuation"."""
    mail = {"system": "email", "value": "Kari@Example.no"}
    put(
        client,
        person("mobile", telecom=[{"system": "phone", "value": "+47 90 00 00 00"}, mail]),
        person("text", telecom=[{"system": "sms", "value": "555 1234"}]),
    )
    assert found(client, f"Patient?{query}") == expected


def test_a_system_alone_finds_what_has_no_code_as_well(client: Client) -> None:
    """`[system]|`: "any element where the value of [system] matches the system property"."""
    put(client, person("p", identifier=[{"system": "urn:s"}]))
    only = {"coding": [{"system": "urn:c"}], "text": "Bare tekst"}
    put(client, {**observation("Patient/p"), "id": "o", "code": only, "category": [only]})
    assert found(client, "Patient?identifier=urn:s|") == "p"
    for name in ("code", "category", "combo-code"):
        assert found(client, f"Observation?{name}=urn:c|") == "o", name
        assert found(client, f"Observation?{name}:text=bare") == "o", name
        assert found(client, f"Observation?{name}:missing=true") == "", name
        assert found(client, f"Observation?{name}:not=urn:c|") == "", name


def test_a_text_that_is_a_token_is_found_whatever_its_case(client: Client) -> None:
    """ "If the underlying data type is string then the search is not case sensitive"."""
    made = {"resourceType": "ValueSet", "id": "v", "status": "draft", "version": "1.0-RC"}
    put(client, made)
    assert found(client, "ValueSet?version=1.0-rc") == "v"
    assert found(client, "ValueSet?version=1.0") == ""
    assert found(client, "ValueSet?status=DRAFT") == ""


def test_a_boolean_takes_either_name_of_its_system(client: Client) -> None:
    put(client, person("p", active=True))
    for system in ("http://hl7.org/fhir/special-values", "http://terminology.hl7.org/CodeSystem/special-values"):  # fmt: skip
        assert found(client, f"Patient?active={system}|true") == "p"


def test_media_types_are_found_with_and_without_parameters_below_them(client: Client) -> None:
    kinds = {"plain": "text/xml", "latin": "text/xml; charset=latin1", "other": "text/xmlx"}
    for here, kind in kinds.items():
        held = [{"attachment": {"contentType": kind, "url": "http://x.no"}}]
        put(client, {"resourceType": "DocumentReference", "id": here, "status": "current", "content": held})  # fmt: skip
    for query, expected in (
        ("contenttype=text/xml", "plain"),
        ("contenttype:below=text/xml", "latin plain"),
        ("contenttype:below=urn:ietf:bcp:13|text/xml", "latin plain"),
        ("contenttype:below=text", "latin other plain"),
    ):
        assert found(client, f"DocumentReference?{query}") == expected


def test_a_value_set_is_named_by_where_it_is_or_by_its_url_and_version(client: Client) -> None:
    """ "The reference may be literal (to an address where the value set can be found) or logical"."""
    for here, version, code in (("v1", "1", "a"), ("v2", "2", "b")):
        listed = {"include": [{"system": "urn:s", "concept": [{"code": code}]}]}
        put(client, {"resourceType": "ValueSet", "id": here, "status": "active", "url": "http://x.no/v", "version": version, "compose": listed})  # fmt: skip
    taking = {"include": [{"valueSet": ["http://x.no/v|1"]}]}
    put(client, {"resourceType": "ValueSet", "id": "v3", "status": "active", "url": "http://x.no/t", "compose": taking})  # fmt: skip
    put(client, person("p"))
    for code in ("a", "b"):
        concept = {"coding": [{"system": "urn:s", "code": code}]}
        put(client, {"resourceType": "Condition", "id": code, "subject": {"reference": "Patient/p"}, "code": concept})  # fmt: skip
    for named, expected in (
        ("ValueSet/v1", "a"),
        (f"{BASE}/ValueSet/v2", "b"),
        ("http://x.no/v|1", "a"),
        ("http://x.no/v|2", "b"),
        ("http://x.no/t", "a"),
    ):
        assert found(client, f"Condition?code:in={named}") == expected, named
        assert found(client, f"Condition?code:not-in={named}") == {"a": "b", "b": "a"}[expected]
    for named in ("ValueSet/none", "http://x.no/v|3"):
        assert client.get(f"Condition?code:in={named}").status_code == 400, named


# Strings


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        *(("family=lie", "double"), ("name=lie", "double"), ("family=hansen lie", "double")),
        *(("family:exact=Lie", ""), ("family:exact=Hansen Lie", "double")),
        *(("family=obrien", "irish"), ("family=O'Br", "irish"), ("given=anne lise", "double")),
        *(("given=lise", ""), ("given:contains=lise", "double")),
    ],
)
def test_punctuation_is_passed_over_and_family_names_are_found_by_each_word(
    client: Client, query: str, expected: str
) -> None:
    """ "Punctuation … should also be ignored"; "search the parts of a family name independently"."""
    put(
        client,
        person("double", name=[{"family": "Hansen Lie", "given": ["Anne-Lise"]}]),
        person("irish", name=[{"family": "O'Brien", "given": ["Liv"]}]),
    )
    assert found(client, f"Patient?{query}") == expected


# Canonical URLs and their versions


@pytest.fixture
def forms(client: Client) -> Client:
    """Two versions of a form, and answers to them."""
    for here, version in (("q1", "1"), ("q2", "2")):
        put(client, {"resourceType": "Questionnaire", "id": here, "status": "active", "url": "http://x.no/q", "version": version, "title": f"Skjema {version}"})  # fmt: skip
    written = {"a1": "|1", "a2": "|2", "any": "", "a11": "|1.1", "a10": "|10", "below": "/r"}
    for here, end in written.items():
        put(client, {"resourceType": "QuestionnaireResponse", "id": here, "status": "completed", "questionnaire": f"http://x.no/q{end}"})  # fmt: skip
    return client


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Questionnaire?url=http://x.no/q", "q1 q2"),
        ("Questionnaire?url=http://x.no/q|2", "q2"),
        ("Questionnaire?url=http://x.no/q|3", ""),
        ("Questionnaire?url=http://x.no/q|3,http://x.no/q|1", "q1"),
        ("QuestionnaireResponse?questionnaire=http://x.no/q", "a1 a10 a11 a2 any"),
        ("QuestionnaireResponse?questionnaire=http://x.no/q|1", "a1"),
        ("QuestionnaireResponse?questionnaire:below=http://x.no/q|1", "a1 a11"),
        ("QuestionnaireResponse?questionnaire:below=http://x.no/q", "a1 a10 a11 a2 any"),
        ("QuestionnaireResponse?questionnaire.title=skjema 2", "a2 any"),
        ("Questionnaire?_has:QuestionnaireResponse:questionnaire:_id=a1", "q1"),
        ("Questionnaire?_has:QuestionnaireResponse:questionnaire:_id=any", "q1 q2"),
        ("Questionnaire?_has:QuestionnaireResponse:questionnaire:_id=a11", ""),
    ],
)
def test_a_version_behind_a_url_is_that_of_the_resource(
    forms: Client, query: str, expected: str
) -> None:
    """ "Servers SHOULD support automatically detecting a |[version] portion"."""
    assert found(forms, query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("QuestionnaireResponse?_id=a2&_include=QuestionnaireResponse:questionnaire", "q2"),
        ("QuestionnaireResponse?_id=any&_include=QuestionnaireResponse:questionnaire", "q1 q2"),
        ("Questionnaire?_id=q1&_revinclude=QuestionnaireResponse:questionnaire", "a1 any"),
    ],
)
def test_includes_follow_canonical_urls_both_ways(forms: Client, query: str, expected: str) -> None:
    entries = forms.get(query).json()["entry"]
    came = sorted(e["resource"]["id"] for e in entries if e["search"]["mode"] == "include")
    assert " ".join(came) == expected


def test_above_is_nothing_for_a_canonical(client: Client) -> None:
    answer = client.get("QuestionnaireResponse?questionnaire:above=http://x.no/q")
    assert (answer.status_code, codes_of(answer)) == (400, ["unknown-parameter"])


# Contained resources: "a chained condition will be evaluated inside contained resources"


@pytest.fixture
def reports(client: Client) -> Client:
    """A report by two who are contained and one who is stored, a prescription and a measurement with what they contain."""
    male = {"resourceType": "Practitioner", "id": "a", "gender": "male", "name": [{"family": "Berg Dahl"}]}  # fmt: skip
    put(
        client,
        person("p"),
        ORGANISATION,
        {"resourceType": "Practitioner", "id": "z", "gender": "female", "name": [{"family": "Ytre"}]},
        {"resourceType": "DiagnosticReport", "id": "d", "status": "final", "code": {"text": "x"},
         "contained": [male, {"resourceType": "Practitioner", "id": "b", "name": [{"family": "Aas"}]}],
         "performer": [{"reference": "#a"}, {"reference": "#b"}, {"reference": "Practitioner/z"}]},
        {"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order",
         "subject": {"reference": "Patient/p"}, "medicationReference": {"reference": "#m"},
         "contained": [{"resourceType": "Medication", "id": "m", "manufacturer": {"reference": "Organization/o1"},
                        "ingredient": [{"itemCodeableConcept": {"coding": [{"system": "urn:i", "code": "abc"}]}}]}]},
        {**observation("Patient/p"), "id": "o", "device": {"reference": "#v"},
         "contained": [{"resourceType": "Device", "id": "v", "type": {"text": "Blodtrykksmåler"}, "owner": {"reference": "#w"}},
                       {"resourceType": "Organization", "id": "w", "name": "Eier"}]},
    )  # fmt: skip
    return client


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("MedicationRequest?medication.ingredient-code=abc", "m"),
        ("MedicationRequest?medication.ingredient-code=urn:i|abc", "m"),
        ("MedicationRequest?medication.ingredient-code=abd", ""),
        ("MedicationRequest?medication.manufacturer.name=testdal", "m"),
        ("MedicationRequest?medication.manufacturer=Organization/o1", "m"),
        ("Medication?ingredient-code=abc", ""),
        ("DiagnosticReport?performer:Practitioner.family=dahl", "d"),
        ("DiagnosticReport?performer:Practitioner.family:exact=Aas", "d"),
        ("DiagnosticReport?performer:Practitioner.family=ytre", "d"),
        ("DiagnosticReport?performer:Practitioner.gender=other", ""),
        ("DiagnosticReport?performer:Practitioner.gender:missing=true", "d"),
        ("DiagnosticReport?performer:Practitioner.family:missing=true", ""),
        ("DiagnosticReport?performer:Practitioner.gender:not=female", "d"),
        ("Practitioner?_has:DiagnosticReport:performer:performer:Practitioner.family=berg", "z"),
        ("Practitioner?family=berg", ""),
        ("Observation?device:Device.type:text=blod", "o"),
        ("Observation?device:Device.organization.name=eier", "o"),
        ("Observation?device:Device.organization.name=testdal", ""),
    ],
)
def test_a_chain_goes_into_contained_resources(reports: Client, query: str, expected: str) -> None:
    assert found(reports, query) == expected


def test_what_is_contained_no_more_is_found_no_more(reports: Client) -> None:
    body = reports.get("MedicationRequest/m").json()
    body["contained"][0]["ingredient"][0]["itemCodeableConcept"]["coding"][0]["code"] = "xyz"
    put(reports, body)
    assert found(reports, "MedicationRequest?medication.ingredient-code=abc") == ""
    assert found(reports, "MedicationRequest?medication.ingredient-code=xyz") == "m"


# The rest


def test_a_quantity_is_found_by_its_system_alone(client: Client) -> None:
    put(client, person("p"))
    put(client, {**observation("Patient/p", value="5.4", unit="mg"), "id": "ucum"})
    own = {**quantity("5.4", "mg"), "system": "urn:own"}
    put(client, {**observation("Patient/p"), "id": "own", "valueQuantity": own})
    for query, expected in ((f"5.4|{UCUM}|", "ucum"), ("5.4|urn:own|", "own"), ("5.4||", "own ucum")):  # fmt: skip
        assert found(client, f"Observation?value-quantity={query}") == expected


def test_a_logical_reference_is_found_by_its_system_alone(people: Client) -> None:
    """ "The search value works as a token search"."""
    assert found(people, "Patient?organization:identifier=urn:o|") == "logical"
    assert found(people, "Patient?organization:identifier=urn:p|") == ""


def test_sort_may_be_repeated_for_inner_orders(client: Client) -> None:
    put(
        client, person("a", gender="male"), person("b", gender="female"), person("c", gender="male")
    )
    order = [each["id"] for each in client.search("Patient?_sort=gender&_sort=-_id&_count=1")]
    assert order == ["b", "c", "a"]


@pytest.mark.parametrize(
    "query",
    [
        "Patient?_id=|1",
        "Observation?_summary=text&_include=Observation:subject",
        "Patient?_summary=text&_revinclude=Observation:subject",
    ],
)
def test_what_the_specification_rules_out_is_refused(client: Client, query: str) -> None:
    answer = client.get(query)
    assert (answer.status_code, codes_of(answer)) == (400, ["bad-parameter"])


# Clients add what they want of every page to the link of the next one, where it stands already


@pytest.mark.parametrize("path", ["Patient?_tag=t&", "Patient/_history?", "?_type=Patient&"])
def test_a_link_may_be_followed_with_a_format_that_it_says_already(
    client: Client, path: str
) -> None:
    put(client, *[person(f"p{n}", meta={"tag": [{"code": "t"}]}) for n in range(3)])
    answer = client.get(f"{path}_count=2&_format=json")
    links = {link["relation"]: link["url"] for link in answer.json()["link"]}
    assert "_format=json" in links["next"]
    after = client.get(links["next"].removeprefix(BASE).lstrip("/") + "&_format=json&_count=2")
    assert (after.status_code, len(after.json()["entry"])) == (200, 1), after.text


@pytest.mark.parametrize("path", ["Patient", "Patient/_history"])
def test_a_control_that_says_two_things_is_refused(client: Client, path: str) -> None:
    assert client.get(f"{path}?_count=2&_count=2").status_code == 200
    assert client.get(f"{path}?_count=2&_count=3").status_code == 400


def test_the_self_link_says_a_control_once(client: Client) -> None:
    answer = client.get("Patient?_total=none&_count=2&_total=none&_count=2").json()
    links = {link["relation"]: link["url"] for link in answer["link"]}
    assert links["self"] == f"{BASE}/Patient?_total=none&_count=2"
