from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop_app.core.advice.mistakes import Mistake
from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import RecordingContext
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume
from desktop_app.io.training_advice import read_advice
from desktop_app.jobs.train.run import finish_run, train_model
from desktop_app.ml.data.images import TrainingImage, checked_part
from desktop_app.ml.recipes.base import Decoded, Task
from desktop_app.ml.recipes.registry import COMPUTED, recipe_named
from desktop_app.ml.training.critic import Critic

Pairs = Callable[[int], tuple[PairConfig, ...]]
Config = Callable[..., TrainingConfig]
SHAPE = (6, 80, 90)


@pytest.fixture
def image(write_pair: Callable[..., PairConfig]) -> TrainingImage:
    """Two touching squares in slice 3, and one by itself in slice 5."""
    labels = np.zeros(SHAPE, np.uint16)
    labels[3, 20:30, 20:30], labels[3, 20:30, 30:40], labels[5, 60:70, 70:80] = 1, 2, 3
    pair = write_pair("squares", (labels > 0).astype(np.uint8) * 200, labels)
    volume, truth = open_volume(Path(pair.image)), open_volume(Path(str(pair.labels)))
    return TrainingImage("squares", volume, truth, Region.whole(SHAPE), files=(Path(pair.image),))


def task(family: str, dimensions: int) -> Task:
    parameters = RECIPES[family].training()
    kind = "objects" if "objects" in (RECIPES[family].label_kinds or ("objects",)) else "classes"
    return Task(kind, ("Square",), (1,), parameters, dimensions)  # type: ignore[arg-type]


@pytest.mark.parametrize("family", list(COMPUTED))
def test_every_family_sees_merged_and_missed_objects(family: str, image: TrainingImage) -> None:
    critic = Critic(recipe_named(family), task(family, 2 if family == "panoptic" else 3))
    found = np.zeros(SHAPE, np.uint32)
    found[3, 20:30, 20:40] = 7
    critic.look(image, Decoded(found, {7: "Square"}), image.truth.read())
    assert critic.mistakes is not None
    assert critic.mistakes.concerned == {Mistake.MERGED: 2, Mistake.MISSED: 1}
    first, second = critic.worst()
    assert (first.place.mistake, first.place.voxel) == (Mistake.MERGED, (3, 24, 29))
    assert (second.place.mistake, second.place.voxel[0]) == (Mistake.MISSED, 5)
    assert first.place.file == str(image.files[0])
    assert not first.place.flat
    assert first.place.found_at == (3, 0, 0)
    np.testing.assert_array_equal(first.found[0] > 0, found[3] > 0)


def test_only_a_picture_without_depth_has_no_slice_to_tell(image: TrainingImage) -> None:
    whole = (1, *SHAPE[1:])
    alone = replace(image, image=Volume.from_array(np.zeros(whole, np.uint8)), labels=None)
    assert alone.flat
    assert not replace(alone, planes=(3,)).flat
    assert not replace(alone, corner=(3, 0, 0)).flat


def test_a_place_is_told_as_it_lies_in_the_file(image: TrainingImage) -> None:
    """Also where only a box of marked slices was checked."""
    dataset = DatasetConfig()
    marked = TrainingImage(image.name, image.image, image.labels, image.region, (3, 5), files=image.files)
    for single_slices in (True, False):
        part = checked_part(marked, dataset, (2, 60, 60), single_slices=single_slices)
        assert part.image.shape == (2, 60, 60)
        critic = Critic(recipe_named("semantic"), task("semantic", 2 if single_slices else 3))
        kept = slice(None) if part.slices is None else list(part.slices)
        truth = part.truth.read()[kept]
        critic.look(part, Decoded(np.zeros(truth.shape, np.uint32)), truth)
        labels = image.truth.read()
        for sight in critic.worst():
            assert labels[sight.place.voxel] > 0
            assert sight.place.edge == 64  # the image is smaller than the smallest picture


def test_pictures_show_image_labels_and_result(image: TrainingImage) -> None:
    critic = Critic(recipe_named("semantic"), task("semantic", 3))
    truth = image.truth.read()
    critic.look(image, Decoded(np.zeros(SHAPE, np.uint32)), truth)
    picture = critic.worst()[0].picture
    third = (picture.shape[1] + 1) // 3
    grey, labels, result = picture[:, : third - 20], picture[:, third + 20 : 2 * third - 20], picture[:, -third + 20 :]
    colored = [bool((np.ptp(panel.astype(int), axis=2) > 20).any()) for panel in (grey, labels, result)]
    assert colored == [False, True, False]


def test_two_places_are_never_in_one_picture(image: TrainingImage) -> None:
    critic = Critic(recipe_named("semantic"), task("semantic", 3))
    truth = np.zeros(SHAPE, np.uint16)
    truth[3, 20:30, 20:30], truth[3, 32:42, 20:30], truth[3, 60:70, 70:80] = 1, 2, 3
    critic.look(image, Decoded(np.zeros(SHAPE, np.uint32)), truth)
    assert len(critic.worst()) == 2


def test_a_run_leaves_its_advice_behind(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = tiny_config(phantom_pairs(3), steps=4)
    result = train_model(config, RecordingContext())
    kept = read_advice(result.run)
    assert kept is not None
    assert kept == result.advice
    assert kept.checked == result.objects
    assert sum(kept.counts.values()) > 0
    for place in kept.places:
        with Image.open(result.run / place.picture) as picture:
            assert picture.size[0] > 64
        assert Path(place.file).is_file()
        pair = next(pair for pair in config.dataset.pairs if pair.image == place.file)
        assert place.labels == pair.labels
        found = open_labels(result.run / place.found)
        assert Region.whole(found.shape).shift(place.found_at).contains(place.voxel)
    again = finish_run(result.run)
    assert again.advice == kept
    assert len(list((result.run / "advice").iterdir())) == 2 * len(kept.places)


def test_runs_without_advice_or_with_a_damaged_one_have_none(tmp_path: Path) -> None:
    assert read_advice(tmp_path) is None
    (tmp_path / "advice.json").write_text("{")
    assert read_advice(tmp_path) is None
