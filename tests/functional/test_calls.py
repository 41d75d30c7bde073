"""How many functions a value and a trend call, counted: ceilings with room, so that layers do not come back unseen."""

from __future__ import annotations

import pytest
import uvloop

from bench.calls import Found, take_counts


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    """What a judged green value and the trend it joins cost."""
    folder = tmp_path_factory.mktemp("calls") / "hub"
    return uvloop.run(take_counts(folder, 64, judging=True, patients=4))


def test_a_judged_value_calls_few_functions(counted: dict[str, Found]) -> None:
    found = counted["POST"]
    assert found.calls < 250
    assert found.rooms["hub.api"] < 46


def test_a_trend_calls_few_functions(counted: dict[str, Found]) -> None:
    assert counted["trend"].calls < 335


def test_a_later_page_calls_hardly_more_functions_than_the_first(
    counted: dict[str, Found],
) -> None:
    assert counted["page 3"].calls < counted["page 1"].calls * 1.15


def test_a_plain_value_goes_the_short_way(counted: dict[str, Found]) -> None:
    called = dict(counted["POST"].functions)
    assert called["hub.api ShortWay.__call__"] == 1
    assert "hub.api FhirApp.__call__" not in called
