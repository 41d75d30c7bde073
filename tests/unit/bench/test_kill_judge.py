"""The judge of the kill tests must be able to fail: every kind of loss and doubling, planted by hand, is found."""

from dataclasses import replace

import pytest

from bench.kill_judge import (
    ClientLog,
    DroppedMessage,
    Fault,
    Seen,
    SeenAlert,
    SeenCommunication,
    SentValue,
    WrittenDocument,
    judge,
)

LOG = ClientLog(
    values=(
        SentValue("k-red", "p1", "r1", "red", 1, ("o1",)),
        SentValue("k-twice", "p1", "r1", "yellow", 2, ("o2", "o3")),
        SentValue("k-green", "p1", "r1", "green", 1, ("o4",)),
        SentValue("k-silent", "p2", "r2", "yellow", 1, ()),
        SentValue("k-unanswered", "p2", "r2", "yellow", 1, ()),
    ),
    messages=(DroppedMessage("M-1", 1), DroppedMessage("M-2", 2)),
    answers=1,
)
SEEN = Seen(
    observations={
        "o1": "k-red",
        "o2": "k-twice",
        "o3": "k-twice",
        "o4": "k-green",
        "o5": "k-unanswered",
    },
    marked=5,
    unjudged=0,
    alerts=(
        SeenAlert("i1", "p1", "r1", "red", ("o1", "o2"), 1, 1),
        SeenAlert("i2", "p2", "r2", "yellow", ("o5",), 1, 1),
    ),
    communications=(
        SeenCommunication("a-1", "i1", "completed"),
        SeenCommunication("m-1", None, "completed"),
        SeenCommunication("m-2", None, "completed"),
    ),
    documents=(
        WrittenDocument("f1", "a-1", None),
        WrittenDocument("f2", "q-1", "M-1"),
        WrittenDocument("f3", "q-2", "M-2"),
    ),
    waiting=(),
    put_away=4,
    quarantined=0,
)


def _kinds(log: ClientLog = LOG, seen: Seen = SEEN) -> set[str]:
    return {fault.kind for fault in judge(log, seen)}


def test_nothing_is_found_when_nothing_was_lost_or_doubled():
    assert judge(LOG, SEEN) == ()


def _alerts(*evidence: tuple[str, ...]) -> tuple[SeenAlert, ...]:
    return tuple(
        replace(alert, evidence=one) for alert, one in zip(SEEN.alerts, evidence, strict=True)
    )


def _observations(**more: str) -> dict[str, str]:
    return {**SEEN.observations, **more}


