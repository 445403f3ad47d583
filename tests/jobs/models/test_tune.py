from __future__ import annotations

import csv
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region
from desktop_app.core.job import JobCancelled, Metric, Note, RecordingContext
from desktop_app.core.tuned_model import BEFORE
from desktop_app.io.images.registry import open_volume
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.models import load_card, replace_card
from desktop_app.io.models.starters import starter_paths
from desktop_app.io.projects import create_project
from desktop_app.jobs.models.tune import (
    TuneRequest,
    keep_tuned,
    labels_in,
    labels_of_project,
    tune_model,
    tune_to_project,
)
from tests.model_to_tune import EDGE, TOO_HIGH, card_to_tune, labelled_pictures, model_to_tune, write_voxels


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return labelled_pictures(tmp_path / "data")


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return model_to_tune(tmp_path / "models" / "m.vwmodel", monkeypatch)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_threshold_that_is_off_becomes_the_right_one_where_it_is_kept(
    model: Path, pictures: Path, tmp_path: Path
) -> None:
    was, ctx = content(model), RecordingContext()
    out = tmp_path / "deep" / "curve"
    tuned = tune_model(TuneRequest(model, labels_in(pictures, None, card_to_tune()), "cpu", out), ctx)
    assert tuned.changes == {"Confidence threshold": (TOO_HIGH, tuned.decode["threshold"])}
    assert 0.25 < tuned.decode["threshold"] < 0.48
    assert (tuned.before.scores["f1"], tuned.after.scores["f1"], tuned.apart.scores["f1"]) == (0, 1, 1)
    assert tuned.after.ranges["f1"] == (1, 1)
    assert [path.name for path in tuned.files] == ["thresholds.csv", "thresholds.png"]
    with (out / "thresholds.csv").open() as file:
        tried = {row["value"]: float(row["score"]) for row in csv.DictReader(file)}
    assert tried["0.8"] < tried["0.2"] < tried[f"{tuned.decode['threshold']:g}"]
    assert any("too friendly" in note.text for note in ctx.of_kind(Note))
    assert content(model) == was
    keep_tuned(model, tuned)
    kept, now = load_card(model), content(model)
    assert kept.decode == tuned.decode
    assert kept.training[BEFORE] == card_to_tune().decode
    assert {name for name in now if now[name] != was[name]} <= {"model.json", "README.md"}
    with pytest.raises(UserError, match="changed in the meantime"):
        keep_tuned(model, tuned)
    again = tune_model(TuneRequest(model, labels_in(pictures, None, kept), "cpu"), ctx)
    assert again.changes == {}
    assert again.sentences == ("No other values are clearly better than those that the model has.",)


def test_a_zipped_model_keeps_new_values_too(model: Path, pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "zipped").mkdir()
    with zipfile.ZipFile(tmp_path / "zipped" / "m.vwmodel", "w") as archive:
        for name, data in content(model).items():
            archive.writestr(name, data)
    packed = tmp_path / "zipped" / "m.vwmodel"
    tuned = tune_model(TuneRequest(packed, labels_in(pictures, None, card_to_tune()), "cpu"), RecordingContext())
    keep_tuned(packed, tuned)
    assert load_card(packed).decode == tuned.decode
    assert list(packed.parent.iterdir()) == [packed]
    with zipfile.ZipFile(packed) as archive:
        assert set(archive.namelist()) == set(content(model))


def test_one_picture_cannot_check_itself(model: Path, pictures: Path) -> None:
    dataset = labels_in(pictures, None, card_to_tune())
    one = dataset.model_copy(update={"pairs": dataset.pairs[:1]})
    tuned = tune_model(TuneRequest(model, one, "cpu"), RecordingContext())
    assert (tuned.after.ranges, tuned.apart.scores) == ({}, {})
    assert "With one image, nothing else can check them." in tuned.sentences[-1]


def test_stopping_leaves_all_as_it_was(model: Path, pictures: Path, tmp_path: Path) -> None:
    class Stopped(RecordingContext):
        def raise_if_cancelled(self) -> None:
            if self.of_kind(Metric):
                raise JobCancelled

    was, out = content(model), tmp_path / "curve"
    with pytest.raises(JobCancelled):
        tune_model(TuneRequest(model, labels_in(pictures, None, card_to_tune()), "cpu", out), Stopped())
    assert content(model) == was
    assert list(out.iterdir()) == []


