from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.cli.app import run_command
from desktop_app.io.models import load_card
from desktop_app.io.models.starters import starter_paths
from tests.model_to_tune import TOO_HIGH, labelled_pictures, model_to_tune


def test_a_model_is_fitted_to_labels_and_keeps_it_where_it_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model, data = model_to_tune(tmp_path / "m.vwmodel", monkeypatch), labelled_pictures(tmp_path / "data")
    apart = ["--dataset", str(data / "images"), "--labels", str(data / "labels")]
    assert run_command(["tune", str(model), *apart, "--out", str(tmp_path / "curve"), "--device", "cpu"]) == 0
    said = capsys.readouterr()
    assert "The model is as it was; --keep gives it these." in said.out
    assert "Confidence threshold: 0.8 → 0.3." in said.err
    assert (tmp_path / "curve" / "thresholds.png").is_file()
    assert load_card(model).decode["threshold"] == TOO_HIGH
    assert run_command(["tune", str(model), "--dataset", str(data), "--device", "cpu", "--keep", "--json"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (result["kept"], result["changes"]) == (True, {"Confidence threshold": [TOO_HIGH, 0.3]})
    assert (result["before"]["scores"]["f1"], result["after"]["scores"]["f1"]) == (0, 1)
    assert load_card(model).decode["threshold"] == 0.3
    for which, threshold in (("the values from before it was fitted", TOO_HIGH), ("the fitted values", 0.3)):
        assert run_command(["tune", str(model), "--restore"]) == 0
        assert f"The model has {which} again" in capsys.readouterr().out
        assert load_card(model).decode["threshold"] == threshold


def test_what_is_missing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = model_to_tune(tmp_path / "m.vwmodel", monkeypatch)
    assert run_command(["tune", str(model)]) == 2
    assert "Name them with --dataset FOLDER." in capsys.readouterr().err
    assert run_command(["tune", str(model), "--restore"]) == 2
    assert "was not fitted to labels" in capsys.readouterr().err


def test_a_model_of_the_program_is_not_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = labelled_pictures(tmp_path / "data")
    assert run_command(["tune", str(starter_paths()[0]), "--dataset", str(data), "--keep"]) == 2
    assert "comes with Voxelwright" in capsys.readouterr().err
