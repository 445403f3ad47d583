from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from desktop_app.cli.app import run_command
from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobCancelled, Note, RecordingContext
from desktop_app.jobs.train.run import find_images, load_run_config, resume_training, train_model
from desktop_app.ml.training.checkpoints import load_weights
from tests.image_files import saved
from tests.ml.training.test_runs import StopAtStep

Pairs = Callable[[int], tuple[PairConfig, ...]]
Config = Callable[..., TrainingConfig]


def stopped(config: TrainingConfig) -> Path:
    with pytest.raises(JobCancelled):
        train_model(config, StopAtStep(4))
    return Path(config.output)


def carried(config: TrainingConfig, folder: Path) -> Path:
    """Copy images and labels with a new date, and take the old ones away."""
    folder.mkdir()
    for pair in config.dataset.pairs:
        for path in (Path(pair.image), pair.label_path):
            (folder / path.name).write_bytes(path.read_bytes())
            path.unlink()
    return folder


def test_a_run_goes_on_with_images_that_were_moved(phantom_pairs: Pairs, tiny_config: Config, tmp_path: Path) -> None:
    pairs = phantom_pairs(3)
    straight = train_model(tiny_config(pairs, 6, "straight"), RecordingContext()).run
    run = stopped(tiny_config(pairs, 6))
    folder = carried(load_run_config(run), tmp_path / "moved")
    with pytest.raises(UserError, match="are not where the training knows them"):
        resume_training(run, RecordingContext())
    find_images(run, [folder])
    ctx = RecordingContext()
    resume_training(run, ctx)
    assert not any("have changed" in note.text for note in ctx.of_kind(Note))
    one, two = (load_weights(where / "checkpoints" / "last") for where in (straight, run))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_other_images_of_the_same_names_are_refused(phantom_pairs: Pairs, tiny_config: Config, tmp_path: Path) -> None:
    run = stopped(tiny_config(phantom_pairs(2), 6))
    before = load_run_config(run)
    folder = carried(before, tmp_path / "moved")
    saved(folder / "volume1_image.tif", np.zeros((4, 40, 40), np.uint8))
    with pytest.raises(UserError, match=r"volume1_image\.tif is not the image .* 4 × 40 × 40 .* 12 × 40 × 40"):
        find_images(run, [folder])
    assert load_run_config(run) == before


@pytest.mark.parametrize("kept", [{"shapes": []}, None])
def test_where_a_run_kept_no_sizes_its_labels_tell_them(
    phantom_pairs: Pairs, tiny_config: Config, tmp_path: Path, kept: dict[str, list[int]] | None
) -> None:
    run = stopped(tiny_config(phantom_pairs(2), 6))
    before, split = load_run_config(run), run / "split.json"
    if kept is None:
        split.unlink()
    else:
        split.write_text(json.dumps({**json.loads(split.read_text()), **kept}))
    moved = tmp_path / "moved"
    moved.mkdir()
    for pair in before.dataset.pairs:  # the labels stay, as those of a project do
        Path(pair.image).unlink()
        saved(moved / Path(pair.image).name, np.zeros((4, 40, 40), np.uint8))
    with pytest.raises(
        UserError, match=r"_labels\.tif does not fit volume\d_image.* 40 × 40 × 12 .* 40 × 40 × 4 "
    ) as told:
        find_images(run, [moved])
    assert told.value.hint == "Choose the folder that holds the same images."
    assert load_run_config(run) == before


def test_the_command_line_says_where_they_are(
    phantom_pairs: Pairs, tiny_config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = stopped(tiny_config(phantom_pairs(2), 6))
    folder = carried(load_run_config(run), tmp_path / "moved")
    assert run_command(["train", "--resume", str(run)]) == 2
    assert "--dataset FOLDER beside --resume" in capsys.readouterr().err.replace("\n", " ")
    assert run_command(["train", "--resume", str(run), "--dataset", str(folder)]) == 0
