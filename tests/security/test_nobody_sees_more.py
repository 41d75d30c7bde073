"""What the policy's tables say is what HTTP does: every kind of actor, every type, every way of asking, two municipalities.

Each type has a resource of `mine` (a patient that everybody has a relation to), of `theirs` (one that nobody has), and one in
another tenant. What is expected is reckoned here anew from the tables, not by the function that decides.
Source: security README §2 no. 1, §4, §5, §6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

import pytest

from hub.policy import Actor
from hub.policy.rights import (
    BY_IDENTIFIER,
    CELLS,
    NOT_BY_PATIENT,
    OPEN_IN_TENANT,
    RELATIONS,
    ROLES,
    VIEWS,
    WHOLE_TENANT,
)
from tests.acting import (
    ADMIN,
    CLINICIAN,
    DEVELOPER,
    GP,
    GP_OFFICE,
    HOSPITAL,
    JOURNAL,
    MUNICIPALITY,
    OFFICER,
    OPERATOR,
    SUPPLIER,
    VENDOR,
    WARD,
    ActingClient,
)
from tests.builders import FNR_SYSTEM, Json, national_id
from tests.resource_factory import minimal

SECRET: Final = "hemmelig-4711"
TAG: Final = "urn:test:mark"
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
JSON_PATCH: Final = {"Content-Type": "application/json-patch+json"}
OWNERS: Final = ("mine", "theirs", "other")
PRIVACY: Final = replace(
    JOURNAL,
    kind="municipal_epj",
    person=OFFICER.person,
    roles=frozenset({"privacy"}),
    client_id="epj-privacy",
    id="epj-privacy",
)
ACTORS: Final = (
    GP, JOURNAL, WARD, VENDOR, CLINICIAN, OPERATOR, ADMIN, OFFICER, PRIVACY,
)  # fmt: skip
TYPES: Final = sorted(
    {kind for _, kind in CELLS} - {"AuditEvent"}
    | {"Basic", "Condition", "Group", "List", "RelatedPerson"}
)
ELEMENTS: Final = {
    "Task": "for", "Consent": "patient", "DetectedIssue": "patient", "Device": "patient", "EpisodeOfCare": "patient",
    "RelatedPerson": "patient", **dict.fromkeys((
        "Observation", "QuestionnaireResponse", "CarePlan", "Goal", "ServiceRequest", "DocumentReference", "Communication",
        "Flag", "CareTeam", "Condition", "List"), "subject"),
}  # fmt: skip
"""Where a resource says whose it is; types that are not here belong to no patient."""


def body_of(kind: str, owner: str) -> Json:
    """A type and whose → a resource that a search finds by its tag."""
    made: Json = {**minimal(kind, 0), "id": f"{kind}-{owner}"}
    made["meta"] = {"tag": [{"system": TAG, "code": "open" if owner == "mine" else SECRET}]}
    if kind == "Patient":
        made["id"] = owner
        number = {"mine": 1, "theirs": 2, "other": 3}[owner]
        made["identifier"] = [{"system": FNR_SYSTEM, "value": national_id(number)}]
    elif kind in ELEMENTS:
        made[ELEMENTS[kind]] = {"reference": f"Patient/{owner}"}
    if kind == "Observation":
        made["code"] = {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}
        made["performer"] = [{"reference": f"Organization/Organization-{owner}"}]
    return made


def place_of(kind: str, owner: str) -> str:
    """A type and whose → `Type/id`."""
    return f"Patient/{owner}" if kind == "Patient" else f"{kind}/{kind}-{owner}"


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def acting(request: Any, tmp_path_factory: Any) -> Iterator[ActingClient]:
    """The two municipalities; built once, because reading leaves them as they are and no change goes through."""
    from hub.clock import FixedClock
    from hub.settings import read_settings
    from hub.store.migrate import mark_synthetic, migrate
    from hub.wiring import build_hub
    from tests import postgres_cluster
    from tests.conftest import NOON
    from tests.functional.conftest import DEVELOPMENT

    if request.param == "postgres":
        url = postgres_cluster.new_database("synthetic")
    else:
        path = tmp_path_factory.mktemp("matrix") / "hub.db"
        migrate(path)
        mark_synthetic(path)
        url = f"sqlite:///{path}"
    client = ActingClient(
        build_hub(read_settings({**DEVELOPMENT, "HUB_DATABASE_URL": url}), FixedClock(NOON))
    )
    for owner, tenant in (("mine", 1), ("theirs", 1), ("other", 2)):
        with client.as_(replace(DEVELOPER, tenant_id=tenant)):
            for kind in ["Patient", "Organization", *TYPES]:
                answer = client.put(place_of(kind, owner), body_of(kind, owner))
                assert answer.status_code in (200, 201), answer.text
    for organisation, relation in (
        (GP_OFFICE, "gp_list"), (MUNICIPALITY, "episode"), (HOSPITAL, "referral"), (SUPPLIER, "agreement"),
    ):  # fmt: skip
        client.relate("mine", organisation, relation)
    yield client
    client.close()


def letters(actor: Actor, kind: str) -> tuple[frozenset[str], frozenset[str]]:
    """An actor and a type → the letters the table gives, and those of them for its own writing alone."""
    role = ROLES.get((actor.kind, kind))
    cell = CELLS.get((actor.kind, kind))
    if cell is None or (role is not None and role not in actor.roles):
        return frozenset(), frozenset()
    return cell.letters, cell.own


def is_open(actor: Actor, kind: str, owner: str, letter: str) -> bool:
    """Whether the row of an owner is open: none of them was written by the actor."""
    given, own = letters(actor, kind)
    if letter not in given or letter in own or owner == "other":
        return False
    if (actor.kind, kind) in NOT_BY_PATIENT:
        return kind not in ELEMENTS
    if kind not in ELEMENTS and kind != "Patient":
        return kind in OPEN_IN_TENANT
    if actor.kind in WHOLE_TENANT:
        return True
    return actor.kind in RELATIONS and owner == "mine"


def bare(answer: Any, *ids: str) -> str:
    """An answer without what is the request's own: its id, and the ids it named."""
    text = f"{answer.status_code} {sorted(answer.headers.items())} {answer.text}"
    for each in (answer.headers["x-request-id"], *ids):
        text = text.replace(each, "*")
    return text


