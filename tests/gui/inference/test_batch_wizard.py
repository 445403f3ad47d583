from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.imaging.reading import ImageReading
from desktop_app.gui.inference.batch_draft import BatchSettings
from desktop_app.gui.inference.batch_wizard import BatchWizard, show_batch
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.recording import RecordingNotifier
from desktop_app.gui.session.session import Session
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.registry import write_volume
from desktop_app.io.projects import OpenProject
from desktop_app.io.tables import write_csv
from desktop_app.jobs.batch.records import SUMMARY_COLUMNS
from tests.gui.inference.conftest import CARD, FakeModel, MakeWizard, add_model, write_image


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a.tif", "b.tif", "c.tif"):
        write_image(folder / name)
    (folder / "notes.txt").write_text("hello")
    (folder / "cut.tif").write_bytes((folder / "a.tif").read_bytes()[:40])
    return folder


def run_all(qtbot: QtBot, wizard: BatchWizard, images: Path) -> None:
    wizard.files_page.add([images])
    for _ in range(4):
        qtbot.waitUntil(lambda: not wizard.page.problems())
        wizard.next_button.click()
    assert wizard.page is wizard.run_page


def test_next_next_finish_runs_all_images(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, opened: OpenProject, model: FakeModel
) -> None:
    wizard, model.bad = make_wizard(), {"cut.tif"}
    run_all(qtbot, wizard, images)
    assert wizard.run is not None
    qtbot.waitUntil(lambda: wizard.run.state == "done")
    config = model.configs[0]
    assert [Path(p).name for p in config.inputs] == ["a.tif", "b.tif", "c.tif", "cut.tif"]
    assert Path(config.output).parent == opened.folder / "results"
    assert config.decode["threshold"] == 0.4
    table = wizard.run_page.table
    assert [table.data(table.index(0, c)) for c in range(4)] == ["a.tif", "done", "12", "0.5"]
    assert [table.data(table.index(3, c)) for c in (0, 1, 4)] == ["cut.tif", "failed", "The file is cut off."]
    assert wizard.run_page.status.text() == "Finished: 3 of 4 done, 1 failed."


def test_what_is_no_image_is_left_out_with_the_reason(qtbot: QtBot, make_wizard: MakeWizard, images: Path) -> None:
    wizard = make_wizard()
    assert not wizard.next_button.isEnabled()
    wizard.files_page.add([images, images / "missing.tif"])
    qtbot.waitUntil(lambda: len(wizard.draft.images) == 3)
    reasons = {i.path.name: i.reason for i in wizard.draft.ignored}
    assert set(reasons) == {"notes.txt", "cut.tif", "missing.tif"}
    assert reasons["missing.tif"] == "does not exist"
    said = "4 images; 1 cannot be opened and will be listed as failed, unless you remove what is damaged; 2 left out."
    assert wizard.files_page.status.text() == said
    rows = [wizard.files_page.list.topLevelItem(row) for row in range(6)]
    told = {row.text(0): row.text(3) for row in rows}
    assert told["cut.tif"].startswith("cannot be opened: ")
    assert told["notes.txt"] == "left out: is no image that can be read"
    assert [path.name for path in wizard.draft.paths] == ["a.tif", "b.tif", "c.tif", "cut.tif"]


def test_removed_images_stay_away(qtbot: QtBot, make_wizard: MakeWizard, images: Path) -> None:
    wizard = make_wizard()
    wizard.files_page.add([images])
    qtbot.waitUntil(lambda: len(wizard.draft.images) == 3)
    wizard.files_page.list.topLevelItem(0).setSelected(True)
    wizard.files_page.remove.click()
    assert [i.path.name for i in wizard.draft.images] == ["b.tif", "c.tif"]
    wizard.files_page.enter()
    assert len(wizard.draft.images) == 2


def test_a_failed_image_is_tried_again(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel, notifier: RecordingNotifier
) -> None:
    model.bad = {"b.tif"}
    wizard = make_wizard()
    run_all(qtbot, wizard, images)
    assert wizard.run is not None
    qtbot.waitUntil(lambda: wizard.run.state == "done")
    assert wizard.run.cases[1].error == "The file is cut off."
    assert notifier.said("warning") == []  # the page says it: “3 of 4 done, 1 failed”
    model.bad = set()
    assert wizard.run_page.again_button.text() == "Try the failed one again"
    wizard.run_page.again_button.click()
    qtbot.waitUntil(lambda: wizard.run.count("done") == 4)
    assert model.configs[1].resume
    qtbot.waitUntil(lambda: wizard.run.state == "done")
    assert not wizard.run_page.again_button.isVisible()


