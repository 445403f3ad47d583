"""From a folder of pairs to scores with commands alone."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from desktop_app.cli import train
from desktop_app.cli.app import run_command
from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging import Volume
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.job import JobCancelled
from desktop_app.core.training_result import Stopped, TrainingResult
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.io.models import save_model
from tests.cards import semantic_card

SMALL = PhantomParameters(shape=(8, 32, 32), nuclei=4, radius=5)
QUICK = ("iterations=2", "patch_size=8,32,32", "network_arguments.channels=4", "network_arguments.levels=2")


def _write(path: Path, voxels: Any, voxel_size: Any) -> None:
    volume = Volume.from_array(voxels, voxel_size=voxel_size)
    write_volume(path, volume.source, volume)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    for number in range(2):
        phantom = nuclei_phantom(SMALL, seed=number)
        _write(tmp_path / "data" / "images" / f"v{number}.tif", phantom.image, phantom.voxel_size)
        _write(tmp_path / "data" / "labels" / f"v{number}.tif", phantom.truth, phantom.voxel_size)
    return tmp_path / "data"


def _with_nan(image: Path) -> None:
    """Make a grey value of an image no number."""
    volume = open_volume(image)
    voxels = volume.read().astype(np.float32)
    voxels[0, 0, 0] = np.nan
    _write(image, voxels, volume.voxel_size)


def _result(text: str) -> dict[str, Any]:
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[-1]["event"] == "result"
    return dict(lines[-1])


@pytest.mark.slow
def test_train_infer_evaluate(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out = tmp_path / "run", tmp_path / "out"
    settings = [word for text in QUICK for word in ("--set", text)]
    train = ["train", "--dataset", str(dataset), "--out", str(run), "--device", "cpu", "--json", *settings]
    assert run_command(train) == 0
    trained = _result(capsys.readouterr().out)
    assert Path(trained["model"]).parent == run
    assert trained["advice"]["next_step"]["sentence"]
    assert (run / "advice.json").is_file()
    (dataset / "images" / "broken.tif").write_bytes(b"broken")
    _with_nan(dataset / "images" / "v1.tif")
    infer = ["infer", "--model", trained["model"], "--input", str(dataset / "images"), "--output", str(out)]
    assert run_command([*infer, "--device", "cpu", "--set", "min_size=0", "--json"]) == 1
    batch = _result(capsys.readouterr().out)
    assert {case["name"]: case["state"] for case in batch["cases"]} == {
        "broken.tif": "failed",
        "v0.tif": "done",
        "v1.tif": "done",
    }
    (noted,) = (case["notes"] for case in batch["cases"] if case["name"] == "v1.tif")
    assert len([note for note in noted if "not numbers" in note]) == 1
    assert open_volume(out / "v0.tif").shape == SMALL.shape
    scores = tmp_path / "scores.csv"
    evaluate = ["evaluate", "--predicted", str(out), "--truth", str(dataset / "labels"), "--out", str(scores)]
    assert run_command(evaluate) == 0
    assert "All" in capsys.readouterr().out


@pytest.mark.slow
def test_folds_score_each_image_once(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = [word for text in QUICK for word in ("--set", text)]
    train = ["train", "--dataset", str(dataset), "--out", str(tmp_path / "run"), "--device", "cpu", "--folds", "2"]
    _with_nan(dataset / "images" / "v0.tif")
    assert run_command([*train, *settings]) == 0
    said = capsys.readouterr().err
    assert "2 models each left out a part" in said
    assert said.count("not numbers (NaN)") == 1


@pytest.mark.slow
def test_a_run_folder_is_not_used_twice_but_resumed(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = [word for text in QUICK for word in ("--set", text)]
    train = ["train", "--dataset", str(dataset), "--out", str(tmp_path / "run"), "--device", "cpu", *settings]
    assert run_command(train) == 0
    assert run_command(train) == 2
    assert "holds a run already" in capsys.readouterr().err
    assert run_command(["train", "--resume", str(tmp_path / "run"), "--out", str(tmp_path / "other")]) == 2
    assert "--resume goes on" in capsys.readouterr().err
    again = ["train", "--resume", str(tmp_path / "run")]
    assert run_command([*again, "--zip"]) == 0
    said = capsys.readouterr().out
    assert "Model:" in said
    assert f"The run as one file: {tmp_path / 'run.zip'}" in said
    assert zipfile.is_zipfile(tmp_path / "run.zip")
    assert run_command([*again, "--rate", "0"]) == 2
    assert "--rate 0 is not possible. Expected: above 0 to 1." in capsys.readouterr().err
    assert run_command([*again, "--rate", "0.1"]) == 2
    assert "best state" not in capsys.readouterr().err  # nothing has been tried


def test_a_run_that_is_gone_on_with_says_what_it_has_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "my run"
    run.mkdir()
    (run / "config.json").write_text("{}")

    def stopped(*_: object) -> None:
        raise JobCancelled

    monkeypatch.setattr(train, "continue_training", stopped)
    assert run_command(["train", "--resume", str(run)]) == 130
    said = capsys.readouterr().err
    assert "no model is kept" in said
    assert f"Go on with: voxelwright train --resume '{run}'" in said.replace("\n", "")

    def full(*_: object) -> None:
        last = run / "checkpoints" / "last"
        last.mkdir(parents=True)
        (last / "state.json").write_text('{"progression": {"step": 3, "validated": 3}}')
        save_model(run / "mine.vwmodel", semantic_card(), {"a": np.zeros(2, np.float32)}, None)
        raise UnwritableFileError(run / "log.txt", "the disk is full.")

    monkeypatch.setattr(train, "continue_training", full)
    assert run_command(["train", "--resume", str(run)]) == 1
    said = capsys.readouterr().err.replace("\n", "")
    assert f"Model of the best state so far: {run / 'mine.vwmodel'}" in said
    assert "Once that is put right, go on with: voxelwright train --resume" in said


def test_a_training_tells_why_its_result_may_be_poor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    doubts = ("Nearly all came out as objects: choose another kind.",)
    result = TrainingResult(tmp_path / "run", tmp_path / "m.vwmodel", {}, 3, "finished", doubts=doubts)
    monkeypatch.setattr(train, "_train", lambda *_given: result)
    assert run_command(["train", "--dataset", str(tmp_path), "--out", str(tmp_path / "run")]) == 0
    assert "Nearly all came out as objects: choose another kind." in capsys.readouterr().out


def test_a_training_that_was_stopped_is_called_so_as_in_the_window(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}
    for end in get_args(Stopped):
        result = TrainingResult(tmp_path / "run", tmp_path / "m.vwmodel", {}, 3, end)
        monkeypatch.setattr(train, "_train", lambda *_given, result=result: result)
        assert run_command(["train", "--dataset", str(tmp_path), "--out", str(tmp_path / "run")]) == 0
        seen[end] = capsys.readouterr().out
    assert "Best at step 3 (stopped)." in seen["cancelled"]
    assert not any(f"({end})" in text for end, text in seen.items())
