"""The demo with real tokens: everybody sees their own and nothing else, told line by line."""

from __future__ import annotations

from pathlib import Path

from bench.servers import free_port
from hub.demo.secure import SecureDemo, secure_settings


def test_a_supplier_a_gp_system_and_a_municipal_journal_each_see_only_their_own(
    tmp_path: Path,
) -> None:
    lines: list[str] = []
    demo = SecureDemo(secure_settings(tmp_path / "demo", free_port()), lines.append)
    assert demo.run(), lines
    assert len([line for line in lines if "✓" in line]) == 10