PLANTED = {
    "an acknowledged value is gone": (
        {"observations": {k: v for k, v in SEEN.observations.items() if k != "o4"}, "marked": 4},
        "lost value",
    ),
    "one request made two values": (
        {"observations": _observations(o9="k-red"), "marked": 6},
        "doubled value",
    ),
    "a value nobody sent": ({"observations": _observations(o9="x"), "marked": 6}, "unknown value"),
    "a value waits for ever": ({"unjudged": 1}, "unjudged value"),
    "a value was never marked": ({"marked": 4}, "lost verdict"),
    "a value was marked twice": ({"marked": 6}, "doubled verdict"),
    "a red is no evidence": ({"alerts": _alerts(("o2",), ("o5",))}, "lost verdict"),
    "a yellow whose answer was lost is no evidence": (
        {"alerts": _alerts(("o1", "o2"), ())},
        "lost verdict",
    ),
    "a red is evidence twice": (
        {"alerts": _alerts(("o1", "o2", "o1"), ("o5",))},
        "doubled verdict",
    ),
    "a duplicate is evidence beside the first": (
        {"alerts": _alerts(("o1", "o2", "o3"), ("o5",))},
        "doubled verdict",
    ),
    "a green is evidence": ({"alerts": _alerts(("o1", "o2", "o4"), ("o5",))}, "wrong verdict"),
    "a red stands in another patient's alert": (
        {"alerts": _alerts(("o2",), ("o5", "o1"))},
        "wrong verdict",
    ),
    "evidence that does not exist": (
        {"alerts": _alerts(("o1", "o2", "o99"), ("o5",))},
        "wrong verdict",
    ),
    "an alert is missing": ({"alerts": SEEN.alerts[:1]}, "lost alert"),
    "an alert exists twice": (
        {"alerts": (*SEEN.alerts, replace(SEEN.alerts[1], id="i3"))},
        "doubled alert",
    ),
    "a red alert stands as yellow": (
        {"alerts": (replace(SEEN.alerts[0], zone="yellow"), SEEN.alerts[1])},
        "wrong alert",
    ),
    "an alert that nothing asked for": (
        {"alerts": (*SEEN.alerts, SeenAlert("i4", "p3", "r1", "yellow", (), 1, 1))},
        "wrong alert",
    ),
    "an alert has no task": (
        {"alerts": (replace(SEEN.alerts[0], tasks=0), SEEN.alerts[1])},
        "lost banner or task",
    ),
    "an alert has two banners": (
        {"alerts": (replace(SEEN.alerts[0], flags=2), SEEN.alerts[1])},
        "doubled banner or task",
    ),
    "a red was never told": ({"communications": SEEN.communications[1:]}, "lost message"),
    "a message was made but never left": ({"documents": SEEN.documents[1:]}, "lost message"),
    "a message left twice": (
        {"documents": (*SEEN.documents, WrittenDocument("f4", "a-1", None))},
        "doubled message",
    ),
    "an alert was told twice with two ids": (
        {
            "communications": (*SEEN.communications, SeenCommunication("a-2", "i1", "completed")),
            "documents": (*SEEN.documents, WrittenDocument("f4", "a-2", None)),
        },
        "doubled message",
    ),
    "a message that belongs to no alert": (
        {"documents": (*SEEN.documents, WrittenDocument("f4", "a-9", None))},
        "unknown message",
    ),
    "an answer did not move the message": (
        {
            "communications": (
                replace(SEEN.communications[0], status="in-progress"),
                *SEEN.communications[1:],
            )
        },
        "unanswered message",
    ),
    "a message in was not imported": ({"communications": SEEN.communications[:2]}, "lost import"),
    "a message in was imported twice": (
        {"communications": (*SEEN.communications, SEEN.communications[2])},
        "doubled import",
    ),
    "a message in was not receipted": ({"documents": SEEN.documents[:2]}, "lost receipt"),
    "a message in was receipted twice": (
        {"documents": (*SEEN.documents, WrittenDocument("f4", "q-3", "m-1"))},
        "doubled receipt",
    ),
    "a receipt left twice": (
        {"documents": (*SEEN.documents, replace(SEEN.documents[2], name="f3_2"))},
        "doubled receipt",
    ),
    "a receipt answers nothing": (
        {"documents": (*SEEN.documents, WrittenDocument("f4", "q-4", "M-9"))},
        "unknown receipt",
    ),
    "a file waits for ever": ({"waiting": ("in/x.xml",)}, "left behind"),
    "a file is gone": ({"put_away": 3}, "left behind"),
    "a file went to quarantine": ({"quarantined": 1}, "left behind"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found(name: str):
    change, expected = PLANTED[name]

    assert expected in _kinds(seen=replace(SEEN, **change))


def test_a_value_without_an_answer_may_be_stored_or_not():
    without = {k: v for k, v in SEEN.observations.items() if k != "o5"}
    seen = replace(SEEN, observations=without, marked=4, alerts=SEEN.alerts[:1])

    assert judge(LOG, seen) == ()


def test_a_fault_says_what_it_is_about():
    seen = replace(SEEN, alerts=_alerts(("o2",), ("o5",)))

    assert judge(LOG, seen) == (Fault("lost verdict", "k-red (red)"),)
