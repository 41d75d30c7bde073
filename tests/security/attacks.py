"""What somebody would try, by the threat it stands for: each attack does it through HTTP and hands back the answers.

Source: security README §2-§9; helseid.md §5-7; xml-and-message-security.md §1, §6; audit.md §4.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx

from hub.security import jose
from hub.security.dpop import hash_of
from hub.standin.actors import ACTORS
from tests.builders import FNR_SYSTEM, Json, entry, national_id, observation, to_json, transaction
from tests.security.conftest import HOST, Town

SECRET: Final = "hemmelig-4711"
NUMBERS: Final = tuple(national_id(n) for n in (1, 2, 3))
"""National numbers of `mine`, `theirs` and `other`."""
MARKS: Final = (SECRET, *NUMBERS, "Fortrolig", "angriper-0815")
"""Values of patients that the attackers have no right to, and what the attackers themselves send."""
SENT: Final = "angriper-0815"
FHIR_JSON: Final = "Content-Type: application/fhir+json"
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
PATCH: Final = {"Content-Type": "application/json-patch+json"}
XML: Final = {"Content-Type": "application/fhir+xml"}
URL: Final = f"{HOST}/fhir/Observation"
_PARENT: Final = "helseid://claims/client/claims/orgnr_parent"
_CHILD: Final = "helseid://claims/client/claims/orgnr_child"
_LEVEL: Final = "helseid://claims/identity/security_level"
Answers = Sequence[httpx.Response]
Try = Callable[[Town], Answers]


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack. Shape: `threat` an id of threats.py; `statuses` what may be answered; `told` the log's outcome, "" none;
    `fewest` entries, None = one for each answer."""

    name: str
    threat: str
    attempt: Try
    statuses: frozenset[int]
    told: str = "4"
    fewest: int | None = None


ATTACKS: Final[list[Attack]] = []


def attack(
    name: str, threat: str, *statuses: int, told: str = "4", fewest: int | None = None
) -> Callable[[Try], Try]:
    """A name, its threat, and what may come of it → a decorator that puts it into the table."""

    def put(attempt: Try) -> Try:
        ATTACKS.append(Attack(name, threat, attempt, frozenset(statuses), told, fewest))
        return attempt

    return put


def about(owner: str, **more: Any) -> Json:
    """Whose → an Observation about them that carries the attacker's mark."""
    return {**observation(f"Patient/{owner}"), "note": [{"text": SENT}], **more}


def shown(
    town: Town, headers: dict[str, str], method: str = "POST", path: str = "Observation"
) -> httpx.Response:
    """Headers as they are → the answer to a request with them."""
    body = about("mine") if method == "POST" else None
    return town.client.request(method, path, body, headers=headers)


def forged(
    town: Town,
    claims: Json | None = None,
    header: Json | None = None,
    *,
    actor: str = "supplier",
    **more: Any,
) -> httpx.Response:
    """Changes to a token → the answer to a POST with it, and a right proof."""
    token = town.issuer.token(actor, claims=claims, header=header, **more)
    return shown(town, town.issuer.headers(actor, "POST", URL, token))


def proved(
    town: Town,
    claims: Json | None = None,
    header: Json | None = None,
    *,
    key: jose.Key | None = None,
) -> httpx.Response:
    """Changes to a proof (None takes away) → the answer to a POST with a good token and it."""
    token, own = town.issuer.token("supplier"), town.issuer.proof_key("supplier")
    body = {
        "jti": town.issuer.new_id(),
        "htm": "POST",
        "htu": URL,
        "iat": int(town.issuer.now()),
        "ath": hash_of(token),
        **(claims or {}),
    }
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jose.public_jwk(key or own), **(header or {})}
    made = jose.sign(
        {"alg": "ES256", **{k: v for k, v in head.items() if k != "alg" and v is not None}},
        {k: v for k, v in body.items() if v is not None},
        key or own,
    )
    if head.get("alg") != "ES256":
        kept = {k: v for k, v in head.items() if v is not None}
        made = ".".join((jose.encode_segment(json.dumps(kept).encode()), *made.split(".")[1:]))
    return shown(town, {"Authorization": f"DPoP {token}", "DPoP": made})


