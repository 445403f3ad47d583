"""A family that learns from images alone goes through a whole run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import Preview, RecordingContext
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.recipes.semantic.parameters import SemanticDecode
from desktop_app.core.recipes.semantic.recipe import SemanticInfo
from desktop_app.io.models import load_card
from desktop_app.jobs.train.run import train_model
from desktop_app.ml.data.patch_source import PatchRequest, PatchSource
from desktop_app.ml.data.sampler import unlabelled_patches
from desktop_app.ml.recipes.base import LossInput, Start, Task, TrainingData, kept_decode
from desktop_app.ml.recipes.registry import COMPUTED
from desktop_app.ml.recipes.semantic.recipe import SemanticRecipe
from desktop_app.ml.training.plan import SPLIT_FILE


class _SeenReconstructing(SemanticInfo):
    """What is seen of it: labels of no kind are learned from."""

    label_kinds = ()


class _Reconstructing(SemanticRecipe):
    """Its loss compares the image with what one channel makes of it, and counts the steps."""

    def patch_source(self, request: PatchRequest, task: Task) -> PatchSource:
        return unlabelled_patches(request)

    def loss(self, batch: LossInput) -> tuple[torch.Tensor, dict[str, float]]:
        assert batch.targets == {}
        error = (batch.outputs[:, 0] - batch.image[:, 0]).square().mean()
        return error, {"reconstruction": float(error.detach()), "step": float(batch.step)}

    def first_decode(self, config: TrainingConfig, data: TrainingData, start: Start) -> dict[str, Any]:
        return kept_decode(SemanticDecode(), start)


def _take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COMPUTED, "semantic", _Reconstructing())
    monkeypatch.setitem(RECIPES, "semantic", _SeenReconstructing())


def _bare(pairs: tuple[PairConfig, ...]) -> tuple[PairConfig, ...]:
    return tuple(pair.model_copy(update={"labels": None}) for pair in pairs)


@pytest.fixture
def pairs(phantom_pairs: Callable[[int], tuple[PairConfig, ...]]) -> tuple[PairConfig, ...]:
    return phantom_pairs(2)


def test_a_run_without_any_label_keeps_its_latest_state(
    pairs: tuple[PairConfig, ...], tiny_config: Callable[..., TrainingConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    _take(monkeypatch)
    context = RecordingContext()
    result = train_model(tiny_config(_bare(pairs), 4), context)
    assert result.best_step == 4
    assert result.scores == {}
    assert (Path(result.run) / SPLIT_FILE).is_file()
    assert load_card(result.model).metrics == {}
    assert all(preview.truth is None for preview in context.of_kind(Preview))
    rows = (Path(result.run) / "metrics.csv").read_text().split()
    assert "4,loss/step,1.5" in rows
    assert any(row.startswith("4,loss/validation,") and "nan" not in row for row in rows)


def test_labels_only_tell_how_well_it_does(
    pairs: tuple[PairConfig, ...], tiny_config: Callable[..., TrainingConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    _take(monkeypatch)
    mixed = (
        _bare(pairs)[0].model_copy(update={"role": "train"}),
        pairs[1].model_copy(update={"role": "validation"}),
    )
    result = train_model(tiny_config(mixed, 2), RecordingContext())
    assert 0 <= result.scores["dice"] <= 1


def test_an_image_without_labels_is_refused_where_labels_teach(
    pairs: tuple[PairConfig, ...], tiny_config: Callable[..., TrainingConfig]
) -> None:
    config = tiny_config((pairs[0], *_bare(pairs)[1:]), 2)
    with pytest.raises(UserError, match="volume1 has no labels"):
        train_model(config, RecordingContext())
