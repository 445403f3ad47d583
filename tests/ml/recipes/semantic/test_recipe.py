from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.job import Note, RecordingContext
from desktop_app.core.recipes.semantic.parameters import SemanticDecode, SemanticTraining
from desktop_app.ml.data.targets import CLASSES, IGNORED
from desktop_app.ml.inference.engine import Room, named_labels
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.recipes.base import Case, Decoded, LossInput, Task
from desktop_app.ml.recipes.registry import recipe_named
from desktop_app.ml.recipes.semantic.engine import class_maps, map_names
from desktop_app.ml.recipes.semantic.recipe import SemanticRecipe
from desktop_app.ml.recipes.semantic.score import pooled
from desktop_app.ml.recipes.semantic.targets import DEPTH, SMALL, TOUCHING, WEIGHT, semantic_targets
from desktop_app.objects.components import connected_objects
from tests.cards import semantic_card

RECIPE = SemanticRecipe()
OBJECTS = Task("objects", ("Nucleus",), (1,), SemanticTraining(), 3)
REGIONS = Task("classes", ("Axon", "Artefact"), (2, 3), SemanticTraining(), 3, unlabelled=0, background=1)


def _card(task: Task, dimensions: int = 3, **decode: object) -> ModelCard:
    return semantic_card(
        network=f"unet{dimensions}d",
        dimensions=dimensions,
        output_channels=RECIPE.channels(task),
        label_kind=task.kind,
        class_names=task.class_names,
        class_values=task.class_values,
        patch_size=(1, 8, 8),
        decode=SemanticDecode.model_validate(decode).model_dump(),
    )


def _perfect_maps(labels: NDArray[np.generic], task: Task) -> NDArray[np.float32]:
    targets = semantic_targets(labels, task, (1.0, 1.0, 1.0))
    classes = [(targets[CLASSES] == n + 1).astype(np.float32) for n in range(len(task.class_names))]
    depth = [targets[DEPTH].astype(np.float32) / 255] if DEPTH in targets else []
    return np.stack([*classes, *depth])


def _maps(values: NDArray[np.floating]) -> VoxelMaps:
    return VoxelMaps.of(tuple(f"map {i}" for i in range(len(values))), values)


def _decoded(values: NDArray[np.floating], parameters: SemanticDecode, card: ModelCard) -> Decoded:
    maps, ctx = _maps(values), RecordingContext()
    labels, class_of = named_labels(RECIPE.engine.decode(maps, parameters, card, Room(), ctx))
    return Decoded(labels, class_of, RECIPE.engine.classes(maps, parameters, card, ctx))


@pytest.fixture(scope="module")
def nuclei() -> NDArray[np.uint16]:
    return nuclei_phantom(PhantomParameters(shape=(16, 64, 64), nuclei=15, radius=7), seed=2).truth


def test_sparse_labels_become_class_numbers() -> None:
    labels = np.array([[[0, 1, 2, 3, 4]]])
    assert REGIONS.class_numbers(labels).tolist() == [[[IGNORED, 0, 1, 2, 0]]]
    dense = Task("classes", ("Mito",), (7,), SemanticTraining(), 3)
    assert dense.class_numbers(np.array([[[0, 7, 8]]])).tolist() == [[[0, 1, 0]]]


def test_only_what_is_learned_is_shown_of_labels() -> None:
    labels = np.array([[[0, 1, 2, 3, 4]]])
    assert REGIONS.learned(labels).tolist() == [[[0, 0, 2, 3, 0]]]
    numbered = Task("classes", ("Mito",), (7,), SemanticTraining(), 3, label_divisor=1000)
    assert numbered.learned(np.array([[[0, 7001, 8001]]])).tolist() == [[[0, 7001, 0]]]
    objects = Task("objects", ("Object",), (1,), SemanticTraining(), 3, unlabelled=255)
    assert objects.learned(np.array([[[0, 9, 255]]])).tolist() == [[[0, 9, 0]]]


