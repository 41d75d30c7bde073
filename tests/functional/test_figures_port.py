"""Figures at a port of their own: what keeps watch sees them, and nobody else does. Source: security README §9."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from bench.servers import free_port
from hub.settings import SettingsError, read_settings
from tests.functional.hub_client import Client
from tests.live_hub import live_hub


def at(client: Client, port: int, path: str) -> httpx.Response:
    return client.runner.run(client.http.get(f"http://127.0.0.1:{port}{path}"))


def test_figures_stand_on_their_own_port_and_nowhere_else(
    make_client: Callable[..., Client],
) -> None:
    client = make_client(HUB_METRICS_PORT="9100")
    paths = (
        "/metrics",
        "/live",
        "/ready",
        "/fhir/metadata",
        "/fhir/Observation",
        "/oauth/token",
        "/",
        "/metrics/",
    )
    shown = {
        port: [path for path in paths if at(client, port, path).status_code != 404]
        for port in (8000, 9100)
    }
    assert shown[9100] == ["/metrics"]
    assert "/metrics" not in shown[8000]
    assert {"/live", "/ready", "/fhir/metadata"} <= {*shown[8000]}
    assert "hub_info" in at(client, 9100, "/metrics").text
    assert "hub_info" in at(make_client(), 8000, "/metrics").text  # unset: beside everything else


def test_a_hub_that_runs_listens_at_both_ports(tmp_path: Path) -> None:
    port = free_port()
    with live_hub(tmp_path, HUB_METRICS_PORT=str(port)) as server:
        assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 200
        assert httpx.get(f"http://127.0.0.1:{port}/live").status_code == 404
        assert httpx.get(f"http://127.0.0.1:{server.port}/metrics").status_code == 404


@pytest.mark.parametrize("port", ["0", "x", "70000", "8000"])
def test_a_port_that_is_none_or_taken_by_the_hub_itself_is_refused(port: str) -> None:
    with pytest.raises(SettingsError, match="HUB_METRICS_PORT"):
        read_settings({"HUB_MODE": "test", "HUB_METRICS_PORT": port})
