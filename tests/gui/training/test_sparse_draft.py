from __future__ import annotations

from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.imaging import VoxelSize
from desktop_app.core.recipes.data_report import DataReport, DataRow
from desktop_app.core.recipes.sparse_labels import SliceCounts
from desktop_app.gui.training.class_choices import ClassChoice
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.jobs.train.settings import suggest_training, with_sparse_labels


def test_the_wizard_takes_over_what_was_recognised(tmp_path: Path) -> None:
    draft = TrainingDraft(source="folder", folder=tmp_path)
    draft.pairs = (PairConfig(name="a", image="a.tif", labels="b.tif"),)
    counts = SliceCounts(slices=64, labelled=2, voxels={1: 5400, 2: 1300, 3: 9, 4: 1500}, edges=1490)
    row = DataRow("a", (64, 64, 64), voxel_size=VoxelSize.unknown(), classes=(1, 2, 3, 4), counts=counts)
    report = DataReport((row,))
    dataset = with_sparse_labels(draft.dataset(), report)
    draft.take_report(report, suggest_training(report, dataset, draft.goal_name))
    assert draft.kind_of_folder == "classes"
    assert draft.is_checked
    kept = draft.dataset()
    assert (kept.unlabelled, kept.background, kept.class_values, kept.class_names) == (0, 1, (2,), ("Object",))
    draft.classes[4] = ClassChoice("Edge", "background", 0.05)
    assert (draft.dataset().weighted_values, draft.dataset().value_weights) == ((4,), (0.05,))
    draft.choose_folder(tmp_path / "images")
    assert (draft.kind_of_folder, draft.classes) == ("objects", {})


def test_the_wizard_takes_over_names_that_the_data_set_states(tmp_path: Path) -> None:
    draft = TrainingDraft(source="folder", folder=tmp_path, goal_name="regions")
    draft.pairs = (PairConfig(name="a", image="a.tif", labels="b.tif"),)
    row = DataRow("a", (8, 64, 64), voxel_size=VoxelSize.unknown(), classes=(1, 2))
    report = DataReport((row,), class_names={1: "anterior"})
    draft.take_report(report, suggest_training(report, draft.dataset(), draft.goal_name))
    assert draft.dataset().class_names == ("anterior", "Class 2")
