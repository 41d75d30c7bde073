"""Nonces of ours for DPoP: made of the time and a secret, so that every process knows its neighbours'.

Source: RFC 9449 §8, §9.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from hub.security.jose import BadJoseError, decode_segment, encode_segment

LIFE_S: Final = 300
_MAC: Final = 16


@dataclass(frozen=True, slots=True)
class Nonces:
    """Makes nonces and knows them again. Shape: `secret` at least 32 bytes, the same in all processes of a hub."""

    secret: bytes = field(repr=False)

    def make(self, now: float) -> str:
        """Now → a nonce for the next minutes."""
        stamp = struct.pack(">Q", int(now))
        return encode_segment(stamp + self._mac(stamp))

    def is_fresh(self, nonce: str, now: float) -> bool:
        """A nonce that was shown → whether it is ours and not too old."""
        try:
            shown = decode_segment(nonce[:64])
        except BadJoseError:
            return False
        if len(shown) != 8 + _MAC:
            return False
        stamp, mac = shown[:8], shown[8:]
        if not hmac.compare_digest(mac, self._mac(stamp)):
            return False
        made: int = struct.unpack(">Q", stamp)[0]
        return now - LIFE_S <= made <= now + 1

    def _mac(self, stamp: bytes) -> bytes:
        return hmac.digest(self.secret, b"dpop-nonce" + stamp, sha256)[:_MAC]
