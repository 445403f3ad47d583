from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from desktop_app.core.config.dataset import DatasetConfig, DatasetSplitParameters, PairConfig
from desktop_app.core.config.training import TrainingConfig
from desktop_app.io.projects import OpenProject, create_project
from desktop_app.jobs.train.earlier_draws import split_as_before


def _trained(opened: OpenProject, name: str, kind: str, classes: tuple[int, ...] | None, every_class: bool) -> Path:
    dataset = DatasetConfig.model_validate(
        {
            "kind": kind,
            "pairs": (PairConfig(name="a", image="a", classes=classes),),
            "split": DatasetSplitParameters(every_class=every_class),
        }
    )
    file = opened.folder / "runs" / name / "config.json"
    file.parent.mkdir(parents=True)
    file.write_text(TrainingConfig(dataset=dataset).model_dump_json())
    return file


def _of_version_before(file: Path) -> None:
    """As it was written before classes counted in a split."""
    told: dict[str, Any] = json.loads(file.read_text())
    del told["dataset"]["split"]["every_class"]
    for pair in told["dataset"]["pairs"]:
        del pair["classes"]
    file.write_text(json.dumps(told))


def test_a_project_draws_as_its_last_training_of_classes_did(tmp_path: Path) -> None:
    opened = create_project(tmp_path, "Fish")
    assert split_as_before(opened).every_class
    _of_version_before(_trained(opened, "2026-01-01-a", "classes", None, True))
    assert not split_as_before(opened).every_class
    (opened.folder / "runs" / "2026-01-02-b").mkdir()
    _trained(opened, "2026-01-03-c", "objects", None, True)
    assert not split_as_before(opened).every_class
    _trained(opened, "2026-01-04-d", "classes", (1,), True)
    assert split_as_before(opened) == DatasetSplitParameters()
    _trained(opened, "2026-01-05-e", "classes", (1,), False)
    assert not split_as_before(opened).every_class


@pytest.mark.parametrize("text", ["", "[]", '{"dataset": []}', '{"dataset": {"kind": "classes", "pairs": [1]}}'])
def test_damaged_runs_say_nothing(tmp_path: Path, text: str) -> None:
    opened = create_project(tmp_path, "Fish")
    file = _trained(opened, "2026-01-01-a", "classes", None, True)
    assert not split_as_before(opened).every_class
    file.write_text(text)
    assert split_as_before(opened).every_class
