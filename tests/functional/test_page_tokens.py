"""Page tokens through HTTP: followed as they are they lead on; changed, or put into another search, they are 400."""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from tests.builders import observation, patient
from tests.functional.hub_client import BASE, Client, codes_of

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PATHS = [
    "Observation?_count=1",
    "Observation?_count=1&_sort=-date&patient={who}",
    "Observation?_count=1&_sort=status,-date",
    "Observation?_count=1&_sort=_lastUpdated&_total=accurate",
    "?_type=Patient,Observation&_count=1",
    "{who}/Observation?_count=1",
    "{who}/*?_count=1",
    "{who}/$everything?_count=1",
    "Patient/$everything?_count=1",
    "Observation/_history?_count=1",
    "_history?_count=1",
    "AuditEvent/$access-log?patient={who}&_count=1",
]


@pytest.fixture
def who(client: Client) -> str:
    """A patient with some values."""
    made = client.create(patient())
    for n in range(4):
        client.create(observation(made, value=str(n)))
    client.get(f"{made}")
    return made


def next_of(client: Client, path: str) -> str:
    """A path → that of the next page."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    links = {each["relation"]: each["url"] for each in told.get("link", ())}
    links |= {p["name"]: p["valueUri"] for p in told.get("parameter", ()) if "valueUri" in p}
    assert links["next"].startswith(BASE)
    return links["next"][len(BASE) :].removeprefix("/")


def with_token(path: str, token: str) -> str:
    """A path with a token → the same with another."""
    return f"{path.partition('_cursor=')[0]}_cursor={quote(token)}"


def token_in(path: str) -> str:
    """A path → its token."""
    return dict(parse_qsl(urlsplit(path).query))["_cursor"]


@pytest.mark.parametrize("path", PATHS)
def test_a_token_leads_on_as_it_is_and_a_changed_one_is_refused(
    client: Client, who: str, path: str
) -> None:
    following = next_of(client, path.format(who=who))
    token = token_in(following)
    plain, _, tag = token.rpartition(".")

    assert client.get(following).status_code == 200
    for forged in (
        plain,
        f"{plain}.",
        f"A{token}",
        f"{plain}.{tag[:-1]}",
        f"{plain}.{tag[::-1]}",
        "WzFd",
    ):
        answer = client.get(with_token(following, forged))
        assert (answer.status_code, codes_of(answer)) == (400, ["bad-parameter"]), forged


def test_a_token_is_read_the_way_it_was_given(client: Client, who: str) -> None:
    following = next_of(client, f"Observation?patient={who}&_count=1&_sort=date")
    token = token_in(following)
    page = client.get(following).json()
    (back,) = [each["url"] for each in page["link"] if each["relation"] == "previous"]
    before = token_in(back)

    assert len(client.get(back.removeprefix(f"{BASE}/")).json()["entry"]) == 1
    assert before.startswith("~")
    for forged in (f"~{token}", before[1:], f"~{before}"):
        answer = client.get(with_token(following, forged))
        assert (answer.status_code, codes_of(answer)) == (400, ["bad-parameter"]), forged


def test_a_token_of_one_search_is_none_of_another(client: Client, who: str) -> None:
    tokens = [token_in(next_of(client, path.format(who=who))) for path in PATHS[:5]]
    searches = [path.format(who=who) for path in PATHS[:5]]
    for search in searches:
        for other, token in zip(searches, tokens, strict=True):
            answer = client.get(f"{search}&_cursor={quote(token)}")
            assert answer.status_code == (200 if search == other else 400), (search, other)


def test_a_page_may_be_larger_or_in_another_form_than_the_one_before(
    client: Client, who: str
) -> None:
    token = token_in(next_of(client, f"Observation?patient={who}&_count=1"))
    page = client.get(f"Observation?patient={who}&_count=50&_format=json&_cursor={token}").json()

    assert len(page["entry"]) == 3


def test_what_was_left_out_of_a_search_is_not_asked_for_again(client: Client, who: str) -> None:
    lenient = {"Prefer": "handling=lenient"}
    page = client.get(f"Observation?patient={who}&colour=red&_count=3", headers=lenient).json()
    (url,) = [each["url"] for each in page["link"] if each["relation"] == "next"]

    assert len(client.get(url.removeprefix(f"{BASE}/")).json()["entry"]) == 1


def test_a_form_goes_on_with_its_token_and_with_no_other(client: Client, who: str) -> None:
    body = f"patient={who}&_count=2".encode()
    page = client.post("Observation/_search", body, headers=FORM).json()
    (url,) = [each["url"] for each in page["link"] if each["relation"] == "next"]
    path = url.removeprefix(f"{BASE}/")

    assert len(client.post(path, body, headers=FORM).json()["entry"]) == 2
    assert client.post(path, b"status=final&_count=2", headers=FORM).status_code == 400


def test_a_token_outlives_the_process_that_gave_it(
    client: Client, who: str, make_client: Callable[..., Client]
) -> None:
    following = next_of(client, f"Observation?patient={who}&_count=1")
    again = make_client()

    assert client.get(following).json()["entry"] == again.get(following).json()["entry"]


def test_what_a_page_starts_behind_stands_readable_in_no_link(client: Client) -> None:
    """Names and birthdays are sorted by; what the row before has of them must not go into logs and histories."""
    for n, name in enumerate(("Aune", "Blank", "Dahl")):
        born = f"19{60 + n}-03-04"
        client.create({**patient(), "name": [{"family": name}], "birthDate": born})
    for order in ("family", "-family", "birthdate", "_lastUpdated,family"):
        page, shown, places = f"Patient?_count=1&_sort={order}", "", 0
        while page:
            told = client.get(page).json()
            links = {each["relation"]: each["url"] for each in told["link"]}
            shown += "".join(base64.urlsafe_b64decode(t + "==").hex() for t in _tokens(links))
            places, page = places + 1, links.get("next", "").removeprefix(f"{BASE}/")
        assert places == 3
        words = ("aune", "blank", "dahl", "Aune")
        assert not [word for word in words if word.encode().hex() in shown]


def test_a_hidden_token_is_no_token_of_another_search(client: Client) -> None:
    for name in ("Aune", "Blank", "Dahl"):
        client.create({**patient(), "name": [{"family": name}]})
    token = token_in(next_of(client, "Patient?_count=1&_sort=family"))
    assert client.get(f"Patient?_count=1&_sort=family&_cursor={token}").status_code == 200
    for other in ("Patient?_sort=-family", "Patient?_sort=given", "Practitioner?_sort=family"):
        answer = client.get(f"{other}&_cursor={token}")
        assert (answer.status_code, codes_of(answer)) == (400, ["bad-parameter"]), other


def _tokens(links: dict[str, str]) -> list[str]:
    """The links of a page → the tokens in them, filled up to whole signs of base64."""
    return [token_in(url) for relation, url in links.items() if relation in ("next", "previous")]
