from __future__ import annotations

import numpy as np

from desktop_app.objects.pixels import forest
from desktop_app.objects.pixels.forest import PixelForest, Samples

RNG = np.random.default_rng(0)
SAMPLES = Samples(
    np.concatenate([RNG.normal(0, 1, (200, 3)), RNG.normal(6, 1, (50, 3))]).astype(np.float32),
    np.repeat([0, 2], [200, 50]).astype(np.uint8),
)


def test_classes_are_told_apart_and_those_without_pixels_never_come(monkeypatch) -> None:
    monkeypatch.setattr(forest, "_AT_ONCE", 64)
    learned = PixelForest(SAMPLES, 4)
    found = learned.probabilities(SAMPLES.numbers)
    assert found.shape == (4, 250)
    assert np.allclose(found.sum(0), 1, atol=1e-5)
    assert (found.argmax(0) == SAMPLES.classes).mean() > 0.98
    assert not found[[1, 3]].any()
    monkeypatch.setattr(forest, "_AT_ONCE", 10**6)
    np.testing.assert_array_equal(found, learned.probabilities(SAMPLES.numbers))


def test_the_same_pixels_give_the_same_forest() -> None:
    a, b = (PixelForest(SAMPLES, 3).probabilities(SAMPLES.numbers) for _ in range(2))
    np.testing.assert_array_equal(a, b)


def test_thinning_keeps_so_many_of_each_class() -> None:
    thin = SAMPLES.thinned(60)
    assert np.bincount(thin.classes).tolist() == [60, 0, 50]
    np.testing.assert_array_equal(thin.numbers, SAMPLES.thinned(60).numbers)


def test_nothing_to_look_at_gives_nothing() -> None:
    assert PixelForest(SAMPLES, 3).probabilities(np.zeros((0, 3), np.float32)).shape == (3, 0)
