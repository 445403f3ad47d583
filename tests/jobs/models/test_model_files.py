"""Models renamed and deleted, by the window's functions and by commands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from desktop_app.cli.app import run_command
from desktop_app.core.errors import UserError
from desktop_app.io.models import load_card, save_model
from desktop_app.io.models.starters import starter_paths
from desktop_app.jobs.models.model_files import remove_with_copies, require_changeable
from tests.cards import semantic_card


def _model(folder: Path, name: str, weight: float = 1.0) -> Path:
    place = folder / f"{name}.vwmodel"
    place.parent.mkdir(parents=True, exist_ok=True)
    save_model(place, semantic_card(name=name, divisor=(8, 8, 8)), {"a": np.full(4, weight, np.float32)}, None)
    return place


def test_a_command_renames_a_model_and_its_card_keeps_the_first_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = _model(tmp_path, "first")
    assert run_command(["models", "rename", str(place), "second", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == str(tmp_path / "second.vwmodel")
    assert not place.exists()
    assert load_card(tmp_path / "second.vwmodel").name == "first"


def test_a_taken_name_changes_nothing(tmp_path: Path) -> None:
    first, second = _model(tmp_path, "first"), _model(tmp_path, "second")
    assert run_command(["models", "rename", str(first), "second"]) == 2
    assert first.exists()
    assert second.exists()


def test_a_model_is_deleted_with_its_copy_in_a_run_and_after_a_yes_alone(tmp_path: Path) -> None:
    place = _model(tmp_path / "models", "nuclei")
    copy = _model(tmp_path / "runs" / "first", "nuclei")
    other = _model(tmp_path / "runs" / "second", "nuclei", weight=2.0)
    assert run_command(["models", "delete", str(place)]) == 2
    assert place.exists()
    assert run_command(["models", "delete", str(place), "--yes"]) == 0
    assert [path.exists() for path in (place, copy, other)] == [False, False, True]


def test_a_damaged_model_can_be_deleted(tmp_path: Path) -> None:
    bad = tmp_path / "bad.vwmodel"
    bad.mkdir()
    assert remove_with_copies(bad) == (bad,)
    assert not bad.exists()


def test_what_is_no_model_or_comes_with_the_program_stays(tmp_path: Path) -> None:
    image = tmp_path / "image.tif"
    image.write_bytes(b"voxels")
    assert run_command(["models", "delete", str(image), "--yes"]) == 2
    assert image.read_bytes() == b"voxels"
    with pytest.raises(UserError, match="comes with Voxelwright"):
        require_changeable(starter_paths()[0])
