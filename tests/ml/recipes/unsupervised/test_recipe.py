from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.model_card import ModelCard, Normalisation
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.unsupervised.parameters import UnsupervisedDecode, UnsupervisedTraining
from desktop_app.io.images.registry import write_volume
from desktop_app.io.models import load_card
from desktop_app.jobs.train.run import train_model
from desktop_app.ml.inference.engine import Room, named_labels
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.networks.wnet import KINDS, RECONSTRUCTION
from desktop_app.ml.recipes.base import Decoded, LossInput, Start, Task, TrainingData
from desktop_app.ml.recipes.registry import COMPUTED

RECIPE = COMPUTED["unsupervised"]


def task(kind: Any = "objects", **changes: Any) -> Task:
    names = ("Nucleus", "Fibre") if kind == "classes" else ("Nucleus",)
    parameters = UnsupervisedTraining(**changes)
    return Task(kind, names, tuple(range(1, 1 + len(names))), parameters, 2, unlabelled=9, background=None)


def card(kinds: int) -> ModelCard:
    return ModelCard(
        name="toy", recipe="unsupervised", network="wnet2d", dimensions=2, input_channels=1, output_channels=kinds,
        patch_size=(1, 32, 32), divisor=(1, 8, 8),
    )  # fmt: skip


def three_kinds() -> VoxelMaps:
    """Two squares of the first kind, one of the second, the third around them."""
    maps = np.zeros((3, 1, 20, 30), np.float32)
    maps[0, 0, 2:8, 2:8], maps[0, 0, 2:8, 14:20], maps[1, 0, 12:18, 2:8] = 1, 1, 1
    maps[2] = 1 - maps.sum(0)
    return VoxelMaps.of(("kind:1", "kind:2", "kind:3"), maps)


def labels_of(**changes: Any) -> tuple[np.ndarray, dict[int, str]]:
    parameters = UnsupervisedDecode(smoothing=1, min_size=4).model_copy(update=changes)
    return named_labels(RECIPE.engine.decode(three_kinds(), parameters, card(3), Room(), RecordingContext()))


def test_objects_are_made_of_the_chosen_kind() -> None:
    labels, names = labels_of()
    assert (int(labels.max()), set(names.values())) == (2, {"Object"})
    assert int(labels_of(foreground=2)[0].max()) == 1
    assert (labels_of(foreground=2)[0][0, 12:18, 2:8] == 1).all()
    with pytest.raises(UserError, match="tells 3 kinds of places apart; there is no kind 5"):
        labels_of(foreground=5)


@pytest.mark.parametrize(("kept", "made"), [(2, 2), (3, 1)])
def test_a_kind_that_is_no_longer_told_is_not_what_objects_are_made_of(kept: int, made: int) -> None:
    start = Start(Normalisation(), {}, decode=UnsupervisedDecode(foreground=kept).model_dump())
    data = TrainingData(task(kinds=2), (), (), (), (), (), 1, VoxelSize.unknown(), in_memory=True)
    assert RECIPE.first_decode(TrainingConfig(), data, start)["foreground"] == made


def test_every_kind_but_the_least_conspicuous_has_a_number() -> None:
    labels, names = labels_of(objects="classes")
    assert names == {1: "Kind 1", 2: "Kind 2"}
    assert (labels[0, 2:8, 2:8] == 1).all()
    assert (labels[0, 12:18, 2:8] == 2).all()
    assert int((labels > 0).sum()) == 3 * 36


def test_the_loss_weighs_its_parts_and_needs_nothing_drawn_when_used() -> None:
    image = torch.rand(1, 1, 8, 8)
    logits, drawn = torch.randn(1, 2, 8, 8), torch.zeros(1, 1, 8, 8)
    wanted = task(cut_weight=2, reconstruction_weight=3, evenness_weight=4)
    loss, parts = RECIPE.loss(LossInput(image, {KINDS: logits, RECONSTRUCTION: drawn}, {}, 0, wanted))
    assert parts[RECONSTRUCTION] == pytest.approx(float(image.square().mean()))
    assert float(loss) == pytest.approx(2 * parts["cut"] + 3 * parts[RECONSTRUCTION] + 4 * parts["evenness"])
    alone, others = RECIPE.loss(LossInput(image, logits, {}, 0, wanted))
    assert others == {name: pytest.approx(parts[name]) for name in ("cut", "evenness")}
    assert float(alone) == pytest.approx(2 * parts["cut"] + 4 * parts["evenness"])
    other = task(affinity="means", reconstruction="bce", intensity_sigma=30)
    _, changed = RECIPE.loss(LossInput(image, {KINDS: logits, RECONSTRUCTION: drawn}, {}, 0, other))
    assert changed[RECONSTRUCTION] == pytest.approx(float(np.log(2)))
    assert changed["cut"] != pytest.approx(parts["cut"])


def test_labels_of_several_classes_are_one_foreground() -> None:
    truth = np.zeros((1, 6, 6), np.uint8)
    truth[0, :2], truth[0, 2:4], truth[0, 5] = 1, 2, 9
    found = np.where(np.isin(truth, (1, 2, 9)), 1, 0).astype(np.uint32)
    scores = RECIPE.score(Decoded(found, {1: "Object"}, found.astype(np.uint8)), truth, task("classes"))
    assert scores["dice"] == 1.0


@pytest.fixture
def discs(tmp_path: Path) -> tuple[PairConfig, ...]:
    """Pictures of bright discs on an uneven ground, with noise; without labels."""
    rows, columns = np.mgrid[:64, :64]
    pairs = []
    for number in range(3):
        rng = np.random.default_rng(number)
        true = np.zeros((64, 64), bool)
        for y, x in rng.uniform(8, 56, (6, 2)):
            true |= (rows - y) ** 2 + (columns - x) ** 2 < 36
        picture = 300 + columns + 500 * true + rng.normal(0, 40, true.shape)
        image = Volume.from_array(picture.astype(np.uint16)[None])
        write_volume(tmp_path / f"{number}.tif", image.source, image)
        truth = Volume.from_array(true.astype(np.uint16)[None])
        write_volume(tmp_path / f"{number}_labels.tif", truth.source, truth)
        pairs.append(PairConfig(name=f"{number}", image=str(tmp_path / f"{number}.tif"), role="train"))
    labelled = {"role": "test", "labels": str(tmp_path / "2_labels.tif")}
    return (*pairs[:2], pairs[2].model_copy(update=labelled))


def test_discs_are_found_without_a_label(discs: tuple[PairConfig, ...], tmp_path: Path) -> None:
    config = TrainingConfig.model_validate(
        {
            "output": str(tmp_path / "run"),
            "dataset": DatasetConfig(pairs=discs).model_dump() | {"split": {"validation": 0.0}},
            "recipe": "unsupervised",
            "network": "wnet2d",
            "network_arguments": {"channels": 4, "levels": 3, "dropout": 0.0},
            "patch_size": (1, 32, 32),
            "optimisation": {"iterations": 60, "batch_size": 4, "learning_rate": 1e-2},
            "validation": {"every": 60},
            "device": "cpu",
        }
    )
    result = train_model(config, RecordingContext())
    made = load_card(result.model)
    assert (made.recipe, made.output_channels) == ("unsupervised", 2)
    assert result.scores["test/dice"] > 0.8
