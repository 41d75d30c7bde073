"""The links of a posted search are followed with GET, and what was asked stands in none of them."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from tests.acting import DEVELOPER, GP, GP_OFFICE, ActingClient
from tests.builders import FNR_SYSTEM, Json, national_id, observation, patient
from tests.functional.hub_client import BASE, Client, codes_of

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NUMBER = national_id(1)
BY_NUMBER = f"patient.identifier={FNR_SYSTEM}%7C{NUMBER}"


@pytest.fixture
def who(client: Client) -> str:
    """A patient with five values, beside another with one."""
    made, other = client.create(patient(1)), client.create(patient(2))
    client.create(observation(other))
    for n in range(5):
        client.create(observation(made, value=str(n)))
    return made


@pytest.fixture
def acting(make_client: Callable[..., Client]) -> Iterator[ActingClient]:
    """A hub whose caller is whoever the test says."""
    made = ActingClient(make_client().hub)
    yield made
    made.runner.run(made.http.aclose())
    made.runner.close()


def links_of(page: Json) -> dict[str, str]:
    """A Bundle → its links below the base."""
    for each in page["link"]:
        assert each["url"].startswith(BASE)
    return {each["relation"]: each["url"][len(BASE) :].lstrip("/") for each in page["link"]}


def posted(client: Client, path: str, form: str) -> Json:
    """A path, without `_search`, and a form → the first page."""
    answer = client.post(f"{path}/_search".lstrip("/"), form.encode(), headers=FORM)
    assert answer.status_code == 200, answer.text
    return answer.json()


def got(client: Client, path: str) -> Json:
    """A link → its page."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def readable(text: str) -> str:
    """Links → themselves, and whatever base64 in them says to anybody."""
    words = re.findall(r"[A-Za-z0-9_-]{8,}", text)
    shown = [
        base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
        for word in words
        if len(word) % 4 != 1
    ]
    return "\n".join([text, *[each.decode("latin-1") for each in shown]])


def matched(page: Json) -> list[str]:
    """A Bundle → what was found, without what is included."""
    return [e["fullUrl"] for e in page["entry"] if e["search"]["mode"] == "match"]


def refused(client: Client, path: str) -> bool:
    """Whether a link is refused as a problem of the caller's, which repeats nothing of it."""
    answer = client.get(path)
    assert (answer.status_code, codes_of(answer)) == (400, ["bad-parameter"]), answer.text
    return NUMBER not in answer.text


def with_(path: str, **parts: str) -> str:
    """A link → the same with other parameters."""
    pairs = dict(parse_qsl(urlsplit(path).query))
    return f"{path.partition('?')[0]}?{urlencode({**pairs, **parts})}"


@pytest.mark.parametrize("sort", ["", "&_sort=-date", "&_sort=_lastUpdated"])
def test_a_search_by_person_number_is_read_to_its_end_and_back_with_get(
    client: Client, who: str, sort: str
) -> None:
    whole = matched(posted(client, "Observation", f"{BY_NUMBER}{sort}"))
    page = posted(client, "Observation", f"{BY_NUMBER}{sort}&_count=2&_include=Observation:patient")
    there, pages = matched(page), [page]
    assert links_of(page)["self"] == "Observation/_search"
    while "next" in links_of(page):
        page = got(client, links_of(page)["next"])
        there += matched(page)
        pages.append(page)
    assert (3, whole) == (len(pages), there)
    for earlier in (pages[1], pages[0]):
        page = got(client, links_of(page)["previous"])
        assert matched(earlier) == matched(page)
    for page in pages:
        assert f"{BASE}/{who}" in [e["fullUrl"] for e in page["entry"]]
        told = readable("\n".join(links_of(page).values()))
        assert not [part for part in (NUMBER, FNR_SYSTEM, "identifier", who[8:]) if part in told]


@pytest.mark.parametrize("key", ["family", "-identifier"])
def test_what_is_sorted_by_stands_in_no_link(client: Client, key: str) -> None:
    people = {f"{BASE}/{client.create(patient(n))}" for n in range(4)}
    page = posted(client, "Patient", f"_sort={key}&_count=1")
    found = matched(page)
    while "next" in links_of(page):
        told = readable(links_of(page)["next"]).lower()
        assert not [n for n in range(4) if national_id(n) in told or f"testesen{n}" in told]
        page = got(client, links_of(page)["next"])
        found += matched(page)

    assert (4, people) == (len(found), set(found))


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("Observation", ""),
        ("", "_type=Patient,Observation&_total=accurate"),
        ("{who}/Observation", "code:not=y"),
        ("{who}/*", "_type=Observation"),
        ("Observation", "status:not=%C3%A6%26%3D%2B%23%7C&code:not=a%2Cb"),
    ],
)
def test_whatever_is_searched_by_a_form_is_followed(
    client: Client, who: str, path: str, form: str
) -> None:
    first = posted(client, path.format(who=who), f"{form}&_count=3")
    whole = posted(client, path.format(who=who), f"{form}&_count=50")
    page, found = first, matched(first)
    while "next" in links_of(page):
        page = got(client, links_of(page)["next"])
        found += matched(page)
    assert first.get("total") == page.get("total")
    assert len(found) > 3
    assert matched(whole) == found


def test_a_page_may_be_larger_or_in_another_form_than_the_one_before(
    client: Client, who: str
) -> None:
    first = posted(client, "Observation", f"{BY_NUMBER}&_count=1&_format=json")
    following = links_of(first)["next"]

    assert {"_form", "_count", "_format", "_cursor"} == set(
        dict(parse_qsl(urlsplit(following).query))
    )
    assert len(got(client, with_(following, _count="50"))["entry"]) == 4
    assert client.get(with_(following, _format="xml")).text.startswith("<?xml")
    assert client.request("HEAD", following).status_code == 200


