"""The model that several laws are held against; trained once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.laws.discs import trained


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Finds bright discs as regions."""
    return trained(tmp_path_factory.mktemp("discs"))