@pytest.mark.parametrize("dtype", [np.uint8, np.int32])
def test_labels_that_also_number_objects_teach_their_classes(dtype: type[np.integer]) -> None:
    task = replace(REGIONS, background=None, label_divisor=100 if dtype is np.uint8 else 1000, unlabelled=7)
    labels = np.array([[[0, 7, 2 * task.label_divisor + 1, 2 * task.label_divisor + 2, 1]]]).astype(dtype)
    assert task.class_numbers(labels).tolist() == [[[0, IGNORED, 1, 1, 0]]]
    weighted = replace(task, value_weights=((2, 3.0),))
    assert semantic_targets(labels, weighted, (1.0, 1.0, 1.0))[WEIGHT].tolist() == [[[0, 0, 1, 1, 0]]]
    few = replace(task, label_divisor=1000)
    assert few.class_numbers(np.array([[[0, 7, 9]]], np.uint8)).tolist() == [[[0, IGNORED, 0]]]


def test_objects_learn_depth_and_classes_do_not(nuclei: NDArray[np.uint16]) -> None:
    targets = semantic_targets(nuclei, OBJECTS, (2.0, 1.0, 1.0))
    assert set(targets) == {CLASSES, DEPTH} == set(RECIPE.label_targets(OBJECTS).interpolation)
    assert ((targets[DEPTH] > 0) == (nuclei > 0)).all()
    assert set(semantic_targets(nuclei, REGIONS, (1.0, 1.0, 1.0))) == {CLASSES}
    assert RECIPE.channels(OBJECTS) == 3
    assert RECIPE.channels(REGIONS) == 3


def test_in_2d_each_slice_has_its_own_depth(nuclei: NDArray[np.uint16]) -> None:
    flat = Task("objects", ("Nucleus",), (1,), SemanticTraining(), 2)
    depth = semantic_targets(nuclei, flat, (1.0, 1.0, 1.0))[DEPTH]
    slices = [z for z in range(nuclei.shape[0]) if nuclei[z].any()]
    assert all(depth[z].max() == 255 for z in slices)


def test_a_plain_mask_counts_islands_as_objects() -> None:
    mask = np.zeros((1, 20, 40), np.uint8)
    mask[0, 5:15, 2:12] = 255
    mask[0, 5:9, 20:24] = 255
    depth = semantic_targets(mask, OBJECTS, (1.0, 1.0, 1.0))[DEPTH]
    assert depth[0, :, :15].max() == depth[0, :, 15:].max() == 255


def test_perfect_maps_decode_to_the_truth(nuclei: NDArray[np.uint16]) -> None:
    card = _card(OBJECTS, min_size=5)
    decoded = _decoded(_perfect_maps(nuclei, OBJECTS), SemanticDecode.model_validate(card.decode), card)
    scores = RECIPE.score(decoded, nuclei, OBJECTS)
    assert scores["dice"] > 0.99
    assert scores["f1"] > 0.95
    assert set(decoded.class_of.values()) == {"Nucleus"}
    assert map_names(card) == ("class:Nucleus", "depth")


def test_what_has_no_seed_is_an_object_for_each_island(nuclei: NDArray[np.uint16]) -> None:
    card = _card(OBJECTS, min_size=5)
    maps = _perfect_maps(nuclei, OBJECTS)
    maps[1:] = 0
    decoded = _decoded(maps, SemanticDecode.model_validate(card.decode), card)
    assert decoded.labels.max() == connected_objects(nuclei > 0).max() > 0
    assert RECIPE.score(decoded, nuclei, OBJECTS)["dice"] > 0.99


def test_class_models_give_class_values_back() -> None:
    labels = np.array([[[1, 1, 2, 2, 3, 1]]])
    card = _card(REGIONS, objects="classes")
    decoded = _decoded(_perfect_maps(labels, REGIONS), SemanticDecode(objects="classes"), card)
    assert decoded.labels.tolist() == [[[0, 0, 2, 2, 3, 0]]]
    assert decoded.class_of == {2: "Axon", 3: "Artefact"}
    assert RECIPE.score(decoded, labels, REGIONS) == {"dice/Axon": 1, "dice/Artefact": 1, "dice": 1, "score": 1}


