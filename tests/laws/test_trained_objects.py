"""Same picture, same objects: the laws of regions, held of models that find objects one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop_app.core.job import Note, RecordingContext
from desktop_app.objects.agreement import object_scores
from tests.laws.discs import RIM, Finder, dice, framed, labelled, picture, rimmed, scene
from tests.laws.test_storage import COPIES

pytestmark = pytest.mark.slow
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "embedding": [{"tiling": {"tile": (1, edge, edge)}} for edge in (64, 96, 128)],
    "panoptic": [
        *({"prediction": {"tile_size": edge}} for edge in (64, 96, 128, 320)),
        *({"tiling": {"memory_gb": budget}} for budget in (0.25, 32)),
    ],
}
"""Tiles that a user may choose, or memory force, up to the whole picture."""


def _same(one: Any, other: Any) -> bool:
    """Whether two pictures have the same objects, but for pixels of outlines."""
    scores = object_scores(one, other, iou=0.7)
    return scores.fp == scores.fn == 0


@pytest.mark.parametrize("filled", [1.0, 0.35])
def test_objects_are_found_however_much_of_a_picture_they_fill(finder: Finder, filled: float, tmp_path: Path) -> None:
    image, numbers = scene(np.random.default_rng(7), filled, (1, 160, 160), finder.learner.radii)
    found = labelled(finder.model, image[0], tmp_path)
    assert dice(found > 0, numbers[0] > 0) > 0.9
    scores = object_scores(found, numbers[0], iou=0.5)
    assert scores.fp + scores.fn <= 0.05 * numbers.max()


@pytest.mark.parametrize("seed", [8, 80])
def test_an_empty_picture_stays_empty(finder: Finder, seed: int, tmp_path: Path) -> None:
    image, _ = picture(np.random.default_rng(seed), 0)
    assert not labelled(finder.model, image, tmp_path).any()


@pytest.mark.parametrize("around", ["noise", "black"])
def test_a_picture_within_a_larger_one_is_labelled_alike(finder: Finder, around: str, tmp_path: Path) -> None:
    image, _ = picture(np.random.default_rng(9), 1, finder.learner.radii)
    larger, inside = framed(image, around)
    alone, seen = (labelled(finder.model, p, tmp_path / n) for n, p in (("alone", image), ("in", larger)))
    assert dice(seen[inside] > 0, alone > 0) > 0.95
    scores = object_scores(seen[inside], alone, iou=0.5)
    assert scores.fp + scores.fn <= 0.1 * alone.max(), "of those that the border cuts, some specks"
    seen[rimmed(inside, RIM)] = 0
    assert not seen.any()


def test_objects_are_the_same_in_every_copy(finder: Finder, tmp_path: Path) -> None:
    image, _ = picture(np.random.default_rng(7), 1, finder.learner.radii)
    image = image.clip(0, 255).astype(np.uint8)
    expected = labelled(finder.model, image, tmp_path / "8 bits")
    for name, copy in COPIES.items():
        found = labelled(finder.model, copy(image), tmp_path / name)
        assert _same(found, expected), name
        assert ((found > 0) != (expected > 0)).mean() < 1e-3, name


def test_tiles_find_the_same_objects(finder: Finder, tmp_path: Path) -> None:
    image, numbers = scene(np.random.default_rng(5), 1, (1, 320, 320), finder.learner.radii)
    expected = labelled(finder.model, image[0], tmp_path / "usual")
    assert expected.max() > 0.95 * numbers.max()
    for number, settings in enumerate(SETTINGS[finder.learner.recipe]):
        found = labelled(finder.model, image[0], tmp_path / str(number), **settings)
        assert _same(found, expected), settings
        assert dice(found > 0, expected > 0) > 0.97, settings


def test_tiles_in_which_a_network_has_not_learned_to_see_are_told(finder: Finder, tmp_path: Path) -> None:
    """Farther from a place than its patches reach it has seen nothing but padding: what is sure stays as it is, but
    pixels of outlines change (0.7 % of all), and after 80 steps of training, not 300, a tenth of the objects.
    """
    if finder.learner.recipe != "panoptic":
        pytest.skip("its network sees no farther than its patches")
    image, _ = scene(np.random.default_rng(5), 1, (1, 320, 320), finder.learner.radii)
    for edge in (96, 128, 320):
        ctx = RecordingContext()
        labelled(finder.model, image[0], tmp_path / str(edge), ctx, prediction={"tile_size": edge})
        assert any("larger than the patches of 64 × 64 px" in note.text for note in ctx.of_kind(Note)), edge
