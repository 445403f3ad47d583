"""Projects on disk."""

from __future__ import annotations

import errno
import json
import shutil
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.errors import MissingLabelsError, UnreadableFileError, UnwritableFileError, UserError
from desktop_app.core.imaging import ImageReading, Region, Volume, VoxelSize
from desktop_app.core.labelling.scheme import LabelScheme
from desktop_app.core.labelling.store import Edit
from desktop_app.core.project.named_labels import FIRST_LAYER
from desktop_app.core.project.review import Review
from desktop_app.core.project.view import ItemView
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.io.labels import LabelFile
from desktop_app.io.projects import OpenProject, create_project, open_project, project_of
from desktop_app.io.projects.labelled import LABELLED_FILE
from desktop_app.io.projects.open_project import DOOR_FILE
from desktop_app.io.projects.reviews import review_path, write_review
from desktop_app.io.projects.views import write_view


def _image(path: Path, shape: tuple[int, int, int] = (3, 8, 9)) -> Path:
    volume = Volume.from_array(np.ones(shape, np.uint8), voxel_size=VoxelSize(z=2, y=1, x=1))
    write_volume(path, volume.source, volume)
    return path


def _with_images(folder: Path, count: int = 3) -> OpenProject:
    opened = create_project(folder / "Cells.vwproj", "Cells")
    project = opened.project
    for number in range(count):
        path = _image(folder / "data" / "day 1" / f"im{number}.tif")
        project, _ = project.with_item(opened.relative(path), path.stem)
    opened.save(project)
    return opened


def test_what_was_saved_is_opened(tmp_path: Path) -> None:
    with _with_images(tmp_path) as opened:
        saved = opened.project
    with open_project(tmp_path / "Cells.vwproj") as again:
        assert again.project == saved
        assert again.notes == ()
        assert [again.image_path(item).name for item in again.project.items] == ["im0.tif", "im1.tif", "im2.tif"]
        assert again.project.items[0].image == "../data/day 1/im0.tif"


@pytest.mark.parametrize("where", ["Cells.vwproj", "", "Cells.vwproj/project.json", f"Cells.vwproj/{DOOR_FILE}"])
def test_places_that_mean_the_same_project(tmp_path: Path, where: str) -> None:
    create_project(tmp_path, "Cells").close()
    if where:
        open_project(tmp_path / where).close()
    with pytest.raises(UserError, match="already is a project Cells"):
        create_project(tmp_path / "Cells.vwproj", "Cells")


def test_a_file_to_double_click_lies_in_every_project(tmp_path: Path) -> None:
    create_project(tmp_path, "Cells").close()
    door = tmp_path / "Cells.vwproj" / DOOR_FILE
    assert project_of(door) == door.parent
    door.unlink()  # as in a project of an earlier version
    open_project(door.parent).close()
    assert "Voxelwright" in door.read_text(encoding="utf-8")


def test_folders_with_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "Cells.vwproj").mkdir()
    (tmp_path / "Cells.vwproj" / "mine.txt").write_text("x")
    with pytest.raises(UserError, match="already are files"):
        create_project(tmp_path / "Cells.vwproj", "Cells")