def test_how_a_batch_ended_is_told_where_its_page_is_closed(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel, notifier: RecordingNotifier
) -> None:
    model.bad = {"b.tif"}
    model.gate.clear()
    wizard = make_wizard()
    run_all(qtbot, wizard, images)
    run = wizard.run
    assert run is not None
    wizard.close()
    model.gate.set()
    qtbot.waitUntil(lambda: run.state == "done")
    assert notifier.said("warning") == ["The batch has ended; 1 image failed."]


def test_pause_go_on_stop_and_go_on(qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel) -> None:
    model.gate.clear()
    wizard = make_wizard()
    run_all(qtbot, wizard, images)
    page, run = wizard.run_page, wizard.run
    assert run is not None
    qtbot.waitUntil(lambda: run.count("done") == 1)
    page.pause_button.click()
    assert run.state == "paused"
    assert page.pause_button.text() == "Go on"
    page.pause_button.click()
    assert run.state == "running"
    page.cancel_button.click()
    qtbot.waitUntil(lambda: run.state == "cancelled")
    assert [c.state for c in run.cases] == ["done", "cancelled", "cancelled", "cancelled"]
    model.gate.set()
    page.again_button.click()
    qtbot.waitUntil(lambda: run.count("done") == 4)


def test_a_row_says_what_is_done_and_where_it_went_on(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel
) -> None:
    model.gate.clear()
    wizard = make_wizard()
    run_all(qtbot, wizard, images)
    table = wizard.run_page.table

    def words() -> list[str]:
        return [table.index(row, 4).data() for row in range(3)]

    qtbot.waitUntil(lambda: words() == ["", "slice 3 of 9  ·  Found earlier: 2 slices.", ""])
    assert "Found earlier" in table.index(1, 4).data(Qt.ItemDataRole.ToolTipRole)
    model.gate.set()
    qtbot.waitUntil(lambda: wizard.run is not None and wizard.run.state == "done")
    assert words() == ["", "", ""]


def test_a_result_can_be_opened(qtbot: QtBot, make_wizard: MakeWizard, images: Path) -> None:
    wizard = make_wizard()
    run_all(qtbot, wizard, images)
    assert wizard.run is not None
    qtbot.waitUntil(lambda: wizard.run.state == "done")
    assert wizard.run_page.selected_row() == 0
    assert wizard.run_page.open_button.isEnabled()
    wizard.run_page.view.selectRow(1)
    with qtbot.waitSignal(wizard.open_requested) as asked:
        wizard.run_page.open_button.click()
    assert asked.args == [images / "b.tif", wizard.run.output / "b.tif"]


@pytest.mark.parametrize("counts", [True, False])
def test_objects_have_a_column_where_they_are_counted(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel, counts: bool
) -> None:
    model.counts = counts
    wizard = make_wizard()
    run_all(qtbot, wizard, images)
    qtbot.waitUntil(lambda: wizard.run is not None and wizard.run.state == "done")
    assert wizard.run_page.view.isColumnHidden(2) != counts


def test_the_parameters_can_be_tried_on_an_image(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel
) -> None:
    wizard = make_wizard()
    wizard.files_page.add([images])
    for _ in range(2):
        qtbot.waitUntil(lambda: not wizard.page.problems())
        wizard.next_button.click()
    page = wizard.parameters_page
    page.try_button.click()
    qtbot.waitUntil(lambda: page.status.text().startswith("Middle slice: 1 object"))
    assert not page.picture.is_empty
    page.forms.change({}, {"threshold": 0.9})
    qtbot.waitUntil(lambda: page.status.text().startswith("Middle slice: 0 objects"))
    assert len(model.predicted) == 1
    assert wizard.draft.decode["threshold"] == 0.9


def test_settings_of_the_preview_are_taken_over(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, opened: OpenProject, model: FakeModel
) -> None:
    add_model(opened.models_folder(), "Other")
    path = opened.models()[0]
    wizard = make_wizard(model=path, settings=BatchSettings({"threshold": 0.75}), inputs=(images,))
    run_all(qtbot, wizard, images)
    assert "of your preview" in wizard.parameters_page.subtitle
    qtbot.waitUntil(lambda: bool(model.configs))
    assert model.configs[0].decode["threshold"] == 0.75
    assert model.configs[0].model == str(path)
    wizard.draft.choose_model(path, wizard.draft.card)
    wizard.parameters_page.enter()
    assert "saved with the model" in wizard.parameters_page.subtitle


