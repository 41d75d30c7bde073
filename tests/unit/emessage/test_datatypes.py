"""Formatted text and attachments."""

import pytest

from hub.emessage.datatypes import FormattedText, html, text, xhtml
from hub.emessage.dialogmelding import Dialogmelding
from hub.emessage.table_build import render
from hub.emessage.table_parse import parse
from hub.emessage.xml import Node
from hub.problems import HubError

HEAD = (
    '<Dialogmelding xmlns="http://www.kith.no/xmlstds/dialog/2013-01-23"><Notat><TemaKodet V="6"/>'
)


def innhold(inner: str) -> FormattedText | None:
    data = f"{HEAD}<TekstNotatInnhold>{inner}</TekstNotatInnhold></Notat></Dialogmelding>".encode()
    message = parse(data, Dialogmelding)
    assert message == parse(render(message), Dialogmelding)
    return message.notat[0].tekst_notat_innhold


def test_plain_text_keeps_its_line_breaks() -> None:
    assert text("en\nto") == innhold("en\nto")


def test_an_empty_text_field_has_no_content() -> None:
    assert text("") == FormattedText() == innhold("")


def test_markup_is_carried_and_shown_as_lines_and_cells() -> None:
    found = innhold(
        '<div xmlns="http://www.w3.org/1999/xhtml">før<br/>etter<table><tr><td>a</td><td>b</td></tr></table></div>'
    )

    assert (
        xhtml(
            "før", html("br"), "etter", html("table", html("tr", html("td", "a"), html("td", "b")))
        )
        == found
    )
    assert found is not None
    assert found.plain == "før\netter\na\tb"


def test_markup_that_forgot_its_namespace_is_markup() -> None:
    found = innhold("<div>hei</div>")

    assert found is not None
    assert found.plain == "hei"


def test_attributes_and_inline_markup_of_text_survive() -> None:
    found = innhold('<p xmlns="http://www.w3.org/1999/xhtml" class="a">en <b lang="nb">to</b></p>')

    assert found is not None
    assert found.plain == "en to"


@pytest.mark.parametrize(
    "inner",
    [
        "<Notat/>",
        '<x xmlns="http://www.kith.no/xmlstds/po/poKomponent/2012-04-01"/>',
        '<div xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x"/>',
        '<p xmlns="http://www.w3.org/1999/xhtml"><MsgHead xmlns="http://www.kith.no/xmlstds/msghead/2006-05-24"/></p>',
    ],
)
def test_a_message_inside_text_is_refused(inner: str) -> None:
    with pytest.raises(HubError):
        innhold(inner)


def test_words_before_a_block_stay_apart_from_it() -> None:
    inner = FormattedText(
        ("Dose 5", Node("{urn:a}p", (), ("10 mg",)), Node("{urn:a}br", (), ()), "x")
    )

    assert inner.plain == "Dose 5\n10 mg\n\nx"
