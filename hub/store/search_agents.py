"""Who had a part in an access, by identifier: the client, the person behind it, their organisations, the other side of a message.

Client and person have columns; systems and organisations are looked for in the body, which is written in one way only.
Source: security/audit.md §3; http://hl7.org/fhir/R4/search.html#reference (`:identifier`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from hub.fhir.search.query import IdentifierValue
from hub.store.audit_shape import ENH, HER
from hub.store.search_sql import FALSE, Sql, all_of, any_of

_json: Final = msgspec.json.Encoder().encode


def named(row: str, wanted: IdentifierValue) -> Sql:
    """An alias and an identifier → that one of the agents is named by it.

    Shape: a client has an identifier without a system, a person that of the issuer of the token, organisations those of the
    Norwegian registers. A row without a person has "" there, which nobody is called.
    """
    value, system = wanted.value, wanted.system
    ways: list[Sql] = []
    if not system:
        ways.append(Sql(f"{row}.agent = ?", (value,)))
    person = Sql(f"{row}.person = ?", (value,))
    if system is None:
        ways += [person, _organisation(row, value), _party(row, value)]
    elif system == ENH:
        ways.append(_organisation(row, value))
    elif system == HER:
        ways.append(_party(row, value))
    elif system:
        ways.append(all_of((person, _holds(row, b'",[%s,' % _json(system), system, value))))
    return any_of(ways) if ways else FALSE


def _organisation(row: str, number: str) -> Sql:
    """The two numbers stand between two texts in the facts, as no other number does."""
    if not number.isdecimal():
        return FALSE
    told = _json(number)
    return any_of(
        (
            _holds(row, b'",[%s,"' % told, ENH, number),
            _has(row, b',%s],"' % told),
        )
    )


def _party(row: str, number: str) -> Sql:
    """The other side stands behind the details."""
    return _holds(row, b'],[%s,"' % _json(number), HER, number)


def _holds(row: str, fact: bytes, system: str, value: str) -> Sql:
    """A piece of the facts, and the identifier as entries from before have it → that the body holds one of them."""
    before = b'"identifier":{"system":%s,"value":%s}' % (_json(system), _json(value))
    return any_of((_has(row, fact), _has(row, before)))


def _has(row: str, piece: bytes) -> Sql:
    return Sql(f"instr({row}.body, ?) > 0", (piece,))
