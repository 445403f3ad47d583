"""Same picture, same labels: the laws, held of models that learned from images alone.

What they learn has no names: nothing but brightness says that emptiness is background.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.laws.discs import LEARNERS, RIM, dice, framed, labelled, picture, rimmed, scene, trained
from tests.laws.test_storage import COPIES

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("filled", [1.0, 0.35])
def test_objects_are_found_however_much_of_a_picture_they_fill(label_free: Path, filled: float, tmp_path: Path) -> None:
    image, numbers = scene(np.random.default_rng(7), filled, (1, 160, 160))
    found = labelled(label_free, image[0], tmp_path)
    assert dice(found > 0, numbers[0] > 0) > 0.98
    assert found.max() == numbers.max()


@pytest.mark.parametrize("seed", [8, 80, 81])
def test_an_empty_picture_stays_empty(label_free: Path, seed: int, tmp_path: Path) -> None:
    """Even noise can be sorted into two kinds; but not by a grey scale that never spreads it from black to white."""
    image, _ = picture(np.random.default_rng(seed), 0)
    assert not labelled(label_free, image, tmp_path).any()


@pytest.mark.parametrize("around", ["noise", "black"])
def test_a_picture_within_a_larger_one_is_labelled_alike(label_free: Path, around: str, tmp_path: Path) -> None:
    image, _ = picture(np.random.default_rng(9), 1)
    larger, inside = framed(image, around)
    alone, seen = (labelled(label_free, p, tmp_path / n) for n, p in (("alone", image), ("in", larger)))
    assert dice(seen[inside] > 0, alone > 0) > 0.98
    seen[rimmed(inside, RIM)] = 0
    assert not seen.any()


@pytest.mark.parametrize("copy", COPIES)
def test_objects_are_the_same_in_every_copy(label_free: Path, copy: str, tmp_path: Path) -> None:
    image = picture(np.random.default_rng(7), 1)[0].clip(0, 255).astype(np.uint8)
    expected, found = (labelled(label_free, p, tmp_path / str(p.dtype)) for p in (image, COPIES[copy](image)))
    assert expected.max() > 40
    assert ((found > 0) != (expected > 0)).mean() < 1e-4
    assert found.max() == expected.max()


@pytest.mark.parametrize(
    "settings",
    [*({"tile": (1, edge, edge)} for edge in (32, 64, 128, 320)), *({"memory_gb": budget} for budget in (0.25, 32))],
)
def test_tiles_and_budgets_find_the_same_objects(label_free: Path, settings: dict[str, Any], tmp_path: Path) -> None:
    image, numbers = scene(np.random.default_rng(5), 1, (1, 320, 320))
    expected = labelled(label_free, image[0], tmp_path / "usual")
    assert expected.max() == numbers.max()
    found = labelled(label_free, image[0], tmp_path / "other", tiling=settings)
    assert dice(found > 0, expected > 0) > 0.999
    assert found.max() == expected.max()


def test_objects_of_a_volume_are_found_whatever_else_is_in_it(tmp_path: Path) -> None:
    """In a black frame such a model that had never seen black agreed with itself alone to Dice 0.76."""
    learner = LEARNERS["label-free, W-Net 3D"]
    model, rng = trained(tmp_path / "run", learner, seed=2), np.random.default_rng(102)
    (full, truth), (corner, few), (empty, _) = (scene(rng, share, learner.shape) for share in (1, 0.35, 0))
    alone, some = labelled(model, full, tmp_path / "full"), labelled(model, corner, tmp_path / "corner")
    assert dice(alone > 0, truth > 0) > 0.95
    assert dice(some > 0, few > 0) > 0.95
    assert (alone.max(), some.max()) == (truth.max(), few.max())
    assert not labelled(model, empty, tmp_path / "empty").any()
    for around in ("noise", "black"):
        larger, inside = framed(full, around)
        seen = labelled(model, larger, tmp_path / around)
        assert dice(seen[inside] > 0, alone > 0) > 0.96
        seen[rimmed(inside, RIM)] = 0
        assert not seen.any()
