"""If-Match and If-None-Match against the version that is here."""

from __future__ import annotations

import pytest

from hub.fhir.etag import Conditions, check_if_match, check_if_none_match, is_held, is_unchanged
from hub.fhir.requests import Stored
from hub.problems import HubError, ProblemCode
from tests.conftest import NOON

THREE = Stored("Patient", "p", 3, NOON, b"{}")


@pytest.mark.parametrize("header", [None, 'W/"3"', '"3"', ' W/"3" ', "*", 'W/"1" ,"3"'])
def test_the_version_that_is_here_may_be_changed(header: str | None) -> None:
    check_if_match(header, THREE)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ('W/"2"', "VERSION_CONFLICT"),
        ('W/"03"', "VERSION_CONFLICT"),
        ('"x"', "VERSION_CONFLICT"),
        ("3", "BAD_PARAMETER"),
        ("", "BAD_PARAMETER"),
        ('w/"3"', "BAD_PARAMETER"),
        ('W/"1", W/"2"', "VERSION_CONFLICT"),
        ('W/"3",', "BAD_PARAMETER"),
        ('W/"3" W/"3"', "BAD_PARAMETER"),
    ],
)
def test_another_version_may_not(header: str, code: str) -> None:
    with pytest.raises(HubError) as caught:
        check_if_match(header, THREE)
    assert [p.code for p in caught.value.problems] == [ProblemCode[code]]


@pytest.mark.parametrize("header", ["*", 'W/"1"'])
def test_what_is_not_here_has_no_version(header: str) -> None:
    with pytest.raises(HubError, match="VERSION_CONFLICT"):
        check_if_match(header, None)


@pytest.mark.parametrize(
    ("header", "unchanged"),
    [
        (None, False),
        ('W/"3"', True),
        ('"3"', True),
        ('W/"1", W/"3"', True),
        ("*", True),
        ('W/"2"', False),
        ("3", False),
        ("", False),
    ],
)
def test_the_caller_holds_the_version_or_not(header: str | None, unchanged: bool) -> None:
    assert is_unchanged(header, THREE) == unchanged


def test_if_none_match_of_a_write_excludes_what_is_here() -> None:
    for header in (None, 'W/"2"'):
        check_if_none_match(header, THREE)
    for header in ("*", 'W/"3"'):
        check_if_none_match(header, None)
        with pytest.raises(HubError, match="VERSION_CONFLICT"):
            check_if_none_match(header, THREE)


@pytest.mark.parametrize(
    ("headers", "held"),
    [
        ({}, False),
        ({"if-none-match": 'W/"3"'}, True),
        ({"if-modified-since": "Sat, 21 Nov 2026 12:00:00 GMT"}, True),
        ({"if-modified-since": "Sat, 21 Nov 2026 11:59:59 GMT"}, False),
        ({"if-modified-since": "Sat, 21 Nov 2026 12:00:00 -0000"}, True),
        ({"if-modified-since": "2026-11-21"}, False),
        ({"if-modified-since": "Sat, 99 Nov 99999 12:00:00 GMT"}, False),
        ({"if-none-match": 'W/"2"', "if-modified-since": "Sun, 22 Nov 2026 12:00:00 GMT"}, False),
    ],
)
def test_a_conditional_read_is_decided_by_tag_before_time(
    headers: dict[str, str], held: bool
) -> None:
    assert is_held(headers, THREE) == held


def test_both_conditions_of_a_change_must_hold() -> None:
    Conditions('W/"3"', 'W/"2"').check(THREE)
    for conditions in (Conditions('W/"2"'), Conditions('W/"3"', "*")):
        with pytest.raises(HubError, match="VERSION_CONFLICT"):
            conditions.check(THREE)