def test_objects_of_several_classes_know_their_class() -> None:
    labels = np.ones((1, 20, 20), np.uint8)
    labels[0, 2:8, 2:8], labels[0, 12:18, 2:8], labels[0, 2:8, 12:18] = 2, 2, 3
    card = _card(REGIONS)
    parameters = SemanticDecode(objects="connected", min_size=4)
    decoded = _decoded(_perfect_maps(labels, REGIONS), parameters, card)
    assert sorted(decoded.class_of.values()) == ["Artefact", "Axon", "Axon"]
    assert decoded.class_of[int(decoded.labels[0, 4, 14])] == "Artefact"


def test_2d_models_number_each_slice_on_its_own() -> None:
    labels = np.zeros((3, 16, 16), np.uint8)
    labels[:, 4:12, 4:12] = 1
    card = _card(OBJECTS, dimensions=2, min_size=3)
    decoded = _decoded(_perfect_maps(labels, OBJECTS), SemanticDecode(min_size=3), card)
    assert [int(decoded.labels[z].max()) for z in range(3)] == [1, 2, 3]


def test_unknown_voxels_do_not_count_and_wrong_ones_do() -> None:
    truth = np.array([[[0, 1, 2, 2]]])
    right = Decoded(np.array([[[2, 0, 2, 2]]], np.uint32), {2: "Axon"})
    wrong = Decoded(np.array([[[2, 2, 2, 0]]], np.uint32), {2: "Axon"})
    assert RECIPE.score(right, truth, REGIONS)["dice/Axon"] == 1
    assert RECIPE.score(wrong, truth, REGIONS)["dice/Axon"] == pytest.approx(0.5)


def test_pooled_scores_count_objects_together() -> None:
    one = {"dice/Cell": 1.0, "dice": 1.0, "f1": 1.0, "score": 1.0, "tp": 9.0, "fp": 0.0, "fn": 0.0}
    two = {"dice/Cell": 0.5, "dice": 0.5, "f1": 0.0, "score": 0.2, "tp": 0.0, "fp": 1.0, "fn": 1.0}
    assert pooled([one, two])["f1"] == pytest.approx(18 / 20)
    assert pooled([one, two])["score"] == pytest.approx((0.75 + 0.9) / 2)
    assert pooled([]) == {}


def test_calibration_finds_the_threshold_that_fits(nuclei: NDArray[np.uint16]) -> None:
    card = _card(OBJECTS, min_size=5)
    maps = _perfect_maps(nuclei, OBJECTS)
    faint = np.concatenate([maps[:1] * 0.45, maps[1:]])
    decode = RECIPE.calibrate([Case(_maps(faint), nuclei)], OBJECTS, card, RecordingContext())
    assert decode["threshold"] < 0.45
    decoded = _decoded(faint, SemanticDecode.model_validate(decode), card)
    assert RECIPE.score(decoded, nuclei, OBJECTS)["score"] > 0.95
    assert RECIPE.calibrate([], OBJECTS, card, RecordingContext()) == card.decode


