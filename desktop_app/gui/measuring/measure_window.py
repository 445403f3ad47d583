"""The window that measures objects: a table, plots, and the way from a row to its object."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QSplitter, QVBoxLayout

from desktop_app.core.config.measuring import MeasureSettings
from desktop_app.core.job import Progress
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.measuring.column_titles import title_of
from desktop_app.gui.measuring.saving import save_table
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL, pad
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.number_fields import CalmComboBox
from desktop_app.gui.widgets.share_bar import show_share
from desktop_app.gui.widgets.value_plots import ValuePlots
from desktop_app.gui.widgets.value_table import ValueTable
from desktop_app.gui.widgets.window_place import resize_to_screen
from desktop_app.gui.window_context import WindowContext
from desktop_app.jobs.data.measure import ObjectTable
from desktop_app.jobs.data.measure_project import OpenStores, measure_project
from desktop_app.objects.columns import VOXEL_COUNT, VOXELS, only_pictures, seen_columns

_SIZE = QSize(1080, 640)  # px, by eye
_TABLE_SHARE, _PLOT_SHARE = 3, 2  # parts of the width, by eye
_GROUPS = ("shape", "intensity", "neighbours")
_SIZES = "volume", "area"
"""Begin the name of the column that is plotted at first: the size of objects in volumes, and in pictures."""
_HERE, _EVERYWHERE = "This image", "All labelled images of the project"
_HELP = "Click a row or a point to see its object in the image. A click on a heading sorts."
_STALE = "The labels have changed since. Measure again to see their values as they stand."


class MeasureWindow(QDialog):
    """Stays open beside the image.

    Args:
        context: Of the main window.

    Signals:
        object_wanted: Name of its image, time point from 0, number, and centre (z, y, x) in voxels.
    """

    object_wanted = Signal(str, int, int, object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self.setWindowTitle("Measure objects")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session, self._notifier = context.session, context.notifier
        self._opened = context.session.open_project
        self._job = LatestJob(context.runner, "io", self)
        self.table = ObjectTable()
        self.scope = CalmComboBox()
        self.scope.addItems((_HERE, _EVERYWHERE))
        self.scope.setAccessibleName("What is measured")
        self.form: ParameterForm[MeasureSettings] = ParameterForm(MeasureSettings, fields=_GROUPS, compact=True)
        self.go, self.stop = QPushButton("Measure"), QPushButton("Stop")
        self.progress, self.banner = QProgressBar(textVisible=False), Banner()
        self.rows, self.plots = ValueTable("Measured objects"), ValuePlots()
        self.counted, self.save = QLabel(_HELP), QPushButton("Save table…")
        self._build()
        self._connect()
        self._show_state()
        resize_to_screen(self, _SIZE)
        if self._session.item is None:
            self.scope.setCurrentText(_EVERYWHERE)

    def measure(self) -> None:
        """Start to measure what is chosen, labels as they stand now."""
        opened, item, labels, volume = (
            self._session.open_project, self._session.item, self._session.labels, self._session.volume,
        )  # fmt: skip
        here = self.scope.currentText() == _HERE
        if opened is None or (here and item is None):
            self._notifier.warning("Open an image of a project first.")
            return
        self._session.reviewing.flush()
        stores = {}
        if item is not None and labels is not None and volume is not None:
            stores[item.id, volume.time] = labels.labels
        work = partial(
            measure_project, opened, settings=self.form.value(), as_they_stand=OpenStores(stores),
            only=item.id if here and item is not None else None,
        )  # fmt: skip
        self.banner.show_text("")
        self._job.start("Measure objects", lambda ctx: work(ctx=ctx), self.show_table)
        self._show_state()

    def show_table(self, table: ObjectTable) -> None:
        """Show what was measured."""
        self.table = table
        seen = seen_columns(table.columns)
        counted = VOXELS.words(flat=only_pictures(table.columns))[0]
        titles = {name: title_of(name) for name in seen} | {VOXEL_COUNT: counted}
        self.rows.set_values(seen, table.rows, titles, table.advice)
        size = next((name for name in seen if name.startswith(_SIZES)), "")
        self.plots.set_values(seen, table.rows, titles, first=(size, ""))
        if not table.rows:
            self.banner.show_text(self._words_for_nothing(), "info")
        self._show_state()

    def done(self, result: int) -> None:
        """The window goes, by its button or by Esc, which makes no event of closing."""
        self._job.drop()
        super().done(result)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(MEDIUM)
        top.addWidget(self.scope)
        for name in _GROUPS:
            top.addWidget(self.form.editor(name))
        top.addStretch(1)
        top.addWidget(self.progress)
        top.addWidget(self.stop)
        top.addWidget(self.go)
        self.form.hide()
        set_role(self.go, "primary")
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.addWidget(self.rows)
        parts.addWidget(self.plots)
        parts.setStretchFactor(0, _TABLE_SHARE)
        parts.setStretchFactor(1, _PLOT_SHARE)
        parts.setSizes([_SIZE.width() * share // (_TABLE_SHARE + _PLOT_SHARE) for share in (_TABLE_SHARE, _PLOT_SHARE)])
        bottom = QHBoxLayout()
        bottom.setSpacing(SMALL)
        bottom.addWidget(self.counted, 1)
        bottom.addWidget(self.save)
        column = QVBoxLayout(self)
        pad(column, MEDIUM, SMALL)
        column.addLayout(top)
        column.addWidget(self.banner)
        column.addWidget(parts, 1)
        column.addLayout(bottom)

    def _connect(self) -> None:
        self.go.clicked.connect(self.measure)
        self.stop.clicked.connect(self._job.drop)
        self.save.clicked.connect(lambda: save_table(self, self.table, self._start_of_name(), self._notifier))
        self._job.busy_changed.connect(lambda _busy: self._show_state())
        self._job.failed.connect(self._on_failed)
        self._job.progressed.connect(self._on_progress)
        self.rows.row_chosen.connect(self._on_row)
        self.plots.row_chosen.connect(self._on_point)
        self._session.labels_edited.connect(self._on_edited)
        self._session.project_changed.connect(self._on_project)

    def _words_for_nothing(self) -> str:
        """That there are no labels; what is seen over the image may look as if it were some."""
        results = [layer for layer in self._session.layers.results if layer.look.visible]
        if not results:
            return "There are no objects in these labels."
        return (
            f"There are no objects in these labels: “{results[-1].title}” only lies over the image. Take it over into "
            "the labels (tab Layers), then measure again."
        )

    def _start_of_name(self) -> Path:
        opened = self._session.open_project
        folder = opened.folder.parent if opened is not None else Path.home()
        images = {row["image"] for row in self.table.rows}
        name = next(iter(images)) if len(images) == 1 else opened.project.name if opened is not None else "all"
        return folder / f"{name}_objects.csv"

    def _show_state(self) -> None:
        busy, count = self._job.busy, len(self.table.rows)
        self.progress.setVisible(busy)
        self.stop.setVisible(busy)
        self.go.setEnabled(not busy)
        self.save.setEnabled(bool(count) and not busy)
        self.counted.setText(f"{'One object' if count == 1 else f'{count:,} objects'}. {_HELP}" if count else _HELP)

    def _on_progress(self, progress: Progress) -> None:
        show_share(self.progress, progress.fraction)
        self.progress.setToolTip(progress.message)

    def _on_failed(self, error: Exception) -> None:
        self.banner.show_error(error)

    def _on_edited(self, _region: object) -> None:
        if self.table.rows:
            self.banner.show_text(_STALE, "info")

    def _on_project(self, _project: object) -> None:
        if self._session.open_project is not self._opened:
            self.close()

    def _on_row(self, row: int) -> None:
        self.plots.choose(row)
        self._go_to(row)

    def _on_point(self, row: int) -> None:
        self.rows.choose(row)
        self.plots.choose(row)
        self._go_to(row)

    def _go_to(self, row: int) -> None:
        values = self.table.rows[row]
        center = tuple(round(float(values[f"centroid_{axis}"])) for axis in "zyx")
        self.object_wanted.emit(str(values["image"]), int(values.get("time", 1)) - 1, int(values["id"]), center)
