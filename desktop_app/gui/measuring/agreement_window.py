"""The window that compares labels with true ones: scores, a curve, what became of each object, errors in the image."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.labelling.layers import LabelLayer, LayerKind, LayerLook
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.measuring.agreement_choice import AgreementChoice
from desktop_app.gui.measuring.agreement_words import (
    CURVE,
    OBJECT_TITLES,
    SCORE_ADVICE,
    SCORE_TITLES,
    class_hint,
    scores_html,
)
from desktop_app.gui.measuring.column_titles import title_of
from desktop_app.gui.measuring.saving import save_table
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL, pad
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.curve_plot import CurvePlot
from desktop_app.gui.widgets.number_fields import CalmDoubleSpinBox
from desktop_app.gui.widgets.scrolled import Scrolled
from desktop_app.gui.widgets.share_bar import show_share
from desktop_app.gui.widgets.value_table import ValueTable
from desktop_app.gui.widgets.window_place import resize_to_screen
from desktop_app.gui.window_context import WindowContext
from desktop_app.jobs.data.agreement import THRESHOLDS, Agreement, MatchTable, compare_labels, match_rows
from desktop_app.jobs.data.evaluate import Evaluation, LabelMeaning, case_of, classes_of, evaluate, summed_up
from desktop_app.objects.agreement import LEAST_IOU, USUAL_IOU
from desktop_app.objects.matching import OUTCOMES, VALUES, ErrorLabels

ERRORS = "errors"
"""Key of the layer that shows what became of the objects."""
_SIZE = QSize(1080, 780)  # px, by eye
_PLOT_HEIGHT = 200  # px, by eye: below all scores and a message, in a window of that size
_BEFORE = "Choose what was found and what is true, then compare."
_SORTS = "A click on a heading sorts."
_JUMPS = f"Click a row to see its object in the image. {_SORTS}"
_LAYERS_ONLY = "For two layers that lie over the open image: Project ▸ Look at a label file… lays one there."


class AgreementWindow(QDialog):
    """Stays open beside the image.

    Args:
        context: Of the main window.

    Signals:
        place_wanted: Voxel (z, y, x) of the open image.
    """

    place_wanted = Signal(object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self.setWindowTitle("Compare labels with the truth")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session, self._notifier = context.session, context.notifier
        self._job = LatestJob(context.runner, "io", self)
        self._pair: tuple[LabelLayer, LabelLayer] | None = None
        self._hidden: tuple[str, ...] = ()
        self.evaluation: Evaluation | None = None
        self.choice = AgreementChoice(context.session)
        self.iou = CalmDoubleSpinBox()
        self.go, self.stop, self.save = QPushButton("Compare"), QPushButton("Stop"), QPushButton("Save table…")
        self.progress, self.banner = QProgressBar(textVisible=False), Banner()
        self._notes: list[str] = []
        self.objects, self.images = ValueTable("What became of the objects"), ValueTable("Scores of the images")
        self.tabs, self.scores, self.errors = QTabWidget(), QLabel(), QCheckBox("Show the errors in the image")
        self.hint = QLabel()
        self.curve = CurvePlot("", "Overlap from which objects count (IoU)", "", (0.0, 1.0))
        self._build()
        self._connect()
        self._show_state()
        resize_to_screen(self, _SIZE)

    def compare(self) -> None:
        """Compare what is chosen."""
        self.banner.show_text("")
        self._notes.clear()
        self.errors.setChecked(False)
        try:
            work, self._pair = self._work()
        except UserError as error:
            self._on_failed(error)
            return
        self._job.start("Compare labels", work, self.show_result)
        self._show_state()

    def show_result(self, result: Evaluation) -> None:
        """Show scores and tables."""
        self.evaluation = result
        rows = [row for image, found in result.details.items() for row in match_rows(found, image)]
        columns = list(dict.fromkeys(key for row in rows for key in row))
        self.objects.set_values(columns, rows, {name: title_of(name) for name in columns} | OBJECT_TITLES)
        cases = [case.row() for case in result.cases]
        shown = [key for key in cases[0] if any(case.get(key) not in (None, "") for case in cases)] if cases else []
        self.images.set_values(shown, cases, SCORE_TITLES, SCORE_ADVICE)
        self.scores.setText(scores_html(result))
        self.curve.clear_curves()
        for threshold, value in zip(THRESHOLDS, result.f1_at, strict=False):
            if value is not None:
                self.curve.add_point(CURVE, threshold, value)
        self.tabs.setTabVisible(0, bool(rows))
        self.curve.setVisible(bool(rows))
        failed = [f"{case.image}: {case.error}" for case in result.cases if case.error]
        hint = class_hint(result) if self._pair is None else ""
        told = [text for text in (*failed, *self._notes, hint) if text]
        self.banner.show_text("\n".join(told), "error" if failed else "info")
        self.errors.setChecked(bool(rows) and self._pair is not None)
        self._show_state()

    def done(self, result: int) -> None:
        """The window goes, by its button or by Esc, which makes no event of closing."""
        self._job.drop()
        self.errors.setChecked(False)
        super().done(result)

    def _work(self) -> tuple[Callable[[JobContext], Evaluation], tuple[LabelLayer, LabelLayer] | None]:
        """The job, and the layers that it compares if it is about some."""
        iou = self.iou.value()
        pair = self.choice.layers()
        if pair is not None:
            return partial(_compared, *pair, iou), pair
        found, truth = self.choice.paths()
        return partial(_evaluated, found, truth, iou, self.choice.meaning()), None

    def _build(self) -> None:
        self.iou.setRange(LEAST_IOU, 1.0)
        self.iou.setSingleStep(LEAST_IOU)
        self.iou.setValue(USUAL_IOU)
        self.iou.setAccessibleName("Overlap (IoU) from which two objects are the same")
        self.iou.setToolTip(self.iou.accessibleName())
        set_role(self.go, "primary")
        buttons = QHBoxLayout()
        buttons.setSpacing(MEDIUM)
        buttons.addWidget(QLabel("The same from an overlap of"))
        for widget in (self.iou, self.progress, self.stop):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        buttons.addWidget(self.go)
        self.tabs.addTab(self.objects, "Objects")
        self.tabs.addTab(self.images, "Images")
        self.scores.setTextFormat(Qt.TextFormat.RichText)
        self.scores.setWordWrap(True)
        self.scores.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.curve.setMinimumHeight(_PLOT_HEIGHT)
        right = QWidget()
        side = QVBoxLayout(right)
        pad(side, SMALL)
        side.addWidget(self.scores, 1)
        side.addWidget(self.curve)
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.addWidget(self.tabs)
        parts.addWidget(right)
        parts.setSizes([_SIZE.width() * 3 // 5, _SIZE.width() * 2 // 5])  # by eye
        self.errors.setToolTip(_LAYERS_ONLY)
        bottom = QHBoxLayout()
        bottom.setSpacing(MEDIUM)  # else that of what it lies in: none
        self.hint.setWordWrap(True)  # beside the rest it would be wider than a small screen
        bottom.addWidget(self.hint, 1)
        bottom.addWidget(self.errors)
        bottom.addWidget(self.save)
        body = QWidget()
        column = QVBoxLayout(body)
        pad(column, MEDIUM, SMALL)
        column.addWidget(self.choice)
        column.addLayout(buttons)
        column.addWidget(self.banner)
        column.addWidget(parts, 1)
        bottom.setContentsMargins(MEDIUM, SMALL, MEDIUM, MEDIUM)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(Scrolled(body, across=True), 1)
        whole.addLayout(bottom)  # what comes next is seen however low the window is

    def _connect(self) -> None:
        self.go.clicked.connect(self.compare)
        self.stop.clicked.connect(self._job.drop)
        self.save.clicked.connect(self._save)
        self.errors.toggled.connect(self._on_errors)
        self._job.busy_changed.connect(lambda _busy: self._show_state())
        self._job.failed.connect(self._on_failed)
        self._job.noted.connect(self._on_noted)
        self._job.progressed.connect(self._on_progress)
        self.objects.row_chosen.connect(self._on_row)
        self._session.volume_changed.connect(self._on_other_image)

    def _show_state(self) -> None:
        busy = self._job.busy
        self.progress.setVisible(busy)
        self.stop.setVisible(busy)
        self.go.setEnabled(not busy)
        self.save.setEnabled(self.evaluation is not None and not busy)
        self.hint.setText(_BEFORE if self.evaluation is None else _SORTS if self._pair is None else _JUMPS)
        self.errors.setEnabled(self._pair is not None and self.evaluation is not None and not busy)

    def _save(self) -> None:
        """Save the table that is seen."""
        table = self.tabs.currentWidget()
        if self.evaluation is None or not isinstance(table, ValueTable):
            return
        start = Path.home() if self._session.open_project is None else self._session.open_project.folder.parent
        if table is self.images:
            save_table(self, self.evaluation, start / "scores.csv", self._notifier)
            return
        rows = [row for image, found in self.evaluation.details.items() for row in match_rows(found, image)]
        save_table(self, MatchTable(rows, table.values.columns), start / "objects.csv", self._notifier)

    def _on_progress(self, progress: Progress) -> None:
        show_share(self.progress, progress.fraction)
        self.progress.setToolTip(progress.message)

    def _on_noted(self, note: Note) -> None:
        """Tell what is to be known of the labels; errors of single files are told in the end."""
        if note.level != "error":
            self._notes.append(note.text)

    def _on_failed(self, error: Exception) -> None:
        self.banner.show_error(error)

    def _on_row(self, row: int) -> None:
        values = self.objects.values.values_of(row)
        if self._pair is not None and values.get("centroid_z") is not None:
            self.place_wanted.emit(tuple(round(float(values[f"centroid_{axis}"])) for axis in "zyx"))

    def _on_errors(self, shown: bool) -> None:
        """Show the errors alone, so that their colours are pure; the layers that were seen come back afterwards."""
        layers = self._session.layers
        layers.remove(ERRORS)
        for key in self._hidden:
            layers.set_look(key, visible=True)
        self._hidden = ()
        if not shown or self._pair is None or self.evaluation is None:
            return
        (found,) = self.evaluation.details.values()
        self._hidden = tuple(layer.key for layer in layers.stack if layer.look.visible)
        for key in self._hidden:
            layers.set_look(key, visible=False)
        layers.put(errors_layer(*self._pair, found))

    def _on_other_image(self, _volume: object) -> None:
        """What was compared is not open any more."""
        self._pair = None
        self.errors.setChecked(False)
        self._show_state()


def errors_layer(found: LabelLayer, truth: LabelLayer, agreement: Agreement) -> LabelLayer:
    """The layer that shows what became of the objects of two layers."""
    words = ((VALUES[outcome], *OUTCOMES[outcome]) for outcome in OUTCOMES)
    classes = tuple(LabelClass(value=value, name=name, color=color) for value, name, color in words)
    islands = agreement.islands
    store = ErrorLabels(islands[0] or found.store, islands[1] or truth.store, agreement.matches)
    scheme = LabelScheme(kind="classes", classes=classes)
    # The labels below shine through; by eye.
    return LabelLayer(ERRORS, "What became of the objects", store, LayerKind.RESULT, scheme, LayerLook(opacity=0.6))


def _compared(found: LabelLayer, truth: LabelLayer, iou: float, ctx: JobContext) -> Evaluation:
    by_class = found.scheme.kind == truth.scheme.kind == "classes"
    agreement = compare_labels(found.store, truth.store, ctx, iou=iou, by_class=by_class)
    if by_class:
        return summed_up(classes_of(found.title, agreement), {}, LabelMeaning("classes"), None)
    return summed_up([case_of(found.title, agreement)], {found.title: agreement}, LabelMeaning(), None)


def _evaluated(found: Path, truth: Path, iou: float, meaning: LabelMeaning, ctx: JobContext) -> Any:
    return evaluate(found, truth, None, ctx, iou=iou, meaning=meaning)
