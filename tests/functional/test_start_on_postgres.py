"""A production hub starts on PostgreSQL only as a role that row security holds for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.clock import FixedClock
from hub.settings import read_settings
from hub.wiring import NotReadyError, build_hub
from tests import postgres_cluster
from tests.postgres_roles import narrow_roles

pytestmark = pytest.mark.postgres

PRODUCTION = {
    "HUB_MODE": "production",
    "HUB_HELSEID_ISSUER": "https://issuer.example",
    "HUB_HELSEID_AUDIENCE": "dho:hub",
    "HUB_BASE_URL": "https://hub.example/fhir",
}


@pytest.fixture
def database_url() -> Iterator[str]:
    """A migrated database."""
    url = postgres_cluster.new_database()
    yield url
    postgres_cluster.give_back(url)


def start(url: str, mode: str, clock: FixedClock, **more: str) -> None:
    """Build a hub on a database, and let go of it again."""
    settings = read_settings({**PRODUCTION, "HUB_MODE": mode, "HUB_DATABASE_URL": url, **more})
    build_hub(settings, clock).store.engine.close()


def test_a_superuser_or_one_past_row_security_is_refused_in_production(
    database_url: str, clock: FixedClock
) -> None:
    name = postgres_cluster.KEEPER
    mighty = database_url.replace("hub@", f"{name}@", 1)
    with pytest.raises(NotReadyError, match=f"row security does not hold.*{name}"):
        start(mighty, "production", clock)
    start(mighty, "test", clock)
    start(database_url, "production", clock)
    with postgres_cluster.shared_cluster().keeper("postgres") as keeper:
        keeper.execute("ALTER ROLE hub BYPASSRLS")
        try:
            with pytest.raises(NotReadyError, match="BYPASSRLS"):
                start(database_url, "production", clock)
        finally:
            keeper.execute("ALTER ROLE hub NOBYPASSRLS")


def test_the_serving_role_does_not_start_to_work_where_it_sees_nothing_to_do(
    database_url: str, clock: FixedClock
) -> None:
    with narrow_roles(postgres_cluster.address_of(database_url)) as (serving, working):
        with pytest.raises(NotReadyError, match="HUB_SERVE_WORKS=no"):
            start(serving.url, "production", clock)
        start(serving.url, "production", clock, HUB_SERVE_WORKS="no")
        start(working.url, "production", clock)
