"""FHIR R4 models: resource type → struct, imported when first asked for (http://hl7.org/fhir/R4/resourcelist.html)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

from msgspec import Struct

from hub.fhir.models.checks import Rule
from hub.fhir.models.resource_types import RESOURCE_TYPES
from hub.problems import ProblemCode, fail


@cache
def module_for(type_name: str) -> ModuleType:
    """A resource type → its generated module.

    Problems: UNKNOWN_RESOURCE_TYPE.
    """
    if type_name not in RESOURCE_TYPES:
        raise fail(
            ProblemCode.UNKNOWN_RESOURCE_TYPE, "not a resource type of FHIR R4", "resourceType"
        )
    package = import_module("hub.fhir.models.r4")
    return import_module(f"hub.fhir.models.r4.{package.RESOURCE_MODULES[type_name]}")


def struct_for(type_name: str) -> type[Struct]:
    """A resource type → its struct.

    Problems: UNKNOWN_RESOURCE_TYPE.
    """
    return getattr(module_for(type_name), type_name)


def check_for(type_name: str) -> Callable[[Any, bool], bool]:
    """A resource type → its generated check (struct, whether extensions may be there) → whether it is well."""
    return getattr(module_for(type_name), f"ok_{type_name}")


@lru_cache(maxsize=8)
def rules_for(type_name: str) -> Mapping[str, Rule]:
    """A resource type → struct name → what annotations cannot say, datatypes included.

    The last few are remembered: to make them takes most of a millisecond, and a body may hold tens of thousands of resources.
    """
    return {**_rules_of_datatypes(), **module_for(type_name).rules()}


@lru_cache(maxsize=1)
def _rules_of_datatypes() -> Mapping[str, Rule]:
    rules: Mapping[str, Rule] = import_module("hub.fhir.models.r4.datatypes").rules()
    return rules


__all__ = ["RESOURCE_TYPES", "check_for", "module_for", "rules_for", "struct_for"]
