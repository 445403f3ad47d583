from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from desktop_app.core.errors import UserError
from desktop_app.core.job import Note, RecordingContext
from desktop_app.io.models import load_card, save_model
from desktop_app.jobs.models.library import find_model
from desktop_app.jobs.models.to_improve import model_to_improve
from tests.cards import semantic_card
from tests.ml.networks.cellseg3d_layout import Trailmap, trained


@pytest.fixture(autouse=True)
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "own models"
    for module in ("to_improve", "library"):
        monkeypatch.setattr(f"desktop_app.jobs.models.{module}.own_models_folder", lambda: place)
    return place


def made_in(run: Path, name: str = "nuclei") -> Path:
    run.mkdir(parents=True, exist_ok=True)
    (run / "config.json").write_text("{}")
    return save_model(run / f"{name}.vwmodel", semantic_card(name=name), {"a": np.zeros(2, np.float32)}, None)


def test_a_run_and_a_checkpoint_in_it_stand_for_the_model_that_it_made(tmp_path: Path) -> None:
    run = tmp_path / "erster Lauf"
    model = made_in(run)
    (run / "checkpoints" / "best").mkdir(parents=True)
    for given in (model, run, run / "checkpoints" / "best"):
        assert model_to_improve(str(given), RecordingContext()) == model


def test_what_is_no_model_is_said(tmp_path: Path) -> None:
    run = tmp_path / "stopped"
    run.mkdir()
    with pytest.raises(UserError, match="There is no model in stopped"):
        model_to_improve(str(run), RecordingContext())
    (run / "config.json").write_text("{}")
    with pytest.raises(UserError, match="The run stopped has made no model yet"):
        model_to_improve(str(run), RecordingContext())
    for name in ("one", "two"):
        made_in(run, name)
    with pytest.raises(UserError, match=r"several models: one\.vwmodel, two\.vwmodel"):
        model_to_improve(str(run), RecordingContext())


def test_weights_of_another_program_are_imported_once(tmp_path: Path, own_models: Path) -> None:
    weights = tmp_path / "TRAILMAP_MS latest.pth"
    torch.save(trained(Trailmap()).state_dict(), weights)
    ctx = RecordingContext()
    model = model_to_improve(str(weights), ctx)
    assert model.parent == own_models
    assert load_card(model).training["imported_from"] == weights.name
    assert any("was imported" in note.text for note in ctx.of_kind(Note))
    again = RecordingContext()
    assert model_to_improve(str(weights), again) == model
    assert not again.of_kind(Note)
    assert len(list(own_models.iterdir())) == 1


def test_elsewhere_weights_of_another_program_are_to_be_imported_first(tmp_path: Path) -> None:
    weights = tmp_path / "my weights.pth"
    weights.touch()
    with pytest.raises(UserError, match=r"of another program\. Import it first: voxelwright models import '"):
        find_model(str(weights))
