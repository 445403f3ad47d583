"""The images that ``train`` is given: one folder, or one of images and one of labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.cli.training_data import TrainingRequest, chosen_dataset
from desktop_app.core.errors import UserError
from desktop_app.core.job import Note, RecordingContext
from desktop_app.io.projects import create_project, open_project
from desktop_app.jobs.data.sample_project import sample_project


def write(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        tifffile.imwrite(folder / name, np.ones((4, 8, 8), np.uint8), photometric="minisblack")
    return folder


def names_of(images: Path, labels: Path | None, ctx: RecordingContext, *, by_order: bool = False) -> list[str]:
    request = TrainingRequest(images, labels=labels, by_order=by_order)
    return [pair.name for pair in chosen_dataset(images, request, ctx, needs_labels=True)[0].pairs]


def test_labels_may_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    images, labels = write(tmp_path / "raw", "a.tif", "b.tif", "c.tif"), write(tmp_path / "truth", "a.tif", "b.tif")
    said = RecordingContext()
    assert names_of(images, labels, said) == ["a", "b"]
    assert [note.text for note in said.of_kind(Note)] == ["Left out, because nothing fits their names: c.tif."]


def test_files_without_a_partner_are_told_of_a_known_layout_too(tmp_path: Path) -> None:
    write(tmp_path / "images", "a.tif")
    write(tmp_path / "labels", "a.tif", "z.tif")
    said = RecordingContext()
    assert names_of(tmp_path, None, said) == ["a"]
    assert [note.text for note in said.of_kind(Note)] == ["Left out, because nothing fits their names: z.tif."]


def test_files_are_paired_in_order_only_with_consent(tmp_path: Path) -> None:
    images, labels = write(tmp_path / "raw", "x1.tif", "x2.tif"), write(tmp_path / "truth", "p.tif", "q.tif")
    with pytest.raises(UserError, match="No names of files in raw and truth fit") as refused:
        names_of(images, labels, RecordingContext())
    assert "--by-order" in str(refused.value)
    assert names_of(images, labels, RecordingContext(), by_order=True) == ["x1", "x2"]


def test_a_project_has_its_labels_itself(tmp_path: Path) -> None:
    opened = create_project(tmp_path, "Embryos")
    with pytest.raises(UserError, match="has its labels itself"):
        names_of(opened.folder, tmp_path, RecordingContext())


def test_images_of_a_specimen_that_checks_are_told_to_check_too(tmp_path: Path) -> None:
    for folder, names in (("own", ("Emb1_a.tif", "Emb2_a.tif")), ("checks", ("Emb1_b.tif", "Emb3_b.tif"))):
        write(tmp_path / folder / "images", *names)
        write(tmp_path / folder / "labels", *names)
    said = RecordingContext()
    request = TrainingRequest(tmp_path / "own", validation=tmp_path / "checks", groups=r"Emb\d")
    chosen_dataset(tmp_path / "own", request, said, needs_labels=True)
    (told,) = (note.text for note in said.of_kind(Note))
    assert told.endswith("as images of their groups are for checking: own/Emb1_a.")


def test_projects_learn_together_if_their_labels_mean_the_same(tmp_path: Path) -> None:
    one, other = (
        sample_project(tmp_path / name, RecordingContext(), seed=seed, small=True).project
        for name, seed in (("a", 1), ("b", 2))
    )
    request = TrainingRequest(one, also=(f"{other}=0.5",))
    found, _ = chosen_dataset(one, request, RecordingContext(), needs_labels=True)
    assert sorted({pair.weight for pair in found.pairs}) == [0.5, 1.0]
    with open_project(other) as opened:
        classes = opened.project.scheme.model_copy(update={"kind": "classes"})
        opened.save(opened.project.model_copy(update={"scheme": classes}))
    words = r"those of (\w+) are objects, those of \1 2 classes"  # both have the same name
    with pytest.raises(UserError, match=words):
        chosen_dataset(one, request, RecordingContext(), needs_labels=True)