CASES: Final = [pytest.param(actor, id=f"{actor.kind}-{actor.client_id}") for actor in ACTORS]


TAILS: Final = ("", "/_history/1", "/_history", "?_summary=true", "?_elements=id")


@pytest.mark.parametrize("actor", CASES)
def test_one_resource_is_read_where_the_table_says_so_and_is_missing_elsewhere(
    acting: ActingClient, actor: Actor
) -> None:
    with acting.as_(actor):
        for number, kind in enumerate(TYPES):
            given, _ = letters(actor, kind)
            for tail in TAILS[:3] if given else (TAILS[number % len(TAILS)],):
                nowhere = acting.get(f"{place_of(kind, 'nobody')}{tail}")
                seen = {o: acting.get(f"{place_of(kind, o)}{tail}") for o in OWNERS}
                assert nowhere.status_code == (404 if "r" in given else 403), (kind, tail)
                for owner, answer in seen.items():
                    if is_open(actor, kind, owner, "r"):
                        hidden = (actor.kind, kind) in VIEWS and tail.endswith("_history")
                        assert answer.status_code == (404 if hidden else 200), (kind, owner, tail)
                        continue
                    names = (place_of(kind, owner), place_of(kind, "nobody"))
                    assert bare(answer, *names) == bare(nowhere, *names), (kind, owner, tail)
                    assert SECRET not in answer.text


