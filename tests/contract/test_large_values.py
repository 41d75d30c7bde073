"""Large values go into a store in parts and come out as they went in; nothing of a work that fails is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub.fhir.interactions.prepare import Setting, prepare_own, store
from hub.fhir.large import to_base64
from hub.fhir.models.r4.binary import Binary
from hub.ports import Unit
from hub.store.large import LEAST
from tests.contract.bench import BASE, START, Bench, permit, postgres_bench, save

BYTES = bytes(range(256)) * (LEAST // 200) + b"end"


def keep(unit: Unit, name: str = "b") -> None:
    """A unit → the bytes are in it as a Binary, and are looked for at once."""
    made = Binary(id=name, contentType="application/xml")
    prepared = prepare_own(made, name, BASE, to_base64(BYTES))
    store(unit.fhir, permit(), prepared, None, Setting(START, BASE))
    assert unit.fhir.head(permit(), "Binary", name) is not None


def body_of(bench: Bench, name: str = "b") -> bytes | None:
    """A store and an id → the stored body."""
    found = bench.load("Binary", name)
    return None if found is None else found.body


def left_behind(unit: Any) -> int:
    """A unit of PostgreSQL → how many large objects its server keeps."""
    row = unit.fhir.connection.execute("SELECT count(*) FROM pg_largeobject_metadata").fetchone()
    return row[0]


def test_a_large_binary_is_stored_whole_among_small_ones(bench: Bench) -> None:
    def work(unit: Unit) -> None:
        save(unit.fhir, {"resourceType": "Binary", "contentType": "a/b", "id": "s"}, START)
        keep(unit)
        keep(unit, "c")

    bench.write(work)

    assert body_of(bench) is not None
    for name in ("b", "c"):
        whole = (
            b'{"resourceType":"Binary","id":"%s"' % name.encode(),
            b'"data":"' + b"".join(to_base64(BYTES).parts()) + b'"}',
        )
        body = body_of(bench, name) or b""
        assert (body.startswith(whole[0]), body.endswith(whole[1])) == (True, True)
    assert sorted(bench.find("Binary")) == ["b", "c", "s"]


def test_nothing_of_a_large_binary_is_left_by_a_work_that_fails(bench: Bench) -> None:
    def fail(unit: Unit) -> None:
        keep(unit)
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        bench.write(fail)

    assert body_of(bench) is None
    bench.write(keep)
    assert body_of(bench) is not None


@pytest.mark.postgres
@pytest.mark.parametrize("fails", [False, True])
def test_the_server_keeps_no_parts(tmp_path: Path, fails: bool) -> None:
    bench = postgres_bench(tmp_path)

    def work(unit: Unit) -> None:
        keep(unit)
        if fails:
            raise ValueError("stop")

    try:
        bench.write(work)
    except ValueError:
        assert fails

    assert bench.read(left_behind) == 0
    bench.close()
