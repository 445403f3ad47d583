from __future__ import annotations

from collections.abc import Callable

import numpy as np

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.learning import UNCHANGED
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import RecordingContext
from desktop_app.jobs.train.samples import SAMPLES, draw_samples, sample_sheet

Pairs = Callable[[int], tuple[PairConfig, ...]]
Config = Callable[..., TrainingConfig]


def test_samples_show_what_a_training_would_see(phantom_pairs: Pairs, tiny_config: Config) -> None:
    config = tiny_config(phantom_pairs(2))
    first = draw_samples(config, 0, RecordingContext())
    again = draw_samples(config, 0, RecordingContext())
    assert len(first) == SAMPLES
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, again, strict=True))
    assert any(sample.labels.any() for sample in first)
    still = draw_samples(config.model_copy(update={"augmentation": UNCHANGED}), 0, RecordingContext())
    assert any(not np.array_equal(a.image, b.image) for a, b in zip(first, still, strict=True))
    assert sample_sheet(first).shape == (3 * 28 - 4, 4 * 28 - 4, 3)
