"""`hub emessage roundtrip`: files → through FHIR and back, and whether the same comes out.

Source: architecture §2 (nothing is lost in translation).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import click
from msgspec import Struct

from hub.emessage.xml import MAX_BYTES
from hub.mapping.round_trip import round_trip


class TripCard(Struct, frozen=True):
    """One file. Shape: `first_difference` is null when equal, else the path that differs or why there is no way."""

    file: str
    equal: bool
    first_difference: str | None = None


def trips(
    files: Iterable[Path], new_id: Callable[[], str], now: Callable[[], datetime]
) -> Iterator[TripCard]:
    """Files → what became of each."""
    for file in files:
        try:
            with file.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            reason = f"cannot be opened ({error.strerror})"
            yield TripCard(str(file), equal=False, first_difference=reason)
            continue
        found = round_trip(data, new_id, now())
        yield TripCard(str(file), found.equal, found.first_difference)


def show(card: TripCard) -> None:
    """One file → its line."""
    said = "equal" if card.equal else f"differs: {card.first_difference}"
    click.echo(f"{card.file}: {said}")
