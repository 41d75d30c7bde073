"""The figures are read by Prometheus' own parser, and say what was counted."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from hub.api.figures import BUCKETS_S, TABLE, Figures, render


def families(page: bytes) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """A page → sample name → labels → value, as Prometheus reads it."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(page.decode()):
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_answers_and_latencies_are_counted_by_interaction() -> None:
    figures = Figures()
    figures.answered("read", 200, 0.0004)
    figures.answered("read", 404, 0.3)
    figures.answered("create", 201, 99.0)
    found = families(render(figures.samples(), figures.latency))
    assert found["hub_http_answers_total"][("interaction", "read"), ("status", "404")] == 1
    buckets = found["hub_http_request_seconds_bucket"]
    assert buckets[("interaction", "read"), ("le", "0.001")] == 1
    assert buckets[("interaction", "read"), ("le", "0.25")] == 1
    assert buckets[("interaction", "read"), ("le", "0.5")] == 2
    assert buckets[("interaction", "create"), ("le", "10")] == 0
    assert buckets[("interaction", "create"), ("le", "+Inf")] == 1
    assert found["hub_http_request_seconds_count"][(("interaction", "read"),)] == 2
    assert abs(found["hub_http_request_seconds_sum"][(("interaction", "read"),)] - 0.3004) < 1e-9


def test_a_value_on_the_edge_of_a_bucket_is_in_it() -> None:
    figures = Figures()
    for edge in BUCKETS_S:
        figures.answered("read", 200, edge)
    buckets = families(render({}, figures.latency))["hub_http_request_seconds_bucket"]
    told = [buckets[("interaction", "read"), ("le", f"{edge:g}")] for edge in BUCKETS_S]
    assert told == list(range(1, len(BUCKETS_S) + 1))


def test_every_metric_is_told_with_its_kind_and_meaning() -> None:
    page = render({}, {}).decode()
    for row in TABLE:
        assert f"# HELP {row.name} {row.meaning}\n# TYPE {row.name} {row.kind}\n" in page


def test_labels_are_escaped_as_the_format_demands() -> None:
    odd = 'a\\b"c\nd'
    page = render({"hub_info": [((("version", odd),), 1)]}, {})
    assert families(page)["hub_info"] == {(("version", odd),): 1}


def test_numbers_keep_their_value() -> None:
    values = (0.0, 1.0, 0.1, 1e-9, 123456789.0, 1732278000.125)
    for value in values:
        page = render({"hub_judging_lag_seconds": [((), value)]}, {})
        assert families(page)["hub_judging_lag_seconds"] == {(): value}
