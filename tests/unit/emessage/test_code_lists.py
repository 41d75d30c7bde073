"""The code lists are named after their number and give codes as the wire wants them."""

import importlib
import pkgutil

import pytest

from hub.emessage import codes
from hub.emessage.codes.code_list import CodeList
from hub.emessage.codes.hendelse_9121 import HENDELSE
from hub.emessage.datatypes import CS, CV

MODULES = [
    module.name for module in pkgutil.iter_modules(codes.__path__) if module.name != "code_list"
]


@pytest.mark.parametrize("name", MODULES)
def test_a_code_list_is_in_the_file_named_after_its_number(name: str) -> None:
    module = importlib.import_module(f"hub.emessage.codes.{name}")
    (found,) = [value for value in vars(module).values() if isinstance(value, CodeList)]

    assert name.rsplit("_", 1)[1] == found.number
    assert found.names
    assert f"2.16.578.1.12.4.1.1.{found.number}" == found.oid


def test_a_code_is_given_with_its_display_name() -> None:
    assert CS(v="1", dn="Pasient innlagt") == HENDELSE.cs("1")
    assert CV(v="1", s="2.16.578.1.12.4.1.1.9121", dn="Pasient innlagt") == HENDELSE.cv("1")


@pytest.mark.parametrize("code", ["99", None])
def test_an_unknown_code_has_no_name(code: str | None) -> None:
    assert HENDELSE.name_of(code) is None
