"""The panel of the scribble assistant."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop_app.core.config.pixels import PixelLearning, PixelSettings, PixelSource
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.label_colors import color_of
from desktop_app.core.labelling import LabelClass
from desktop_app.gui.scribbles.proposer import ScribbleProposer
from desktop_app.gui.theme.roles import muted_label
from desktop_app.gui.theme.spacing import MEDIUM, SMALL, pad
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.widgets.form_editors import Editor, editor_for
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.models.bundle import MODEL_SUFFIX
from desktop_app.io.projects import OpenProject

if TYPE_CHECKING:
    from desktop_app.jobs.pixels.learn import LearnedPixels

_STEPS = (
    "With the brush and the classes of the panel Label, paint a few short strokes of each class and of the background, "
    "then switch the proposal on. It learns anew after each stroke: paint where it is wrong. Accept it in this slice, "
    "or save what was learned as a model that runs on whole images."
)
_SET_UP = "Empty places must mean unknown, so that strokes of the background can be told from what is not labelled yet."
_SETTINGS = ("largest_px", "volume")  # of ``PixelSettings``, shown here


class ScribblePanel(QScrollArea):
    """Switches the proposal on, accepts it, and saves what was learned as a model.

    Signals:
        model_made: Path of a model that was saved, to be run on whole images.
    """

    model_made = Signal(object)

    def __init__(self, context: WindowContext, viewer: ViewerWidget) -> None:
        super().__init__()
        session, self._runner, self._notifier = context.session, context.runner, context.notifier
        self._session = session
        self.proposer = ScribbleProposer(session, viewer, context.runner, self)
        self.hint = muted_label(_STEPS)
        self.set_up_hint = muted_label(_SET_UP)
        self.set_up = QPushButton("Prepare this project for strokes")
        self.live = QCheckBox("Show the proposal in this slice")
        self.state = muted_label("")
        self.accept = QPushButton("Accept in this slice")
        self.accept.setToolTip("Label what is proposed where nothing is labelled yet. One step of undo.")
        self.save = QPushButton("Save as a model, and run it…")
        self.save.setToolTip("Learns from the strokes of all images of the project.")
        self._build()
        self.live.toggled.connect(self.proposer.set_on)
        self.set_up.clicked.connect(self._on_set_up)
        self.accept.clicked.connect(self._on_accept)
        self.save.clicked.connect(self.save_model)
        self.proposer.answered.connect(self._on_answer)
        self.proposer.failed.connect(self._on_failed)
        self.proposer.busy_changed.connect(self._on_busy)
        for changed in (session.scheme_changed, session.project_changed, session.volume_changed):
            changed.connect(lambda _value: self._show())
        self._show()

    def _build(self) -> None:
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QWidget()
        column = QVBoxLayout(body)
        pad(column, MEDIUM, SMALL)
        for widget in (self.hint, self.set_up_hint, self.set_up, self.live, self.state):
            column.addWidget(widget)
        self.editors: dict[str, Editor] = {}
        for name in _SETTINGS:
            field = PixelSettings.model_fields[name]
            editor = editor_for(field)
            if editor is None:
                raise TypeError(f"Expected a setting that can be edited, got “{name}”")
            self.editors[name] = editor
            editor.write(field.default)
            editor.widget.setToolTip(field.description or "")
            editor.widget.setAccessibleName(field.title or name)
            editor.watch(self._on_settings)
            if not isinstance(editor.widget, QCheckBox):
                column.addWidget(QLabel(field.title))
            column.addWidget(editor.widget)
        column.addWidget(self.accept)
        column.addWidget(self.save)
        column.addStretch(1)
        self.setWidget(body)

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the slice before the first stroke."""
        super().showEvent(event)
        self.proposer.set_watched(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Another panel is open."""
        super().hideEvent(event)
        self.proposer.set_watched(False)

    def save_model(self) -> None:
        """Learn from the strokes of all images, in a job, and offer to run the model."""
        opened = self._session.open_project
        if opened is None:
            return
        with self._notifier.errors_told():
            self._session.save()
            self._learn(opened)

    def _learn(self, opened: OpenProject) -> None:
        from desktop_app.jobs.data.project_data import labelled_items
        from desktop_app.jobs.pixels.learn import learn_pixels

        sources = tuple(
            PixelSource(
                image=str(opened.image_path(item)),
                strokes=str(opened.label_path(item.id, time)),
                reading=opened.reading_of(item),
                time=time,
            )
            for item in labelled_items(opened)
            for time in opened.labelled_times(item.id)
        )
        if not sources:
            self._notifier.info("No image of this project has strokes yet.")
            return
        out = _free_model(opened.models_folder())
        learning = PixelLearning(**self.proposer.classes().model_dump(), sources=sources, out=str(out))
        job = self._runner.start("Learn from strokes", partial(learn_pixels, learning))
        job.succeeded.connect(self._on_saved)

    def _on_saved(self, learned: LearnedPixels) -> None:
        self._session.models_changed.emit()
        self._notifier.info(f"“{learned.model.stem}” was saved among the models of this project.")
        self.model_made.emit(learned.model)

    def _on_settings(self) -> None:
        values = {name: editor.read() for name, editor in self.editors.items()}
        if None not in values.values():
            self.proposer.set_settings(self.proposer.settings.model_copy(update=values))

    def _on_set_up(self) -> None:
        project = self._session.project
        if project is None:
            return
        scheme = project.scheme.model_copy(update={"zero_is_background": False})
        if scheme.background is None:
            value = max(c.value for c in scheme.classes) + 1
            more = LabelClass(value=value, name="Background", color=color_of(value), kind="stuff")
            scheme = scheme.model_copy(update={"classes": (*scheme.classes, more)})
        with self._notifier.errors_told():
            self._session.update_project(project.model_copy(update={"scheme": scheme}))

    def _on_accept(self) -> None:
        if not self.proposer.accept():
            self._notifier.info("Nothing new is proposed in this slice.")

    def _on_answer(self, answer: object) -> None:
        self.accept.setEnabled(answer is not None)
        pixels = getattr(answer, "pixels", 0)
        self.state.setText(f"Learned from {pixels} painted pixels." if pixels else "")

    def _on_failed(self, error: Exception) -> None:
        self.state.setText(str(error))
        if not isinstance(error, UserError):
            self._notifier.exception_raised.emit(error)

    def _on_busy(self, busy: bool) -> None:
        if busy and self.proposer.on and self.proposer.answer is None:
            self.state.setText("Looking at the slice …")

    def _show(self) -> None:
        project, volume = self._session.project, self._session.volume
        ready = project is not None and project.scheme.background is not None
        self.set_up.setVisible(not ready)
        self.set_up_hint.setVisible(not ready)
        for widget in (self.live, self.save):
            widget.setEnabled(ready and volume is not None)
        self.accept.setEnabled(self.proposer.answer is not None)
        self.editors["volume"].widget.setEnabled(volume is not None and not volume.is_2d)
        if not ready:
            self.live.setChecked(False)


def _free_model(folder: Path) -> Path:
    """A name that no model has yet."""
    number = 1
    while (folder / f"Strokes {number}{MODEL_SUFFIX}").exists():
        number += 1
    return folder / f"Strokes {number}{MODEL_SUFFIX}"