LISTS: Final = (
    "{kind}",
    "{kind}?_total=accurate",
    "{kind}?_summary=count",
    "{kind}?_tag={tag}",
    "{kind}?_tag:not=x",
    "{kind}?_lastUpdated=gt2020&_sort=-_lastUpdated",
    "{kind}?_id={kind}-theirs,{kind}-other,theirs,other",
    "{kind}?_count=1",
    "{kind}/_history",
    "{kind}/_history?_count=1",
    "?_type={kind}",
    "?_type={kind}&_summary=count",
)


@pytest.mark.parametrize("actor", CASES)
def test_a_list_shows_and_counts_what_the_table_says_and_no_more(
    acting: ActingClient, actor: Actor
) -> None:
    with acting.as_(actor):
        for number, kind in enumerate(TYPES):
            may = "s" in letters(actor, kind)[0]
            named = (actor.kind, kind) in BY_IDENTIFIER
            for shape in LISTS if may else (LISTS[number % len(LISTS)], LISTS[-2]):
                path = shape.format(kind=kind, tag=quote(f"{TAG}|{SECRET}"))
                answer = acting.get(path)
                whole = path.startswith("?")
                if not whole:
                    assert answer.status_code == (200 if may and not named else 403), path
                if answer.status_code != 200:
                    assert SECRET not in answer.text
                    continue
                page = answer.json()
                ids = {e["resource"]["id"] for e in page.get("entry", ())}
                wanted = {
                    place_of(kind, o).partition("/")[2] for o in OWNERS if is_open(actor, kind, o, "s")
                } if may and not named else set()  # fmt: skip
                assert ids <= wanted, path
                assert page.get("total", 0) <= len(wanted), path
                if shape in ("{kind}", "{kind}?_total=accurate", "?_type={kind}"):
                    assert ids == wanted, path
                if "count" in shape and shape.endswith("=count"):
                    assert page["total"] == len(wanted), path
                if not any(is_open(actor, kind, o, "s") for o in ("theirs", "other")):
                    assert SECRET not in str(page.get("entry", ())), path


WAYS_ROUND: Final = (
    "Observation?patient=theirs",
    "Observation?patient=other",
    "Observation?subject=Patient/theirs&_include=*",
    "Observation?_include=Observation:subject",
    "Observation?_include=*&_include:iterate=*",
    "Observation?performer=Organization/Organization-theirs&_revinclude=Provenance:target",
    "Observation?performer:Organization._tag={tag}",
    "Organization?_revinclude=Observation:performer",
    "Organization?_has:Observation:performer:patient=theirs",
    "Organization?_has:Observation:performer:_tag={tag}",
    "Organization?_has:AuditEvent:agent:_id=x",
    "Organization?_id=Organization-theirs&_revinclude=*",
    "Patient?_revinclude=Observation:subject",
    "Task?patient.identifier=urn:x|1",
    "Task?patient:Patient._tag={tag}",
    "Patient/theirs/Observation",
    "Patient/other/Observation",
    "Patient/nobody/Observation",
    "Patient/theirs/*",
    "Patient/theirs/$everything",
    "Patient/mine/$everything",
    "Patient/$everything",
    "Organization/Organization-theirs/Observation",
    "Practitioner/Practitioner-theirs/*",
    "Device/Device-theirs/Observation",
    "Observation/$lastn?patient=theirs",
    "Observation/$lastn?patient=other",
    "CarePlan/CarePlan-theirs/$simulate",
    "CarePlan/CarePlan-other/$simulate",
    "DetectedIssue/DetectedIssue-theirs/$explain",
    "DetectedIssue/DetectedIssue-other/$explain",
    "Observation?_list=List-theirs",
    "Observation?_filter=patient eq theirs",
    "Observation?_query=x",
    "Observation?_text=x",
    "Observation?_content=x",
    "AuditEvent?patient=theirs",
    "AuditEvent?entity=Observation/Observation-theirs",
    "?_lastUpdated=gt2020",
    "_history",
)


