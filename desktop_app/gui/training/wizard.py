"""The training wizard: from a goal to a model, step by step."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent

from desktop_app.core.config.continuation import Continuation
from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobEvent
from desktop_app.core.project import Project
from desktop_app.core.recipes.registry import DEFAULT_RECIPE, RECIPES
from desktop_app.gui.session.offered_models import try_words
from desktop_app.gui.session.session import Session
from desktop_app.gui.training.draft import TrainingDraft
from desktop_app.gui.training.moved_images import with_images
from desktop_app.gui.training.pages.data_page import DataPage
from desktop_app.gui.training.pages.goal_page import GoalPage
from desktop_app.gui.training.pages.method_page import MethodPage
from desktop_app.gui.training.pages.result_page import ResultPage
from desktop_app.gui.training.pages.review_page import ReviewPage
from desktop_app.gui.training.pages.run_page import RunPage
from desktop_app.gui.training.pages.settings_page import SettingsPage
from desktop_app.gui.training.services import TrainingServices, real_services
from desktop_app.gui.training.training_run import TrainingRun, active_runs
from desktop_app.gui.widgets.step_window import StepWindow
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.models import load_card
from desktop_app.jobs.train.curves import read_history
from desktop_app.jobs.train.earlier_draws import split_as_before
from desktop_app.jobs.train.results import read_result
from desktop_app.jobs.train.run import load_run_config, saved_state


class TrainingWizard(StepWindow):
    """Leads from a goal to a trained model.

    Args:
        context: Of the main window.
        start_from: A model to finetune.
        improve: Begin with the choice of a model to finetune.
        patches: A set of patches of the project to learn from, in place of all its images.
        services: The jobs; the real ones if None.

    Signals:
        try_requested: A model (``Path``) to try on the open image, or on one that is chosen then.
        batch_requested: A model (``Path``) to run on a folder.
        place_requested: A ``Place`` of an image to look at.
    """

    try_requested = Signal(object)
    batch_requested = Signal(object)
    place_requested = Signal(object)

    def __init__(
        self,
        context: WindowContext,
        *,
        start_from: Path | None = None,
        improve: bool = False,
        patches: Path | None = None,
        services: TrainingServices | None = None,
    ) -> None:
        session, runner, notifier = context.session, context.runner, context.notifier
        self._session, self._runner, self._notifier = session, runner, notifier
        self._services = services or real_services()
        self.draft = first_draft(session)
        self.draft.within = patches
        self.goal_page = GoalPage(self.draft, session, notifier)
        self.data_page = DataPage(self.draft, session, runner, notifier, self._services)
        self.settings_page = SettingsPage(self.draft, notifier, runner)
        self.review_page = ReviewPage(self.draft, session, runner, notifier, self._services)
        self.run_page, self.result_page = RunPage(), ResultPage()
        pages = [
            self.goal_page, self.data_page, MethodPage(self.draft, notifier), self.settings_page, self.review_page,
            self.run_page, self.result_page,
        ]  # fmt: skip
        self.run: TrainingRun | None = None
        super().__init__("Train a model", pages, context.window)
        self.result_page.try_requested.connect(self.try_requested)
        self.result_page.batch_requested.connect(self.batch_requested)
        for wish in (self.result_page.place_requested, self.run_page.image_requested):
            wish.connect(self.place_requested)
        session.project_changed.connect(self._on_project)
        session.volume_changed.connect(self._name_trial)
        self._name_trial()
        self.goal_page.run_requested.connect(self._show_active_run)
        active = active_runs(runner)
        self.goal_page.offer_run(active[-1].config.name if active else "")
        if start_from is not None:
            self.goal_page.choose_model(start_from)
        elif improve:
            self.goal_page.improve()

    def next(self) -> None:
        """Go on; after the review the training starts, and one that was interrupted goes on."""
        run = self.run
        if run is not None and self.page is self.run_page and run.can_go_on:
            with self._notifier.errors_told():
                config = with_images(run.config, run.folder, self._notifier, self)
                if config is None:
                    return
                again = TrainingRun(config, self._session, self._runner, self._notifier, self._services)
                again.remember(_until_saved(run.folder, run.config, Continuation()))
                self.watch(again)
                again.begin(Continuation())
        elif self.page is self.review_page and not self.page.problems():
            self._start()
        else:
            super().next()

    def watch(self, run: TrainingRun) -> None:
        """Show a run that goes on already, or has ended."""
        if self.run is not None:
            self.run.state_changed.disconnect(self._on_state)
            self.run.page = None
        self.run = run
        run.page = self
        self.run_page.has_settings = self.draft.config is not None
        self.run_page.watch(run)
        run.state_changed.connect(self._on_state)
        self.go_to(self.pages.index(self.run_page))
        self.set_close_text("Close")
        if run.state == "recalled":
            self.result_page.show_run(run)
        self._on_state()

    def _on_project(self, project: Project | None) -> None:
        if project is None:
            self.close()

    def _name_trial(self) -> None:
        self.result_page.try_button.setText(try_words(self._session))

    def _show_active_run(self) -> None:
        active = active_runs(self._runner)
        if active:
            self.watch(active[-1])

    def _start(self) -> None:
        opened = self._session.open_project
        if opened is None:
            return
        self.review_page.leave_forward()
        with self._notifier.errors_told():
            config = self.draft.final_config(opened.new_run_folder(self.draft.name.strip()))
            run = TrainingRun(config, self._session, self._runner, self._notifier, self._services)
            self.watch(run)
            run.begin()

    def _on_state(self) -> None:
        run = self.run
        if run is not None and run.state in ("done", "failed"):
            self.result_page.show_run(run)
        if run is not None and run.state == "done":
            self.go_to(self.pages.index(self.result_page))

    def closeEvent(self, event: QCloseEvent) -> None:
        run = self.run
        if run is not None:
            run.state_changed.disconnect(self._on_state)
            self.run = run.page = None
            if run.active:
                self._notifier.info(_parting_words(run))
        super().closeEvent(event)
        self.deleteLater()


def _parting_words(run: TrainingRun) -> str:
    """What becomes of a run whose window is closed."""
    if run.state == "running":
        return f"Training of “{run.config.name}” goes on. Jobs shows how far it is."
    return f"Training of “{run.config.name}” is stopping. Jobs shows when it has ended."


def first_draft(session: Session) -> TrainingDraft:
    """A draft whose goal suits the project: its labels, and the method of its newest model."""
    draft = TrainingDraft()
    opened = session.open_project
    if opened is not None:
        draft.scheme, draft.split = opened.project.scheme, split_as_before(opened)
        flat = session.volume is not None and session.volume.is_2d
        recipe = RECIPES[_newest_recipe(opened.models())]
        draft.goal_name = recipe.goal_for(draft.scheme.kind, flat=flat).name
    else:
        draft.source = "folder"
    return draft


def _newest_recipe(models: list[Path]) -> str:
    """The family of methods of the model that was made last; those that cannot be read do not count."""
    newest = newest_model(models)
    recipe = load_card(newest).recipe if newest is not None else DEFAULT_RECIPE
    return recipe if recipe in RECIPES else DEFAULT_RECIPE


def newest_model(models: list[Path]) -> Path | None:
    """The model that was made last; None without one, where those that cannot be read do not count."""
    made = {}
    for path in models:
        with suppress(UserError):
            made[path] = load_card(path).created.timestamp()
    return max(made, key=made.__getitem__) if made else None


def show_training(
    context: WindowContext, run_folder: Path, services: TrainingServices | None = None
) -> TrainingWizard | None:
    """Show the curves of the run in ``run_folder``: as it goes on now, or as it ended.

    Returns:
        The window, or None if the run cannot be read, which the user is told.
    """
    used = services or real_services()
    running = [run for run in active_runs(context.runner) if run.folder == run_folder]
    with context.notifier.errors_told():
        run = running[0] if running else recalled_run(context, run_folder, used)
        wizard = TrainingWizard(context, services=used)
        wizard.watch(run)
        return wizard
    return None


def recalled_run(context: WindowContext, run_folder: Path, services: TrainingServices) -> TrainingRun:
    """A run that has ended, with what its folder tells of it.

    Raises:
        UserError: If the folder holds no run, or its curves are damaged.
    """
    config = _config_of(run_folder)
    run = TrainingRun(config, context.session, context.runner, context.notifier, services)
    history = read_history(run_folder)
    result, saved = read_result(run_folder, config.optimisation.iterations), saved_state(run_folder)
    run.recall((*history.metrics, *history.notes), result, unmade=saved is not None and saved.unmade)
    return run


def _config_of(run_folder: Path) -> TrainingConfig:
    """The configuration of a run, in the folder where it is now."""
    return load_run_config(run_folder).model_copy(update={"output": str(run_folder)})


def _until_saved(run_folder: Path, config: TrainingConfig, changes: Continuation) -> tuple[JobEvent, ...]:
    """What a run has told up to the state from which it goes on.

    Raises:
        UnreadableFileError: If its curves are damaged.
    """
    if config.dataset.split.folds:
        return ()  # each part has curves of its own, which the job tells anew
    saved = saved_state(run_folder)
    history = read_history(run_folder, changes.first_step(saved.step if saved is not None else 0))
    return (*history.metrics, *history.notes)


def show_resumed(
    context: WindowContext,
    run_folder: Path,
    services: TrainingServices | None = None,
    changes: Continuation | None = None,
) -> TrainingWizard | None:
    """Go on with the run in ``run_folder``, as it was or with some changes, and show it.

    Returns:
        The window, or None if the run cannot be read, which the user is told, or its images are not found.
    """
    with context.notifier.errors_told():
        before = with_images(_config_of(run_folder), run_folder, context.notifier, context.window)
        if before is None:
            return None
        used, going_on, saved = services or real_services(), changes or Continuation(), saved_state(run_folder)
        config = going_on.applied(before, saved.step if saved is not None else 0)
        run = TrainingRun(config, context.session, context.runner, context.notifier, used)
        run.remember(_until_saved(run_folder, config, going_on))
        wizard = TrainingWizard(context, services=used)
        wizard.watch(run)
        run.begin(going_on)
        wizard.show()
        return wizard
    return None
