"""Texts of single settings → what they mean; what is wrong is added to a list, so that all is told at once."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from hub.settings.table import EDITIONS
from hub.values import HerId, OwnService, parse_her_id

PRODUCTION_ISSUER: Final = "https://helseid-sts.nhn.no"
_SERVICE: Final = re.compile(r"([0-9]+)/([0-9]+)=(\*|[A-Z0-9_]+(?:,[A-Z0-9_]+)*)")
_HOURS: Final = re.compile(r"([A-Z0-9_]+)=([0-9]{1,2})")
_ORIGIN: Final = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9.\-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[1-9][0-9]{0,4})?"
)
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.\-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]")
_HTTPS: Final = re.compile(
    r"https://[a-z0-9](?:[a-z0-9.\-]{0,252}[a-z0-9])?(?::[1-9][0-9]{0,4})?(?:/[A-Za-z0-9._~-]+)*"
)
_LOOPBACK_ISSUER: Final = re.compile(r"http://(?:127\.0\.0\.1|\[::1\]|localhost):[1-9][0-9]{0,4}")


class SettingsError(Exception):
    """Settings that cannot be used; the text says which and why."""


def parse_own_services(text: str) -> tuple[OwnService, ...]:
    """`99387/5078=*;99387/90213=LOG_INNLAGT` → own services. Raises SettingsError."""
    faults: list[str] = []
    services = own_services(text, faults)
    if faults:
        raise SettingsError("\n".join(faults))
    return services


def parse_partner_editions(text: str) -> Mapping[str, str]:
    """`8093210=PLO 1.5` → the edition by the HER-id of the partner's service. Raises SettingsError."""
    faults: list[str] = []
    found = editions(text, faults)
    if faults:
        raise SettingsError("\n".join(faults))
    return found


def own_services(text: str, faults: list[str]) -> tuple[OwnService, ...]:
    """`HUB_OWN_SERVICES` and a list for what is wrong → own services."""
    out: list[OwnService] = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        match = _SERVICE.fullmatch(part)
        upper = parse_her_id(match.group(1)) if match else None
        lower = parse_her_id(match.group(2)) if match else None
        if match is None or upper is None or lower is None:
            faults.append(f"HUB_OWN_SERVICES: {part!r} is not organisation/service=types")
            continue
        types = None if match.group(3) == "*" else frozenset(match.group(3).split(","))
        out.append(OwnService(HerId(upper.value), HerId(lower.value), types))
    return tuple(out)


def editions(text: str, faults: list[str]) -> dict[str, str]:
    """`HUB_PARTNER_EDITIONS` and a list for what is wrong → the edition by the HER-id of the partner."""
    found: dict[str, str] = {}
    for part in filter(None, (p.strip() for p in text.split(";"))):
        name, _, edition = part.partition("=")
        her_id = parse_her_id(name)
        if her_id is None or edition.strip() not in EDITIONS:
            named = " or ".join(EDITIONS)
            faults.append(f"HUB_PARTNER_EDITIONS: {part!r} is not a HER-id and {named}")
        else:
            found[her_id.value] = edition.strip()
    return found


def receipt_hours(text: str, faults: list[str]) -> dict[str, timedelta]:
    """`HUB_RECEIPT_HOURS` and a list for what is wrong → by message type how long a receipt is waited for."""
    found: dict[str, timedelta] = {}
    for part in filter(None, (p.strip() for p in text.split(";"))):
        match = _HOURS.fullmatch(part)
        if match is None or not 1 <= int(match.group(2)) <= 96:
            faults.append(f"HUB_RECEIPT_HOURS: {part!r} is not a message type and 1 to 96 hours")
        else:
            found[match.group(1)] = timedelta(hours=int(match.group(2)))
    return found


def origins(text: str, faults: list[str]) -> frozenset[str]:
    """`HUB_CORS_ORIGINS` and a list for what is wrong → the origins."""
    found = frozenset(part.strip() for part in text.split(",") if part.strip())
    faults.extend(
        f"HUB_CORS_ORIGINS: {origin!r} is no origin such as https://app.example"
        for origin in sorted(found)
        if _ORIGIN.fullmatch(origin) is None
    )
    return found


def check_issuer(values: Mapping[str, str], mode: str, faults: list[str]) -> None:
    """All settings, the mode and a list for what is wrong with the issuer of tokens."""
    issuer = values["HUB_HELSEID_ISSUER"]
    if not issuer:
        return
    loopback = mode != "production" and _LOOPBACK_ISSUER.fullmatch(issuer)
    if not _HTTPS.fullmatch(issuer) and not loopback:
        faults.append("HUB_HELSEID_ISSUER must be https:// with a host, and no slash at its end")
    if mode == "development" and issuer == PRODUCTION_ISSUER:
        faults.append(
            "HUB_HELSEID_ISSUER: development mode never takes tokens of the production HelseID"
        )
    if not values["HUB_HELSEID_AUDIENCE"]:
        faults.append("HUB_HELSEID_AUDIENCE is needed beside HUB_HELSEID_ISSUER")


def hosts(text: str, faults: list[str]) -> frozenset[str]:
    """`HUB_ALLOWED_HOSTS` and a list for what is wrong → the names in lower case."""
    found = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    faults.extend(
        f"HUB_ALLOWED_HOSTS: {host!r} is no host name such as hub.example"
        for host in sorted(found)
        if _HOST.fullmatch(host) is None
    )
    return found


def is_loopback(host: str) -> bool:
    """An address or a name → whether only this machine reaches it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
