"""What all tests share: the option that rewrites expectations."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write what the golden programs print as their expectation")


def pytest_configure(config: pytest.Config) -> None:
    """Tests keep what they cache to themselves."""
    os.environ["DANA_CACHE"] = tempfile.mkdtemp(prefix="dana-cache-")


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(os.environ.pop("DANA_CACHE"), ignore_errors=True)
