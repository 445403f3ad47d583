from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from desktop_app.core.config.dataset import EXCLUDED
from desktop_app.core.recipes.embedding.parameters import EmbeddingDecode, EmbeddingTraining
from desktop_app.ml.data.targets import CLASSES, IGNORED
from desktop_app.ml.losses.spatial_embedding import EmbeddingUnits
from desktop_app.ml.recipes.base import Decoded, LossInput, Start, Task
from desktop_app.ml.recipes.embedding.engine import maps_of
from desktop_app.ml.recipes.embedding.score import score_objects
from desktop_app.ml.recipes.embedding.targets import CENTRES, OBJECTS, THICKNESS, object_targets
from desktop_app.ml.recipes.registry import COMPUTED
from tests.objects.panoptic.ideal import ellipsoids


def task(dimensions: Any = 3, **others: Any) -> Task:
    return Task("objects", ("Nucleus",), (1,), EmbeddingTraining(span=60, first_radius=5), dimensions, **others)


def patch(labels: np.ndarray, wanted: Task, anisotropy: float = 2.0) -> dict[str, torch.Tensor]:
    targets = object_targets(wanted, anisotropy)
    made = targets.of_labels(labels, (anisotropy, 1, 1))
    return targets.of_patch({name: torch.from_numpy(values) for name, values in made.items()})


def test_each_object_of_a_patch_has_a_number_and_a_centre() -> None:
    labels = ellipsoids((8, 40, 40), 9, (3.0, 5.0)) * 7
    found = patch(labels, task())
    numbers = np.unique(found[OBJECTS])
    assert numbers.tolist() == list(range(len(np.unique(labels))))
    assert int(found[CENTRES].sum()) == numbers.size - 1
    assert found[THICKNESS].shape == (1, 1, 1)
    assert float(found[THICKNESS]) == 2.0


def test_unknown_and_background_values_are_no_objects() -> None:
    labels = np.zeros((1, 10, 10), np.uint16)
    labels[0, :3], labels[0, 5:7, 2:4], labels[0, 8:, 8:] = 99, 3, 1
    found = patch(labels, task(unlabelled=99, background=1))
    assert (found[CLASSES].numpy() == np.where(labels == 99, IGNORED, labels == 3)).all()
    assert np.unique(found[OBJECTS][0][labels[0] == 3]).tolist() == [1]
    assert int(found[OBJECTS].max()) == 1


def test_a_flat_network_takes_pieces_of_a_slice_for_objects_of_their_own() -> None:
    labels = np.zeros((1, 10, 10), np.uint16)
    labels[0, 1:3, 1:3], labels[0, 6:8, 6:8] = 4, 4
    assert int(patch(labels, task(2))[OBJECTS].max()) == 2
    assert int(patch(np.where(labels, [[[4] * 5 + [5] * 5]], 0), task(3))[OBJECTS].max()) == 2


def test_the_loss_takes_what_the_patches_give() -> None:
    recipe, wanted = COMPUTED["embedding"], task()
    found = {k: v[None] for k, v in patch(ellipsoids((8, 32, 32), 5, (3.0, 5.0)), wanted).items()}
    outputs = torch.zeros((1, 7, 8, 32, 32), requires_grad=True)
    loss, parts = recipe.loss(LossInput(torch.zeros(1, 1, 8, 32, 32), outputs, found, 0, wanted))
    loss.backward()
    assert set(parts) == {"objects", "evenness", "seeds"}
    assert recipe.channels(wanted) == 7
    assert recipe.channels(task(2)) == 5


def test_maps_are_arrows_and_radii_in_pixels() -> None:
    units = EmbeddingUnits(span=100.0, first_radius=6.0)
    outputs = torch.zeros(1, 5, 2, 2)
    outputs[:, 0], outputs[:, 1] = 0.1, -9.0
    found = maps_of(outputs, units)
    assert torch.allclose(found[:, 0], torch.full((1, 2, 2), 0.5))
    assert torch.allclose(found[:, 1], torch.tensor(100 * np.tanh(0.1), dtype=torch.float32))
    assert torch.allclose(found[:, 2], torch.tensor(-100.0), atol=1e-3)
    assert torch.allclose(found[:, 3:], torch.tensor(6.0))


def test_perfect_objects_score_one_and_half_of_them_half() -> None:
    truth = np.zeros((1, 20, 20), np.uint32)
    truth[0, 2:8, 2:8], truth[0, 12:18, 12:18] = 1, 2
    perfect = score_objects(Decoded(truth), truth, task(2))
    assert perfect["ap"] == perfect["f1"] == perfect["score"] == 1
    half = score_objects(Decoded(np.where(truth == 1, truth, 0)), truth, task(2))
    assert half["ap/0.90"] == half["ap"] == 0.5
    pooled = COMPUTED["embedding"].pool([perfect, half])
    assert pooled["ap"] == pytest.approx(0.75)
    assert pooled["tp"] == 3
    assert COMPUTED["embedding"].pool([]) == {}


def test_objects_are_not_compared_where_voxels_are_unknown() -> None:
    truth = np.zeros((1, 9, 9), np.uint16)
    truth[0, 2:5, 2:5], truth[0, 8] = 1, 9
    scores = score_objects(Decoded(truth.astype(np.uint32)), truth, task(2, unlabelled=9))
    assert "ap" not in scores
    assert scores["score"] == scores["dice"] == 1


def test_objects_that_a_mask_leaves_out_are_neither_missed_nor_false() -> None:
    truth = np.zeros((1, 20, 20), np.uint32)
    truth[0, 2:8, 2:8], truth[0, :, 10:] = 1, EXCLUDED
    found = np.zeros_like(truth)
    found[0, 2:8, 2:8], found[0, 3:7, 12:18], found[0, 12:18, 8:13] = 1, 2, 3
    scores = score_objects(Decoded(found), truth, task(2, unlabelled=EXCLUDED))
    assert scores["ap"] == 1


def test_a_finetuned_model_keeps_its_thresholds() -> None:
    kept = Start(None, {}, decode={"seed_threshold": 0.85, "unheard": 1})  # type: ignore[arg-type]
    data = type("Data", (), {"task": task(), "train": ()})()
    recipe = COMPUTED["embedding"]
    assert recipe.first_decode(None, data, kept)["seed_threshold"] == 0.85  # type: ignore[arg-type]
    first = recipe.first_decode(None, data, Start(None, {}))  # type: ignore[arg-type]
    assert EmbeddingDecode.model_validate(first).seed_threshold == 0.5
    assert EmbeddingDecode().seed_threshold == 0.9
    assert (EmbeddingDecode.model_validate(first).reach, EmbeddingDecode().reach) == (1.1, 1.0)
