"""Transport receipts: whatever the broker leaves becomes a fact, and stays until the fact is stored."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.transport.file_drop import Drop, Trouble, prepare, standard_drop
from hub.transport.file_drop_receipts import (
    TransportReceipt,
    load_receipts,
    parse_receipt,
    settle_receipt,
)

MSG = "0b6f6c7e-6a67-4f0c-9f6e-0c2a3b1d9e10"
NAME = f"20260105T103107123Z_{MSG}_5078_90998.xml"
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    drop = standard_drop(tmp_path)
    prepare(drop)
    return drop


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        (f"{NAME}.json", b'{"status": "ack"}', ("acknowledged", NAME, MSG, None)),
        ("r1.json", b'{"msgId": "m", "status": "Error", "reason": "no cert"}', ("rejected", "r1.xml", "m", "no cert")),
        ("r2.json", b'{"msgId": "m", "status": "expired"}', ("abandoned", "r2.xml", "m", None)),
        (f"{NAME}.ack", b"", ("acknowledged", NAME, MSG, None)),
        (NAME.replace(".xml", ".err"), b"no route\n", ("rejected", NAME, MSG, "no route")),
        ("odd.bin", b"\xff\x00", ("not-understood", None, None, None)),
        ("r3.json", b'{"status": "later"}', ("not-understood", "r3.xml", None, None)),
        ("r4.json", b"[" * 100_000, ("not-understood", "r4.xml", None, None)),
    ],
)  # fmt: skip
def test_a_receipt_says_what_it_can(name: str, data: bytes, expected: tuple[str, ...]) -> None:
    receipt = parse_receipt(Path(name), data)

    assert (receipt.kind, receipt.name, receipt.msg_id, receipt.reason) == expected


def test_receipts_stay_until_they_are_settled(drop: Drop) -> None:
    (drop.receipt / f"{NAME}.json").write_text(json.dumps({"status": "ack"}))
    (drop.receipt / "half.tmp").touch()

    first, second = load_receipts(drop), load_receipts(drop)

    assert first == second
    assert isinstance(first, tuple)
    assert len(first) == 1
    assert settle_receipt(drop, first[0], NOW) is None
    assert settle_receipt(drop, first[0], NOW) is None
    assert load_receipts(drop) == ()
    assert (drop.receipt / "archive" / "2026-03-02" / f"{NAME}.json").exists()


def test_a_receipt_of_the_same_name_does_not_overwrite_the_archived_one(drop: Drop) -> None:
    for text in ("one", "two"):
        (drop.receipt / f"{NAME}.err").write_text(text)
        receipts = load_receipts(drop)
        assert isinstance(receipts, tuple)
        settle_receipt(drop, receipts[0], NOW)

    folder = drop.receipt / "archive" / "2026-03-02"
    assert sorted(p.read_text() for p in folder.iterdir()) == ["one", "two"]


def test_a_missing_folder_is_trouble(drop: Drop) -> None:
    drop.receipt.rmdir()

    found = load_receipts(drop)

    assert isinstance(found, Trouble)
    assert found.kind == "gone"
    receipt = TransportReceipt(drop.receipt / "x", "acknowledged", None, None, None)
    assert isinstance(settle_receipt(drop, receipt, NOW), Trouble)
