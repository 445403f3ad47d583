"""Fourth step: settings, derived from the data, each with a sentence of advice."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from desktop_app.core.config.base import Parameters
from desktop_app.core.config.epochs import Epochs
from desktop_app.core.config.learning import OptimisationParameters
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.losses.base import LossInfo
from desktop_app.core.losses.choice import LossChoice
from desktop_app.core.losses.registry import losses_of
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.gui.theme import icon, set_role
from desktop_app.gui.theme.spacing import MEDIUM, SMALL
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.training.draft_rules import DraftStep, learn_only, step_problems
from desktop_app.gui.training.loss_form import LossForm
from desktop_app.gui.training.pages.duration_choice import DurationChoice
from desktop_app.gui.training.pages.patch_example import PatchExample
from desktop_app.gui.training.pages.sample_gallery import SampleGallery
from desktop_app.gui.training.patch_words import patch_advice, patch_problem, whole_advice
from desktop_app.gui.widgets.collapsible import CollapsibleSection
from desktop_app.gui.widgets.form import ParameterForm
from desktop_app.gui.widgets.message_list import MessageList
from desktop_app.gui.widgets.step_page import StepPage, column, reveal
from desktop_app.jobs.train.examples import EXAMPLES, example_file, offered_for
from desktop_app.jobs.train.settings import labels_to_learn

_FIELD_INDENT = 162  # px: behind the longest title, by eye
_SEEN = ("patch_size", "whole_images")
"""Fields of the configuration that say what the network sees at once."""
_COMPUTER = ("device", "images_gb", "seed")
"""Fields of the configuration in the section Computer."""
_WIDEST = 760  # px: longer lines are hard to read
_MOST_TOLD = 24  # sentences on settings of other programs: their files have some 40 entries, and most are taken over


class SettingsPage(StepPage):
    """Forms for the parts of the configuration; rarely needed parts are folded."""

    step = "Settings"
    title = "Settings"
    subtitle = "All values were derived from your images. You need not change any."

    def __init__(self, draft: TrainingDraft, notifier: Notifier, runner: JobRunner | None = None) -> None:
        super().__init__()
        self._draft, self._notifier, self._runner = draft, notifier, runner
        self.gallery: SampleGallery | None = None
        self.forms: dict[str, ParameterForm[Any]] = {}
        self.loss: LossForm | None = None
        self.duration: DurationChoice | None = None
        self.patch_note = QLabel()
        self.example: PatchExample | None = None
        self.reset = QPushButton("Back to the suggested values")
        self.reset.setIcon(icon("undo"))
        self.load = QPushButton("Load settings from a file…")
        self.load.setIcon(icon("open"))
        self.load.setToolTip("Takes over the settings of an earlier run: its config.json, or a part of one.")
        self.examples = QPushButton("Published settings")
        self.examples.setToolTip("Takes over the settings of a published training, to repeat a study.")
        self.examples.setMenu(QMenu(self.examples))
        self.taken_over = MessageList(_MOST_TOLD)
        self._shown: TrainingConfig | None = None
        self._body: QWidget | None = None
        layout, self._row = column(self), QHBoxLayout()
        layout.addWidget(self.taken_over)
        self._row.addStretch(0)
        layout.addLayout(self._row)  # a column would ask words for their height at a width that they do not get
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.examples)
        row.addWidget(self.load)
        row.addWidget(self.reset)
        layout.addLayout(row)
        layout.addStretch(1)
        self.reset.clicked.connect(self._on_reset)
        self.load.clicked.connect(self._on_load)
        self.examples.menu().triggered.connect(lambda action: self.load_file(example_file(action.data())))

    def enter(self) -> None:
        self._draft.count_in_epochs(self._draft.epochs)
        config = self._draft.config
        self._offer_examples(config)
        if config is not None and config != self._shown:
            self._rebuild(config)

    def problems(self) -> list[str]:
        wrong = [problem for form in self.forms.values() for problem in form.problems()]
        wrong += self.loss.problems() if self.loss is not None else []
        return wrong or step_problems(self._draft, DraftStep.SETTINGS)

    def stop(self) -> None:
        if self.gallery is not None:
            self.gallery.stop()

    def _rebuild(self, config: TrainingConfig) -> None:
        self.stop()
        if self._body is not None:
            self._row.removeWidget(self._body)
            self._body.hide()
            self._body.deleteLater()
        self.forms.clear()
        self.loss = None
        self._body = QWidget()
        self._body.setMaximumWidth(_WIDEST)
        layout = QVBoxLayout(self._body)
        layout.setContentsMargins(0, 0, SMALL, 0)
        layout.setSpacing(MEDIUM)
        self._add_parts(layout, config)
        self._row.insertWidget(0, self._body, 1)
        self._shown = config
        self._show_patch()

    def _add_parts(self, layout: QVBoxLayout, config: TrainingConfig) -> None:
        recipe, network = RECIPES[config.recipe], NETWORKS[config.network]
        patch = ParameterForm(TrainingConfig, config, fields=_SEEN, advice=recipe.advice)
        self._add(layout, "patch_size", "What it sees at once", patch, folded=False)
        self.patch_note = QLabel()
        self.patch_note.setWordWrap(True)
        self.patch_note.setContentsMargins(_FIELD_INDENT, 0, 0, 0)
        layout.addWidget(self.patch_note)
        self.example = PatchExample()
        self.example.setContentsMargins(_FIELD_INDENT, 0, 0, 0)
        layout.addWidget(self.example)
        learning = config.optimisation
        form: ParameterForm[Any] = ParameterForm(type(learning), learning, advice=recipe.advice)
        self._add(layout, "optimisation", "How long it learns", form, folded=False)
        layout.insertWidget(layout.indexOf(form), self._duration())
        method = recipe.training.model_validate(config.recipe_parameters)
        own = [name for name in recipe.training.model_fields if name not in LossChoice.model_fields]
        learned: ParameterForm[Any] = ParameterForm(recipe.training, method, fields=own)
        self._add(layout, "recipe_parameters", "What it learns", learned, folded=False)
        if isinstance(method, LossChoice):
            self._add_loss(layout, losses_of(recipe.name), method)
        augmentation = ParameterForm(type(config.augmentation), config.augmentation)
        section = self._add(layout, "augmentation", "Random changes of the patches", augmentation)
        if self._runner is not None and section is not None:
            self.gallery = SampleGallery(self._draft, self._runner)
            section.add(self.gallery)
        validation = ParameterForm(type(config.validation), config.validation)
        self._add(layout, "validation", "How the learning is watched", validation)
        elsewhere = ParameterForm(type(config.tracking), config.tracking)
        self._add(layout, "tracking", "Curves elsewhere", elsewhere)
        arguments = network.arguments.model_validate(config.network_arguments)
        sized = ParameterForm(network.arguments, arguments)
        sized.setEnabled(self._draft.card is None)
        self._add(layout, "network_arguments", "Size of the network", sized)
        computer = ParameterForm(TrainingConfig, config, fields=_COMPUTER)
        self._add(layout, "computer", "Computer", computer)
        self._show_useful(config)

    def _duration(self) -> DurationChoice:
        self.duration = DurationChoice(_FIELD_INDENT)
        self.duration.chosen.connect(self._on_duration)
        self.duration.epochs_chosen.connect(self._on_epochs)
        return self.duration

    def _add_loss(self, layout: QVBoxLayout, losses: tuple[LossInfo, ...], chosen: LossChoice) -> None:
        section = CollapsibleSection("What counts as an error")
        self.loss = LossForm(losses, chosen)
        section.add(self.loss)
        layout.addWidget(section)
        self.loss.changed.connect(self._on_loss)
        self.loss.validity_changed.connect(self._on_validity)

    def _show_useful(self, config: TrainingConfig) -> None:
        """Hide choices that would change nothing."""
        self.forms["patch_size"].set_field_visible("patch_size", not config.whole_images)
        minutes, epochs = config.optimisation.minutes, self._draft.epochs
        self.forms["optimisation"].set_field_visible("iterations", not minutes and epochs is None)
        self.forms["optimisation"].set_field_visible("minutes", minutes > 0)
        if self.duration is not None:
            self.duration.show_duration(minutes, epochs, self._draft.epochs_in_words())
        form = self.forms["recipe_parameters"]
        recipe = RECIPES[config.recipe]
        for name, visible in recipe.useful_choices(config).items():
            form.set_field_visible(name, visible)
        network = NETWORKS[config.network]
        stages = network.stages(network.arguments.model_validate(config.network_arguments))
        frozen = stages > 0 and not recipe.layers_parameter
        for name in ("frozen_stages", "frozen_share"):
            self.forms["optimisation"].set_field_visible(name, frozen)
        self.forms["optimisation"].set_field_visible("frozen_tried", frozen and bool(config.start_from))

    def _add(
        self, layout: QVBoxLayout, part: str, title: str, form: ParameterForm[Any], *, folded: bool = True
    ) -> CollapsibleSection | None:
        """Put a form into the page; the section that folds it, if it is folded."""
        self.forms[part] = form
        section = None
        if folded:
            section = CollapsibleSection(title)
            section.add(form)
            layout.addWidget(section)
        else:
            heading = QLabel(title)
            set_role(heading, "heading")
            layout.addWidget(heading)
            layout.addWidget(form)
        form.changed.connect(partial(self._on_changed, part))
        form.validity_changed.connect(self._on_validity)
        return section

    def _on_changed(self, part: str, value: Parameters) -> None:
        draft = self._draft
        if isinstance(value, TrainingConfig):
            names = _SEEN if part == "patch_size" else _COMPUTER
            draft.change(**{name: getattr(value, name) for name in names})
            if draft.config is not None and draft.config.patch_size != value.patch_size:
                self.forms["patch_size"].set_value(draft.config)
        elif part == "recipe_parameters":
            self._change_method(value.model_dump(exclude=set(LossChoice.model_fields)))
        else:
            draft.change(**{part: value})
        self._shown = draft.config
        if draft.config is not None:
            self._show_useful(draft.config)
        self._show_patch()
        if self.gallery is not None:
            self.gallery.settings_changed()
        self.changed.emit()

    def _on_duration(self, minutes: float) -> None:
        if self._draft.config is not None:
            self._draft.count_in_epochs(None)
            learning = self._draft.config.optimisation.model_copy(update={"minutes": minutes})
            self._show_learning(learning)

    def _on_epochs(self, epochs: Epochs) -> None:
        if self._draft.count_in_epochs(epochs) and self._draft.config is not None:
            self._show_learning(self._draft.config.optimisation)
        self.changed.emit()

    def _show_learning(self, learning: OptimisationParameters) -> None:
        """Show how long it learns now, and how often it is checked in that time."""
        self.forms["optimisation"].set_value(learning)
        if self._draft.config is not None:
            self.forms["validation"].set_value(self._draft.config.validation)
            self._show_useful(self._draft.config)

    def _on_loss(self, chosen: dict[str, Any]) -> None:
        self._change_method(chosen)
        self._shown = self._draft.config
        self.changed.emit()

    def _change_method(self, values: dict[str, Any]) -> None:
        """Change some of the method's parameters; the others stay."""
        config = self._draft.config
        if config is not None:
            self._draft.change(recipe_parameters={**config.recipe_parameters, **values})

    def _on_validity(self) -> None:
        self.changed.emit()

    def _show_patch(self) -> None:
        config, report = self._draft.config, self._draft.report
        if config is None:
            return
        wrong = patch_problem(config)
        level, text = (
            ("warning", wrong)
            if wrong
            else whole_advice(config.patch_size)
            if config.whole_images
            else patch_advice(
                config.patch_size,
                report.object_size if report is not None else None,
                RECIPES[config.recipe].exact_scales(config.recipe_parameters),
                [row.shape for row in report.usable] if report is not None else (),
            )
        )
        if report is not None and self.example is not None:
            self.example.show_patch(report, config.model_copy(update={"dataset": self._draft.dataset()}))
        set_role(self.patch_note, "warning" if level == "warning" else "muted")
        self.patch_note.setText(text)

    def load_file(self, file: Path) -> None:
        """Take over the settings in a file; what is wrong with it is said, and what became of those of others."""
        with self._notifier.errors_told():
            report = self._draft.load_settings(file)
            self._show_anew()
            doubts = learn_only(self._draft, labels_to_learn(file))
            told = (f"The settings of {file.name} were taken over.", *report[1:], *doubts)
            self.taken_over.set_messages([("info", sentence) for sentence in told])
            reveal(self.taken_over)

    def _offer_examples(self, config: TrainingConfig | None) -> None:
        """The published trainings of the chosen method that suit the network of a model to improve."""
        menu = self.examples.menu()
        menu.clear()
        menu.setToolTipsVisible(True)
        for name, example in EXAMPLES.items():
            if config is not None and offered_for(name, config):
                action = menu.addAction(example.title)
                action.setToolTip(example.advice)
                action.setData(name)
        flat = config is not None and NETWORKS[config.network].dimensions == 2
        self.examples.setVisible(not menu.isEmpty() and not flat)

    def _on_load(self) -> None:
        kinds = "Settings (*.json *.yaml *.yml);;All files (*)"
        chosen, _ = QFileDialog.getOpenFileName(self, "Settings to load", str(Path.home()), kinds)
        if chosen:
            self.load_file(Path(chosen))

    def _on_reset(self) -> None:
        self._draft.reset_settings()
        self.taken_over.set_messages([])
        self._show_anew()

    def _show_anew(self) -> None:
        self._shown = None
        self.enter()
        self.changed.emit()