def test_the_channel_of_the_preview_is_taken_over_and_shown(
    make_wizard: MakeWizard, opened: OpenProject, images: Path
) -> None:
    model, settings = add_model(opened.models_folder(), "Other"), BatchSettings({}, channels=(2,))
    wizard = make_wizard(model=model, settings=settings, inputs=(images,))
    wizard.outputs_page.enter()
    assert wizard.outputs_page.channels.text() == "3"
    assert wizard.draft.channels == (2,)
    wizard.outputs_page.channels.clear()
    wizard.outputs_page.enter()
    assert wizard.outputs_page.channels.text() == ""
    assert wizard.draft.channels is None


def test_the_form_shows_what_the_batch_computes_with_and_whose_values_they_are(
    make_wizard: MakeWizard, opened: OpenProject
) -> None:
    first, second = (add_model(opened.models_folder(), name) for name in ("First", "Second"))
    wizard = make_wizard(model=first)
    page, models = wizard.parameters_page, wizard.model_page

    def entered() -> tuple[float, float, str]:
        page.enter()
        return page.forms.decode_values()["threshold"], wizard.draft.decode["threshold"], page.subtitle[:20]

    assert entered() == (0.4, 0.4, "The values saved wit")
    page.forms.change({}, {"threshold": 0.8})
    assert entered() == (0.8, 0.8, "The values that you ")
    models.choose(second)
    models.choose(first)
    assert entered() == (0.4, 0.4, "The values saved wit")


def test_models_are_imported_and_damaged_ones_cannot_be_chosen(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, opened: OpenProject, model: FakeModel, session: Session
) -> None:
    add_model(opened.models_folder(), "broken")
    wizard = make_wizard()
    wizard.files_page.add([images])
    qtbot.waitUntil(lambda: not wizard.page.problems())
    wizard.next_button.click()
    page = wizard.model_page
    broken = next(card for path, card in page.cards.items() if path.stem == "broken")
    assert not broken.isEnabled()
    assert wizard.draft.model == opened.models_folder() / "Nuclei.vwmodel"
    with qtbot.waitSignal(session.models_changed):
        page.import_model(images / "New.vwmodel")
    assert wizard.draft.model == opened.models_folder() / "New.vwmodel"
    assert wizard.next_button.isEnabled()


def test_the_newest_model_is_chosen_at_first_and_dialogs_begin_at_the_images(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, opened: OpenProject, model: FakeModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    older, newer = (CARD.model_copy(update={"created": datetime(year, 5, 1, tzinfo=UTC)}) for year in (2024, 2025))
    model.cards = {"Nuclei": older, "Later": newer, "Zebra": older}
    for name in ("Later", "Zebra"):
        add_model(opened.models_folder(), name)
    asked: list[str] = []
    files = [str(images / "a.tif")]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *args: (asked.append(args[2]), (files, ""))[1])
    wizard = make_wizard()
    wizard.files_page.add_files.click()
    wizard.files_page.add_files.click()
    assert asked == [str(opened.folder.parent), str(images)]
    qtbot.waitUntil(lambda: not wizard.page.problems())
    wizard.next_button.click()
    assert wizard.draft.model is not None
    assert wizard.draft.model.stem == "Later"
    assert wizard.next_button.isEnabled()


def test_the_images_of_the_project_are_added_without_its_patches(
    qtbot: QtBot, make_wizard: MakeWizard, opened: OpenProject
) -> None:
    patch = opened.folder / "datasets" / "patches" / "p.tif"
    patch.parent.mkdir(parents=True)
    write_image(patch)
    project, _ = opened.project.with_item(opened.relative(patch), "p")
    project, _ = project.with_item("../gone.tif", "gone")
    opened.save(project)
    page = make_wizard().files_page
    assert page.add_project.isVisible()
    page.add_project.click()
    qtbot.waitUntil(lambda: not page.problems())
    assert [image.path.name for image in page._draft.images] == ["Emb01.tif"]