@pytest.mark.parametrize("actor", CASES)
def test_no_way_round_leads_to_what_is_somebody_elses(acting: ActingClient, actor: Actor) -> None:
    whole = actor.kind in WHOLE_TENANT
    with acting.as_(actor):
        for shape in WAYS_ROUND:
            path = shape.format(tag=quote(f"{TAG}|{SECRET}"))
            answer = acting.get(path)
            assert answer.status_code in (200, 400, 403, 404, 422, 501), (path, answer.text)
            if answer.status_code != 200:
                assert SECRET not in answer.text, path
                continue
            for found in answer.json().get("entry", ()):
                body = found.get("resource", {})
                if body.get("resourceType") == "AuditEvent":
                    assert "r" in letters(actor, "AuditEvent")[0]
                    continue
                owner = str(body.get("id", "")).rpartition("-")[2]
                kind = body.get("resourceType", "")
                assert owner in OWNERS, (path, body)
                can = is_open(actor, kind, owner, "r") or is_open(actor, kind, owner, "s")
                assert can, (path, kind, owner)
            if not whole:
                told = {e["resource"]["id"] for e in answer.json().get("entry", ()) if e["resource"].get("resourceType") not in OPEN_IN_TENANT}  # fmt: skip
                assert not any("theirs" in each or "other" in each for each in told), path


@pytest.mark.parametrize("actor", CASES)
def test_a_page_token_of_another_opens_nothing_more(acting: ActingClient, actor: Actor) -> None:
    paths = (
        "Observation?_count=1",
        "Observation/_history?_count=1",
        "Task?_count=1&_sort=-_lastUpdated",
    )
    for tenant in (1, 2):
        with acting.as_(replace(DEVELOPER, tenant_id=tenant)):
            pages = [acting.get(path).json() for path in paths]
        links = [
            link["url"] for page in pages for link in page["link"] if link["relation"] == "next"
        ]
        assert tenant == 2 or len(links) == len(paths)
        with acting.as_(actor):
            for url in links:
                answer = acting.get(url.partition("/fhir/")[2])
                assert SECRET not in answer.text
                for found in answer.json().get("entry", ()):
                    body = found["resource"]
                    owner = body["id"].rpartition("-")[2]
                    assert is_open(actor, body["resourceType"], owner, "s"), url


def changes(kind: str, owner: str) -> Iterator[tuple[str, str, Any, dict[str, str]]]:
    """Every way to change a resource, by id and by condition."""
    here, resource_id = place_of(kind, owner), place_of(kind, owner).partition("/")[2]
    body = {**body_of(kind, "mine"), "id": resource_id}
    loose = {k: v for k, v in body.items() if k != "id"}
    patch = [{"op": "add", "path": "/language", "value": "nb"}]
    for match in ({}, {"If-Match": 'W/"1"'}, {"If-Match": 'W/"9"'}, {"If-None-Match": "*"}):
        yield "PUT", here, body, match
        yield "PATCH", here, patch, {**JSON_PATCH, **match}
        yield "DELETE", here, None, match
    yield "PUT", f"{kind}?_id={resource_id}", body, {}
    yield "PUT", f"{kind}?_id={resource_id}&_tag={TAG}|{SECRET}", {**loose, "id": resource_id}, {}
    yield "PATCH", f"{kind}?_id={resource_id}", patch, JSON_PATCH
    yield "DELETE", f"{kind}?_id={resource_id}", None, {}
    yield "POST", f"{kind}/{resource_id}/$validate", {"resourceType": "Parameters"}, {}
    for method, url in (("DELETE", here), ("PUT", f"{kind}?_id={resource_id}")):
        made: Json = {"request": {"method": method, "url": url}}
        if method == "PUT":
            made["resource"] = body
        yield "POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": [made]}, {}
        yield "POST", "", {"resourceType": "Bundle", "type": "batch", "entry": [made]}, {}


