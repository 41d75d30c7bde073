"""Nothing personal by the other doors: messages in the file drop, the hub's own jobs when they fail, and commands.

As test_nothing_personal_in_logs does for HTTP: persons with marks, and every line, figure and output searched for them.
Source: security/audit.md §5.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub.cli import group
from hub.clock import FixedClock
from tests.functional.followed import ASLAUG, TWO_SERVICES, Followed
from tests.functional.hub_client import Client
from tests.functional.test_nothing_personal_in_logs import lines as lines  # noqa: PLC0414 - a fixture
from tests.functional.test_receiving import DTD, admitted

NUMBER, OTHER = "12834812019", "13116900216"
MARKS = (NUMBER, OTHER, "Testdal", "Aslaug", "1948-03-12", "Zyxmerke")
SAID = re.compile("|".join(map(re.escape, MARKS)), re.IGNORECASE)


@pytest.fixture
def post(make_client: Callable[..., Client], clock: FixedClock, tmp_path: Path) -> Followed:
    """A hub with a drop, talkative in its log."""

    def talkative(**settings: Any) -> Client:
        return make_client(HUB_LOG_LEVEL="DEBUG", **settings)

    return Followed(talkative, clock, tmp_path / "drop", TWO_SERVICES)


def hold(texts: list[str], post: Followed, capfd: pytest.CaptureFixture[str]) -> None:
    """All that was said → no mark in it."""
    out, err = capfd.readouterr()
    for text in (
        *texts,
        post.client.get("/metrics").text,
        post.client.get("/health").text,
        out,
        err,
    ):
        assert not SAID.search(text), text


def spoiled() -> dict[str, bytes]:
    """Messages that are good and that came spoiled, all with the person's name and number in them."""
    element = b"<Zyxmerke>1</Zyxmerke></MsgHead>"
    return {
        "good": admitted(1),
        "again": admitted(1),
        "other bytes under the same id": admitted(1).replace(b"Aslaug", b"Zyxmerke"),
        "cut": admitted(2)[:900],
        "an unknown element": admitted(3).replace(b"</MsgHead>", element),
        "a wrong date": admitted(4).replace(b"1948-03-12", b"1948-03-12x"),
        "somebody who is not here": admitted(5).replace(NUMBER.encode(), OTHER.encode()),
        "another charset": admitted(6).decode().encode("utf-16"),
        "with a dtd": DTD + admitted(7),
        "no xml": f"{NUMBER} Aslaug Testdal".encode(),
        "nothing": b"",
    }


@pytest.mark.embedded
def test_messages_and_commands_leave_no_mark_behind(
    post: Followed,
    database_url: str,
    lines: list[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post.client.create(ASLAUG)
    for number, (name, data) in enumerate(spoiled().items()):
        file = f"{NUMBER} Testdal {name} {number}.xml" if number % 2 else f"fil{number}.xml"
        (post.drop.inbox / file).write_bytes(data)
        post.take_in()
        post.look_after()
    assert any(line.startswith("hub") for line in lines)
    hold(lines, post, capfd)
    monkeypatch.setenv("HUB_DATABASE_URL", database_url)
    said = len(lines)
    for arguments in (
        ["messages", "list"],
        ["messages", "show", "Zyxmerke"],
        ["messages", "replay", NUMBER, "--yes"],
        ["relations", "add", "Zyxmerke", "974760673", "gp_list"],
        ["audit", "verify"],
        ["audit", "patient", "nobody"],
        ["clients", "list"],
    ):
        done = CliRunner().invoke(group, arguments)
        assert done.exception is None or isinstance(done.exception, SystemExit), arguments
        assert "Traceback" not in done.output
        assert not re.search("Aslaug|1948-03-12", done.output), arguments
    hold(lines[said:], post, capfd)


@pytest.mark.embedded
def test_a_job_that_fails_of_our_own_fault_tells_its_place_and_nothing_of_the_person(
    post: Followed,
    lines: list[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post.client.create(ASLAUG)

    def broken(*arguments: Any, **_: Any) -> None:
        message = f"could not keep {arguments!r} of {NUMBER} Testdal"
        raise ValueError(message) from KeyError("Aslaug")

    monkeypatch.setattr("hub.store.resources.write_rows", broken)
    (post.drop.inbox / "fil.xml").write_bytes(admitted(2))
    post.take_in()
    post.take_in()
    assert any("ValueError" in line for line in lines)
    hold(lines, post, capfd)