def test_labels_of_another_kind_are_refused(model: Path, pictures: Path, tmp_path: Path) -> None:
    classes = card_to_tune(label_kind="classes", class_names=("A", "B"), class_values=(1, 2), output_channels=3)
    request = TuneRequest(model, labels_in(pictures, None, classes), "cpu")
    with pytest.raises(UserError, match="not among the classes"):
        tune_model(request, RecordingContext())
    rng = np.random.default_rng(0)
    for number in range(3):
        write_voxels(pictures / "labels" / f"p{number}.tif", rng.integers(0, 4, (1, EDGE, EDGE)).astype(np.uint16))
    with pytest.raises(UserError, match="kinds of structure rather than single objects"):
        tune_model(TuneRequest(model, labels_in(pictures, None, card_to_tune()), "cpu"), RecordingContext())


def test_a_project_says_what_its_labels_are(tmp_path: Path) -> None:
    with create_project(tmp_path / "p.vwproj", "p") as opened:
        with pytest.raises(UserError, match="No image of this project is labelled"):
            labels_of_project(opened, card_to_tune(label_kind=opened.project.scheme.kind))
        other = "classes" if opened.project.scheme.kind == "objects" else "objects"
        with pytest.raises(UserError, match="The labels of this project hold"):
            labels_of_project(opened, card_to_tune(label_kind=other))


def test_labels_drawn_in_a_project_are_fitted_to(model: Path, pictures: Path, tmp_path: Path) -> None:
    with create_project(tmp_path / "p.vwproj", "p") as opened:
        project, card = opened.project, load_card(model)
        for name in ("p0", "p1"):
            image = pictures / "images" / f"{name}.tif"
            project, item = project.with_item(opened.relative(image), name)
            project = project.replaced(item.model_copy(update={"status": "in progress"}))
            truth = open_volume(pictures / "labels" / f"{name}.tif").read()
            labels = LabelFile.create(opened.label_path(item.id), truth.shape)
            labels.write(Region.whole(labels.shape), truth.astype(np.uint32))
            labels.close()
        opened.save(project)
        grouped, bare = labels_of_project(opened, card), labels_of_project(opened, card, groups=False)
        assert len(grouped.pairs) == 2
    dataset = labels_in(tmp_path / "p.vwproj", None, card)
    tuned = tune_model(TuneRequest(model, dataset, "cpu"), RecordingContext())
    assert (tuned.images, tuned.decode["threshold"], tuned.after.scores["f1"]) == (2, 0.3, 1)
    later = tune_to_project(TuneRequest(model, bare, "cpu"), RecordingContext())
    assert (later.images, later.decode, later.after) == (tuned.images, tuned.decode, tuned.after)
    with pytest.raises(UserError, match="is a project and has its labels itself"):
        labels_in(tmp_path / "p.vwproj", pictures / "labels", card)


def test_images_for_a_last_test_stay_out(pictures: Path) -> None:
    (pictures / "test").mkdir()
    for part in ("images", "labels"):
        (pictures / "train").mkdir(exist_ok=True)
        (pictures / part).rename(pictures / "train" / part)
        (pictures / "test" / part).mkdir()
        (pictures / "train" / part / "p2.tif").rename(pictures / "test" / part / "p2.tif")
    assert len(labels_in(pictures, None, card_to_tune()).pairs) == 2


def test_a_folder_without_labels_and_a_model_of_the_program_are_refused(tmp_path: Path, model: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="No pairs of images and labels"):
        labels_in(tmp_path / "empty", None, card_to_tune())
    starter: Any = starter_paths()[0]
    with pytest.raises(UserError, match="comes with Voxelwright"):
        keep_tuned(starter, None)  # type: ignore[arg-type]


def test_class_labels_that_also_number_objects_are_fitted_to_with_their_divisor(
    model: Path, pictures: Path, tmp_path: Path
) -> None:
    replace_card(model, card_to_tune(label_kind="classes", class_names=("Nucleus",), class_values=(1,)))
    card = load_card(model)
    for number in range(3):
        file = pictures / "labels" / f"p{number}.tif"
        numbers = open_volume(file).read().astype(np.uint16)
        write_voxels(file, np.where(numbers > 0, 1000 + numbers, 0).astype(np.uint16))
    with pytest.raises(UserError, match="not among the classes") as told:
        tune_model(TuneRequest(model, labels_in(pictures, None, card), "cpu"), RecordingContext())
    assert "state the label divisor if they also number objects" in told.value.hint
    tuned = tune_model(TuneRequest(model, labels_in(pictures, None, card, 1000), "cpu"), RecordingContext())
    assert (tuned.decode["threshold"], tuned.after.scores["dice"]) == (0.3, 1)
    with pytest.raises(UserError, match="makes single objects, so its labels have no label divisor"):
        labels_in(pictures, None, card_to_tune(), 1000)