def in_bundle(kind: str, method: str, url: str, resource: Json | None = None, **more: Any) -> Json:
    """An entry → a Bundle of one."""
    request = {"method": method, "url": url, **more}
    made: Json = (
        {"request": request} if resource is None else {"request": request, "resource": resource}
    )
    return {"resourceType": "Bundle", "type": kind, "entry": [made]}


THEIRS: Final = ("theirs", "other")
READS: Final = tuple(
    path.format(o=owner)
    for owner in THEIRS
    for path in (
        "Observation/Observation-{o}", "Observation/Observation-{o}/_history", "Observation/Observation-{o}/_history/1",
        "Patient/{o}", "Patient/{o}/_history/1", "CarePlan/CarePlan-{o}", "Task/Task-{o}", "Patient/{o}/$everything",
        "CarePlan/CarePlan-{o}/$simulate", "DetectedIssue/DetectedIssue-{o}/$explain", "Observation/OBSERVATION-{o}",
        "Observation/Observation-{o}?_elements=id", "Observation/Observation-{o}?_summary=true", "Binary/Binary-{o}",
    )
)  # fmt: skip
SEARCHES: Final = tuple(
    path.format(o=owner, tag=quote("urn:test:mark|"))
    for owner in THEIRS
    for path in (
        "Observation?patient={o}", "Observation?subject=Patient/{o}&_include=*", "Observation?_id=Observation-{o}&_revinclude=*",
        "Observation?_tag={tag}&_total=accurate", "Observation?_tag={tag}&_summary=count", "Patient/{o}/Observation",
        "Observation/$lastn?patient={o}", "Observation?subject:Patient._tag={tag}", "Task?patient={o}&_include=Task:patient",
        "Observation?patient=http%3A%2F%2F127.0.0.1%3A8000%2Ffhir%2FPatient%2F{o}", "Observation?subject=Patient/{o},Patient/{o}",
        "Organization?_has:Observation:performer:patient={o}", "Observation?_list=List-{o}", "Observation?patient={o}&_count=0",
        "Observation?patient={o}&_sort=-date&_elements=id", "Practitioner?_has:Task:owner:patient={o}",
    )
)  # fmt: skip


@attack("read what is somebody else's, each way", "T1", 403, 404)
def _(town: Town) -> Answers:
    return [town.get("gp", path) for path in READS]


@attack("read what is another municipality's from there and here", "G3", 403, 404)
def _(town: Town) -> Answers:
    there = [town.get("other-municipality", p.replace("other", "mine")) for p in READS[-14:]]
    return [*there, *(town.get("municipality", p) for p in READS[-14:])]


@attack("change what is somebody else's, each way", "T1", 400, 403, 404, 412, 422)
def _(town: Town) -> Answers:
    found: list[httpx.Response] = []
    for owner in THEIRS:
        task: Json = {
            "resourceType": "Task", "id": f"Task-{owner}", "status": "completed", "intent": "order",
            "for": {"reference": f"Patient/{owner}"}, "description": SENT,
        }  # fmt: skip
        loose = {k: v for k, v in task.items() if k != "id"}
        patch = [{"op": "replace", "path": "/description", "value": SENT}]
        for headers in ({}, {"If-Match": 'W/"1"'}, {"If-None-Match": "*"}):
            found += [
                town.ask("municipality", "PUT", f"Task/Task-{owner}", task, headers=headers),
                town.ask(
                    "municipality", "PATCH", f"Task/Task-{owner}", patch, headers=PATCH | headers
                ),
                town.ask("municipality", "DELETE", f"Task/Task-{owner}", headers=headers),
            ]
        found += [
            town.ask("municipality", "PUT", f"Task?_id=Task-{owner}", task),
            town.post("municipality", "Task", loose),
            town.post("municipality", f"DetectedIssue/DetectedIssue-{owner}/$close", {"resourceType": "Parameters"}, headers={"If-Match": 'W/"1"'}),
        ]  # fmt: skip
    return found


