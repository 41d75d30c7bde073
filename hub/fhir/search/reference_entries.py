"""Values of reference and uri parameters → index entries.

Source: http://hl7.org/fhir/R4/search.html#reference, #uri; http://hl7.org/fhir/R4/references.html.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hub.fhir.models.checks import reference_type
from hub.fhir.search.entry import Extraction, IndexEntry, there
from hub.fhir.search.token_entries import Leaf


def reference_leaf(param: str, kind: str, target: str) -> Leaf:
    """A reference parameter, the FHIR type it finds and the only type it may lead to ("" any) → what makes entries."""
    return _reference(param, target) if kind == "Reference" else _canonical(param)


def _reference(param: str, only: str) -> Leaf:
    def leaf(value: Any, run: Extraction, slot: int) -> None:
        target: str | None = value.reference
        named = value.identifier is not None and _logical(value, run, slot)
        if target is None or target[0] == "#":
            _unfollowed(value, run, slot, named=named)
            return
        target, kind, version = _read(target, run.base_url)
        if only and kind != only:
            return
        run.found.append(
            IndexEntry(param, "reference", target=target, type=kind, version=version, slot=slot)
        )

    def _logical(value: Any, run: Extraction, slot: int) -> bool:
        """Whether there is an entry of the identifier: it says that the parameter is not missing as well."""
        identifier, kind = value.identifier, value.type
        if kind is None and value.reference:
            kind = reference_type(value.reference) or None
        if identifier.value is None or (only and kind not in {None, only}):
            return False
        run.found.append(
            IndexEntry(
                param, "reference", identifier.system, identifier.value, type=kind, slot=slot
            )
        )
        return True

    def _unfollowed(value: Any, run: Extraction, slot: int, *, named: bool) -> None:
        """What is contained, or only named: not missing, if it is of the type that is meant."""
        here = _contained(value.reference, run)
        kind = here or value.type
        if only and kind != only:
            return
        if here:
            run.local += ((param, value.reference[1:]),)
        if not named:
            run.found.append(there(param, slot))

    return leaf


def _contained(written: str | None, run: Extraction) -> str | None:
    """A reference as written → the type of the contained resource that it leads to."""
    resource = (run.inside or {}).get(written[1:]) if written is not None else None
    return None if resource is None else type(resource).__name__


@lru_cache(maxsize=4096)
def _read(written: str, base_url: str) -> tuple[str, str | None, str | None]:
    """A reference as written and the own base → what it leads to, the type it names and the version."""
    target = written.removeprefix(base_url)
    kind = reference_type(target) or None
    if "/_history/" not in target:
        return target, kind, None
    target, _, version = target.partition("/_history/")
    return target, kind, version


def _canonical(param: str) -> Leaf:
    def leaf(value: Any, run: Extraction, slot: int) -> None:
        target, _, version = str(value).partition("|")
        if target[:1] in {"#", ""}:
            if _contained(target, run):
                run.local += ((param, target[1:]),)
            run.found.append(there(param, slot))
            return
        run.found.append(
            IndexEntry(param, "reference", target=target, version=version or None, slot=slot)
        )

    return leaf


def uri_leaf(param: str, kind: str) -> Leaf:
    """A uri parameter and the FHIR type it finds → what makes entries: a canonical with version is found without as well."""

    def leaf(value: Any, run: Extraction, slot: int) -> None:
        run.found.append(IndexEntry(param, "uri", target=value, slot=slot))
        if kind == "canonical" and "|" in value:
            run.found.append(IndexEntry(param, "uri", target=value.partition("|")[0], slot=slot))

    return leaf
