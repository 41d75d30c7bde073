"""The Tasks that a dialogue message puts before a person of the receiving service.

Source: dialogmelding.md (who answers what); architecture D7 (what needs a person is a Task).
"""

from __future__ import annotations

from typing import Final

from hub.mapping.plo_to_fhir.tasks import TaskKind

ANSWER_QUESTION: Final = TaskKind("answer-question", "Svar på forespørsel")
READ_MESSAGE: Final = TaskKind("read-message", "Les meldingen")