def test_the_list_begins_with_what_has_no_labels_until_something_is_added(
    qtbot: QtBot, make_wizard: MakeWizard, opened: OpenProject, images: Path
) -> None:
    done = opened.project.items[0].model_copy(update={"status": "done"})
    write_image(opened.folder.parent / "fresh.tif")
    project, _ = opened.project.replaced(done).with_item("../fresh.tif", "fresh")
    page = make_wizard().files_page
    qtbot.waitUntil(lambda: not page.problems())
    assert [image.path.name for image in page._draft.images] == ["Emb01.tif"]
    page._session.update_project(project)
    page = make_wizard().files_page
    qtbot.waitUntil(lambda: not page.problems())
    assert [image.path.name for image in page._draft.images] == ["fresh.tif"]
    assert page.status.text() == "1 image. Taken from this project; what you add is taken instead."
    page.add([images])
    page.add([images / "a.tif"])
    qtbot.waitUntil(lambda: not page.problems())
    assert page._draft.inputs == (images, images / "a.tif")
    assert "project" not in page.status.text()


def test_results_beside_the_images_are_refused(qtbot: QtBot, make_wizard: MakeWizard, images: Path) -> None:
    wizard = make_wizard(inputs=(images,))
    for _ in range(3):
        qtbot.waitUntil(lambda: not wizard.page.problems())
        wizard.next_button.click()
    wizard.outputs_page.folder.set_path(images)
    assert not wizard.next_button.isEnabled()
    assert "another folder" in wizard.outputs_page.problems()[0]


def test_channels_are_counted_from_one(qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel) -> None:
    wizard = make_wizard(inputs=(images,))
    for _ in range(3):
        qtbot.waitUntil(lambda: not wizard.page.problems())
        wizard.next_button.click()
    page = wizard.outputs_page
    for text, words in (("x", "numbers from 1"), ("0", "numbers from 1"), ("1, 2", "needs 1 channel")):
        page.channels.setText(text)
        assert words in page.problems()[0]
        assert not wizard.next_button.isEnabled()
    page.channels.setText("2")
    wizard.back_button.click()
    wizard.parameters_page.try_button.click()
    qtbot.waitUntil(lambda: bool(model.channels))
    assert model.channels[-1] == (1,), "what is tried is what will be done"
    wizard.next_button.click()
    wizard.next_button.click()
    qtbot.waitUntil(lambda: bool(model.configs))
    assert model.configs[0].channels == (1,)


