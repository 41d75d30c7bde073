"""Who may do what: everything not permitted is denied."""

from __future__ import annotations

from typing import Any, cast, get_args

import pytest

from hub.policy import Action, Actor, Deny, Permit, authorise
from hub.policy.action import Interaction

DEVELOPER = Actor("development", "d", "Developer", 7)
JOB = Actor("internal_job", "judge", "Job", 7)
ALL = get_args(Interaction)
INSIDE = {"receive", "send", "judge"}


@pytest.mark.parametrize("interaction", ALL)
def test_the_developer_does_all_that_comes_by_http(interaction: Interaction) -> None:
    verdict = authorise(DEVELOPER, Action(interaction, "Patient"))
    assert isinstance(verdict, Deny if interaction in INSIDE else Permit)


@pytest.mark.parametrize("interaction", ["create", "update", "delete"])
@pytest.mark.parametrize("actor", [DEVELOPER, JOB])
def test_nobody_writes_the_access_log(actor: Actor, interaction: Interaction) -> None:
    verdict = authorise(actor, Action(interaction, "AuditEvent"))
    assert isinstance(verdict, Deny)
    assert verdict.code == "hub-only"


def test_an_actor_of_an_unknown_kind_does_nothing() -> None:
    stranger = Actor(cast("Any", "stranger"), "s", "Stranger", 7)
    for interaction in ALL:
        assert isinstance(authorise(stranger, Action(interaction)), Deny)


def test_a_permit_opens_the_actors_own_tenant_and_tells_why() -> None:
    verdict = authorise(DEVELOPER, Action("read", "Patient"))
    assert isinstance(verdict, Permit)
    assert (verdict.actor, verdict.filter.tenant_id, verdict.filter.patient_ids) == (
        DEVELOPER,
        7,
        None,
    )
    assert verdict.reason
