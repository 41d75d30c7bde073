"""What a database must be before a hub starts on it."""

from __future__ import annotations

from hub.settings import Settings
from hub.store import migrate as database


class NotReadyError(Exception):
    """The database or the settings do not allow a start; the text says what to do."""


def prepare_database(settings: Settings) -> None:
    """Settings → their database as the mode needs it; in development an empty one is migrated. Raises NotReadyError."""
    try:
        _check_database(settings)
    except database.UnusableDatabaseError as error:
        raise NotReadyError(str(error)) from None


def _check_database(settings: Settings) -> None:
    path = settings.database
    version = database.schema_version(path)
    if version is None and settings.development:
        database.migrate(path, settings.base_url)
        database.mark_synthetic(path)
    elif version != database.HEAD and settings.development and database.is_synthetic(path):
        database.migrate(path, settings.base_url)
    elif version != database.HEAD:
        raise NotReadyError(
            f"The database {path} is at schema {version or 'none'}; run `hub migrate` first."
        )
    synthetic = database.is_synthetic(path)
    if settings.development and not synthetic:
        raise NotReadyError(
            f"The database {path} is not marked synthetic: development mode does not touch it. Use another HUB_DATABASE_URL."
        )
    if settings.mode == "production" and not database.is_held_by_row_security(path):
        raise NotReadyError(
            f"The hub does not start in production mode: row security does not hold for the role that {path} names (a superuser, or"
            " BYPASSRLS). Name another; docs/how-to/postgresql.md says which roles there should be."
        )
    if settings.serve_works and not database.reaches_every_tenant(path):
        raise NotReadyError(
            f"The role that {path} names sees one tenant at a time and can judge and send nothing: let `hub work` do it as the"
            " working role, and set HUB_SERVE_WORKS=no for `hub serve` (docs/how-to/postgresql.md)."
        )
    if settings.own_services:
        database.set_own_services(path, database.DEMO_TENANT, settings.own_services)
