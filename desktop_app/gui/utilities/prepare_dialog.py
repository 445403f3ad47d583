"""The question before a data set is prepared: where from, how it is split, and which image goes with which labels."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QDialogButtonBox, QFormLayout, QLabel, QWidget

from desktop_app.core.config.preparing import PrepareSettings
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.theme.roles import muted_label
from desktop_app.gui.theme.spacing import SMALL
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.collapsible import CollapsibleSection
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.label_rows import level_titles
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.gui.widgets.value_table import ValueTable
from desktop_app.io.datasets import search_stopped_by
from desktop_app.jobs.data.prepare import PrepareConfig, PreparePlan, left_out_words, plan_dataset, require_free

_WIDTH, _TABLE_HEIGHT = 760, 200  # px, by eye
_COLUMNS = ("pair", "group", "part", "image", "labels")
_TITLES = {"pair": "Pair", "group": "Group", "part": "Part", "image": "Image", "labels": "Labels"}
_PARTS = {"train": "training", "validation": "validation", "test": "test", "unused": "not used"}
_NOWHERE = Path("prepared")  # stands for the target while only the pairs are looked for
_WHAT_FOR = (
    "Makes a folder to train on, or to give to others: images with their labels, shared out to training, validation "
    "and test. The originals stay as they are."
)
_LOOKING = "Looking for images with labels…"


class PrepareDialog(FittedDialog):
    """Folders, settings, and the pairs as they will be written.

    Args:
        runner: Looks for pairs in the background.
        parent: The window.
    """

    def __init__(self, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(_WIDTH, parent)
        self.setWindowTitle("Prepare a data set")
        self._job = LatestJob(runner, "io", self)
        self.source = PathChooser("folder", "Folder with images and labels", placeholder="Drop a folder here")
        self.labels = PathChooser("folder", "Folder with labels", placeholder="Found by itself in most folders")
        self.out = PathChooser("folder", "Folder to make", placeholder="A new folder")
        self.by_order = QCheckBox("Pair the files whose names do not fit in sorted order")
        self.form: ParameterForm[PrepareSettings] = ParameterForm(PrepareSettings)
        self.pairs, self.banner, self.summary = ValueTable("Pairs as they will be written"), Banner(), QLabel()
        self.target = Banner("error")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton("Prepare", QDialogButtonBox.ButtonRole.AcceptRole)
        self.plan: PreparePlan | None = None
        self._build()
        self._connect()
        self._look()

    def config(self) -> PrepareConfig:
        """What was asked for.

        Raises:
            UserError: If an entry is not valid.
        """
        return PrepareConfig(
            self.source.path() or Path(),
            self.out.path() or _NOWHERE,
            self.form.value(),
            self.labels.path(),
            self.by_order.isChecked(),
        )

    def done(self, result: int) -> None:
        self._job.drop()
        super().done(result)

    def _build(self) -> None:
        places = QFormLayout()
        places.setSpacing(SMALL)
        for title, chooser in (("Images", self.source), ("Labels are in", self.labels), ("Write to", self.out)):
            chooser.line.setAccessibleName(title)
            places.addRow(title, chooser)
        level_titles(places)
        self.by_order.hide()
        self.pairs.setMinimumHeight(_TABLE_HEIGHT)
        self.summary.setWordWrap(True)
        section = CollapsibleSection("How it is split and written")
        section.add(self.form)
        self.column.addWidget(muted_label(_WHAT_FOR))
        self.column.addLayout(places)
        self.column.addWidget(self.target)
        self.column.addWidget(self.banner)
        self.column.addWidget(self.by_order)
        self.column.addWidget(self.pairs)
        self.column.addWidget(self.summary)
        self.column.addWidget(section)
        self.column.addStretch(1)
        self.footer.addWidget(self.buttons)

    def _connect(self) -> None:
        self.source.path_changed.connect(lambda _path: self._look())
        self.labels.path_changed.connect(lambda _path: self._look())
        self.out.path_changed.connect(lambda _path: self._on_target())
        self.by_order.toggled.connect(lambda _on: self._look())
        self.form.changed.connect(lambda _value: self._look())
        self.form.validity_changed.connect(lambda _valid: self._show_ready())
        self._job.failed.connect(self._on_failed)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _look(self) -> None:
        """Look for the pairs, in the background; of several changes in a row the last counts."""
        self.plan = None
        source = self.source.path()
        self.banner.show_text("")
        if source is not None and source.is_dir() and not self.form.problems():
            self._job.start("Look for images with labels", partial(_plan, self.config()), self._on_plan)
        else:
            self._job.drop()
        self._show_plan()
        if self._job.busy:
            self.summary.setText(_LOOKING)
        elif source is not None and not source.is_dir():
            self.summary.setText(f"There is no folder {source}.")

    def _on_plan(self, plan: PreparePlan) -> None:
        self.plan = plan
        self._show_plan()

    def _on_failed(self, error: Exception) -> None:
        self.banner.show_text(str(error), "error")
        self.by_order.setVisible(self.labels.path() is not None)
        self._show_plan()

    def _show_plan(self) -> None:
        plan = self.plan
        rows = [
            {
                "pair": planned.name,
                "group": planned.pair.group,
                "part": _PARTS.get(planned.role, planned.role),
                "image": Path(planned.pair.image).name,
                "labels": Path(planned.pair.labels or "").name,
            }
            for planned in (plan.pairs if plan else ())
        ]
        self.pairs.set_values(_COLUMNS, rows, _TITLES)
        if plan is not None:
            self.by_order.setVisible(plan.by_order_possible or self.by_order.isChecked())
            source = self.source.path() or Path()
            self.banner.show_text(left_out_words(plan.left_out, source), "warning")
        counts = [(words, sum(row["part"] == words for row in rows)) for words in _PARTS.values()]
        self.summary.setText(", ".join(f"{count} for {words}" for words, count in counts if count))
        self._show_ready()

    def _on_target(self) -> None:
        """Say of a folder in which something lies that it cannot be taken, before the window is left."""
        out, wrong = self.out.path(), ""
        if out is not None:
            try:
                require_free(out)
            except UserError as error:
                wrong = str(error)
        self.target.show_text(wrong, "error")
        self._show_ready()

    def _show_ready(self) -> None:
        named = self.out.path() is not None and not self.target.text()
        self.go.setEnabled(self.plan is not None and named and not self.form.problems())


def _plan(config: PrepareConfig, ctx: JobContext) -> PreparePlan:
    with search_stopped_by(ctx.raise_if_cancelled):
        return plan_dataset(config)
