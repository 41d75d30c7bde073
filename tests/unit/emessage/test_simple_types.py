"""The lexical spaces of the simple types."""

import pytest

from hub.emessage import simple_types as types


@pytest.mark.parametrize("text", ["2026-02-28", "2024-02-29", "2026-01-31Z", "2026-01-31+14:00"])
def test_real_days_are_dates(text: str) -> None:
    assert types.DATE.read(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-02-29",
        "2026-13-01",
        "2026-1-1",
        "0000-01-01",
        "2026-01-31+14:01",
        " 2026-01-01",
        "12026-01-01",
    ],
)
def test_other_texts_are_no_dates(text: str) -> None:
    assert types.DATE.read(text) is None


@pytest.mark.parametrize(
    "text", ["2026-01-31T10:00:00", "2026-01-31T24:00:00", "2026-01-31T10:00:00.5-01:00"]
)
def test_a_date_with_a_time_is_a_date_time(text: str) -> None:
    assert types.DATE_TIME.read(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31",
        "2026-01-31T10:00",
        "2026-01-31T24:00:01",
        "2026-02-30T10:00:00",
        "2026-01-31T10:00:60",
    ],
)
def test_other_texts_are_no_date_times(text: str) -> None:
    assert types.DATE_TIME.read(text) is None


@pytest.mark.parametrize(
    "text", ["2026", "2026-05", "10:00:00", "2026-01-31", "2026-01-31T10:00:00"]
)
def test_a_point_in_time_may_be_truncated(text: str) -> None:
    assert types.POINT_IN_TIME.read(f" {text} ") == text


@pytest.mark.parametrize("text", ["", "0000", "0000-05", "2026-13", "10:00"])
def test_other_texts_are_no_points_in_time(text: str) -> None:
    assert types.POINT_IN_TIME.read(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("1", True), (" false ", False), ("0", False), ("TRUE", None), ("", None)],
)
def test_booleans_have_four_spellings(text: str, value: bool | None) -> None:
    assert types.BOOLEAN.read(text) is value


@pytest.mark.parametrize("text", ["5", "-5.", ".5", "1e5", "INF", "-INF", "NaN"])
def test_doubles_keep_their_spelling(text: str) -> None:
    assert types.DOUBLE.read(text) == text


@pytest.mark.parametrize("text", ["", "+", "1,5", "1e", "+INF", "INF ", "0x1", "٣"])
def test_other_texts_are_no_doubles(text: str) -> None:
    assert types.DOUBLE.read(text) is None


def test_numbers_of_more_than_eighteen_digits_are_refused() -> None:
    assert types.INTEGER.read("1" * 19) is None
    assert types.DECIMAL.read("0." + "1" * 19) is None


@pytest.mark.parametrize(
    "text", ["tel:73555555", "mailto:a@b.no", "http://a/b?c#d", "", "blåbær", "%41", "tel:+47 73"]
)
def test_addresses_are_uris(text: str) -> None:
    assert types.ANY_URI.read(text) == text


@pytest.mark.parametrize("text", ["%zz", "http://[", ":a", "#a#b"])
def test_other_texts_are_no_uris(text: str) -> None:
    assert types.ANY_URI.read(text) is None


def test_a_token_is_collapsed() -> None:
    assert types.TOKEN.read("  N \n M ") == "N M"


@pytest.mark.parametrize(
    ("text", "ok"),
    [("QUJD", True), ("QUI=", True), ("Q U\nI=", True), ("QUJ", False), ("Q===", False)],
)
def test_base64_is_checked_and_kept_as_written(text: str, ok: bool) -> None:
    assert types.BASE64.read(text) == (text if ok else None)


@pytest.mark.parametrize(
    ("text", "ok"), [("2.16.578", True), ("2", True), ("2..3", False), ("2.", False), (".2", False)]
)
def test_oids_have_single_dots_inside(text: str, ok: bool) -> None:
    assert types.OID.read(text) == (text if ok else None)
