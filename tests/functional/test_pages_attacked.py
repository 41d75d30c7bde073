"""The pages for people, attacked: another tenant's rows, cookies, frames, parts of answers, and what senders write.

Source: security README §2 (1, 6), §9; smart.md §3 (9, 10); xml-and-message-security.md §4, §6.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import pytest

from hub.store.tables import metadata
from tests.builders import FNR_SYSTEM, national_id
from tests.functional.followed import SPO2_RULE, Followed
from tests.functional.hub_client import Client
from tests.functional.test_alert_pages import FORM, forms
from tests.functional.test_alert_steps import raised
from tests.page_reader import read_page_text

MARK: Final = "Fortroligsen"
NUMBER: Final = national_id(3)
KEPT: Final = ("tenant", "own_service", "audit_event", "audit_segment")
"""Tables that stay as they are when a tenant's rows become another's."""
LEADS: Final = re.compile(r'href="(/[^"#]*)"')


def crawl(client: Client) -> dict[str, httpx.Response]:
    """From the front page → every page that links lead to."""
    found: dict[str, httpx.Response] = {}
    ahead = ["/"]
    while ahead and len(found) < 60:
        path = ahead.pop().replace("&amp;", "&")
        if path not in found:
            found[path] = client.get(path)
            ahead += LEADS.findall(found[path].text)
    return found


def give_away(followed: Followed) -> None:
    """All that is the first tenant's → the second's."""
    tables = [t.name for t in metadata.sorted_tables if "tenant_id" in t.columns and t.name not in KEPT]  # fmt: skip

    def work(connection: Any) -> None:
        for table in tables:
            connection.execute(f"UPDATE {table} SET tenant_id = 2 WHERE tenant_id = 1", ())

    followed.client.runner.run(followed.hub.store.engine.write(work))


@pytest.mark.embedded
def test_what_is_another_tenants_is_on_no_page_and_takes_no_step(followed: Followed) -> None:
    who = followed.person(
        name=[{"family": MARK}],
        identifier=[{"system": FNR_SYSTEM, "value": NUMBER}],
        **followed.gp(),
    )
    followed.plan(who, SPO2_RULE)
    issue = raised(followed, who, "86")
    followed.work()
    pages, filled = crawl(followed.client), forms(followed)
    told = [path for path, answer in pages.items() if MARK in answer.text]
    assert {path.split("/")[1].partition("?")[0] for path in told} >= {"patients", "alerts", "messages"}  # fmt: skip

    give_away(followed)
    for path in pages:
        answer = followed.client.get(path)
        assert answer.status_code in (200, 404), path
        assert not [w for w in (MARK, NUMBER, who.partition("/")[2], issue["id"]) if w in answer.text]  # fmt: skip
        assert (answer.status_code == 404) == (len(path.split("/")) > 2), path
    for action, fields in filled.items():
        data = urlencode({**fields, "performer": "x", "action": "x", "note": "x", "hours": "1"})
        answer = followed.client.post(action, data.encode(), headers=FORM)
        assert (answer.status_code, MARK in answer.text) == (404, False), action


def test_no_page_sets_a_cookie_or_may_be_framed_or_kept(followed: Followed) -> None:
    who = followed.person()
    followed.plan(who, SPO2_RULE)
    raised(followed, who, "86")
    wrong = ("/nothing", "/patients/none", "/messages/none/attachments/1", "/alerts/none/close")
    for path in (*crawl(followed.client), *wrong):
        sent = {"Cookie": "a=b", "Origin": "https://evil.example"}
        headers = followed.client.get(path, headers=sent).headers
        assert "Set-Cookie" not in headers, path
        assert "no-store" in headers["Cache-Control"], path
        assert not [name for name in headers if name.startswith("access-control")], path
        if headers["Content-Type"].startswith("application/"):
            continue  # nothing that a browser shows as a page
        assert headers["X-Frame-Options"] == "DENY", path
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path


@pytest.mark.parametrize(
    "wanted",
    ["bytes=0-0", "bytes=-1", "bytes=0-1,2-3,4-5", "bytes=" + ",".join(["0-"] * 500), "lines=1-2", "bytes=9-1"],
)  # fmt: skip
def test_a_part_of_an_answer_is_never_given(client: Client, wanted: str) -> None:
    made = client.post("Binary", b"x" * 5000, headers={"Content-Type": "application/pdf"})
    assert made.status_code == 201
    path = f"Binary/{made.json()['id']}"
    whole = client.get(path, headers={"Accept": "application/pdf"})
    part = client.get(path, headers={"Accept": "application/pdf", "Range": wanted, "If-Range": "*"})
    assert (part.status_code, part.content) == (whole.status_code, whole.content)
    assert "Content-Range" not in part.headers


EVIL: Final = ('"><script>x</script>', "<img src=x onerror=x>", "</title><script>", "javascript:x", "';x//", "&#60;script&#62;", "\u202egnp.exe", "{{7*7}}", "<!--", "]]>", "\ufffe")  # fmt: skip


@pytest.mark.parametrize("evil", EVIL)
def test_whatever_stands_in_a_record_is_text_on_each_page(followed: Followed, evil: str) -> None:
    who = followed.person(name=[{"family": evil, "given": [evil]}])
    followed.plan(who, SPO2_RULE)
    raised(followed, who, "86")
    for path, answer in crawl(followed.client).items():
        for live in ("<script", "<img", "onerror=x>", 'href="javascript', "<!--"):
            assert live not in answer.text, (path, live)
        if answer.headers["Content-Type"].startswith("text/html"):
            assert not set(answer.text) & set("\u202e\ufffe"), path
            assert read_page_text(answer.content).text, path  # and is well-formed


@pytest.mark.parametrize("origin", ["http://[bad", "null", "", "https://127.0.0.1:8000.evil.example", "http://evil.example/127.0.0.1:8000", "127.0.0.1:8000", "http://a@127.0.0.1:8000", "\xff"])  # fmt: skip
def test_a_form_whose_origin_is_not_this_hub_is_refused_however_it_is_written(
    followed: Followed, origin: str
) -> None:
    who = followed.person()
    followed.plan(who, SPO2_RULE)
    raised(followed, who, "86")
    action, fields = next(iter(forms(followed).items()))
    data = urlencode({**fields, "performer": "x"}).encode()
    sent = {**FORM, "Origin": origin.encode("latin-1")}
    answer = followed.client.post(action, data, headers=sent)  # pyright: ignore[reportArgumentType]
    assert answer.status_code == 403
    assert [alert["status"] for alert in followed.alerts(who)] == ["preliminary"]
    good = followed.client.post(action, data, headers={**FORM, "Origin": "http://127.0.0.1:8000"})
    assert good.status_code == 303
