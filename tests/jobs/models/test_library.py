"""Models are found by place and by name, and travel as one file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.io.models import load_card, read_weights, save_model
from desktop_app.jobs.models.library import export_model, find_model, import_model, list_models, own_models_folder
from tests.cards import semantic_card

WEIGHTS = {"a": np.arange(4, dtype=np.float32)}


def _model(folder: Path, name: str) -> Path:
    card = semantic_card(name=name, divisor=(8, 8, 8), metrics={"dice": 0.9})
    place = folder / f"{name}.vwmodel"
    place.parent.mkdir(parents=True, exist_ok=True)
    save_model(place, card, WEIGHTS, None)
    return place


def test_without_a_folder_the_list_is_empty() -> None:
    assert list_models() == ()


def test_a_project_lists_its_models_and_those_of_its_runs(tmp_path: Path) -> None:
    _model(tmp_path / "models", "kept")
    _model(tmp_path / "runs" / "2026-01-01-first", "first")
    (tmp_path / "runs" / "empty").mkdir()
    assert [m.card.name for m in list_models(tmp_path) if m.card] == ["kept", "first"]


def test_zipped_models_are_listed_whatever_they_are_called(tmp_path: Path) -> None:
    place = _model(tmp_path / "made", "nuclei")
    (tmp_path / "sent").mkdir()
    for name in ("a.vwmodel", "b.vwmodel.zip"):
        export_model(str(place), tmp_path / "sent" / name)
    (tmp_path / "sent" / "notes.zip").write_bytes(b"PK")
    listed = list_models(tmp_path / "sent")
    assert [(m.path.name, m.problem) for m in listed] == [("a.vwmodel", ""), ("b.vwmodel.zip", "")]


def test_a_damaged_model_is_listed_with_its_problem(tmp_path: Path) -> None:
    place = _model(tmp_path, "good")
    (tmp_path / "bad.vwmodel").mkdir()
    (tmp_path / "bad.vwmodel" / "model.json").write_text("{")
    bad, good = list_models(tmp_path)
    assert good.path == place
    assert bad.card is None
    assert "bad.vwmodel" in bad.problem or "model.json" in bad.problem


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere"):
        list_models(tmp_path / "nowhere")


def test_export_then_import_gives_the_same_model_findable_by_name(tmp_path: Path) -> None:
    place = _model(tmp_path, "nuclei")
    file = export_model(str(place), tmp_path / "sent")
    assert export_model(str(place), tmp_path / "sent.zip").name == "sent.zip"
    assert file.name == "sent.vwmodel"
    assert file.is_file()
    kept = import_model(file)
    assert kept.parent == own_models_folder()
    assert find_model("nuclei") == find_model("nuclei.vwmodel") == kept
    assert load_card(kept) == load_card(place)
    np.testing.assert_array_equal(read_weights(kept)["a"], WEIGHTS["a"])


def test_unknown_names_get_a_suggestion(tmp_path: Path) -> None:
    import_model(_model(tmp_path, "nuclei"))
    with pytest.raises(UserError, match="no model “nuclie”") as caught:
        find_model("nuclie")
    assert caught.value.hint == "Did you mean nuclei?"


def test_a_path_that_does_not_exist_is_no_name(tmp_path: Path) -> None:
    import_model(_model(tmp_path, "nuclei"))
    with pytest.raises(UserError):
        find_model(str(tmp_path / "gone" / "nuclei.vwmodel"))


def test_what_a_killed_program_left_of_a_model_goes_with_the_next_of_its_name(tmp_path: Path) -> None:
    place, sent = _model(tmp_path, "nuclei"), tmp_path / "new" / "sent"
    half = f".nuclei.0123456789.tmp{place.suffix}"
    kept = own_models_folder() / half
    kept.mkdir(parents=True)
    (kept / "model.json").write_text("{}")
    sent.mkdir(parents=True)
    (sent / half).write_bytes(b"PK")
    assert export_model(str(place), sent / "nuclei.vwmodel").is_file()
    assert import_model(sent / "nuclei.vwmodel").name == "nuclei.vwmodel"
    assert [path.name for path in sent.iterdir()] == ["nuclei.vwmodel"]
    assert [path.name for path in own_models_folder().iterdir()] == ["nuclei.vwmodel"]


def test_a_model_is_exported_into_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    assert export_model(str(_model(tmp_path, "nuclei")), tmp_path / "for" / "anna.vwmodel").is_file()
