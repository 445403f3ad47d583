"""A training that shall fill the graphics card asks once, before its folder is made, and keeps what was found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import RecordingContext
from desktop_app.jobs.train.run import train_model


def test_what_was_found_is_in_the_configuration_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((2, 16, 16), np.uint8), metadata={"axes": "CYX"})
    pair = {"name": "a", "image": str(tmp_path / "a.tif"), "labels": str(tmp_path / "a.tif")}
    config = TrainingConfig.model_validate({
        "output": str(tmp_path / "run"), "recipe": "semantic", "network": "unet2d", "patch_size": (1, 16, 16),
        "dataset": {"pairs": [pair]}, "optimisation": {"fill_gpu": True},
    })  # fmt: skip
    asked: list[int] = []

    def filled(given: TrainingConfig, channels: int, _ctx: Any) -> TrainingConfig:
        assert not Path(given.output).exists()
        asked.append(channels)
        return given.model_copy(update={"optimisation": given.optimisation.model_copy(update={"batch_size": 6})})

    seen: list[int] = []

    def run_training(_config: TrainingConfig, run: Path, _ctx: Any, *, resume: bool) -> Any:
        seen.append(json.loads((run / "config.json").read_text())["optimisation"]["batch_size"])
        raise UserError("Stop here.")

    monkeypatch.setattr("desktop_app.ml.training.batch_size.filled", filled)
    monkeypatch.setattr("desktop_app.ml.training.run_training", run_training)
    with pytest.raises(UserError, match="Stop here"):
        train_model(config, RecordingContext())
    assert (asked, seen) == ([2], [6])
