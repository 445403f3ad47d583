from __future__ import annotations

import numpy as np
import pytest

from desktop_app.objects.confidence import ConfidenceMeter


def test_confidence_is_the_mean_over_all_voxels_of_an_object() -> None:
    rng = np.random.default_rng(0)
    labels, likely = rng.integers(0, 5, (6, 7, 8)).astype(np.uint32), rng.random((6, 7, 8), np.float32)
    meter = ConfidenceMeter()
    for z in range(6):
        meter.add(labels[z : z + 1], likely[z : z + 1])
    found = meter.means()
    assert sorted(found) == [1, 2, 3, 4]
    for number, mean in found.items():
        assert mean == pytest.approx(likely[labels == number].mean())
    meter.add(np.zeros((1, 2, 2), np.uint32), np.ones((1, 2, 2), np.float32))
    assert meter.means() == found