@attack("a value of two patients, and a number that is another's", "T2", 422)
def _(town: Town) -> Answers:
    numbers = (NUMBERS[1], NUMBERS[2], "13116900216")
    who = [
        {"reference": "Patient/mine", "identifier": {"system": FNR_SYSTEM, "value": n}}
        for n in numbers
    ]
    return [town.post("supplier", "Observation", about("mine", subject=each)) for each in who]


@attack("a stolen token without its key, with another key, as bearer", "T3", 401)
def _(town: Town) -> Answers:
    token = town.issuer.token("supplier")
    other = town.issuer.headers("gp", "POST", URL, token)
    return [
        shown(town, {"Authorization": f"DPoP {token}"}),
        shown(town, {"Authorization": f"Bearer {token}"}),
        shown(town, other),
    ]


@attack("a request that was recorded, sent again", "T3", 401)
def _(town: Town) -> Answers:
    headers = town.issuer.headers("gp", "GET", f"{HOST}/fhir/metadata-none")
    town.client.get("metadata-none", headers=headers)
    return [town.client.get("metadata-none", headers=headers) for _ in range(3)]


@attack("clinical data with the operator's and the officers' log-in", "T6", 403, 404)
def _(town: Town) -> Answers:
    return [
        town.get(name, path)
        for name in ("operator", "tenant-admin", "privacy-officer")
        for path in ("Observation/Observation-mine", "Observation?patient=mine", "CarePlan/CarePlan-mine", "Patient/mine/$everything")
    ]  # fmt: skip


@attack("a person below level 4, a system without an organisation", "G1", 401)
def _(town: Town) -> Answers:
    return [
        forged(town, {_LEVEL: "3"}, actor="nurse"),
        forged(town, {_LEVEL: 4}, actor="nurse"),
        forged(town, {_PARENT: None}),
    ]


@attack("what no scope covers", "G2", 403)
def _(town: Town) -> Answers:
    return [
        forged(town, {"scope": scope})
        for scope in (["system/Observation.r"], "system/Observation.sruc", ["user/Observation.c"], ["patient/*.cruds"])
    ]  # fmt: skip


@attack("a patient without a relation, and one whose relation has ended", "G4", 403, 404, 422)
def _(town: Town) -> Answers:
    return [
        town.get("gp", "Observation/Observation-ended"),
        town.post("supplier", "Observation", about("theirs")),
        town.post("supplier", "Observation", about("ended")),
        town.post("municipality", "EpisodeOfCare", {"resourceType": "EpisodeOfCare", "status": "active", "patient": {"reference": "Patient/theirs"}}),
    ]  # fmt: skip


@attack("headers that claim a tenant, a client, an emergency", "R3", 403, 404)
def _(town: Town) -> Answers:
    claimed = {
        "X-Tenant": "2", "ServiceCodes": "2", "X-Forwarded-For": "10.0.0.1", "X-Forwarded-Host": "evil.example", "X-Emergency": "true",
        "X-Original-URL": "/fhir/metadata", "X-Rewrite-URL": "/fhir/metadata", "X-HTTP-Method-Override": "GET", "X-HTTP-Method": "GET",
        "X-Method-Override": "GET", "Forwarded": "for=127.0.0.1;host=evil", "X-Purpose-Of-Use": "BTG", "X-Client-Cert": "x",
    }  # fmt: skip
    return [town.get("gp", path, headers=claimed) for path in READS[:6]]


@attack("clients and organisations that are not registered", "R3", 401, 403)
def _(town: Town) -> Answers:
    return [
        shown(town, town.issuer.headers("unregistered", "POST", URL)),
        forged(town, {_PARENT: ACTORS["hospital"].parent}),
        forged(town, {_CHILD: ACTORS["hospital"].child}),
        forged(town, {"client_id": ACTORS["gp"].client_id}),
        forged(town, {"helseid://claims/client/claims/orgnr_supplier": None}),
    ]


