"""Five hundred generated messages of every PLO type go into FHIR and come back as they were."""

from __future__ import annotations

import pytest

from hub.emessage.message_types import MessageType
from tests.round_trips import BOTH_WAYS, differs

PLO = tuple(kind for kind in BOTH_WAYS if kind.standard.startswith("PLO"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", PLO, ids=lambda kind: f"{kind.type}-{kind.standard}")
def test_five_hundred_generated_messages_come_back_as_they_were(kind: MessageType) -> None:
    assert [] == [seed for seed in range(1000, 1500) if differs(kind, seed)]
