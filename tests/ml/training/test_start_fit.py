from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.core.advice.start_fit import extent_of
from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.job import Note, RecordingContext
from desktop_app.io.models import load_card
from desktop_app.jobs.train.inspect_data import inspect_dataset
from desktop_app.jobs.train.run import train_model
from desktop_app.jobs.train.start_fit import start_fit
from desktop_app.ml.training import run as run_module

Pairs = Callable[[int], tuple[PairConfig, ...]]
Config = Callable[..., TrainingConfig]


def test_a_model_is_tried_on_the_labels_before_it_learns(
    phantom_pairs: Pairs, tiny_config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = phantom_pairs(2)
    first = train_model(tiny_config(pairs, 2, "first"), RecordingContext())
    assert 4 < extent_of(load_card(first.model)) < 20
    improved = tiny_config(pairs, 2, "second", start_from=str(first.model))
    report = inspect_dataset(improved.dataset, RecordingContext())
    fit = start_fit(improved, report, RecordingContext())
    assert fit.dice is not None
    assert 0 <= fit.dice <= 1
    assert not Path(improved.output).exists()
    assert start_fit(tiny_config(pairs), report, RecordingContext()).dice is None
    monkeypatch.setattr(run_module, "start_scores", lambda *_: {"f1": 0.03, "dice": 0.5, "score": 0.2})
    context = RecordingContext()
    train_model(improved, context)
    warnings = [note.text for note in context.of_kind(Note) if note.level == "warning"]
    assert any("finds 3% of the objects rightly" in text for text in warnings)
