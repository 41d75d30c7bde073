"""Golden files are compared; `--golden-rewrite` writes them anew, and a person reads the difference."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden-rewrite", action="store_true", help="write the golden files anew")


@pytest.fixture
def golden_rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether the golden files are to be written, not compared."""
    return bool(request.config.getoption("--golden-rewrite", default=False))
