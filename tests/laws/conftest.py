"""The models that several laws are held against; each is trained once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.laws.discs import LEARNERS, Finder, trained


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Finds bright discs as regions."""
    return trained(tmp_path_factory.mktemp("discs"))


@pytest.fixture(scope="session", params=["embedding, small", "panoptic, small"])
def finder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Finder:
    """Finds bright discs as objects: by embeddings, or by their centres (300 steps, some 30 s of one core)."""
    learner = LEARNERS[request.param]
    return Finder(trained(tmp_path_factory.mktemp("objects"), learner), learner)


@pytest.fixture(scope="session")
def label_free(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Finds bright discs, without having seen a label (100 steps, some 6 s of one core)."""
    return trained(tmp_path_factory.mktemp("label-free"), LEARNERS["label-free, W-Net"])
