"""The table of objects beside the image, and the way back to the image."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMainWindow
from pytestqt.qtbot import QtBot

from desktop_app.core.imaging import Region, VoxelSize
from desktop_app.core.labelling.layers import BoxLabels, LabelLayer, LayerKind
from desktop_app.core.labelling.store import Edit
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.measuring.measure_window import MeasureWindow
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.projects import open_project
from desktop_app.io.tables import read_csv
from desktop_app.jobs.data.measure import ObjectTable
from desktop_app.objects.columns import columns_of, table_rows
from desktop_app.objects.measure import measure


def _paint(session: Session, value: int, region: Region) -> None:
    labels = session.labels
    assert labels is not None
    before = labels.labels.read(region)
    after = np.full(region.shape, value, np.uint32)
    labels.labels.write(region, after)
    session.commit_edit(Edit.between(region, before, after, "Brush"))


@pytest.fixture
def session(shell_session: Session, project_folder: Path) -> Session:
    shell_session.adopt(open_project(project_folder))
    assert shell_session.project is not None
    for item, value in zip(shell_session.project.items[:2], (4, 9), strict=True):
        shell_session.select_item(item.id)
        _paint(shell_session, value, Region((0, 2, 3), (2, 8, 9)))
        _paint(shell_session, value + 1, Region((1, 12, 12), (4, 18, 20)))
    return shell_session


@pytest.fixture
def window(qtbot: QtBot, session: Session, shell_runner: JobRunner, said: RecordingNotifier) -> Iterator[MeasureWindow]:
    main = QMainWindow()
    qtbot.addWidget(main)
    made = MeasureWindow(WindowContext(session, shell_runner, said, main))
    made.show()
    yield made
    main.close()


def _measured(qtbot: QtBot, window: MeasureWindow) -> None:
    window.measure()
    qtbot.waitUntil(lambda: bool(window.table.rows) and window.go.isEnabled(), timeout=20_000)


def test_labels_are_measured_as_they_stand(qtbot: QtBot, window: MeasureWindow, session: Session) -> None:
    _measured(qtbot, window)
    assert [(row["id"], row["voxels"]) for row in window.table.rows] == [(9, 72), (10, 144)]
    assert "2 objects" in window.counted.text()
    _paint(session, 9, Region((0, 8, 3), (2, 9, 9)))
    assert "changed" in window.banner.text()
    _measured(qtbot, window)
    assert window.table.rows[0]["voxels"] == 84
    assert window.banner.isHidden()


def test_the_whole_project_is_one_table_and_rows_lead_to_objects(qtbot: QtBot, window: MeasureWindow) -> None:
    window.scope.setCurrentIndex(1)
    _measured(qtbot, window)
    assert [row["image"] for row in window.table.rows] == ["a", "a", "b", "b"]
    wanted: list[tuple[object, ...]] = []
    window.object_wanted.connect(lambda *args: wanted.append(args))
    column = window.rows.values.columns.index("voxels")
    window.rows.sortByColumn(column, Qt.SortOrder.DescendingOrder)
    assert window.rows.values.source_row(0) == 1
    place = window.rows.visualRect(window.rows.values.index(0, 0)).center()
    qtbot.mouseClick(window.rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert wanted == [("a", 0, 5, (2, 14, 16))]
    window.plots.row_chosen.emit(3)
    assert wanted[-1][:3] == ("b", 0, 10)
    assert window.rows.values.source_row(window.rows.currentIndex().row()) == 3


def test_the_table_is_saved_as_it_was_measured(
    qtbot: QtBot, window: MeasureWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not window.save.isEnabled()
    window.form.editor("shape").setChecked(False)  # type: ignore[attr-defined]
    _measured(qtbot, window)
    out = tmp_path / "o"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(out), "Table for any program (*.csv)"))
    window.save.click()
    rows = read_csv(tmp_path / "o.csv")
    assert [row["id"] for row in rows] == ["9", "10"]
    assert "sphericity" not in rows[0]


def test_plots_show_groups(qtbot: QtBot, window: MeasureWindow) -> None:
    window.scope.setCurrentIndex(1)
    _measured(qtbot, window)
    plots = window.plots
    assert "n = 4" in plots.numbers.text()
    plots.group.setCurrentIndex(plots.group.findData("image"))
    assert [name for name in ("a", "b", "c") if f"</span> {name}: n = " in plots.numbers.text()] == ["a", "b"]
    plots.up.setCurrentIndex(plots.up.findData("voxels"))
    assert len(plots.plot.getPlotItem().listDataItems()) == 2


def test_the_window_closes_with_its_project(qtbot: QtBot, window: MeasureWindow, session: Session) -> None:
    assert session.project is not None
    session.update_project(session.project.model_copy(update={"notes": "n"}))
    assert window.isVisible()
    with qtbot.waitSignal(window.destroyed, timeout=5000):
        session.close_project()


def test_a_result_over_the_image_is_not_measured_and_that_is_said(
    qtbot: QtBot, window: MeasureWindow, session: Session
) -> None:
    assert session.project is not None
    session.select_item(session.project.items[2].id)
    labels = np.ones((4, 20, 24), np.uint32)
    store = BoxLabels(labels.shape, Region.whole(labels.shape), labels)
    session.layers.put(LabelLayer("found", "nuclei, 1 Dec", store, LayerKind.RESULT))
    for visible, words in ((True, "“nuclei, 1 Dec” only lies over the image"), (False, "no objects in these labels.")):
        session.layers.set_look("found", visible=visible)
        window.banner.show_text("")
        window.measure()
        qtbot.waitUntil(lambda: bool(window.banner.text()) and window.go.isEnabled(), timeout=20_000)
        assert words in window.banner.text()


@pytest.mark.parametrize("size", ["volume", "area_um2"])
def test_the_size_of_objects_is_plotted_at_first_in_volumes_and_in_pictures(window: MeasureWindow, size: str) -> None:
    window.show_table(ObjectTable(columns=["id", size], rows=[{"id": 1, size: 20.0}, {"id": 2, size: 30.0}]))
    assert window.plots.along.currentData() == size


def test_of_pictures_pixels_and_areas_are_shown_and_no_depth(window: MeasureWindow) -> None:
    columns = columns_of(VoxelSize.unknown(), flat=True)
    row = next(table_rows(measure(np.ones((1, 4, 5), np.uint32)), columns))
    window.show_table(ObjectTable(["image", *row], [{"image": "a", **row}], {c.name: c.advice for c in columns}))
    values = window.rows.values
    heads = [str(values.headerData(n, Qt.Orientation.Horizontal)) for n in range(values.columnCount())]
    assert {"Pixels", "Area (px)"} <= set(heads)
    assert not [head for head in heads if "oxel" in head or " z" in head]
    assert window.plots.along.currentText() == "Area (px)"