@attack("a resource moved to another patient", "R4", 403, 404, 422)
def _(town: Town) -> Answers:
    plan = {
        "resourceType": "CarePlan", "id": "CarePlan-mine", "status": "draft", "intent": "plan",
        "subject": {"reference": "Patient/theirs"}, "description": SENT,
    }  # fmt: skip
    patch = [{"op": "replace", "path": "/subject/reference", "value": "Patient/other"}]
    return [
        town.ask("municipality", "PUT", "CarePlan/CarePlan-mine", plan),
        town.ask("municipality", "PATCH", "CarePlan/CarePlan-mine", patch, headers=PATCH),
    ]


@attack("values in faults: none is given back", "R6", 400, 403, 404, 422)
def _(town: Town) -> Answers:
    broken = [
        about("mine", status=SENT), about("mine", effectiveDateTime=SENT), about("mine", **{SENT: 1}),
        about("mine", valueQuantity={"value": SENT}), about("mine", code={"coding": [{"system": 1, "code": SENT}]}),
        about(SENT), about("mine", id=f"{SENT} x"),
    ]  # fmt: skip
    found = [town.post("supplier", "Observation", body) for body in broken]
    asked = (f"Observation/{SENT}", f"Observation?date={SENT}", f"Observation?patient={SENT}/x")
    return [*found, *(town.get("gp", path) for path in asked)]


@attack("keys and calls of the attacker's choosing", "T5", 401, 400, 403, 404, 422)
def _(town: Town) -> Answers:
    inside = "http://169.254.169.254/latest/meta-data"
    return [
        *(forged(town, header={name: inside}) for name in ("jku", "x5u", "jwk", "x5c", "crit", "zip", "b64")),
        forged(town, {"iss": inside}),
        forged(town, header={"kid": "../../../../etc/passwd"}),
        forged(town, header={"kid": "x' OR 1=1 --"}),
        town.get("gp", f"Observation?patient={quote(inside)}"),
        town.post("supplier", "Observation", {**about("mine"), "subject": {"reference": inside}}),
    ]  # fmt: skip


@attack(
    "methods, paths and names that mean something else elsewhere",
    "H1",
    400,
    401,
    403,
    404,
    405,
    501,
)
def _(town: Town) -> Answers:
    paths = (
        "/fhir//Observation/Observation-theirs", "/fhir/../fhir/Observation/Observation-theirs",
        "/fhir/%4fbservation/Observation-theirs", "/fhir/Observation/%2e%2e/Patient/theirs", "/fhir/Observation%2fObservation-theirs",
        "/fhir/Observation/Observation-theirs%00", "/fhir/Observation/Observation-theirs;x=y",
        "/fhir/Observation/Observation-theirs/", "/fhir/./Patient/theirs", "/fhir/Observation/" + "a" * 3000, "/fhir/Patient/%00",
    )  # fmt: skip
    return [town.get("gp", path) for path in paths]


@attack("tokens in other places, twice, too long", "K1", 401)
def _(town: Town) -> Answers:
    bearer = town.issuer.token("supplier", jkt="")
    good = town.issuer.headers("supplier", "POST", URL)
    return [
        town.client.get(
            f"Observation?access_token={bearer}",
            headers=town.issuer.headers("supplier", "GET", URL),
        ),
        shown(town, {**good, "Authorization": f"{good['Authorization']}, {good['Authorization']}"}),
        shown(town, {**good, "Authorization": good["Authorization"] + "a" * 9000}),
        shown(town, {**good, "Authorization": f"Basic {bearer}"}),
        shown(town, {**good, "DPoP": f"{good['DPoP']}, {good['DPoP']}"}),
        shown(town, {**good, "DPoP": good["DPoP"] + "a" * 9000}),
    ]


