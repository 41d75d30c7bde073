"""What a message says, as a page of the running hub: whatever came in is shown whole, attachments are files to save."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from hub.emessage.message_types import find
from hub.emessage.read import read_message
from tests.builders import Json
from tests.functional.followed import Followed
from tests.functional.hub_client import Client
from tests.page_reader import lost, read_page_text

GOLDEN = Path(__file__).parents[1] / "golden"
DISCHARGE = GOLDEN / "emessage/UTSKRIVNINGSRAPPORT/1.6/attachment/message.xml"
CASES = sorted(GOLDEN.glob("*/*/*/*/message.xml"))
UNREADABLE = ("not-well-formed", "with-dtd")


def take_in(followed: Followed, data: bytes) -> str:
    """The bytes of a message → the page of what it says."""
    (followed.drop.inbox / "a.xml").write_bytes(data)
    followed.take_in()
    listed = followed.client.get("/arrivals").text
    found = re.search(r'href="(/messages/[^"]+)"', listed)
    assert found is not None
    assert f'href="{found[1]}/read"' in followed.client.get(found[1]).text
    return f"{found[1]}/read"


def log_of(client: Client) -> list[Json]:
    return client.search("AuditEvent?_count=200&_sort=-date")


@pytest.mark.embedded
@pytest.mark.parametrize("case", CASES, ids=lambda p: "/".join(p.parts[-5:-1]))
def test_whatever_comes_in_can_be_read_as_a_page(followed: Followed, case: Path) -> None:
    data = case.read_bytes()
    answer = followed.client.get(take_in(followed, data))
    page = read_page_text(answer.content)

    assert 200 == answer.status_code
    assert case.parent.name in UNREADABLE or [] == lost(data, page)


def test_the_page_is_called_what_the_message_is(followed: Followed) -> None:
    envelope = read_message(DISCHARGE.read_bytes()).envelope
    assert envelope is not None
    row = find(envelope.type, envelope.namespace)
    page = read_page_text(followed.client.get(take_in(followed, DISCHARGE.read_bytes())).content)

    assert row is not None
    assert row.title == page.headings[0][1]


def test_an_attachment_is_a_file_to_be_saved_with_a_harmless_name(followed: Followed) -> None:
    data = DISCHARGE.read_bytes()
    reading = read_message(data)
    path = take_in(followed, data)
    link = re.search(r'href="([^"]+/attachments/1)"', followed.client.get(path).text)
    assert link is not None
    answer = followed.client.get(link[1])

    assert 200 == answer.status_code
    assert reading.attachments[0].data == answer.content
    assert "application/pdf" == answer.headers["content-type"]
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert "nosniff" == answer.headers["x-content-type-options"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_an_attachment_of_a_type_that_could_run_is_told_as_plain_bytes(followed: Followed) -> None:
    data = DISCHARGE.read_bytes().replace(b"application/pdf", b"text/html")
    path = take_in(followed, data)
    answer = followed.client.get(path.replace("/read", "/attachments/1"))

    assert "application/octet-stream" == answer.headers["content-type"]
    assert ".bin" in answer.headers["content-disposition"]


@pytest.mark.parametrize("number", ["0", "2", "-1", "x", "99999999999999999999", "1.0", "%31%32"])
def test_an_attachment_that_is_not_there_is_404(followed: Followed, number: str) -> None:
    path = take_in(followed, DISCHARGE.read_bytes())

    assert 404 == followed.client.get(path.replace("/read", f"/attachments/{number}")).status_code


def test_an_attachment_that_is_no_base64_is_404_and_never_a_fault_of_ours(
    followed: Followed,
) -> None:
    data = DISCHARGE.read_bytes()
    text = re.search(rb"<(?:\w+:)?Base64Container[^>]*>([^<]+)<", data)
    assert text is not None
    path = take_in(followed, data.replace(text[1], b"@@@not base64@@@"))

    assert 404 == followed.client.get(path.replace("/read", "/attachments/1")).status_code
    assert 200 == followed.client.get(path).status_code


def test_what_is_not_there_is_404(client: Client) -> None:
    assert 404 == client.get("/messages/nothing/read").status_code
    assert 404 == client.get("/messages/nothing/attachments/1").status_code


def test_every_look_at_a_message_and_its_attachments_is_in_the_access_log(
    followed: Followed,
) -> None:
    path = take_in(followed, DISCHARGE.read_bytes())
    attachment = path.replace("/read", "/attachments/1")
    followed.client.get(path)
    followed.client.get(attachment)

    told = str([entry.get("entity") for entry in log_of(followed.client)])
    queries = {base64.b64encode(f"page {each}".encode()).decode() for each in (path, attachment)}

    assert all(each in told for each in queries)