def test_a_link_that_is_posted_with_its_form_leads_on_as_well(client: Client, who: str) -> None:
    form = f"{BY_NUMBER}&_count=2"
    following = links_of(posted(client, "Observation", form))["next"]
    page = got(client, following)
    cursor = dict(parse_qsl(urlsplit(following).query))["_cursor"]
    for path in (following, f"Observation/_search?_cursor={quote(cursor)}"):
        answer = client.post(path, form.encode(), headers=FORM)
        assert matched(answer.json()) == matched(page), path
        other = client.post(path, b"status=final&_count=2", headers=FORM)
        assert (other.status_code, codes_of(other)) == (400, ["bad-parameter"])
    answer = client.post(following, b"", headers=FORM)
    assert matched(answer.json()) == matched(page)


def test_a_form_that_was_not_sealed_for_this_place_is_refused(client: Client, who: str) -> None:
    following = links_of(posted(client, "Observation", f"{BY_NUMBER}&_count=1"))["next"]
    token = dict(parse_qsl(urlsplit(following).query))["_form"]
    middle = len(token) // 2
    for forged in (
        "",
        "A",
        "=",
        "æøå",
        "????",
        NUMBER[:10],
        token[:-1],
        token[1:],
        f"{token}A",
        f"{token}=",
        token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :],
        token * 50,
        "A" * 60_000,
    ):
        assert refused(client, with_(following, _form=forged)), forged[:20]
    assert refused(client, f"{following}&_form={token}")
    assert refused(client, f"{following}&status=final")
    assert refused(client, with_(following, _cursor="WzFd"))
    for place in ("Patient/_search", "_search", f"{who}/Observation/_search", "Observation"):
        answer = client.get(f"{place}?{urlsplit(following).query}")
        assert answer.status_code == 400, place
    assert client.get("Observation/_search?_count=1").status_code == 405
    assert client.put(following, {"resourceType": "Observation"}).status_code == 405


def test_a_link_in_a_batch_leads_to_its_page(client: Client, who: str) -> None:
    def batch(url: str) -> Json:
        entries = [{"request": {"method": "GET", "url": url}}]
        answer = client.post("", {"resourceType": "Bundle", "type": "batch", "entry": entries})
        (entry,) = answer.json()["entry"]
        return entry

    first = batch(f"Patient?identifier={NUMBER},{national_id(2)}&_count=1")["resource"]
    following = links_of(first)["next"]
    assert NUMBER not in following

    assert matched(got(client, following)) == matched(batch(following)["resource"])
    assert batch(with_(following, _form="A" * 9000))["response"]["status"].startswith("400")


def test_a_form_too_long_for_a_url_is_posted_again(make_client: Callable[..., Client]) -> None:
    client = make_client(HUB_MAX_URL_BYTES="600")
    for n in range(3):
        client.create(patient(n))
    short, long = ("&".join(["_count=1"] + ["gender:not=unknown"] * times) for times in (1, 30))
    carried = links_of(posted(client, "Patient", short))["next"]
    left = links_of(posted(client, "Patient", long))["next"]

    assert "_form=" in carried
    assert len(f"/fhir/{carried}") <= 600
    assert len(got(client, carried)["entry"]) == 1
    assert ["_cursor"] == [name for name, _ in parse_qsl(urlsplit(left).query)]
    assert client.get(left).status_code == 405
    assert len(client.post(left, long.encode(), headers=FORM).json()["entry"]) == 1


def test_a_link_outlives_the_process_that_gave_it(
    client: Client, who: str, make_client: Callable[..., Client]
) -> None:
    following = links_of(posted(client, "Observation", f"{BY_NUMBER}&_count=1"))["next"]

    assert matched(got(client, following)) == matched(got(make_client(), following))


def test_nobody_sees_by_a_link_what_they_may_not_see(acting: ActingClient) -> None:
    who = acting.create(patient(1))
    for n in range(3):
        acting.create(observation(who, value=str(n)))
    following = links_of(posted(acting, "Observation", f"{BY_NUMBER}&_count=1"))["next"]
    with acting.as_(replace(DEVELOPER, tenant_id=2)):
        assert refused(acting, following)
    with acting.as_(replace(GP, scopes=frozenset())):
        assert acting.get(following).status_code == 403
    with acting.as_(GP):
        assert "entry" not in acting.get(following).json()
        acting.relate(who[8:], GP_OFFICE, "gp_list")
        assert len(got(acting, following)["entry"]) == 1


def test_the_access_log_tells_what_was_asked_as_for_the_form(client: Client, who: str) -> None:
    page = posted(client, "Observation", f"{BY_NUMBER}&_count=2")
    got(client, links_of(page)["next"])
    assert refused(client, with_(links_of(page)["next"], _form="AAAA"))
    log = got(client, "AuditEvent?_sort=-date&_count=3")["entry"]
    told = [
        base64.b64decode(entity["query"]).decode()
        for each in log
        for entity in each["resource"]["entity"]
        if "query" in entity
    ]
    asked = [text for text in told if NUMBER in text]

    assert len(asked) == 2
    for text in asked:
        assert dict(parse_qsl(text))["patient.identifier"] == f"{FNR_SYSTEM}|{NUMBER}"
        assert "_form" not in text
