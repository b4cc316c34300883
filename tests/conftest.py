"""Options and fixtures for all tests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="what the scenarios run on")
    parser.addoption("--pictures", default="", help="keep the browser stories' screenshots in this folder")
