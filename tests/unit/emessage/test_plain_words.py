"""Marked up text as words: what the markup said, the words say too."""

from __future__ import annotations

import pytest

from hub.emessage import xml
from hub.emessage.namespaces import XHTML
from hub.emessage.plain_words import plain_words


def words(inner: str) -> str:
    """What stands within a div → its words."""
    return plain_words(
        xml.to_node(xml.parse(f'<div xmlns="{XHTML}">{inner}</div>'.encode())).content
    )


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("10<sup>9</sup>/L", "10⁹/L"),
        ("10<sup>-3</sup> og 10<sup>\N{MINUS SIGN}3</sup>", "10⁻³ og 10⁻³"),
        ("SpO<sub>2</sub> <center>92</center>", "SpO₂ 92"),
        ("10<SUP><b>12</b></SUP>", "10¹²"),
        ("10<sup>2,5</sup>", "10^(2,5)"),
        ("1<sup>st</sup> C<sub>maks</sub>", "1st Cmaks"),
        ("x<sup/>y<del/>", "xy"),
        ("Obs: <del>Penicillinallergi</del>", "Obs: [strøket: Penicillinallergi]"),
        ("<s>5 mg</s> <strike>10 mg</strike> 15 mg", "[strøket: 5 mg] [strøket: 10 mg] 15 mg"),
        ("Dose 5<p>10 mg</p>", "Dose 5\n10 mg"),
        ("<table><tr><td>Hb</td><td>13<br/>g</td></tr></table>", "Hb\t13\ng"),
    ],
)
def test_no_power_is_a_digit_more_and_nothing_struck_out_stands(inner: str, expected: str) -> None:
    assert words(inner) == expected