@attack("algorithms and kinds of tokens", "K2", 401)
def _(town: Town) -> Answers:
    token = town.issuer.token("supplier")
    _, claims, signature = token.split(".")
    found: list[httpx.Response] = []
    for change in ({"alg": "none"}, {"alg": "NONE"}, {"alg": "HS256"}, {"alg": "ES512"}, {"alg": ["ES256"]}, {"typ": "dpop+jwt"}, {"typ": "id+jwt"}, {"kid": None}, {"alg": "RS256"}):  # fmt: skip
        head = {"alg": town.issuer.algorithm, "typ": "at+jwt", "kid": town.issuer.kid, **change}
        said = jose.encode_segment(
            json.dumps({k: v for k, v in head.items() if v is not None}).encode()
        )
        for end in (signature, "", jose.encode_segment(b"\0" * 64)):
            made = f"{said}.{claims}.{end}"
            found.append(shown(town, town.issuer.headers("supplier", "POST", URL, made)))
    return found[:19]  # of one address, more are counted and not written


@attack("keys that are not the issuer's", "K3", 401)
def _(town: Town) -> Answers:
    stranger = jose.new_key("ES256")
    return [
        forged(town, key=stranger),
        forged(town, header={"kid": "another"}),
        forged(town, header={"kid": "another"}, key=stranger),
    ]


@attack("a token changed after it was signed", "K4", 401)
def _(town: Town) -> Answers:
    head, claims, signature = town.issuer.token("supplier").split(".")
    told = json.loads(jose.decode_segment(claims))
    other = jose.encode_segment(json.dumps({**told, _PARENT: "974760673"}).encode())
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    made = (
        f"{head}.{other}.{signature}",
        f"{head}.{claims}.{flipped}",
        f"{head}.{claims}.{signature}=",
        f"{head}.{claims}",
    )
    return [shown(town, town.issuer.headers("supplier", "POST", URL, each)) for each in made]


@attack("another issuer, audience or time", "K5", 401)
def _(town: Town) -> Answers:
    now = int(town.issuer.now())
    return [
        forged(town, claims)
        for claims in (
            {"iss": "https://evil.example"}, {"iss": [town.issuer.url]}, {"aud": "other"}, {"aud": [town.issuer.audience, "x"]}, {"aud": None},
            {"exp": now - 60}, {"exp": None}, {"exp": str(now + 60)}, {"nbf": now + 600}, {"iat": now + 600}, {"exp": now + 90_000}, {"exp": 1e300},
        )
    ]  # fmt: skip


@attack("claims that are missing or of another type", "K6", 401)
def _(town: Town) -> Answers:
    return [
        forged(town, {name: value})
        for name in ("client_id", "jti", _PARENT)
        for value in (None, 5, ["x"], {"a": 1}, "")
    ]


@attack("each broken proof", "D1", 401)
def _(town: Town) -> Answers:
    own = town.issuer.proof_key("supplier")
    now = int(town.issuer.now())
    bodies: tuple[Json, ...] = (
        {"htm": None}, {"htu": None}, {"iat": None}, {"jti": None}, {"ath": None}, {"iat": now - 60}, {"iat": now + 60}, {"jti": "a" * 200}, {"iat": True},
    )  # fmt: skip
    heads: tuple[Json, ...] = (
        {"typ": "JWT"}, {"alg": "none"}, {"alg": "HS256"}, {"jwk": None}, {"jwk": jose.private_jwk(own)}, {"jku": "https://evil.example"},
    )  # fmt: skip
    return [
        *(proved(town, body) for body in bodies),
        *(proved(town, header=head) for head in heads),
        proved(town, key=jose.new_key("ES256")),
    ]


@attack("proofs for another method, place or token", "D2", 401)
def _(town: Town) -> Answers:
    places = (f"{URL}/1", URL.lower(), URL.replace("http", "https"), "https://evil.example/fhir/Observation", f"{HOST}/fhir/x/../Observation", f"{HOST}@evil.example/fhir/Observation")  # fmt: skip
    changes = [{"htu": place} for place in places]
    return [
        proved(town, c) for c in (*changes, {"htm": "GET"}, {"htm": "post"}, {"ath": hash_of("x")})
    ]


