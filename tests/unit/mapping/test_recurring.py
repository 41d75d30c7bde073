"""What is made of parties is remembered, and is the same as if it were made anew."""

from __future__ import annotations

from hub.emessage.datatypes import CV
from hub.emessage.msghead import Ident, Organisation
from hub.emessage.remembered import LARGEST, MOST, is_small, remembered
from hub.fhir.models.r4.organization import Organization
from hub.mapping.narrative import Contained
from hub.mapping.organisation import party_reference, to_party


def _service(name: str = "Hjemmetjenesten") -> Organisation:
    her = Ident(id="90213", type_id=CV(v="HER", s="2.16.578.1.12.4.1.1.9051", dn="HER-id"))
    return Organisation(organisation_name="Kommunen", ident=(her,), organisation=Organisation(
        organisation_name=name, ident=(her,)))  # fmt: skip


def test_a_party_is_contained_under_the_ids_of_its_place():
    first, second = Contained(), Contained([Organization(id="organization-1", name="Another")])
    one, _ = to_party(_service(), first)
    other, _ = to_party(_service(), second)
    again, _ = to_party(_service(), Contained([Organization(id="organization-1", name="Third")]))

    assert (one.reference, other.reference, again) == ("#organization-2", "#organization-3", other)
    assert [item.id for item in first.items] == ["organization-1", "organization-2"]
    assert [item.partOf.reference for item in (first.items[1], second.items[2])] == [
        "#organization-1",
        "#organization-2",
    ]


def test_what_another_resource_contains_is_not_remembered_with_a_party():
    to_party(_service(), Contained([Organization(id="organization-1", name="Another")]))
    inside = Contained([Organization(id="organization-1", name="Mine")])
    to_party(_service(), inside)

    assert [item.name for item in inside.items] == ["Mine", "Kommunen", "Hjemmetjenesten"]


def test_a_party_whose_name_has_changed_is_made_anew():
    party_reference(_service())

    assert party_reference(_service("Legevakten")).display == "Legevakten, Kommunen"


def test_a_value_is_made_once_and_a_large_one_each_time():
    made: list[Organisation] = []

    @remembered
    def count(value: Organisation) -> int:
        made.append(value)
        return len(made)

    large = _service("x" * LARGEST)

    assert (count(_service()), count(_service()), count(large), count(large)) == (1, 1, 2, 3)
    assert (is_small(_service()), is_small(large)) == (True, False)


def test_of_many_values_the_last_are_remembered():
    made: list[int] = []

    @remembered
    def keep(value: int) -> int:
        made.append(value)
        return value

    for value in range(MOST + 1):
        keep(value)
    made.clear()

    assert [keep(1), keep(MOST), keep(0)] == [1, MOST, 0]
    assert made == [0]
