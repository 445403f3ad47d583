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
from desktop_app.gui.theme.spacing import SMALL, level_titles
from desktop_app.gui.widgets.banner import Banner
from desktop_app.gui.widgets.collapsible import CollapsibleSection
from desktop_app.gui.widgets.fitted_dialog import FittedDialog
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.gui.widgets.value_table import ValueTable
from desktop_app.io.datasets import search_stopped_by
from desktop_app.jobs.data.prepare import PrepareConfig, PreparePlan, plan_dataset, require_free

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
        self.pairs, self.left_out, self.summary = ValueTable("Pairs as they will be written"), Banner(), QLabel()
        self.problem = Banner("error")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = self.buttons.addButton("Prepare", QDialogButtonBox.ButtonRole.AcceptRole)
        self.plan: PreparePlan | None = None
        self._failed = ""
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
        self.pairs.horizontalHeader().setStretchLastSection(True)
        self.summary.setWordWrap(True)
        section = CollapsibleSection("How it is split and written")
        section.add(self.form)
        self.column.addWidget(muted_label(_WHAT_FOR))
        self.column.addLayout(places)
        self.column.addWidget(self.left_out)
        self.column.addWidget(self.by_order)
        self.column.addWidget(self.pairs)
        self.column.addWidget(self.summary)
        self.column.addWidget(section)
        self.column.addStretch(1)
        self.footer.addWidget(self.problem)  # in view, however far the settings are scrolled
        self.footer.addWidget(self.buttons)

    def _connect(self) -> None:
        self.source.path_changed.connect(lambda _path: self._look())
        self.labels.path_changed.connect(lambda _path: self._look())
        self.out.path_changed.connect(lambda _path: self._show_ready())
        self.by_order.toggled.connect(lambda _on: self._look())
        self.form.changed.connect(lambda _value: self._look())
        self.form.validity_changed.connect(lambda _valid: self._show_ready())
        self._job.failed.connect(self._on_failed)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _look(self) -> None:
        """Look for the pairs, in the background; of several changes in a row the last counts."""
        self.plan, self._failed = None, ""
        source = self.source.path()
        self.left_out.show_text("")
        if source is not None and self._gone() is None and not self.form.problems():
            self._job.start("Look for images with labels", partial(_plan, self.config()), self._on_plan)
        else:
            self._job.drop()
        self._show_plan()
        if self._job.busy:
            self.summary.setText(_LOOKING)

    def _on_plan(self, plan: PreparePlan) -> None:
        self.plan = plan
        self._show_plan()

    def _on_failed(self, error: Exception) -> None:
        self._failed = str(error)
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
        columns = [name for name in _COLUMNS if name != "group" or any(row["group"] for row in rows)]
        self.pairs.set_values(columns, rows, _TITLES)
        if plan is not None:
            self.by_order.setVisible(plan.by_order_possible or self.by_order.isChecked())
            source = self.source.path() or Path()
            self.left_out.show_text("\n".join(plan.left_out_words(source)), "warning")
        counts = [(words, sum(row["part"] == words for row in rows)) for words in _PARTS.values()]
        found = ", ".join(f"{count} for {words}" for words, count in counts if count)
        self.summary.setText(found + (_given(plan) if plan is not None else ""))
        self._show_ready()

    def _show_ready(self) -> None:
        """Say what keeps it from being prepared; nothing where only a folder is not chosen yet."""
        problem = self._failed or next(iter(self.form.problems()), "") or self._place_problem()
        self.problem.show_text(problem, "error")
        self.go.setEnabled(self.plan is not None and self.out.path() is not None and not problem)

    def _gone(self) -> Path | None:
        """The first folder to read from that is not there."""
        chosen = (self.source.path(), self.labels.path())
        return next((folder for folder in chosen if folder is not None and not folder.is_dir()), None)

    def _place_problem(self) -> str:
        """Why one of the folders will not do: it is not there, or something lies in the one to write to."""
        gone, out = self._gone(), self.out.path()
        if gone is not None:
            return f"There is no folder {gone}."
        try:
            if out is not None:
                require_free(out)
        except UserError as error:
            return str(error)
        return ""


def _given(plan: PreparePlan) -> str:
    """How many pairs lie in a part already, for which shares say nothing."""
    given = sum(planned.pair.role != "auto" for planned in plan.pairs)
    if not given:
        return ""
    return ", as the folder has them" if given == len(plan.pairs) else f"; {given} of them as the folder has them"


def _plan(config: PrepareConfig, ctx: JobContext) -> PreparePlan:
    with search_stopped_by(ctx.raise_if_cancelled):
        return plan_dataset(config)
