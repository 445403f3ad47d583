from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.advice.start_fit import StartLook, extent_of
from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.job import Note, RecordingContext
from desktop_app.io.models import load_card
from desktop_app.jobs.train.inspect_data import inspect_dataset
from desktop_app.jobs.train.run import train_model
from desktop_app.jobs.train.start_fit import at_the_better_size, resized, start_fit
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
    assert fit.as_it_is.dice is not None
    assert 0 <= fit.as_it_is.dice <= 1
    assert fit.as_it_is.picture is not None
    assert fit.sized is None
    assert not Path(improved.output).exists()
    assert start_fit(tiny_config(pairs), report, RecordingContext()).as_it_is.dice is None
    monkeypatch.setattr(run_module, "start_scores", lambda *_: {"f1": 0.03, "dice": 0.5, "score": 0.2})
    context = RecordingContext()
    train_model(improved, context)
    warnings = [note.text for note in context.of_kind(Note) if note.level == "warning"]
    assert any("finds 3% of the objects rightly" in text for text in warnings)


def test_a_model_is_also_tried_at_the_size_that_it_knows(
    write_pair: Callable[..., PairConfig], phantom_pairs: Pairs, tiny_config: Config
) -> None:
    """What it learned at another size, it sees so, and its labels are as large as the image again."""
    first = train_model(tiny_config(phantom_pairs(2), 2, "first"), RecordingContext())
    made = [nuclei_phantom(PhantomParameters((12, 40, 40), 8, 6), seed=seed) for seed in (5, 6)]
    large = tuple(
        write_pair(f"large{n}", *(np.kron(part, np.ones((2, 2, 2), part.dtype)) for part in (one.image, one.truth)))
        for n, one in enumerate(made)
    )
    improved = tiny_config(large, 4, "second", start_from=str(first.model))
    report = inspect_dataset(improved.dataset, RecordingContext())
    fit = start_fit(improved, report, RecordingContext())
    assert fit.sized is not None
    assert fit.sized.picture is not None
    assert 1.5 < fit.changes["shrink"] < 2.7
    config = resized(improved, fit.changes)
    assert at_the_better_size(improved, replace(fit, as_it_is=StartLook(f1=0.1), sized=StartLook(f1=0.8))) == config
    assert at_the_better_size(improved, replace(fit, as_it_is=StartLook(f1=0.8), sized=StartLook(f1=0.8))) == improved
    result = train_model(config, RecordingContext())
    card = load_card(result.model)
    assert card.prediction["shrink"] == fit.changes["shrink"]
    assert 0 <= result.scores["f1"] <= 1
    assert load_card(first.model).decode["min_size"] == pytest.approx(card.decode["min_size"], rel=0.5)
