"""Settings → who decides about tokens; the token libraries are imported only where tokens are taken."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from hub.api.oauth import OAuth, Tell
from hub.clock import monotonic
from hub.ports import Outbound
from hub.settings import Settings

if TYPE_CHECKING:
    from hub.security.admission import Admission
    from hub.security.claims import Issuer
    from hub.security.jose import Key
    from hub.security.token_endpoint import TokenEndpoint
    from hub.store.engine import Engine

NONCE_BYTES: Final = 32
_LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


class BadSecretError(Exception):
    """A secret that cannot be used; the text says which setting, never what is in it."""


def build_outbound(settings: Settings) -> Outbound:
    """Settings → the one way out, with the hosts that may be asked."""
    from hub.transport.outbound import GuardedClient, Host, resolve_by_system  # noqa: PLC0415 - httpx takes its time

    hosts: Mapping[str, tuple[Host, ...]] = {}
    if settings.issuer:
        parts = urlsplit(settings.issuer)
        inside = _LOOPBACK if parts.scheme == "http" else ()
        hosts = {"keys": (Host(f"{parts.scheme}://{parts.netloc}", inside),)}
    return GuardedClient(hosts, resolve_by_system)


def build_admission(
    settings: Settings,
    engine: Engine,
    now: Callable[[], datetime],
    outbound: Outbound | None = None,
) -> Admission | None:
    """Settings, store and time → who decides about tokens; None where none are taken. Raises BadSecretError."""
    if not settings.issuer and settings.token_key is None:
        return None
    from hub.security.admission import Admission, base_of  # noqa: PLC0415 - see above
    from hub.security.claims import Issuer  # noqa: PLC0415
    from hub.security.jwks import FetchedKeys  # noqa: PLC0415
    from hub.security.nonce import Nonces  # noqa: PLC0415
    from hub.store.clients import StoredClients  # noqa: PLC0415
    from hub.store.one_time import StoredMarks  # noqa: PLC0415

    real = settings.mode == "production"
    issuers: list[Issuer] = []
    if settings.issuer:
        keys = FetchedKeys(settings.issuer, outbound or build_outbound(settings), monotonic())
        issuers.append(Issuer(settings.issuer, settings.audience, keys, real))
    if settings.token_key is not None:
        issuers.append(_own_issuer(settings, read_key(settings.token_key), real_units=real))
    nonces = None
    if settings.nonce_key is not None:
        nonces = Nonces(_secret(settings.nonce_key, "HUB_NONCE_KEY_FILE", NONCE_BYTES))
    return Admission(
        issuers,
        StoredClients(engine),
        StoredMarks(engine),
        base_of(settings.base_url),
        lambda: now().timestamp(),
        nonces,
    )


def build_oauth(
    settings: Settings,
    admission: Admission | None,
    new_id: Callable[[], str],
    headers: tuple[tuple[bytes, bytes], ...],
    tell: Tell | None = None,
) -> OAuth:
    """Settings and who decides about tokens → what answers at /oauth and tells of SMART."""
    endpoint: TokenEndpoint | None = None
    if settings.token_key is not None and admission is not None:
        from hub.security.token_endpoint import TokenEndpoint  # noqa: PLC0415 - see above

        issuer = own_issuer_of(settings)
        endpoint = TokenEndpoint(
            issuer,
            f"{issuer}/token",
            settings.base_url,
            read_key(settings.token_key),
            admission.register,
            admission.one_time,
            admission.now,
            new_id,
            admission.nonces,
        )

    return OAuth(endpoint, partial(_smart, settings, admission, endpoint), headers, tell)


async def _smart(
    settings: Settings, admission: Admission | None, endpoint: TokenEndpoint | None
) -> Mapping[str, Any] | None:
    """What `.well-known/smart-configuration` says: of our own tokens, or of the issuer whose tokens are taken; None without either."""
    if admission is None:
        return None
    from hub.security.jwks import FetchedKeys  # noqa: PLC0415 - see above
    from hub.security.smart_configuration import build_smart_configuration  # noqa: PLC0415

    if endpoint is not None:
        return build_smart_configuration(endpoint.issuer, endpoint.url, f"{endpoint.issuer}/jwks")
    fetched = admission.issuers[0].keys
    assert isinstance(fetched, FetchedKeys)
    if not fetched.discovered:
        # Reads the discovery document, no oftener than keys are asked for
        await fetched.find("")
    told = fetched.discovered
    return build_smart_configuration(
        settings.issuer, str(told.get("token_endpoint", "")), str(told.get("jwks_uri", "")), ()
    )


def _own_issuer(settings: Settings, key: Key, *, real_units: bool) -> Issuer:
    from hub.security import jose  # noqa: PLC0415 - see above
    from hub.security.claims import Issuer  # noqa: PLC0415
    from hub.security.jwks import FixedKeys  # noqa: PLC0415

    public = jose.load_public_key(jose.public_jwk(key))
    keys = FixedKeys({public.thumbprint: public})
    return Issuer(own_issuer_of(settings), settings.base_url, keys, real_units)


def own_issuer_of(settings: Settings) -> str:
    """Settings → the name of the hub's own token endpoint as an issuer."""
    parts = urlsplit(settings.base_url)
    return f"{parts.scheme}://{parts.netloc}/oauth"


def read_key(path: Path) -> Key:
    """A file with a private JWK → the key. Raises BadSecretError."""
    from hub.security import jose  # noqa: PLC0415 - see above
    from hub.security.published_keys import is_published  # noqa: PLC0415

    data = _secret(path, "HUB_TOKEN_KEY_FILE", 1)
    try:
        key = jose.load_private_key(json.loads(data))
        algorithm = jose.algorithm_of(key)
    except (ValueError, TypeError, AttributeError, jose.BadJoseError):
        raise BadSecretError("HUB_TOKEN_KEY_FILE holds no private key (JWK)") from None
    if is_published(jose.thumbprint_of(key)):
        raise BadSecretError("HUB_TOKEN_KEY_FILE holds a key that was published; make a new one")
    if algorithm != "ES256":
        raise BadSecretError("HUB_TOKEN_KEY_FILE must hold a P-256 key (ES256)")
    return key


def _secret(path: Path, setting: str, least: int) -> bytes:
    """A file → its bytes, when its owner alone may read it. Raises BadSecretError."""
    try:
        open_to_others = path.stat().st_mode & 0o077
        data = path.read_bytes()
    except OSError as error:
        raise BadSecretError(f"{setting}: {path} cannot be read ({error.strerror})") from None
    if open_to_others:
        raise BadSecretError(f"{setting}: {path} can be read by others; chmod 600 it")
    if len(data) < least:
        raise BadSecretError(f"{setting}: {path} holds less than {least} bytes")
    return data


def why_not_in_production(settings: Settings) -> str:
    """Settings → why a production hub may not start with them ("" = it may): security README §9."""
    if settings.mode != "production":
        return ""
    faults: list[str] = []
    if not settings.issuer and settings.token_key is None:
        faults.append("nobody's tokens are taken: set HUB_HELSEID_ISSUER and HUB_HELSEID_AUDIENCE")
    if not settings.base_url.startswith("https://"):
        faults.append("HUB_BASE_URL must be the https:// address under which the hub is reached")
    return "; ".join(faults)
