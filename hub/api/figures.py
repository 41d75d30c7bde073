"""What the hub counts of itself, written out as Prometheus reads it; nothing personal, few labels.

Counting must cost next to nothing on the way of every request: a list, a bisection, an addition. docs/reference/metrics.md
is generated from the table.
Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, Literal

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

Kind = Literal["counter", "gauge", "histogram"]
Labels = tuple[tuple[str, str], ...]
Sample = tuple[Labels, float]


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table. Shape: `labels` are the names of its labels."""

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()


TABLE: Final = (
    Metric("hub_info", "gauge", "Always 1; the label tells the version.", ("version",)),
    Metric(
        "hub_http_request_seconds",
        "histogram",
        "From the start of a request to its answer, waiting included, by interaction.",
        ("interaction",),
    ),
    Metric(
        "hub_http_answers_total",
        "counter",
        "Answers by interaction and HTTP status.",
        ("interaction", "status"),
    ),
    Metric(
        "hub_http_refused_total",
        "counter",
        "Requests refused before any work on them, by the problem they were answered with.",
        ("problem",),
    ),
    Metric("hub_http_in_flight", "gauge", "Requests in work now."),
    Metric("hub_http_waiting", "gauge", "Requests that wait for their turn now."),
    Metric("hub_http_connections", "gauge", "Open connections."),
    Metric("hub_store_up", "gauge", "1 when the database answered for this page, else 0."),
    Metric("hub_store_commits_total", "counter", "Commits of this process that went through."),
    Metric("hub_judging_waiting", "gauge", "Values that are stored and not yet judged."),
    Metric(
        "hub_judging_lag_seconds",
        "gauge",
        "Age of the value that has waited longest for its judgement, 0 when none waits.",
    ),
    Metric(
        "hub_jobs_waiting",
        "gauge",
        "Jobs to be done, by queue; also those whose time has not come.",
        ("queue",),
    ),
    Metric(
        "hub_jobs_late_seconds",
        "gauge",
        "How long the job that is due longest has been due, by queue.",
        ("queue",),
    ),
    Metric("hub_worker_up", "gauge", "1 when this process does the hub's own work, else 0."),
    Metric("hub_troubles", "gauge", "Things that do not work now, as `/health` names them."),
    Metric(
        "hub_drop_files",
        "gauge",
        "Files in a folder of the file drop that somebody must look after.",
        ("folder",),
    ),
    Metric(
        "hub_drop_oldest_seconds",
        "gauge",
        "Age of the oldest file there, by the clock of the file system, 0 when there is none.",
        ("folder",),
    ),
    Metric("hub_drop_free_bytes", "gauge", "Room left on the disk of the file drop."),
    Metric(
        "hub_drop_picked_up_seconds",
        "gauge",
        "When the broker last took a file of ours, in seconds since 1970, 0 before the first.",
    ),
    Metric("hub_ready", "gauge", "1 when `/ready` says yes, else 0."),
    Metric(
        "hub_events_total",
        "counter",
        "Lines of the log by their event, also those below the level that is written.",
        ("event",),
    ),
    Metric("process_resident_memory_bytes", "gauge", "Memory of the process that is resident."),
    Metric("process_cpu_seconds_total", "counter", "Processor time of the process."),
    Metric("process_open_fds", "gauge", "Open files and connections of the process."),
    Metric("process_start_time_seconds", "gauge", "When the process began, in seconds since 1970."),
)
_ROWS: Final = {row.name: row for row in TABLE}


@dataclass(slots=True)
class Latency:
    """A histogram. Shape: `counts` per bucket, the last one for all above. Units: seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    sum: float = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(BUCKETS_S, seconds)] += 1
        self.sum += seconds


@dataclass(slots=True)
class Figures:
    """What one process counts of its traffic."""

    latency: dict[str, Latency] = field(default_factory=dict[str, Latency])
    answers: Counter[tuple[str, int]] = field(default_factory=Counter[tuple[str, int]])
    refused: Counter[str] = field(default_factory=Counter[str])
    in_flight: int = 0
    waiting: int = 0
    connections: int = 0

    def answered(self, interaction: str, status: int, seconds: float) -> None:
        """An answer left."""
        found = self.latency.get(interaction)
        if found is None:
            found = self.latency[interaction] = Latency()
        found.add(seconds)
        self.answers[interaction, status] += 1

    def asked(self) -> int:
        """Nothing → how many requests have come, those under way among them."""
        return self.answers.total() + self.in_flight

    def samples(self) -> dict[str, list[Sample]]:
        """Nothing → what was counted, by metric; histograms stand in `render`."""
        return {
            "hub_http_answers_total": [
                ((("interaction", name), ("status", str(status))), count)
                for (name, status), count in sorted(self.answers.items())
            ],
            "hub_http_refused_total": [
                ((("problem", name),), count) for name, count in sorted(self.refused.items())
            ],
            "hub_http_in_flight": [((), self.in_flight)],
            "hub_http_waiting": [((), self.waiting)],
            "hub_http_connections": [((), self.connections)],
        }


def render(samples: Mapping[str, Iterable[Sample]], latency: Mapping[str, Latency]) -> bytes:
    """Samples by metric, and the histograms → the page, in the order of the table."""
    lines: list[str] = []
    for row in TABLE:
        lines += [f"# HELP {row.name} {row.meaning}", f"# TYPE {row.name} {row.kind}"]
        if row.kind == "histogram":
            for name, found in sorted(latency.items()):
                lines += _histogram(row.name, (("interaction", name),), found)
        else:
            lines += [
                f"{row.name}{_labels(labels)} {_number(value)}"
                for labels, value in samples.get(row.name, ())
            ]
    unknown = samples.keys() - _ROWS.keys()
    assert not unknown, unknown
    return ("\n".join(lines) + "\n").encode()


def _histogram(name: str, labels: Labels, latency: Latency) -> list[str]:
    running = list(accumulate(latency.counts))
    edges = [*map(_number, BUCKETS_S), "+Inf"]
    lines = [
        f"{name}_bucket{_labels((*labels, ('le', edge)))} {count}"
        for edge, count in zip(edges, running, strict=True)
    ]
    return [
        *lines,
        f"{name}_sum{_labels(labels)} {_number(latency.sum)}",
        f"{name}_count{_labels(labels)} {running[-1]}",
    ]


def _labels(labels: Labels) -> str:
    """Labels → `{a="b"}`; backslash, quote and line end are escaped as the format demands."""
    if not labels:
        return ""
    told = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels)
    return f"{{{told}}}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
