"""Which values of a search may be a person's number."""

import pytest

from hub.fhir.search.params import refuse_national_ids
from hub.fhir.search.persons import names_person
from hub.problems import HubError
from tests.builders import national_id

NUMBER = national_id(1)
OTHER = (
    "46701234567"  # day 46 and month 70: a synthetic D-number by its looks, not by its check digits
)


@pytest.mark.parametrize("name", ["identifier", "name", "_id", "patient", "url", "colour", "patient.identifier", "_has:Patient:link:name"])  # fmt: skip
def test_where_a_person_may_be_meant_anything_that_looks_so_counts(name: str) -> None:
    assert names_person(name, OTHER)
    assert names_person(name, f"urn:x|{OTHER}")


@pytest.mark.parametrize("name", ["phone", "telecom", "patient.phone", "telecom:not", "_has:Patient:link:phone", "code", "value-quantity"])  # fmt: skip
def test_where_something_else_is_meant_the_check_digits_must_hold(name: str) -> None:
    assert not names_person(name, OTHER)
    assert not names_person(name, f"http://snomed.info/sct|{OTHER}")
    assert names_person(name, NUMBER)
    assert names_person(name, f"phone|{NUMBER[:6]} {NUMBER[6:]}")


@pytest.mark.parametrize("sign", ["+", "00", " ", "phone|+", "phone| ", "1,+"])
def test_a_number_of_another_country_is_nobody_whatever_its_digits(sign: str) -> None:
    assert not names_person("phone", sign + NUMBER)
    assert names_person("code", sign.replace("00", "") + NUMBER)


def test_one_number_behind_a_telephone_is_still_seen() -> None:
    assert names_person("telecom", f"+{OTHER},{NUMBER}")


def test_a_parameters_own_name_is_never_a_number() -> None:
    with pytest.raises(HubError, match="NATIONAL_ID_IN_URL"):
        refuse_national_ids([(OTHER, "1")])
    refuse_national_ids([("phone", OTHER), ("telecom", f"phone|+{OTHER}")], ("Patient",))
