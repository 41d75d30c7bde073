"""A message with ten megabytes attached, through the running hub: in by the drop, stored, and read."""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path

import httpx
import pytest

from tests.live_hub import client_of, live_hub

GOLDEN = (
    Path(__file__).parents[1] / "golden/emessage/UTSKRIVNINGSRAPPORT/1.6/attachment/message.xml"
)
SIZE = 10_000_000
MOST = 4
"""A message may cost so many times its attachment (issue 4), also with its page read and the attachment saved from there."""
OWN = "8095001/8095101=*"
FNR = {"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "12834812019"}
ASLAUG = {
    "resourceType": "Patient",
    "identifier": [FNR],
    "name": [{"family": "Testdal", "given": ["Aslaug"]}],
    "gender": "female",
    "birthDate": "1948-03-12",
}


def peak(pid: int) -> int:
    """A process → the most memory it has had, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


@pytest.mark.slow
def test_ten_megabytes_go_through_the_hub_whole_for_less_than_four_times_their_size(
    tmp_path: Path, database_url: str
) -> None:
    small = GOLDEN.read_bytes()
    start = small.index(b">", small.index(b"<Base64Container")) + 1
    data = b"%PDF-1.4\n" + bytes(range(256)) * (SIZE // 256)
    large = small[:start] + base64.b64encode(data) + small[small.index(b"</Base64Container") :]
    ids = re.search(rb"<MsgId>([^<]+)</MsgId>", small)
    assert ids is not None
    large = large.replace(ids[1], b"11111111-2222-4333-8444-555555555555")
    inbox = tmp_path / "drop" / "in"
    inbox.mkdir(parents=True)
    settings = {
        "HUB_DATABASE_URL": database_url,
        "HUB_FILEDROP_DIR": str(tmp_path / "drop"),
        "HUB_OWN_SERVICES": OWN,
    }
    with live_hub(tmp_path, **settings) as server, client_of(server) as client:
        assert 201 == client.post("/fhir/Patient", json=ASLAUG).status_code
        (inbox / "small.xml").write_bytes(small)
        first = arrivals(client, 1)
        read(client, first[0])
        before = peak(server.pid)
        (inbox / "large.xml").write_bytes(large)
        newest = arrivals(client, 2)[0]
        taken_in = peak(server.pid)
        got = read(client, newest)
        whole = peak(server.pid)
    assert data == got
    assert taken_in - before < MOST * SIZE, f"{(taken_in - before) / SIZE:.1f} times"
    assert whole - before < MOST * SIZE, f"{(whole - before) / SIZE:.1f} times"


def arrivals(client: httpx.Client, count: int) -> list[str]:
    """Waits for so many arrivals that were taken in → their pages, the newest first."""
    listed, end = "", time.monotonic() + 90
    while time.monotonic() < end:
        listed = client.get("/arrivals").text
        if listed.count("tatt inn") >= count:
            return re.findall(r'<th[^>]*><a href="(/messages/[^"]+)"', listed)
        time.sleep(0.3)
    raise AssertionError(listed)


def read(client: httpx.Client, path: str) -> bytes:
    """A message's page → the bytes of its attachment, the page of what it says having been read too."""
    page = client.get(f"{path}/read")
    assert 200 == page.status_code
    answer = client.get(f"{path}/attachments/1")
    assert 200 == answer.status_code
    return answer.content