def test_calibration_joins_what_only_an_uneven_depth_parts(nuclei: NDArray[np.uint16]) -> None:
    card = _card(OBJECTS, min_size=5, smoothing=0.2, seed_threshold=0.8, seed_distance=1.0)
    maps = _perfect_maps(nuclei, OBJECTS)
    row, column = np.indices(nuclei.shape)[1:]
    maps[1] *= 1 - 0.2 * ((row // 3 + column // 3) % 2)
    cases = [Case(_maps(maps), nuclei)]
    begun = SemanticDecode.model_validate(card.decode)
    assert RECIPE.score(_decoded(maps, begun, card), nuclei, OBJECTS)["f1"] < 0.5
    decode = RECIPE.calibrate(cases, OBJECTS, card, RecordingContext())
    assert decode["min_dip"] > 0
    found = _decoded(maps, SemanticDecode.model_validate(decode), card)
    assert RECIPE.score(found, nuclei, OBJECTS)["f1"] > 0.95


def test_calibration_leaves_out_what_is_less_sure_than_objects_are(nuclei: NDArray[np.uint16]) -> None:
    card = _card(OBJECTS, min_size=5, smoothing=0.5)
    maps, truth = _perfect_maps(nuclei, OBJECTS), np.where(nuclei % 2, nuclei, 0)
    rise = np.where(nuclei % 2, 0.49, 0.2)  # so that no threshold tells them apart without cutting off rims
    maps[0] = np.where(nuclei > 0, 0.51 + rise * np.sqrt(maps[1]), 0)
    ctx = RecordingContext()
    decode = RECIPE.calibrate([Case(_maps(maps), truth)], OBJECTS, card, ctx)
    assert 0.55 < decode["min_confidence"] < 0.8
    decoded = _decoded(maps, SemanticDecode.model_validate(decode), card)
    assert RECIPE.score(decoded, truth, OBJECTS)["f1"] > 0.9
    assert any("Least confidence of an object" in note.text for note in ctx.of_kind(Note))
    assert RECIPE.calibrate([Case(_maps(maps), nuclei)], OBJECTS, card, RecordingContext())["min_confidence"] == 0


def test_a_network_that_finds_noise_is_decoded_once_and_not_tuned(nuclei: NDArray[np.uint16]) -> None:
    card = _card(OBJECTS, min_size=1, smoothing=0.2, seed_distance=1.0)
    noise = np.random.default_rng(0).random((2, *nuclei.shape), np.float32)
    case, ctx = Case(_maps(noise), nuclei), RecordingContext()
    assert RECIPE.calibrate([case], OBJECTS, card, ctx) == card.decode
    assert len(case.scores) == 1
    (note,) = ctx.of_kind(Note)
    assert note.text.endswith(
        "learned too little for choosing how objects are made, so that this stays as it was. Train longer."
    )


def test_specks_around_objects_that_are_found_do_not_keep_it_from_choosing(nuclei: NDArray[np.uint16]) -> None:
    card = _card(OBJECTS, min_size=1, smoothing=0.2, seed_distance=1.0)
    maps = _perfect_maps(nuclei, OBJECTS)
    specks = np.zeros(nuclei.shape, bool)
    specks[::2, ::3, ::3] = True
    specks &= ~binary_dilation(nuclei > 0, iterations=2)
    assert connected_objects(specks.astype(np.uint8)).max() > 20 * len(np.unique(nuclei))
    maps[0] += 0.65 * specks
    case, ctx = Case(_maps(maps), nuclei), RecordingContext()
    decode = RECIPE.calibrate([case], OBJECTS, card, ctx)
    assert decode["threshold"] > 0.65
    assert not any(note.level == "warning" for note in ctx.of_kind(Note))


def test_maps_are_probabilities_and_the_loss_has_parts() -> None:
    logits = torch.randn(2, 3, 4, 8, 8)
    maps = class_maps(logits, _card(OBJECTS))
    assert maps.shape == (2, 2, 4, 8, 8)
    assert 0 <= float(maps.min()) <= float(maps.max()) <= 1
    targets = {CLASSES: torch.ones(2, 4, 8, 8, dtype=torch.uint8), DEPTH: torch.rand(2, 4, 8, 8)}
    seen = LossInput(torch.zeros(logits.shape), logits, targets, 0, OBJECTS)
    loss, parts = RECIPE.loss(seen)
    assert float(loss) == pytest.approx(sum(parts.values()), rel=1e-5)
    heavy = Task("objects", ("Nucleus",), (1,), SemanticTraining(depth_weight=3), 3)
    assert float(RECIPE.loss(replace(seen, task=heavy))[0]) == pytest.approx(parts["regions"] + 3 * parts["depth"])


def test_names_of_classes_are_made_up_where_missing() -> None:
    task = Task.of_dataset(
        DatasetConfig(kind="classes", class_values=(1, 4), class_names=("A",)), SemanticTraining(), 2
    )
    assert task.class_names == ("A", "Class 4")


def test_an_unknown_recipe_is_a_clear_error() -> None:
    with pytest.raises(UserError, match="unheard"):
        recipe_named("unheard")


def test_voxels_between_objects_count_more_where_that_is_wanted() -> None:
    """Two objects side by side; a mistake at their border costs more than one at the rim, and 2D looks at slices."""
    labels = np.zeros((3, 8, 12), np.uint16)
    labels[:, 2:6, 1:6], labels[:, 2:6, 6:11] = 1, 2
    plain = Task("objects", ("Object",), (1,), SemanticTraining(), 3)
    assert TOUCHING not in semantic_targets(labels, plain, (1.0, 1.0, 1.0))
    heavy = replace(plain, parameters=SemanticTraining(touching_weight=4, touching_width=1))
    targets = semantic_targets(labels, heavy, (1.0, 1.0, 1.0))
    assert targets[TOUCHING][1].any(axis=0).tolist() == [False] * 5 + [True] * 2 + [False] * 5
    recipe = SemanticRecipe()
    assert recipe.label_targets(heavy).interpolation[TOUCHING] == "nearest"
    batch = {name: torch.from_numpy(values)[None] for name, values in targets.items()}
    batch[DEPTH] = batch[DEPTH].float() / 255

    def loss(column: int, task: Task) -> float:
        outputs = torch.zeros(1, 3, 3, 8, 12)
        outputs[:, 1] = torch.where(batch[CLASSES] == 1, 9.0, -9.0)
        outputs[:, 1, :, 2:6, column] = -9.0
        given = {name: value for name, value in batch.items() if task is heavy or name != TOUCHING}
        return float(recipe.loss(LossInput(torch.zeros(1, 1, 3, 8, 12), outputs, given, 0, task))[0])

    assert loss(5, plain) == pytest.approx(loss(1, plain), rel=0.02)
    assert loss(5, heavy) > 1.25 * loss(1, heavy)
    flat = replace(heavy, dimensions=2)
    apart = labels.copy()
    apart[0, :, 6:], apart[1, :, :6], apart[2] = 0, 0, 0
    assert semantic_targets(apart, heavy, (1.0, 1.0, 1.0))[TOUCHING].any()
    assert not semantic_targets(apart, flat, (1.0, 1.0, 1.0))[TOUCHING].any()


def test_a_missed_small_object_costs_more_where_small_ones_count_more() -> None:
    """Of three objects the small one or as many voxels of a large one are missed."""
    labels = np.zeros((1, 16, 40), np.uint16)
    labels[0, 2:14, 2:14], labels[0, 2:14, 26:38], labels[0, 6:10, 18:22] = 1, 2, 3
    plain = Task("objects", ("Object",), (1,), SemanticTraining(separate_objects=False), 2)
    even = replace(plain, parameters=SemanticTraining(separate_objects=False, size_balance=1))
    targets, recipe = semantic_targets(labels, even, (1.0, 1.0, 1.0)), SemanticRecipe()
    assert SMALL not in semantic_targets(labels, plain, (1.0, 1.0, 1.0))
    assert recipe.label_targets(even).interpolation[SMALL] == "nearest"
    assert set(np.unique(targets[SMALL][0, 4:12, 16:24])) == {255}, "4 times, 2 px around it"

    def loss(missed: tuple[slice, slice], task: Task) -> float:
        batch = {name: torch.from_numpy(values) for name, values in targets.items() if task is even or name != SMALL}
        outputs = torch.zeros(1, 2, 16, 40)
        outputs[:, 1] = torch.where(batch[CLASSES] == 1, 9.0, -9.0)
        outputs[0, 1][missed] = -9.0
        return float(recipe.loss(LossInput(torch.zeros(1, 1, 16, 40), outputs, batch, 0, task))[0])

    small, corner = (slice(6, 10), slice(18, 22)), (slice(2, 6), slice(2, 6))
    assert loss(small, plain) == pytest.approx(loss(corner, plain))
    assert loss(small, even) > 2 * loss(corner, even)
