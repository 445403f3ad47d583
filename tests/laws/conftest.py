"""The models that several laws are held against; each is trained once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.laws.discs import LEARNERS, trained


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Finds bright discs as regions."""
    return trained(tmp_path_factory.mktemp("discs"))


@pytest.fixture(scope="session")
def objects_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Finds bright discs as objects, by embeddings."""
    return trained(tmp_path_factory.mktemp("objects"), LEARNERS["embedding, small"])
