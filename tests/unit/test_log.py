"""Every logged line has a name and no personal data."""

from __future__ import annotations

import logging

import pytest

from hub.log import Event, log, log_failure


@pytest.mark.parametrize("event", list(Event), ids=lambda e: e.name)
def test_every_event_is_logged_with_its_name_and_level(
    event: Event, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="hub"):
        log(event, count=1)
    (record,) = caplog.records
    assert record.levelno == event.value[0]
    assert record.getMessage().startswith(f"{event.name} ")
    assert '{"count": 1}' in record.getMessage()


def test_a_failure_tells_type_and_place_and_never_the_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken() -> None:
        raise ValueError("Kari Nordmann")

    try:
        broken()
    except ValueError as error:
        log_failure(Event.REQUEST_FAILED, error, request="abc")
    assert "ValueError" in caplog.text
    assert "abc" in caplog.text
    assert "Kari" not in caplog.text
