from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from desktop_app.core.config.dataset import DatasetConfig, PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.training.moved_images import with_images
from desktop_app.jobs.train.run import load_run_config
from tests.image_files import saved


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for folder, name in (("one", "a.tif"), ("two", "a_labels.tif")):
        saved(tmp_path / folder / name, np.ones((2, 4, 4), np.uint8))
    pair = PairConfig(name="a", image=str(tmp_path / "gone" / "a.tif"), labels=str(tmp_path / "gone" / "a_labels.tif"))
    config = TrainingConfig(dataset=DatasetConfig(pairs=(pair,)), network="unet3d", patch_size=(8, 8, 8))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text(config.model_dump_json())
    return tmp_path / "run"


def test_the_user_shows_where_images_and_labels_are(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen, notifier = [str(run.parent / "one"), str(run.parent / "two")], RecordingNotifier()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: chosen.pop(0))
    before = load_run_config(run).model_copy(update={"output": str(run)})
    found = with_images(before, run, notifier, None)
    assert found is not None
    assert found.output == str(run)
    assert "a.tif, a_labels.tif are not where the training knows them" in notifier.questions[0]
    assert "a_labels.tif cannot be found in one" in notifier.questions[1]
    (pair,) = load_run_config(run).dataset.pairs
    assert found.dataset.pairs == (pair,)
    assert (Path(pair.image).parent.name, pair.label_path.parent.name) == ("one", "two")
    assert with_images(found, run, notifier, None) is found
    assert len(notifier.questions) == 2


def test_who_does_not_know_changes_nothing(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notifier, before = RecordingNotifier(), load_run_config(run)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    assert with_images(before, run, notifier, None) is None
    notifier.answers = [False]
    assert with_images(before, run, notifier, None) is None
    assert load_run_config(run) == before
