"""A message with a personal signature → whether the signature held when the message was made.

Source: apprec.md (S01 to S99); security/xml-and-message-security.md §2.
"""

from __future__ import annotations

from datetime import datetime

from hub.emessage.read import Reading
from hub.emessage.signature import Trust, check_signature
from hub.mapping.times import to_instant_of
from hub.problems import Problem


def check_signed(
    raw: bytes, reading: Reading, received: datetime, trust: Trust
) -> tuple[Problem, ...]:
    """The bytes of a message, what they say, when they came and whom an operator trusts → what is wrong with the signature.

    Shape: nothing for a message without one. Problems: as `check_signature`.
    """
    signature = reading.message.signature if reading.message is not None else None
    if signature is None or reading.envelope is None or reading.envelope.root != "MsgHead":
        return ()
    at = to_instant_of(reading.envelope.gen_date) or received
    return check_signature(raw, signature, min(at, received), trust)
