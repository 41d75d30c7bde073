"""Why a request is not let in: one table of refusals, what the peer is told and what only our own log knows.

Source: security/helseid.md §6; RFC 9449 §7.1, RFC 6750 §3, RFC 9470 §3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from hub.problems import Problem, ProblemCode


class Refusal(Enum):
    """What the peer is told. Shape: value = (problem, error of the challenge, text); no text names a claim or a value."""

    NO_TOKEN = (ProblemCode.UNAUTHENTICATED, "", "A token is needed")
    INVALID_TOKEN = (ProblemCode.UNAUTHENTICATED, "invalid_token", "The token cannot be used")
    EXPIRED_TOKEN = (ProblemCode.TOKEN_EXPIRED, "invalid_token", "The token has expired")
    INVALID_PROOF = (
        ProblemCode.UNAUTHENTICATED,
        "invalid_dpop_proof",
        "The proof of possession (DPoP) cannot be used",
    )
    NEEDS_NONCE = (
        ProblemCode.UNAUTHENTICATED,
        "use_dpop_nonce",
        "The proof of possession (DPoP) needs the nonce that is given here",
    )
    LEVEL_TOO_LOW = (
        ProblemCode.UNAUTHENTICATED,
        "insufficient_user_authentication",
        "The user must have logged in at a higher level",
    )
    NO_AGREEMENT = (
        ProblemCode.FORBIDDEN,
        "",
        "This organisation has no agreement for this client",
    )


LEVEL: Final = "4"
"""The security level that health data needs (HelseID: `Level4`)."""
SIGNING: Final = ("PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "RS256")
"""What tokens and proofs may be signed with (security/helseid.md §5)."""
_ALGS: Final = " ".join(SIGNING)


class RefusedError(Exception):
    """A request that is not let in. Shape: `why` is for our own log, a fixed word, never a value of the token."""

    def __init__(self, refusal: Refusal, why: str, client_id: str = "") -> None:
        """What the peer is told, and what we know."""
        super().__init__(f"{refusal.name}: {why}")
        self.refusal = refusal
        self.why = why
        self.client_id = client_id


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal on its way to the answer. Shape: `nonce` is given with it, where one is asked for."""

    refusal: Refusal
    nonce: str = ""

    @property
    def problem(self) -> Problem:
        """What the OperationOutcome says."""
        code, _, text = self.refusal.value
        return Problem(code, text)

    def headers(self) -> Sequence[tuple[str, str]]:
        """The headers of the answer: a challenge beside 401, none beside 403."""
        code, error, _ = self.refusal.value
        if code.row.http != 401:
            return ()
        if self.refusal is Refusal.NEEDS_NONCE:
            return (("WWW-Authenticate", f'DPoP error="{error}"'), ("DPoP-Nonce", self.nonce))
        return (("WWW-Authenticate", _challenge(error)),)


def _challenge(error: str) -> str:
    if not error:
        return f'DPoP algs="{_ALGS}"'
    if error == "insufficient_user_authentication":
        return f'DPoP error="{error}", acr_values="Level{LEVEL}"'
    return f'DPoP error="{error}", algs="{_ALGS}"'


def insufficient_scope(scopes: str) -> tuple[str, str]:
    """The scopes a request would need → the header beside 403 (security/helseid.md §6)."""
    return ("WWW-Authenticate", f'DPoP error="insufficient_scope", scope="{scopes}"')