@attack("one proof shown by many at once", "D3", 401)
def _(town: Town) -> Answers:
    headers = town.issuer.headers("gp", "GET", f"{HOST}/fhir/Observation/none")
    town.client.get("Observation/none", headers=headers)
    return town.client.together(*[("GET", "Observation/none", None, headers)] * 8)


@attack("a client's assertion by others, and with HS256", "E1", 400, 401)
def _(town: Town) -> Answers:
    head = jose.encode_segment(json.dumps({"alg": "HS256", "kid": "k"}).encode())
    made = f"{head}.{jose.encode_segment(b'{}')}.{jose.encode_segment(b'0' * 32)}"
    bodies = (
        f"grant_type=client_credentials&client_assertion={made}", f"grant_type=password&username={SENT}&password=x",
        f"client_id={SENT}&client_secret={SENT}&grant_type=client_credentials", "", "%", "a=b&a=b",
    )  # fmt: skip
    return [town.client.request("POST", "/oauth/token", b.encode(), headers=FORM) for b in bodies]


_DOCTYPE: Final = b'<?xml version="1.0"?><!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><Observation xmlns="http://hl7.org/fhir"><id value="&x;"/></Observation>'
_BOMB: Final = b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><Observation xmlns="http://hl7.org/fhir"><id value="&b;"/></Observation>'
_INCLUDE: Final = b'<Observation xmlns="http://hl7.org/fhir" xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/></Observation>'


@attack("hostile XML", "X1", 400, 413, 415, 422)
def _(town: Town) -> Answers:
    utf7 = b'<?xml version="1.0" encoding="UTF-7"?><Observation xmlns="http://hl7.org/fhir"/>'
    bodies = (
        _DOCTYPE,
        _BOMB,
        _INCLUDE,
        utf7,
        b"<a>" * 10_000,
        "<Observation/>".encode("utf-16"),
        b"\0",
    )
    return [town.post("supplier", "Observation", body, headers=XML) for body in bodies]


@attack("a page in a Binary", "X7", 403, 404, 415, 422)
def _(town: Town) -> Answers:
    page = f"<script>{SENT}</script>".encode()
    return [
        town.post("supplier", "Binary", page, headers={"Content-Type": "text/html"}),
        town.get("gp", "Binary/Binary-theirs", headers={"Accept": "text/html"}),
    ]


