"""Addresses and telephone numbers of payloads (fk1) ↔ Address and ContactPoint.

Source: felleskomponent1.xsd, lists 3401, 9043, 9061; fhir-no/no-basis.md (municipality).
"""

from __future__ import annotations

from typing import Any, Final

from hub.emessage.datatypes import CS, URL
from hub.emessage.felles import Address, TeleCom
from hub.fhir.models.r4 import datatypes as fhir
from hub.fhir.models.r4.datatypes import Element, Extension
from hub.mapping.both_ways.coarse import Coarse
from hub.mapping.both_ways.coded import of_coding, of_concept, to_coding, to_concept
from hub.mapping.both_ways.custom import Custom
from hub.mapping.both_ways.form import Eye, Form, Pen, mark_empty
from hub.mapping.both_ways.lines import At
from hub.mapping.both_ways.sheet import Sheet, add_extension
from hub.mapping.both_ways.written import TEXT, as_written, kept_text
from hub.mapping.codes import content, to_contact_point
from hub.mapping.message_urls import MUNICIPALITY, MUNICIPALITY_CODES, PLO

_SCHEMES: Final = {
    "phone": "tel:",
    "fax": "tel:",
    "pager": "tel:",
    "email": "mailto:",
    "sms": "sms:",
}
_USES: Final = {
    "H": "home", "HP": "home", "WP": "work", "HV": "temp", "TMP": "temp", "BAD": "old", "INV": "billing",
}  # fmt: skip
_PHONE_USES: Final = {
    "H": "home", "HP": "work", "WP": "work", "WC": "work", "WD": "work", "MC": "mobile", "HV": "temp",
}  # fmt: skip
_POSTBOX: Final = f"{PLO}postbox"
_LABEL: Final = "Postboks "


def _put_lines(address: Address, sheet: Sheet, _pen: Pen) -> None:
    lines: list[tuple[str | None, Element | None]] = []
    if address.street_adr is not None:
        lines.append(TEXT.to(address.street_adr))
    if address.postbox is not None:
        value, companion = TEXT.to(address.postbox)
        mark = Extension(url=_POSTBOX, valueBoolean=True)
        kept = companion.extension if companion else ()
        lines.append(
            (None if value is None else f"{_LABEL}{value}", Element(extension=(mark, *kept)))
        )
    if lines:
        sheet["line"] = tuple(value for value, _ in lines)
        if any(companion for _, companion in lines):
            sheet["line_ext"] = tuple(companion for _, companion in lines)


def _get_lines(address: fhir.Address, _eye: Eye) -> dict[str, Any]:
    count = max(len(address.line), len(address.line_ext))
    lines = (*address.line, *(None,) * count)[:count]
    companions = (*address.line_ext, *(None,) * count)[:count]
    streets: list[str] = []
    found: dict[str, Any] = {}
    for line, companion in zip(lines, companions, strict=True):
        boxed = companion is not None and any(e.url == _POSTBOX for e in companion.extension)
        text = TEXT.of(line.removeprefix(_LABEL) if line and boxed else line, companion)
        if boxed:
            found["postbox"] = text
        elif text is not None:
            streets.append(text)
    return found | ({"street_adr": ", ".join(streets)} if streets else {})


def _put_county(address: Address, sheet: Sheet, _pen: Pen) -> None:
    if address.county is None:
        return
    coding = to_coding(address.county, None)
    told = fhir.Coding(
        system=MUNICIPALITY_CODES,
        code=coding.code,
        code_ext=coding.code_ext,
        display=coding.display,
        display_ext=coding.display_ext,
    )
    if coding.display:
        sheet["district"] = coding.display
    sheet["district_ext"] = Element(extension=(Extension(url=MUNICIPALITY, valueCoding=told),))


def _get_county(address: fhir.Address, _eye: Eye) -> dict[str, Any]:
    kept = next(
        (e.valueCoding for e in (address.district_ext.extension if address.district_ext else ())
         if e.url == MUNICIPALITY),
        None,
    )  # fmt: skip
    if kept is not None and address.district in (None, kept.display):
        code, name, _ = of_coding(kept, named=False)
        return {"county": CS(v=code, dn=name)}
    return {"county": CS(dn=address.district)} if address.district else {}


def _put_country(address: Address, sheet: Sheet, _pen: Pen) -> None:
    if address.country is None:
        return
    kept = to_concept(address.country, "9043", worded=False)
    add_extension(sheet, Extension(url=f"{PLO}country", valueCodeableConcept=kept))
    if content(address.country.v):
        sheet["country"] = address.country.v


def _get_country(address: fhir.Address, _eye: Eye) -> dict[str, Any]:
    kept = next(
        (e.valueCodeableConcept for e in address.extension if e.url == f"{PLO}country"), None
    )
    sent = of_concept(kept, CS, "9043", worded=False)[0]
    if address.country != (content(sent.v) if sent else None):
        return {"country": CS(v=address.country)}
    return {} if sent is None else {"country": sent}


_ADDRESS_TYPES: Final = {"PST": "postal", "RES": "physical"}


def _address_type(address: Address, sheet: Sheet, _pen: Pen) -> None:
    kind = _ADDRESS_TYPES.get(address.type.v or "") if address.type else None
    if kind:
        sheet["type"] = kind


ADDRESS: Final = Form(
    Address,
    fhir.Address,
    Coarse("type", "use", _USES, kept="@address-type"),
    Custom(("street_adr", "postbox"), "line", _put_lines, _get_lines),
    At("postal_code", "postalCode"),
    At("city", "city"),
    Custom(("county",), "district", _put_county, _get_county),
    Custom(("country",), "country", _put_country, _get_country),
    also=_address_type,
)


def _put_url(tele_com: TeleCom, sheet: Sheet, _pen: Pen) -> None:
    written = tele_com.tele_address.v
    if written is None:
        mark_empty(sheet)
        return
    system, value = _split(written, tele_com.type_telecom)
    sheet["system"] = system
    if value is not None:
        sheet["value"] = value
    if value is None or _join(system, value) != written:
        sheet["value_ext"] = Element(extension=kept_text(written))


def _split(written: str, kind: CS | None) -> tuple[str, str | None]:
    point = to_contact_point(written, kind if kind and kind.v in ("F", "PG") else None)
    return (point.system or "other", point.value) if point else ("other", None)


def _join(system: str | None, value: str) -> str:
    return f"{_SCHEMES.get(system or '', '')}{value}"


def _get_url(point: fhir.ContactPoint, eye: Eye) -> dict[str, Any]:
    written = as_written(point.value_ext)
    kind = _TYPE_TELECOM.bind(TeleCom, fhir.ContactPoint, PLO)
    found: dict[str, Any] = {}
    kind.get(point, eye, found)
    told = (point.system, point.value)
    if written is not None and _split(written, found.get("type_telecom")) == told:
        return {"tele_address": URL(v=written)}
    return {"tele_address": URL(v=_join(point.system, point.value) if point.value else None)}


_TYPE_TELECOM: Final = Coarse("type_telecom", "use", _PHONE_USES)
TELECOM: Final = Form(
    TeleCom,
    fhir.ContactPoint,
    _TYPE_TELECOM,
    Custom(("tele_address",), "value", _put_url, _get_url),
)
