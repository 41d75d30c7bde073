"""Settings are read once; one message names everything that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import limits
from hub.limits import Limits
from hub.settings import TABLE, SettingsError, parse_own_services, read_settings, unknown_settings
from hub.store.address import PostgresAddress
from hub.values import HerId, OwnService

TEST = {"HUB_MODE": "test"}


def test_the_defaults_are_those_of_the_table() -> None:
    settings = read_settings(TEST)
    assert (settings.host, settings.port, settings.base_url) == (
        "127.0.0.1",
        8000,
        "http://127.0.0.1:8000/fhir",
    )
    assert settings.database == Path("var/hub.db").absolute()
    assert (settings.filedrop, settings.schemas, settings.own_services) == (None, None, ())
    assert (settings.development, settings.dev_open) == (False, False)
    assert settings.limits == Limits()
    told = {s.name: s.default for s in TABLE}
    for row in limits.TABLE:
        assert told[row.setting] == str(getattr(settings.limits, row.field))


def test_all_faults_are_told_at_once() -> None:
    wrong = {
        "HUB_MODE": "x",
        "HUB_PORT": "0",
        "HUB_MAX_BODY_BYTES": "many",
        "HUB_MAX_MESSAGE_BYTES": "-1",
        "HUB_LOG_LEVEL": "loud",
        "HUB_DATABASE_URL": "postgresql://x",
        "HUB_OWN_SERVICES": "1",
        "HUB_BASE_URL": "hub.example",
    }
    with pytest.raises(SettingsError) as caught:
        read_settings(wrong)
    for name in wrong:
        assert name in str(caught.value), name


def test_on_sqlite_one_process_serves_and_works() -> None:
    with pytest.raises(SettingsError, match="HUB_SERVE_WORKS=no needs PostgreSQL"):
        read_settings({"HUB_MODE": "test", "HUB_SERVE_WORKS": "no"})
    with pytest.raises(SettingsError, match="HUB_SERVE_WORKS must be yes or no"):
        read_settings({"HUB_MODE": "test", "HUB_SERVE_WORKS": "sometimes"})


def test_a_name_that_is_no_setting_is_told_and_an_empty_one_counts_as_unset() -> None:
    assert ("HUB_DATABSE_URL",) == unknown_settings(
        {**TEST, "HUB_DATABSE_URL": "typo", "PATH": "x"}
    )
    assert read_settings({**TEST, "HUB_PORT": ""}) == read_settings(TEST)


@pytest.mark.parametrize("port", ["0", "65536", "x", "80 ", "+80", "８０"])
def test_a_port_is_a_number_in_range(port: str) -> None:
    with pytest.raises(SettingsError, match="HUB_PORT"):
        read_settings({**TEST, "HUB_PORT": port})


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://x",
        "/var/hub.db",
        "postgresql://h",
        "postgresql://h/",
        "postgresql://h:x/db",
        "postgresql+asyncpg://h/db",
        "postgresql://me:se cret@h/db",
        "postgresql://me:se%ret@h/db",
        "postgresql://h/db?ssl=on",
    ],
)
def test_a_database_url_names_an_engine_and_a_database(url: str) -> None:
    with pytest.raises(SettingsError, match="HUB_DATABASE_URL"):
        read_settings({**TEST, "HUB_DATABASE_URL": url})


def test_a_database_path_may_be_absolute_or_relative() -> None:
    assert read_settings({**TEST, "HUB_DATABASE_URL": "sqlite:////a/b.db"}).database == Path(
        "/a/b.db"
    )
    assert (
        read_settings({**TEST, "HUB_DATABASE_URL": "sqlite:///b.db"}).database
        == Path("b.db").absolute()
    )


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_postgresql_url_keeps_its_password_to_itself(scheme: str) -> None:
    url = f"{scheme}://me:se%40cret@db.example:5433/hub?sslmode=require"
    database = read_settings({**TEST, "HUB_DATABASE_URL": url}).database
    assert isinstance(database, PostgresAddress)
    assert database.url == "postgresql://me:se%40cret@db.example:5433/hub?sslmode=require"
    assert str(database) == "postgresql://me@db.example:5433/hub"
    assert "cret" not in repr(database)


def test_the_base_url_follows_host_and_port_or_is_set() -> None:
    assert read_settings({**TEST, "HUB_PORT": "8123"}).base_url == "http://127.0.0.1:8123/fhir"
    assert read_settings({**TEST, "HUB_HOST": "::1"}).base_url == "http://[::1]:8000/fhir"
    assert (
        read_settings({**TEST, "HUB_BASE_URL": "https://hub.example/fhir/"}).base_url
        == "https://hub.example/fhir"
    )


@pytest.mark.parametrize(
    "url",
    [
        "hub.example/fhir",
        "ftp://hub.example/fhir",
        "https://",
        "https://hub.example/fhir?x=1",
        "https://hub.example/a b",
    ],
)
def test_a_base_url_must_be_one(url: str) -> None:
    with pytest.raises(SettingsError, match="HUB_BASE_URL"):
        read_settings({**TEST, "HUB_BASE_URL": url})


def test_own_services_name_organisation_service_and_types() -> None:
    assert parse_own_services("99387/5078=*; 99387/90213=LOG_INNLAGT,EPIKRISE;") == (
        OwnService(HerId("99387"), HerId("5078"), None),
        OwnService(HerId("99387"), HerId("90213"), frozenset({"LOG_INNLAGT", "EPIKRISE"})),
    )
    assert parse_own_services("") == ()


@pytest.mark.parametrize(
    "text",
    ["1", "1/2", "1/2=", "0/2=*", "1/0=*", "a/b=*", "1/2=x", "1/2=*,A", "1/2=A,,B", "1/2=A*"],
)
def test_a_service_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="HUB_OWN_SERVICES"):
        parse_own_services(text)


def test_what_is_not_ours_is_left_alone() -> None:
    assert read_settings({**TEST, "HOME": "/", "PATH": "x"}).mode == "test"


@pytest.mark.parametrize("row", limits.TABLE, ids=lambda row: row.setting)
def test_a_limit_is_taken_within_its_range_and_refused_outside_it(row: limits.Limit) -> None:
    wide = {"HUB_MAX_PAGE_SIZE": "10000", "HUB_PAGE_SIZE": "1"}
    wide |= {"HUB_BODY_SECONDS": "1", "HUB_REQUEST_SECONDS": "3600"}
    for value in (row.low, row.high):
        taken = read_settings({**TEST, **wide, row.setting: str(value)}).limits
        assert getattr(taken, row.field) == value
    for value in (str(row.low - 1), str(row.high + 1), "x", "1.5"):
        with pytest.raises(SettingsError, match=row.setting):
            read_settings({**TEST, **wide, row.setting: value})


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [("HUB_MAX_PAGE_SIZE", "HUB_PAGE_SIZE"), ("HUB_REQUEST_SECONDS", "HUB_BODY_SECONDS")],
)
def test_limits_that_contradict_each_other_are_refused(smaller: str, larger: str) -> None:
    with pytest.raises(SettingsError, match=larger):
        read_settings({**TEST, smaller: "5", larger: "6"})


def test_origins_are_exact_and_told_when_they_are_not() -> None:
    told = "https://app.example, http://localhost:3000,http://[::1]:5173"
    assert (
        frozenset({"https://app.example", "http://localhost:3000", "http://[::1]:5173"})
        == read_settings({**TEST, "HUB_CORS_ORIGINS": told}).cors_origins
    )
    assert frozenset() == read_settings(TEST).cors_origins
    for wrong in (
        "*",
        "null",
        "app.example",
        "https://app.example/",
        "https://*.example",
        "https://APP.example",
    ):
        with pytest.raises(SettingsError, match="HUB_CORS_ORIGINS"):
            read_settings({**TEST, "HUB_CORS_ORIGINS": f"https://a.example,{wrong}"})