@attack("hostile JSON", "F1", 400, 413, 415, 422)
def _(town: Town) -> Answers:
    good = to_json(about("mine"))
    more = (
        b',"status":"x"', b',"__proto__":{"a":1}', b',"valueInteger":NaN', b',"valueInteger":' + b"9" * 5000, b',"language":"\\ud800"',
        b',"language":"a\\u0000b"', b',"extension":' + b'[{"extension":' * 900 + b"[]" + b"}]" * 900, b',"valueQuantity":{"value":1e400}',
    )  # fmt: skip
    whole = (
        b"[" * 100_000,
        b"",
        b"null",
        b"\xff\xfe" + good,
        good[:-1],
        gzip.compress(b" " * 60_000_000),
    )
    found = [town.post("supplier", "Observation", good[:-1] + each + b"}") for each in more]
    for body in whole:
        packed = {"Content-Encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {}
        found.append(town.post("supplier", "Observation", body, headers=packed))
    return found


@attack("conditions that look for what is somebody else's", "F2", 400, 403, 404, 412, 422)
def _(town: Town) -> Answers:
    plan = {
        "resourceType": "CarePlan", "status": "draft", "intent": "plan", "subject": {"reference": "Patient/theirs"}, "description": SENT,
    }  # fmt: skip
    number = f"{FNR_SYSTEM}|{NUMBERS[1]}"
    by_number = {"reference": f"Patient?identifier={number}"}
    return [
        town.post("municipality", "CarePlan", plan, headers={"If-None-Exist": "patient=theirs"}),
        town.ask("municipality", "PATCH", "CarePlan?patient=theirs", [], headers=PATCH),
        town.ask("municipality", "DELETE", "CarePlan?patient=theirs"),
        town.post("municipality", "", in_bundle("transaction", "POST", "CarePlan", {**plan, "subject": by_number})),
        town.post("municipality", "", in_bundle("transaction", "PATCH", "Task?patient=theirs")),
    ]  # fmt: skip


@attack("a Bundle with one entry that is somebody else's", "F3", 400, 403, 404, 422)
def _(town: Town) -> Answers:
    bad = (
        in_bundle("transaction", "POST", "Observation", about("theirs")),
        in_bundle("transaction", "GET", "Observation/Observation-theirs"),
        in_bundle("transaction", "PUT", "Observation/Observation-theirs", {**about("theirs"), "id": "Observation-theirs"}),
        in_bundle("transaction", "DELETE", "Observation/Observation-theirs"),
        transaction(entry("POST", "Observation", about("mine")), entry("POST", "Observation", about("other"))),
        in_bundle("transaction", "GET", "//evil.example/fhir/Patient/theirs"),
        in_bundle("transaction", "GET", "../Patient/theirs"), in_bundle("transaction", "GET", "%2e%2e/Patient/theirs"),
        in_bundle("transaction", "POST", "$batch", in_bundle("batch", "GET", "Patient/theirs")),
    )  # fmt: skip
    return [town.post("supplier", "", bundle) for bundle in bad]


@attack("persons by number in the URL, by name, by too many values", "F4", 400, 403)
def _(town: Town) -> Answers:
    many = ",".join(f"urn:x|{n}" for n in range(200))
    return [
        town.get("gp", f"Patient?identifier={NUMBERS[0]}"), town.get("gp", f"Patient/{NUMBERS[0]}"), town.get("gp", "Patient?name=Fortrolig"),
        town.get("gp", "Patient?identifier:missing=false"), town.get("gp", f"Observation?code={many}"), town.get("gp", "Observation?_filter=x"),
        town.get("gp", "Observation?_count=1000000000000"),
    ]  # fmt: skip


@attack("the access log written, changed and taken away", "A3", 403, 404, 405)
def _(town: Town) -> Answers:
    event = {"resourceType": "AuditEvent", "id": "x", "text": {"status": "empty", "div": SENT}}
    return [
        town.ask(name, method, path, event if method in ("POST", "PUT") else None)
        for name in ("privacy-officer", "municipality", "supplier")
        for method, path in (("POST", "AuditEvent"), ("PUT", "AuditEvent/x"), ("DELETE", "AuditEvent/x"))
    ]  # fmt: skip


@attack("the log read by those it is not for", "A4", 403, 404)
def _(town: Town) -> Answers:
    return [
        town.get(name, path)
        for name in ("gp", "municipality", "supplier", "hospital", "operator", "nurse")
        for path in ("AuditEvent?patient=mine", "AuditEvent/$access-log?patient=mine")
    ]


@attack("pages, operations and types that are not there for a token", "H4", 400, 401, 403, 404)
def _(town: Town) -> Answers:
    paths = (
        "$export",
        "Observation/$convert",
        "Observation/x/$meta",
        "Nothing/1",
        "$reindex",
        "Observation/_unknown",
        "Patient/theirs/*",
    )
    return [town.get("gp", path) for path in paths]


@attack("searches for what is somebody else's, each way", "T1", 200, 400, 403, 404, told="04")
def _(town: Town) -> Answers:
    return [town.get("gp", path) for path in SEARCHES]


@attack("a client that was cut off", "K9", 401)
def _(town: Town) -> Answers:
    return [forged(town, actor="other-supplier"), town.get("other-supplier", "Patient/mine")]


def bare(
    town: Town, method: str, path: str, *more: str, body: bytes = b"", actor: str = "supplier"
) -> bytes:
    """A request with good credentials → its bytes."""
    shown = town.issuer.headers(actor, method, f"{HOST}{path}")
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1:8000", *(f"{n}: {v}" for n, v in shown.items()), *more]  # fmt: skip
    return "\r\n".join((*lines, "", "")).encode() + body


HIDDEN: Final = b"GET /fhir/Observation/Observation-theirs HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n"


@attack("a second request hidden behind the first", "H2", 400, told="")
def _(town: Town) -> Answers:
    body = to_json(about("mine"))
    chunked, length = "Transfer-Encoding: chunked", f"Content-Length: {len(body)}"
    found: list[httpx.Response] = []
    for more in (
        (length, chunked), (chunked, length), (length, "Content-Length: 5"), ("Content-Length: +5",), ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: chunked ,",), (f"Content-Length:{len(body)}\r\n {len(body)}",), ("X: a\rContent-Length: 5",), (": x",),
    ):  # fmt: skip
        found += town.say(
            bare(town, "POST", "/fhir/Observation", FHIR_JSON, *more, body=body + HIDDEN)
        )
    return found


@attack("requests that are none, and targets of other kinds", "H2", 400, told="")
def _(town: Town) -> Answers:
    path = "/fhir/Observation/Observation-theirs"
    good = bare(town, "GET", path)
    changed = (
        good.replace(b"HTTP/1.1", b"HTTP/2.0"), good.replace(b"HTTP/1.1", b"HTTP/0.9"), good.replace(path.encode(), path.encode() + b"#x"),
        good.replace(path.encode(), b"http://evil.example" + path.encode()), good.replace(path.encode(), b"http://127.0.0.1@evil.example" + path.encode()),
        b"\x16\x03\x01" + good, good.replace(b"\r\n", b"\n"),
    )  # fmt: skip
    return [each for sent in changed for each in town.say(sent)]


@attack("floods, and bodies that unpack", "H3", 400, 413, 414, 431, told="")
def _(town: Town) -> Answers:
    path = "/fhir/Observation/Observation-theirs"
    long = "X-Note: " + SENT + "a" * 40_000
    many = [f"X-{n}: {SENT}" for n in range(3000)]
    return [
        *town.say(bare(town, "GET", path, long)),
        *town.say(bare(town, "GET", path, *many)),
        *town.say(bare(town, "GET", f"{path}?code={SENT}" + "a" * 9000)),
    ]


@attack("a small body that becomes a large one", "H3", 413)
def _(town: Town) -> Answers:
    packed = gzip.compress(to_json(about("mine")) + b" " * 40_000_000)
    return [town.post("supplier", "Observation", packed, headers={"Content-Encoding": "gzip"})]


@attack("a flood of refusals is counted", "A2", 401, fewest=20)
def _(town: Town) -> Answers:
    token = town.issuer.token("supplier")
    return [shown(town, {"Authorization": f"Bearer {token}"}) for _ in range(60)]


@attack("marks wherever something is told", "A5", 400, 403, 404, 406, 415, 422, fewest=6)
def _(town: Town) -> Answers:
    told = {
        "X-Request-Id": f"{SENT} {NUMBERS[1]}", "User-Agent": f"{SENT} Fortrolig", "Traceparent": SENT, "Referer": f"https://x/{NUMBERS[0]}",
        "X-Security-Context": f"{SENT} {NUMBERS[2]}", "Prefer": SENT, "If-None-Exist": f"identifier={NUMBERS[0]}", "Cookie": SENT,
    }  # fmt: skip
    return [
        town.get("gp", f"Patient/{NUMBERS[1]}", headers=told),
        town.get("gp", f"Observation/{SENT}", headers=told),
        town.get("gp", f"Observation?code={SENT}&patient=Fortrolig/x", headers=told),
        town.get("gp", f"Patient/{SENT}/$everything", headers=told),
        town.post("supplier", "Observation", about("theirs"), headers=told),
        town.post("supplier", "Observation", b"{" + SENT.encode(), headers=told),
        town.post("supplier", "Observation", about("mine", effectiveDateTime=NUMBERS[1]), headers=told),
        town.ask("gp", "POST", "Patient/_search", f"identifier=x%00{NUMBERS[1]}".encode(), headers=told | FORM),
    ]  # fmt: skip
