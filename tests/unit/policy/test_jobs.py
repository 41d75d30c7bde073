"""The hub's own jobs and commands do what their rows name, and nothing else."""

from __future__ import annotations

from typing import get_args

import pytest

from hub.fhir.models import RESOURCE_TYPES
from hub.policy import Action, Actor, Deny, Permit, authorise
from hub.policy.action import Interaction
from hub.policy.jobs import COMMANDS, JOBS

READS = ("read", "vread", "search", "history", "history-instance")


@pytest.mark.parametrize("name", JOBS)
def test_a_job_does_what_its_row_names_and_nothing_else(name: str) -> None:
    job, row = Actor("internal_job", name, name, 1), JOBS[name]
    for kind in RESOURCE_TYPES:
        for interaction in get_args(Interaction):
            may = {
                "create": kind in row.creates,
                "update": kind in row.updates,
                "patch": kind in row.updates,
                "receive": name == "receive",
                "send": name == "send",
                "judge": name == "judge",
            }.get(interaction, interaction in READS and row.may_see(kind))
            verdict = authorise(job, Action(interaction, kind))
            assert isinstance(verdict, Permit) == may, (interaction, kind)
            if isinstance(verdict, Permit):  # what is opened beside is no more than the row
                opened = {k for k in RESOURCE_TYPES if verdict.filter.rows(k) is not None}
                assert opened == {k for k in RESOURCE_TYPES if row.may_see(k)}
                assert not verdict.filter.whole


def test_no_job_and_no_command_may_do_all_and_none_deletes() -> None:
    for row in (*JOBS.values(), *COMMANDS.values()):
        assert "*" not in row.creates | row.updates
        assert "AuditEvent" not in row.creates | row.updates


def test_a_job_that_is_not_in_the_table_does_nothing() -> None:
    for actor in (
        Actor("internal_job", "anything", "Anything", 1),
        Actor("internal_job", "operator:root", "Root", 1),
        Actor("internal_job", "operator:root", "Root", 1, client_id="messages burn"),
    ):
        for interaction in get_args(Interaction):
            assert isinstance(authorise(actor, Action(interaction, "Patient")), Deny)
