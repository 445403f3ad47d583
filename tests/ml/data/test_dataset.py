from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.model_card import Normalisation
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import Note, RecordingContext
from desktop_app.ml.data.dataset import gather
from desktop_app.ml.recipes.base import TrainingData, task_of
from desktop_app.ml.recipes.registry import recipe_named


def _gathered(config: TrainingConfig, record: Path | None, context: RecordingContext) -> TrainingData:
    return gather(config, recipe_named(config.recipe), task_of(config), Normalisation(), context, record)


def _names(data: TrainingData) -> tuple[list[str], list[str]]:
    return [image.name for image in data.train], [image.name for image in data.validation]


@pytest.fixture
def half_labelled(write_pair: Callable[..., PairConfig]) -> tuple[PairConfig, ...]:
    """Five images, of which only two hold labels: one of these is kept aside."""
    pairs = []
    for number in range(5):
        labels = np.zeros((8, 32, 32), np.uint16)
        if number in (0, 1):
            labels[2:6, 8:20, 8:20] = 1
        pairs.append(write_pair(f"p{number}", (labels * 200).astype(np.uint8), labels))
    return tuple(pairs)


def test_labelling_more_moves_no_image_between_learning_and_checking(
    half_labelled: tuple[PairConfig, ...], tiny_config: Callable[..., TrainingConfig], tmp_path: Path
) -> None:
    config, record = tiny_config(half_labelled), tmp_path / "split.json"
    before = _names(_gathered(config, record, RecordingContext()))
    moved = False
    for number in (2, 3, 4):
        labels = np.zeros((8, 32, 32), np.uint16)
        labels[2:6, 8:20, 8:20] = 1
        tifffile.imwrite(half_labelled[number].label_path, labels, imagej=True, metadata={"axes": "ZYX"})
        moved = moved or _names(_gathered(config, None, RecordingContext())) != before
        context = RecordingContext()
        assert _names(_gathered(config, record, context)) == before
        assert any(f"p{number}" in note.text and "have changed" in note.text for note in context.of_kind(Note))
    assert moved


def test_unchanged_data_are_not_remarked_on(
    half_labelled: tuple[PairConfig, ...], tiny_config: Callable[..., TrainingConfig], tmp_path: Path
) -> None:
    config, record = tiny_config(half_labelled), tmp_path / "split.json"
    context = RecordingContext()
    assert _names(_gathered(config, record, context)) == _names(_gathered(config, record, context))
    assert not any("have changed" in note.text for note in context.of_kind(Note))


def test_a_file_that_is_gone_is_not_called_changed(
    half_labelled: tuple[PairConfig, ...], tiny_config: Callable[..., TrainingConfig], tmp_path: Path
) -> None:
    config, record, context = tiny_config(half_labelled), tmp_path / "split.json", RecordingContext()
    _gathered(config, record, context)
    Path(half_labelled[0].image).unlink()
    with pytest.raises(UserError, match="there is no such file"):
        _gathered(config, record, context)
    assert not any("have changed" in note.text for note in context.of_kind(Note))


def test_a_cut_image_stays_cut_where_it_was(
    write_pair: Callable[..., PairConfig], tiny_config: Callable[..., TrainingConfig], tmp_path: Path
) -> None:
    labels = np.zeros((8, 96, 32), np.uint16)
    labels[:, 4:40, 4:28] = 1
    pair, record = write_pair("a", (labels * 200).astype(np.uint8), labels), tmp_path / "split.json"
    config = tiny_config((pair,))
    before = _gathered(config, record, RecordingContext()).train[0].region
    tifffile.imwrite(pair.label_path, labels[:, ::-1], imagej=True, metadata={"axes": "ZYX"})
    assert _gathered(config, None, RecordingContext()).train[0].region != before
    assert _gathered(config, record, RecordingContext()).train[0].region == before


@pytest.mark.parametrize("content", ["", "{}", "[1", '{"parts": ["train"], "states": [""], "cut": null}'])
def test_a_record_of_something_else_is_none(
    half_labelled: tuple[PairConfig, ...], tiny_config: Callable[..., TrainingConfig], tmp_path: Path, content: str
) -> None:
    record = tmp_path / "split.json"
    record.write_text(content)
    assert len(_gathered(tiny_config(half_labelled), record, RecordingContext()).validation) == 1


def test_images_beyond_their_budget_are_read_from_the_disk(
    half_labelled: tuple[PairConfig, ...], tiny_config: Callable[..., TrainingConfig]
) -> None:
    config, context = tiny_config(half_labelled), RecordingContext()
    assert _gathered(config, None, context).in_memory
    assert not any("from the disk" in note.text for note in context.of_kind(Note))
    tight = _gathered(config.model_copy(update={"images_gb": 1e-5}), None, context)
    assert not tight.in_memory
    assert any("they are read from the disk patch by patch" in note.text for note in context.of_kind(Note))


@pytest.mark.parametrize(
    ("named", "specimens"),
    [("Emb01_t{}", {"Emb01"}), ("p{}", {f"p{number}" for number in range(5)})],
)
def test_time_points_of_one_movie_are_of_one_specimen(
    half_labelled: tuple[PairConfig, ...],
    tiny_config: Callable[..., TrainingConfig],
    named: str,
    specimens: set[str],
) -> None:
    """Scores on time points of a movie that was learned from, too, promise too much; who reads them is told."""
    pairs = tuple(pair.model_copy(update={"name": named.format(n)}) for n, pair in enumerate(half_labelled))
    data = _gathered(tiny_config(pairs), None, RecordingContext())
    assert {image.specimen for image in (*data.train, *data.validation)} == specimens
    assert data.validation
