"""Stored bytes become structs without being checked again."""

from __future__ import annotations

from hub.fhir.codec import encode
from hub.fhir.reading import read_stored


def test_a_stored_body_is_read_with_what_it_contains() -> None:
    body = (
        b'{"resourceType":"Task","id":"1","contained":[{"resourceType":"Patient","id":"p"}],'
        b'"status":"requested","intent":"order","for":{"reference":"#p"}}'
    )
    task = read_stored(body, "Task")
    assert type(task.contained[0]).__name__ == "Patient"
    assert encode(task) == body


def test_what_was_stored_under_milder_rules_is_still_read() -> None:
    assert read_stored(b'{"resourceType":"Task","id":"1"}', "Task").status is None
