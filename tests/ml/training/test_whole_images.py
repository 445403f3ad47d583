"""A training on images as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import Note, RecordingContext
from desktop_app.io.images.opening import open_file
from desktop_app.io.models import load_card
from desktop_app.jobs.train.run import load_run_config, train_model

Pairs = Callable[[int], tuple[PairConfig, ...]]
Config = Callable[..., TrainingConfig]


def test_the_largest_image_decides_on_the_patch(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = tiny_config(phantom_pairs(2), 1).model_copy(update={"whole_images": True})
    ctx = RecordingContext()
    result = train_model(config, ctx)
    shapes = [open_file(Path(pair.image)).shape for pair in config.dataset.pairs]
    patch = load_card(result.model).patch_size
    assert patch == load_run_config(result.run).patch_size
    assert all(edge >= max(shape[axis] for shape in shapes) for axis, edge in enumerate(patch) if edge > 1)
    assert any(note.text.startswith("Images are seen whole, padded to") for note in ctx.of_kind(Note))


def test_what_memory_cannot_hold_is_refused_before_anything_is_written(
    phantom_pairs: Pairs, tiny_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Little:
        available = 1000

    monkeypatch.setattr(psutil, "virtual_memory", Little)
    config = tiny_config(phantom_pairs(2), 1).model_copy(update={"whole_images": True, "device": "cpu"})
    with pytest.raises(UserError, match="Whole images of"):
        train_model(config, RecordingContext())
    assert not (Path(config.output) / "config.json").exists()
