"""The made-up electron microscopy behind a picture of the manual; training on it is not tried here."""

from __future__ import annotations

import electron_sample
import numpy as np
import pytest


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(electron_sample, "_SHAPE", (20, 80, 80))
    monkeypatch.setattr(electron_sample, "_TRIES", 300)


@pytest.mark.usefixtures("small")
def test_it_shows_dark_objects_in_bright_cells() -> None:
    image, labels = electron_sample.stack(1)
    assert image.shape == labels.shape == (20, 80, 80)
    assert (image.dtype, labels.dtype) == (np.uint8, np.uint16)
    assert 3 < labels.max() < 300
    assert image[labels > 0].mean() + 40 < np.median(image[labels == 0])
    again, _ = electron_sample.stack(1)
    other, _ = electron_sample.stack(2)
    assert (again == image).all()
    assert (other != image).any()
