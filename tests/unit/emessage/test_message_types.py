"""The table of message types."""

from collections import Counter

import pytest

from hub.emessage import namespaces as ns
from hub.emessage.codes.message_function_8279 import MESSAGE_FUNCTION
from hub.emessage.message_types import MESSAGE_TYPES, app_rec_version, find
from hub.emessage.payloads import PAYLOADS


@pytest.mark.parametrize(
    ("type_", "namespace", "version"),
    [
        ("LOG_INNLAGT", ns.PASIENTLOGISTIKK, "1.1"),
        ("LOG_INNLAGT", "http://www.kith.no/xmlstds/po/Pasientlogistikk/2009-06-30", "1.0"),
        ("FRAVARSMELDING", "http://www.kith.no/xmlstds/po/MeldingFravar/2009-06-30", "1.0"),
        ("DIALOG_AVVIK", ns.DIALOG_1_0, "1.0"),
        ("DIALOG_NOTAT", ns.DIALOG_1_1, "1.1"),
        ("E", ns.EPIKRISE_1_1, "1.0"),
        ("EPIKRISE", ns.EPIKRISE_1_2, "1.1"),
        ("H", ns.HENVISNING_1_0, "1.0"),
        ("HENVISNING", ns.HENVISNING_1_1, "1.1"),
        ("HENVISNING_VIDERE", ns.HENVISNING_2_0, "1.1"),
        ("ANYTHING", "urn:nobody:knows", "1.1"),
        ("UKJENT", "http://www.kith.no/xmlstds/po/Konsultasjon/2009-06-30", "1.0"),
    ],
)
def test_the_receipt_has_the_version_that_the_message_demands(
    type_: str, namespace: str, version: str
) -> None:
    assert version == app_rec_version(type_, namespace)


def test_dialogue_messages_go_both_ways() -> None:
    dialogue = [row for row in MESSAGE_TYPES if row.root == "Dialogmelding"]

    assert [(True, True)] * 6 == [(row.receives, row.sends) for row in dialogue]


def test_the_hub_receives_and_sends_every_plo_message_of_1_6_and_1_5() -> None:
    plo = [row for row in MESSAGE_TYPES if row.standard in {"PLO 1.6", "PLO 1.5"}]

    assert 23 == len(plo)
    assert all(row.receives and row.sends for row in plo)


def test_each_pair_of_type_and_namespace_has_one_row() -> None:
    keys = [(row.type, row.namespace, row.root) for row in MESSAGE_TYPES]

    assert len(keys) == len(set(keys))


def test_each_codec_reads_the_root_its_row_names() -> None:
    rows = [row for row in MESSAGE_TYPES if row.payload is not None]

    assert all(
        (row.payload, row.edition) == PAYLOADS[f"{{{row.namespace}}}{row.root}"] for row in rows
    )


def test_plo_1_5_and_1_6_have_a_codec_for_every_type() -> None:
    assert {"PLO 1.5": 12, "PLO 1.6": 11} == Counter(
        row.standard
        for row in MESSAGE_TYPES
        if row.payload is not None and row.standard.startswith("PLO")
    )


def test_every_type_but_the_short_old_ones_stands_in_the_code_list() -> None:
    assert {"", "E", "H"} == {row.type for row in MESSAGE_TYPES} - set(MESSAGE_FUNCTION.names)


def test_an_unknown_pair_has_no_row() -> None:
    assert find("LOG_INNLAGT", ns.UTSKRIVNINGSRAPPORT) is None
