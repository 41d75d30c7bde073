"""Schema-valid receipts of both versions: random like the messages of `message_generator.py`."""

from __future__ import annotations

from random import Random

from hub.emessage.apprec import EDITIONS, AppRec, render_app_rec
from hub.emessage.message_types import AppRecVersion
from tests.message_generator import Generator

VERSIONS: tuple[AppRecVersion, ...] = ("1.0", "1.1")


def receipt(version: AppRecVersion, seed: int, share: float | None = None) -> AppRec:
    """A version and a seed → a receipt of it."""
    random = Random(f"AppRec {version} {seed}")
    drawn = share or random.choice((0.2, 0.5, 0.8))
    made: AppRec = Generator(random, share=drawn, edition=EDITIONS[version]).value(AppRec)
    return made


def receipt_bytes(version: AppRecVersion, seed: int, share: float | None = None) -> bytes:
    """The same, written."""
    return render_app_rec(receipt(version, seed, share), version)