def test_no_project_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no project at gone"):
        open_project(tmp_path / "gone")
    with pytest.raises(UnreadableFileError, match="no Voxelwright project"):
        open_project(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"name":'])
def test_damaged_project_comes_back_from_its_backup(tmp_path: Path, content: str) -> None:
    with _with_images(tmp_path) as opened:
        before = opened.project
        opened.save(before.model_copy(update={"notes": "lost"}))
    (opened.folder / "project.json").write_text(content)
    with open_project(opened.folder) as again:
        assert again.project == before
        assert "restored from its last backup" in again.notes[0]
        again.save(again.project)
    assert (opened.folder / "project.json.damaged").read_text() == content
    with open_project(opened.folder) as third:
        assert (third.project, third.notes) == (before, ())


def test_damaged_without_backup(tmp_path: Path) -> None:
    create_project(tmp_path / "Cells.vwproj", "Cells").close()
    (tmp_path / "Cells.vwproj" / "project.json").write_text("{")
    for _ in range(2):
        with pytest.raises(UnreadableFileError, match="missing or damaged"):
            open_project(tmp_path / "Cells.vwproj")


@pytest.mark.parametrize(
    ("change", "words"), [({"schema_version": 9}, "newer version"), ({"planet": "Mars"}, "does not know: “planet”")]
)
def test_projects_from_the_future(tmp_path: Path, change: dict[str, object], words: str) -> None:
    create_project(tmp_path / "Cells.vwproj", "Cells").close()
    file = tmp_path / "Cells.vwproj" / "project.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    for _ in range(2):
        with pytest.raises(UserError, match=words):
            open_project(tmp_path / "Cells.vwproj")


def test_moved_images_are_found_together(tmp_path: Path) -> None:
    with _with_images(tmp_path) as opened:
        (tmp_path / "data").rename(tmp_path / "archive")
        items = opened.project.items
        assert opened.missing_items() == list(items)
        with pytest.raises(UserError, match=r"no file wrong\.tif"):
            opened.relink(items[0].id, tmp_path / "wrong.tif")
        opened.relink(items[1].id, tmp_path / "archive" / "day 1" / "im1.tif")
        assert opened.missing_items() == []
    with open_project(opened.folder) as again:
        assert again.missing_items() == []
        assert [i.name for i in again.project.items] == ["im0", "im1", "im2"]


def test_images_moved_into_one_folder_are_found_by_name(tmp_path: Path) -> None:
    with _with_images(tmp_path, 2) as opened:
        (tmp_path / "flat").mkdir()
        for file in (tmp_path / "data" / "day 1").iterdir():
            shutil.move(file, tmp_path / "flat" / file.name)
        opened.relink(opened.project.items[0].id, tmp_path / "flat" / "im0.tif")
        assert opened.missing_items() == []


def test_project_and_images_moved_together_stay_together(tmp_path: Path) -> None:
    _with_images(tmp_path / "old").close()
    shutil.move(tmp_path / "old", tmp_path / "new")
    with open_project(tmp_path / "new" / "Cells.vwproj") as opened:
        assert opened.missing_items() == []


def test_labels_of_an_image(tmp_path: Path) -> None:
    with _with_images(tmp_path) as opened:
        item = opened.project.items[0]
        volume = open_volume(opened.image_path(item))
        session = opened.label_session(item, volume)
        pixel = Region((0, 0, 0), (1, 1, 1))
        edit = Edit.between(pixel, np.zeros((1, 1, 1), np.uint32), np.ones((1, 1, 1), np.uint32))
        edit.apply(session.labels)
        session.commit(edit)
        again = opened.label_session(item, volume)
        assert again.recovered == ("",)
        assert again.labels.read(pixel).item() == 1
        session.close()
        again.close()
        assert open_volume(opened.label_path(item.id)).voxel_size.same_as(volume.voxel_size)
        _image(opened.image_path(item), (3, 8, 10))
        with pytest.raises(UserError, match="im0 is now 10 × 8 × 3 voxels, but its labels are 9 × 8 × 3"):
            opened.label_session(item, open_volume(opened.image_path(item)))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("place", ["chunks._write_all", "journal._write_all"])
def test_disk_errors_name_the_image_and_advise_what_is_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, place: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "no")

    with _with_images(tmp_path, 1) as opened:
        item = opened.project.items[0]
        session = opened.label_session(item, open_volume(opened.image_path(item)))
        pixel = Region.single((0, 0, 0))
        edit = Edit.between(pixel, np.zeros((1, 1, 1), np.uint32), np.ones((1, 1, 1), np.uint32))
        edit.apply(session.labels)
        monkeypatch.setattr(f"desktop_app.io.labels.{place}", refuse)
        act = session.flush if place.startswith("chunks") else partial(session.commit, edit)
        with pytest.raises(UnwritableFileError, match="Cannot write the labels of im0: ") as caught:
            act()
        assert item.id not in str(caught.value)
        assert "Choose" not in caught.value.hint
        assert caught.value.hint.endswith("What you painted is kept until then.")
        monkeypatch.undo()
        assert session.labels.read(pixel).item() == 1
        session.close()


def test_damaged_labels_are_named_by_their_image(tmp_path: Path) -> None:
    with _with_images(tmp_path, 1) as opened:
        item = opened.project.items[0]
        volume = open_volume(opened.image_path(item))
        opened.label_session(item, volume).close()
        (opened.label_path(item.id) / "0" / ".zarray").write_text("{}")
        with pytest.raises(UnreadableFileError, match="Cannot open the labels of im0: the labels are damaged"):
            opened.label_session(item, volume)


def test_what_a_killed_program_left_half_written_is_removed(tmp_path: Path) -> None:
    opened = _with_images(tmp_path, 1)
    item = opened.project.items[0]
    volume = open_volume(opened.image_path(item))
    opened.label_session(item, volume).close()
    labels = opened.label_path(item.id)
    left = [
        labels / "0" / "0" / "1" / ".3.01234567.tmp",
        labels / "..zattrs.0123456789.tmp",
        labels.with_name(f".{item.id}.0123456789.tmp.ome.zarr"),
        opened.folder / ".project.0123456789.tmp.json",
    ]
    others = [labels / "0" / "0" / "1" / ".notes.tmp", opened.folder / ".x.0123456789.tmp.json"]
    for path in (*left, *others):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    LabelFile.open(labels).close()
    assert left[0].exists(), "somebody else may be writing it"
    opened.close()
    with open_project(opened.folder) as again:
        again.label_session(item, volume).close()
    assert [path.name for path in left if path.exists()] == []
    assert all(path.exists() for path in others)