def versions(acting: ActingClient) -> dict[str, str]:
    """Each resource → its version now."""
    found: dict[str, str] = {}
    for tenant, owner in ((1, "mine"), (1, "theirs"), (2, "other")):
        with acting.as_(replace(DEVELOPER, tenant_id=tenant)):
            for kind in TYPES:
                found[place_of(kind, owner)] = acting.get(place_of(kind, owner)).headers["ETag"]
    return found


def tried(actor: Actor, *, whole: bool) -> list[str]:
    """An actor → the types it is tried on: all, or those it may change, and two that it may not."""
    if whole:
        return TYPES
    return [k for k in TYPES if letters(actor, k)[0] & set("cud") or k in ("Condition", "Flag")]


def hold_changes(
    acting: ActingClient, actor: Actor, kinds: list[str], owners: tuple[str, ...] = OWNERS
) -> None:
    """An actor and types → changing what is closed is answered as changing what is not there, and changes nothing."""
    before = versions(acting)
    with acting.as_(actor):
        for kind in kinds:
            wanted = tell(acting, kind, "nobody")
            for owner in owners:
                if not any(is_open(actor, kind, owner, letter) for letter in "rsud"):
                    assert tell(acting, kind, owner) == wanted, (kind, owner)
    assert versions(acting) == before


def tell(acting: ActingClient, kind: str, owner: str) -> list[tuple[Any, ...]]:
    """A type and whose → what every change of it is answered, without the names of what was asked for."""
    here = place_of(kind, owner)
    told: list[tuple[Any, ...]] = []
    for number, (method, path, body, headers) in enumerate(changes(kind, owner)):
        answer = acting.request(method, path, body, headers=headers)
        assert answer.status_code < 500, (method, path, answer.text)
        assert SECRET not in answer.text
        told.append((number, method, headers, bare(answer, here, here.partition("/")[2])))
    return told


@pytest.mark.parametrize("actor", CASES)
def test_no_change_reaches_or_tells_of_what_is_somebody_elses(
    acting: ActingClient, actor: Actor
) -> None:
    hold_changes(acting, actor, tried(actor, whole=False), ("mine", "theirs"))


@pytest.mark.sweep
@pytest.mark.parametrize("actor", CASES)
def test_no_change_of_any_type_reaches_or_tells_of_what_is_somebody_elses(
    acting: ActingClient, actor: Actor
) -> None:
    hold_changes(acting, actor, tried(actor, whole=True))


@pytest.mark.parametrize("actor", CASES)
def test_what_is_not_created_where_the_table_gives_no_right_to(
    acting: ActingClient, actor: Actor
) -> None:
    with acting.as_(actor):
        for kind in TYPES:
            may = "c" in letters(actor, kind)[0]
            for owner in ("theirs", "other"):
                body = {k: v for k, v in body_of(kind, owner).items() if k != "id"}
                answer = acting.post(kind, body)
                if not may:
                    assert answer.status_code == 403, (kind, owner)
                elif kind in ELEMENTS and not is_open(actor, "Patient", owner, "r"):
                    absent = {**body, ELEMENTS[kind]: {"reference": "Patient/nobody"}}
                    assert answer.status_code == 422, (kind, owner, answer.text)
                    assert bare(answer) == bare(acting.post(kind, absent)), (kind, owner)
                assert SECRET not in answer.text or answer.status_code == 201


def test_every_refusal_of_somebody_elses_resource_is_in_the_log_with_its_patient(
    acting: ActingClient,
) -> None:
    with acting.as_(GP):
        assert acting.get("Observation/Observation-theirs").status_code == 404
        assert acting.request("DELETE", "Task/Task-theirs").status_code == 403
    newest = acting.log_of()[-2:]
    told = [
        (e["outcome"], e["action"], [w["what"]["reference"] for w in e["entity"] if "reference" in w.get("what", {})])
        for e in newest
    ]  # fmt: skip
    assert told == [
        ("4", "R", ["Observation/Observation-theirs/_history/1", "Patient/theirs"]),
        ("4", "D", ["Task/Task-theirs/_history/1", "Patient/theirs"]),
    ]
