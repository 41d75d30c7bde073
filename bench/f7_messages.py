"""F7: an e-message read, checked and mapped to FHIR, as a multiple of lxml's parse and the official schema's check of the same bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

from lxml import etree

from bench.figure import Figure
from bench.loading import NotMeasurableError, median
from hub.clock import SystemClock
from hub.emessage.read import read_message
from hub.mapping.draft import Context
from hub.mapping.registry import MAPPERS
from hub.wiring.litter import leave_what_stays

STANDARDS: Final = Path(__file__).resolve().parents[2] / "shared" / "standards" / "emessage"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured. Shape: every official example, `times` in each of `rounds`."""

    rounds: int = 5
    times: int = 5


def measure(size: Size) -> Figure:
    """A size → the figure over the official examples. Raises NotMeasurableError where they are not beside the repository."""
    files = sorted((STANDARDS / "examples").rglob("*.xml"))
    if not files:
        raise NotMeasurableError("F7 needs the official examples and schemas in ../shared")
    schema = _schema(STANDARDS / "xsd")
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)

    def floor(data: bytes) -> object:
        return schema.validate(etree.fromstring(data, parser))

    rows = {file: (file.read_bytes(), _mapped(file.read_bytes())) for file in files}
    # As the hub does before it serves; both sides are spared alike
    leave_what_stays()
    ratios: dict[str, float] = {}
    whole, below, read = 0.0, 0.0, 0.0
    for file, (data, ours) in rows.items():
        pairs = [_pair(size.times, data, ours, floor) for _ in range(size.rounds)]
        ratios[file.parent.name] = max(
            ratios.get(file.parent.name, 0.0), median(o / f for o, f in pairs)
        )
        whole += median(o for o, _ in pairs)
        below += median(f for _, f in pairs)
        read += median(_cpu(size.times, data, read_message) for _ in range(size.rounds))
    worst = ", ".join(f"{name} {ratio:.1f}" for name, ratio in sorted(ratios.items()))
    return Figure(
        "F7",
        "e-message parse + check + map, of lxml parse + XSD",
        3.5,
        2,
        "x",
        whole / below,
        higher=False,
        note=(
            f"CPU time over {len(files)} official examples: {whole / len(files) * 1e3:.2f} ms against"
            f" {below / len(files) * 1e3:.2f} ms each, reading and checking alone {read / len(files) * 1e3:.2f} ms; the worst of each kind: {worst}"
        ),
        facts={"ratios": ratios},
    )


def _pair(
    times: int, data: bytes, ours: Callable[[bytes], object], floor: Callable[[bytes], object]
) -> tuple[float, float]:
    return _cpu(times, data, ours), _cpu(times, data, floor)


def _cpu(times: int, data: bytes, work: Callable[[bytes], object]) -> float:
    began = time.process_time()
    for _ in range(times):
        work(data)
    return (time.process_time() - began) / times


def _mapped(data: bytes) -> Callable[[bytes], object]:
    """One example → what the hub does with it before anything is stored."""
    first = read_message(data)
    kind = first.message_type
    if first.message is None or kind is None:
        raise NotMeasurableError("an official example is not read")
    row = MAPPERS[kind.type, kind.namespace]
    numbers, now = count(), SystemClock().now()

    def work(body: bytes) -> Any:
        reading = read_message(body)
        assert reading.message is not None
        context = Context("patient", lambda: f"id-{next(numbers)}", now, raw="Binary/b")
        return row.to_fhir(reading.message, reading.payload, context)

    return work


class _Local(etree.Resolver):
    """Answers schemas that are named by an absolute address from the folder."""

    def resolve(self, system_url: Any, public_id: Any, context: Any) -> Any:
        """A URL → the file of that name beside the others, or nothing."""
        del public_id
        if str(system_url).startswith(("http://", "https://")):
            name = str(system_url).rsplit("/", 1)[-1]
            beside = STANDARDS / "xsd" / "felleskomponenter" / name
            if beside.exists():
                return self.resolve_filename(str(beside), context)
            return self.resolve_string("", context)
        return None


def _schema(folder: Path) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    return etree.XMLSchema(etree.parse(str(folder / "all.xsd"), parser))