def test_new_class_names_reach_the_label_file(tmp_path: Path) -> None:
    with _with_images(tmp_path, 1) as opened:
        item = opened.project.items[0]
        volume = open_volume(opened.image_path(item))
        opened.label_session(item, volume).close()
        scheme = LabelScheme(kind="classes").with_class("Membrane")
        opened.save(opened.project.model_copy(update={"scheme": scheme}))
        opened.label_session(item, volume).close()
        described = json.loads((opened.label_path(item.id) / ".zattrs").read_text(encoding="utf-8"))
        assert [entry["class"] for entry in described["image-label"]["properties"]] == ["Object", "Membrane"]


def test_folders_for_runs_and_results(tmp_path: Path) -> None:
    with _with_images(tmp_path, 1) as opened:
        runs = [opened.new_run_folder("my/run: µ") for _ in range(3)]
        assert len(set(runs)) == 3
        assert all(run.is_dir() and run.name.endswith(("my_run_ µ", "-2", "-3")) for run in runs)
        assert set(opened.runs()) == set(runs)
        assert opened.new_result_folder("batch") == opened.results()[0]
        (opened.models_folder() / "a.vwmodel").mkdir()
        assert opened.models() == []
        (opened.models_folder() / "a.vwmodel" / "model.json").write_text("{}")
        (opened.models_folder() / "b.vwmodel").write_bytes(b"PK")
        assert [m.name for m in opened.models()] == ["a.vwmodel", "b.vwmodel"]
        assert opened.datasets() == []


def test_failed_save_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _with_images(tmp_path) as opened:
        before = (opened.folder / "project.json").read_bytes()

        def refuse(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", refuse)
        with pytest.raises(UnwritableFileError, match="Cannot write the project Cells: the disk is full"):
            opened.save(opened.project.model_copy(update={"notes": "new"}))
        monkeypatch.undo()
        assert (opened.folder / "project.json").read_bytes() == before


@pytest.mark.parametrize("mount_point_stays", [True, False])
def test_a_project_that_has_gone_is_not_begun_anew_in_its_place(tmp_path: Path, mount_point_stays: bool) -> None:
    opened = _with_images(tmp_path, 1)
    item, elsewhere = opened.project.items[0], tmp_path / "elsewhere"
    opened.folder.rename(elsewhere)
    if mount_point_stays:
        opened.folder.mkdir()
    changed = opened.project.model_copy(update={"notes": "new"})
    for write in (
        lambda: opened.save(changed),
        lambda: write_review(review_path(opened.folder, item.id), Review(notes={1: "large"})),
        lambda: write_view(opened.folder, item.id, ItemView()),
        lambda: opened.new_run_folder("nuclei"),
    ):
        with pytest.raises(UnwritableFileError, match="its folder is not there any more"):
            write()
    assert not opened.folder.exists() or not any(opened.folder.iterdir())
    if mount_point_stays:
        opened.folder.rmdir()
    elsewhere.rename(opened.folder)
    assert opened.project.notes == ""
    opened.save(changed)
    opened.close()
    with open_project(opened.folder) as again:
        assert again.project.notes == "new"


def test_labels_that_are_gone_are_not_replaced_by_empty_ones(tmp_path: Path) -> None:
    with _with_images(tmp_path, 1) as opened:
        item = opened.project.items[0]
        volume = open_volume(opened.image_path(item))
        opened.label_session(item, volume).close()
        shutil.rmtree(opened.label_path(item.id))
        opened.label_session(item, volume).close()
        shutil.rmtree(opened.label_path(item.id))
        for had_labels in ({"status": "in progress"}, {"imported_labels": "truth.tif"}):
            with pytest.raises(UnreadableFileError, match="the labels of im0: they are not there any more"):
                opened.label_session(item.model_copy(update=had_labels), volume)
        assert not opened.label_path(item.id).exists()


@pytest.mark.parametrize("layer", [FIRST_LAYER, "l2"])
def test_labels_that_a_step_has_made_are_missed_whatever_the_image_says(layer: str, tmp_path: Path) -> None:
    """Its status says nothing of further layers, and nothing once all steps were taken back."""
    with _with_images(tmp_path, 1) as opened:
        item = opened.project.items[0].with_layer("l2", "Second").model_copy(update={"edited": layer})
        volume = open_volume(opened.image_path(item))
        with closing(opened.label_session(item, volume)) as session:
            place, one = Region((0, 0, 0), (1, 2, 2)), np.ones((1, 2, 2), np.uint32)
            session.labels.write(place, one)
            session.commit(Edit.between(place, 0 * one, one, "Brush"))
        shutil.rmtree(opened.label_path(item.id, 0, layer))
        with pytest.raises(UnreadableFileError, match="the labels of im0: they are not there any more"):
            opened.label_session(item, volume)
        assert not opened.label_path(item.id, 0, layer).exists()


@pytest.mark.parametrize("layer", [FIRST_LAYER, "l2"])
def test_labels_deleted_with_their_journal_are_missed_and_begun_anew_on_demand(layer: str, tmp_path: Path) -> None:
    with _with_images(tmp_path, 1) as opened:
        item = opened.project.items[0].with_layer("l2", "Second").model_copy(update={"edited": layer})
        volume = open_volume(opened.image_path(item))
        opened.label_session(item, volume).close()
        opened.note_painted(item.id, 0, layer)
    with open_project(opened.folder) as again:
        for name in ("labels", "journal"):
            shutil.rmtree(again.folder / name)
            (again.folder / name).mkdir()
        with pytest.raises(MissingLabelsError, match="Cannot open the labels of im0: they are not there any more"):
            again.label_session(item, volume)
        assert not again.label_path(item.id, 0, layer).exists()
        again.begin_labels(item, volume)
        again.label_session(item, volume).close()
        shutil.rmtree(again.label_path(item.id, 0, layer))
        again.label_session(item, volume).close()  # nothing was painted since


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 9}', '{"schema_version": 1, "labels": 3}'])
def test_a_damaged_list_of_labels_counts_as_none(text: str, tmp_path: Path) -> None:
    opened = _with_images(tmp_path, 1)
    opened.close()
    (opened.folder / LABELLED_FILE).write_text(text)
    with open_project(opened.folder) as again:
        item = again.project.items[0]
        again.label_session(item, open_volume(again.image_path(item))).close()
        again.note_painted(item.id, 0, FIRST_LAYER)
    assert json.loads((opened.folder / LABELLED_FILE).read_text())["labels"] == [item.id]