def test_an_interrupted_batch_is_resumed(
    qtbot: QtBot, session: Session, runner: JobRunner, notifier: RecordingNotifier, model: FakeModel, images: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    folder = tmp_path / "result"
    folder.mkdir()
    assert show_batch(WindowContext(session, runner, notifier), folder, model.services(), go_on=True) is None
    assert len(notifier.said("error")) == 1
    config = InferenceConfig(model="m", inputs=(str(images / "a.tif"),), output="elsewhere")
    (folder / "config.json").write_text(config.model_dump_json())
    wizard = show_batch(WindowContext(session, runner, notifier), folder, model.services(), go_on=True)
    assert wizard is not None
    qtbot.waitUntil(lambda: wizard.run is not None and wizard.run.state == "done")
    assert model.configs[0].output == str(folder)
    wizard.close()


def test_an_ended_batch_is_shown_again_without_running(
    qtbot: QtBot, session: Session, runner: JobRunner, notifier: RecordingNotifier, model: FakeModel, images: Path,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    folder = tmp_path / "result"
    folder.mkdir()
    names = ("a.tif", "b.tif", "c.tif")
    config = InferenceConfig(model="m", inputs=tuple(str(images / name) for name in names), output="elsewhere")
    (folder / "config.json").write_text(config.model_dump_json())
    (folder / "a.tif").write_bytes(b"labels")
    rows = [
        {"image": "a.tif", "state": "skipped", "objects": 7, "seconds": 1.5, "labels": "a.tif"},
        {"image": "b.tif", "state": "done", "objects": 9, "seconds": 1.5, "labels": "b.tif"},
        {"image": "c.tif", "state": "failed", "error": "Too dark."},
    ]
    write_csv(folder / "summary.csv", rows, SUMMARY_COLUMNS)
    wizard = show_batch(WindowContext(session, runner, notifier), folder, model.services())
    assert wizard is not None
    assert wizard.run is not None
    assert [(c.state, c.objects, c.error) for c in wizard.run.cases] == [
        ("done", 7, ""), ("cancelled", None, ""), ("failed", None, "Too dark."),
    ]  # fmt: skip
    assert model.configs == []
    with qtbot.waitSignal(wizard.open_requested) as asked:
        wizard.run_page.open_button.click()
    assert asked.args == [images / "a.tif", folder / "a.tif"]
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or True)
    assert not wizard.run_page.table_button.isEnabled()
    (folder / "a_objects.csv").write_text("id")
    wizard.run_page.view.selectRow(1)
    wizard.run_page.view.selectRow(0)
    wizard.run_page.table_button.click()
    assert opened == [str(folder / "a_objects.csv")]
    assert wizard.run_page.again_button.isVisible()
    wizard.run_page.again_button.click()
    qtbot.waitUntil(lambda: wizard.run is not None and wizard.run.state == "done")
    assert len(model.configs) == 1
    wizard.close()


def test_a_batch_that_runs_is_shown_as_it_runs(
    qtbot: QtBot, session: Session, runner: JobRunner, notifier: RecordingNotifier, make_wizard: MakeWizard,
    model: FakeModel, images: Path,
) -> None:  # fmt: skip
    model.gate.clear()
    first = make_wizard()
    run_all(qtbot, first, images)
    assert first.run is not None
    folder = first.run.output
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(first.run.config.model_dump_json())
    again = show_batch(WindowContext(session, runner, notifier), folder, model.services())
    assert again is not None
    assert again.run is first.run
    model.gate.set()
    qtbot.waitUntil(lambda: again.run is not None and again.run.state == "done")
    again.close()


def test_what_the_project_says_of_an_image_goes_into_the_batch(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, opened: OpenProject, session: Session, model: FakeModel
) -> None:
    said = ImageReading(voxel_size=VoxelSize(z=3, y=0.5, x=0.5, unit="µm"))
    assert session.project is not None
    project, item = session.project.with_item(opened.relative(images / "b.tif"), "b")
    session.update_project(project.replaced(item.model_copy(update={"reading": said})))
    wizard = make_wizard()
    run_all(qtbot, wizard, images)
    sizes = {found.path.name: found.voxel_size for found in wizard.draft.images}
    assert sizes["b.tif"].z == 3
    assert sizes["a.tif"].z != 3
    qtbot.waitUntil(lambda: wizard.run.state == "done")
    assert model.configs[0].readings == {str(images / "b.tif"): said}


def test_of_movies_all_time_points_or_one_are_labelled(
    qtbot: QtBot, make_wizard: MakeWizard, images: Path, model: FakeModel
) -> None:
    movie = Volume.of_times(np.zeros((3, 1, 2, 16, 16), np.uint8))
    write_volume(images / "film.tif", movie.source, movie)
    wizard = make_wizard()
    page = wizard.files_page
    page.add([images / "a.tif"])
    qtbot.waitUntil(lambda: not page.problems())
    assert page.times.isHidden()
    page.add([images / "film.tif"])
    qtbot.waitUntil(lambda: not page.problems())
    assert not page.times.isHidden()
    assert page.list.topLevelItem(1).text(3) == "3 time points"
    assert wizard.draft.time is None
    page.times.choose(1)
    assert page.problems() == ["a.tif has no time point 2. Choose another one, or all."]
    page.list.topLevelItem(0).setSelected(True)
    page.remove.click()
    assert page.problems() == []
    run_all(qtbot, wizard, images / "film.tif")
    qtbot.waitUntil(lambda: wizard.run.state == "done")
    assert model.configs[0].time == 1


def test_models_are_ticked_to_be_used_together(
    qtbot: QtBot, make_wizard: MakeWizard, opened: OpenProject, images: Path
) -> None:
    others = [add_model(opened.models_folder(), name) for name in ("Fold 2", "Fold 3")]
    wizard = make_wizard()
    wizard.files_page.add([images])
    qtbot.waitUntil(lambda: not wizard.page.problems())
    wizard.next_button.click()
    page, draft = wizard.model_page, wizard.draft
    offered = page.others.list
    assert offered.isVisible()
    assert {offered.item(row).text() for row in range(offered.count())} == {
        path.stem for path in (*others, opened.models_folder() / "Nuclei.vwmodel") if path != draft.model
    }
    offered.item(0).setCheckState(Qt.CheckState.Checked)
    assert [path.stem for path in draft.together] == [offered.item(0).text()]
    draft.output = images.parent / "out"
    assert draft.config().together == tuple(str(path) for path in draft.together)
    assert draft.model is not None
    wizard.outputs_page.enter()
    both = f"“{draft.model.stem}” and “{draft.together[0].stem}” run together on "
    assert wizard.outputs_page.summary.text().startswith(both)
    page.choose(next(path for path in page.cards if path != draft.model))
    assert draft.together == ()
