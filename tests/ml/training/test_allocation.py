"""Memory freed by one step serves the next."""

from __future__ import annotations

import resource
import sys

import pytest
import torch

from desktop_app.ml.training.allocation import freed_memory_kept

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="page faults are counted on Linux")

_MEGABYTES_64 = 2**24


def _faults_of_repeated_blocks() -> int:
    for _ in range(3):
        torch.ones(_MEGABYTES_64)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(4):
        torch.ones(_MEGABYTES_64)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_large_blocks_are_reused_inside_only() -> None:
    """Inside, a block that was freed costs no new pages; outside it does."""
    with freed_memory_kept():
        inside = _faults_of_repeated_blocks()
    outside = _faults_of_repeated_blocks()
    assert inside < outside / 10


def test_memory_is_given_back_after_an_error() -> None:
    """The usual thresholds return however the block is left."""
    with pytest.raises(ValueError, match="stop"), freed_memory_kept():
        raise ValueError("stop")
    assert _faults_of_repeated_blocks() > 1000