def test_labels_set_aside_by_a_killed_program_come_back_on_opening(tmp_path: Path) -> None:
    with _with_images(tmp_path, 1) as opened:
        item, folder = opened.project.items[0], opened.folder
        labels = opened.label_path(item.id)
        opened.label_session(item, open_volume(opened.image_path(item))).close()
    labels.rename(labels.with_name(f".{labels.name}.0123456789.old"))
    with open_project(folder) as opened:
        assert labels.is_dir()
        assert any(labels.name in note for note in opened.notes)


@pytest.mark.parametrize("item_id", ["../../../outside/x", "..", "/outside/x", "a/b", "a\\b", "", "x" * 65, "é"])
def test_an_id_never_leads_out_of_the_project(tmp_path: Path, item_id: str) -> None:
    opened = create_project(tmp_path / "deep" / "down" / "p.vwproj", "P")
    opened.save(opened.project.with_item("image.tif", "image")[0])
    opened.close()
    file = opened.folder / "project.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    data["items"][0]["id"] = item_id
    for path in opened.folder.glob("project.json*"):
        path.write_text(json.dumps(data), encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError):
        open_project(opened.folder)
    assert [
        path for path in sorted(tmp_path.rglob("*")) if path not in before and "project.json" not in path.name
    ] == []


def test_labels_made_on_a_movie_as_a_stack_still_fit_it(tmp_path: Path) -> None:
    voxels = np.zeros((6, 8, 9), np.uint8)
    tifffile.imwrite(tmp_path / "film.tif", voxels, imagej=True, metadata={"axes": "TYX"})
    with create_project(tmp_path, "p") as opened:
        project, item = opened.project.with_item(opened.relative(tmp_path / "film.tif"), "film")
        opened.save(project)
        assert opened.open_image(item).times == 6
        LabelFile.create(opened.label_path(item.id), voxels.shape).close()
        assert opened.reading_of(item) == ImageReading(time_as_z=True)
        volume = opened.open_image(item)
        assert (volume.times, volume.shape) == (1, (6, 8, 9))
        opened.label_session(item, volume).close()
        stated = item.model_copy(update={"reading": ImageReading(axes="TYX")})
        assert opened.open_image(stated).times == 6


def test_what_the_user_said_of_a_file_is_kept(tmp_path: Path) -> None:
    said = ImageReading(axes="TYX", voxel_size=VoxelSize(z=2, y=1, x=1))
    with _with_images(tmp_path, 1) as opened:
        (item,) = opened.project.items
        opened.save(opened.project.replaced(item.model_copy(update={"reading": said})))
        folder = opened.folder
    with open_project(folder) as again:
        (item,) = again.project.items
        volume = again.open_image(item)
        assert (item.reading, volume.times, volume.voxel_size) == (said, 3, said.voxel_size)
