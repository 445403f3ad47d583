"""Fourth step: where results go, and how much memory may be used."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from desktop_app.core.config.inference import InferenceConfig, TilingParameters
from desktop_app.core.recipes.looks import UNCERTAINTY, UNCERTAINTY_END
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.gui.inference.batch_draft import BatchDraft, BatchStep, channels_from
from desktop_app.gui.inference.steps_box import StepsBox
from desktop_app.gui.session.session import Session
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import LARGE, MEDIUM
from desktop_app.gui.widgets.collapsible import CollapsibleSection
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.form_editors import bounds_of
from desktop_app.gui.widgets.number_fields import CalmComboBox, CalmSpinBox
from desktop_app.gui.widgets.path_chooser import PathChooser
from desktop_app.gui.widgets.step_page import StepPage, column
from desktop_app.io.file_names import file_name

_FIELD_WIDTH = 190  # px, by eye


class OutputsPage(StepPage):
    """Folder, tables, memory."""

    step = "Results"
    title = "Where do results go?"
    subtitle = "One label image per image, with the same name, axes and voxel size."
    next_text = "Run"

    def __init__(self, draft: BatchDraft, session: Session) -> None:
        super().__init__()
        self._draft, self._session = draft, session
        draft.tiling = TilingParameters(memory_gb=session.settings.inference_memory_gb)
        draft.device = session.settings.device
        self.folder = PathChooser("folder", "Folder for the results")
        self.tables = QCheckBox("Write a table of objects for each image")
        self.summary = QLabel()
        self.channels = QLineEdit()
        self.channels.setPlaceholderText("the first ones; or numbers from 1, such as 2 or 1, 3")
        self.devices, self.replicas = CalmComboBox(), CalmSpinBox()
        self._wrong_channels = ""
        self.form: ParameterForm[Any] = ParameterForm(TilingParameters, draft.tiling)
        self.steps = StepsBox()
        self._build()
        self.folder.path_changed.connect(self._on_folder)
        self.channels.textChanged.connect(self._on_channels)
        self.tables.toggled.connect(self._on_tables)
        self.devices.currentIndexChanged.connect(self._on_devices)
        self.replicas.valueChanged.connect(self._on_devices)
        self.form.changed.connect(self._on_tiling)
        self.steps.changed.connect(self._on_steps)
        self.form.validity_changed.connect(self._on_validity)

    def enter(self) -> None:
        draft = self._draft
        if not draft.output_chosen:
            self.folder.set_path(default_output(self._session, draft))
            draft.output_chosen = False
        if draft.channels is not None and not self.channels.text():
            self.channels.setText(", ".join(str(channel + 1) for channel in draft.channels))
        self._show_summary()

    def problems(self) -> list[str]:
        wrong = [self._wrong_channels] if self._wrong_channels else self.form.problems() + self.steps.problems()
        return wrong or self._draft.problems(BatchStep.OUTPUTS)

    def _build(self) -> None:
        layout = column(self)
        heading = QLabel("Folder for the results")
        set_role(heading, "heading")
        layout.addWidget(heading)
        layout.addWidget(self.folder)
        self.tables.setChecked(True)
        layout.addWidget(self.tables)
        note = QLabel("Number, class, size, position, box and brightness of each object, as CSV for a spreadsheet.")
        note.setWordWrap(True)
        set_role(note, "muted")
        layout.addWidget(note)
        card = QFrame()
        set_role(card, "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        self.summary.setWordWrap(True)
        inside.addWidget(self.summary)
        layout.addWidget(card)
        then = CollapsibleSection("Change the objects before they are written")
        then.add(self.steps)
        layout.addWidget(then)
        section = CollapsibleSection("Channels, devices, memory and tiles")
        section.body_layout.addLayout(self._machine())
        section.add(self.form)
        layout.addWidget(section)
        layout.addStretch(1)

    def _machine(self) -> QGridLayout:
        """Channels, devices and copies."""
        chosen = self._session.settings.device
        usual = "Automatic" if chosen == "auto" else "As in the settings"
        self.devices.addItem(usual, chosen)
        for title, device in (("All GPUs at once", "all"), ("Processor only (CPU)", "cpu")):
            if device != chosen:
                self.devices.addItem(title, device)
        fields = InferenceConfig.model_fields
        least, most = bounds_of(fields["replicas"])
        self.replicas.setRange(int(least or 1), int(most or 1))
        for field in (self.devices, self.replicas):
            field.setFixedWidth(_FIELD_WIDTH)
        grid = QGridLayout()
        grid.setHorizontalSpacing(MEDIUM)
        grid.setColumnMinimumWidth(0, 150)  # px, by eye
        grid.setColumnStretch(1, 1)
        rows: tuple[tuple[str | None, QWidget, str | None], ...] = (
            ("Input channels", self.channels, "Which channels of the images the model gets."),
            (fields["device"].title, self.devices, fields["device"].description),
            (fields["replicas"].title, self.replicas, fields["replicas"].description),
        )
        for row, (name, widget, advice) in enumerate(rows):
            label = QLabel(name or "")
            label.setBuddy(widget)
            widget.setToolTip(advice or "")
            widget.setAccessibleName(name or "")
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1)
        return grid

    def _on_devices(self) -> None:
        self._draft.device, self._draft.replicas = self.devices.currentData(), self.replicas.value()

    def _on_folder(self, path: Path | None) -> None:
        self._draft.output = path
        self._draft.output_chosen = True
        self._show_summary()
        self.changed.emit()

    def _on_channels(self, text: str) -> None:
        try:
            self._draft.channels, self._wrong_channels = channels_from(text), ""
        except ValueError:
            self._wrong_channels = "Input channels are numbers from 1, with commas between them."
        self.changed.emit()

    def _on_tables(self, on: bool) -> None:
        self._draft.measure = on

    def _on_steps(self) -> None:
        if not self.steps.problems():
            self._draft.then = self.steps.steps()
        self.changed.emit()

    def _on_tiling(self, value: TilingParameters) -> None:
        self._draft.tiling = value
        self._show_summary()
        self.changed.emit()

    def _on_validity(self) -> None:
        self.changed.emit()

    def _show_summary(self) -> None:
        draft = self._draft
        images = "1 image" if len(draft.paths) == 1 else f"{len(draft.paths)} images"
        way = next((f" ({mode.title.lower()})" for mode in draft.modes() if mode.name == draft.mode), "")
        text = f"{_runs(draft)} on {images}{way}, with at most {draft.tiling.memory_gb:g} GB of working memory."
        recipe = RECIPES.get(draft.card.recipe) if draft.card is not None else None
        if recipe is not None and recipe.keeps_further(draft.mode, draft.decode):
            text += f"\n{recipe.further_words}"
        if draft.prediction.get(UNCERTAINTY):
            text += (
                f"\nHow uncertain each voxel is, in percent, is saved beside each result, in {UNCERTAINTY_END} files."
            )
        free = _free_gb(draft.output)
        self.summary.setText(text if free is None else f"{text}\n{free:.0f} GB are free where the results go.")


def default_output(session: Session, draft: BatchDraft) -> Path | None:
    """A new folder in the project's results, or beside the images where no project is open."""
    stem = file_name(draft.model.stem) if draft.model is not None else "results"
    opened = session.open_project
    if opened is not None:
        root = opened.folder / "results"
    elif draft.images:
        root = draft.images[0].path.parent
    else:
        return None
    name = f"{date.today():%Y-%m-%d}-{stem}"
    path, number = root / name, 2
    while path.exists():
        path, number = root / f"{name}-{number}", number + 1
    return path


def _runs(draft: BatchDraft) -> str:
    """Which model runs, or which of them together."""
    names = [f"“{path.stem}”" for path in (draft.model, *draft.together) if path is not None]
    if len(names) < 2:
        return f"{''.join(names)} runs"
    return f"{', '.join(names[:-1])} and {names[-1]} run together"


def _free_gb(folder: Path | None) -> float | None:
    place = folder
    while place is not None and not place.exists():
        place = place.parent if place.parent != place else None
    return shutil.disk_usage(place).free / 1e9 if place is not None else None
