"""Pictures of the wizards and of windows that show results: after a real training and a real batch on the sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import electron_sample

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from desktop_app.gui.main_window import MainWindow
    from desktop_app.gui.widgets.step_window import StepWindow
    from desktop_app.gui.window_context import WindowContext

NAMES = (
    "training-goal", "training-data", "training-method", "training-settings", "training-review", "training-run",
    "training-result", "batch-images", "batch-model", "batch-parameters", "batch-results", "batch-run", "measure",
    "agreement", "models-fit", "preview", "jobs",
)  # fmt: skip
"""Pictures that need a model; making it takes some two minutes."""
PANOPTIC_NAMES = ("panoptic-batch",)
"""Pictures that need electron microscopy and a model for it; making both takes some two minutes."""
_SIZE = (1040, 720)  # px; what the wizards take where there is room


def make_model(folder: Path, steps: int) -> Path:
    """Train on the sample, run the model on unseen volumes; the project with all that.

    Args:
        folder: For the sample.
        steps: Of the training.
    """
    from desktop_app.core.job import RecordingContext
    from desktop_app.jobs.demo import DemoConfig, run_demo

    return run_demo(DemoConfig(folder, iterations=steps, device="cpu"), RecordingContext()).project


def wizard_pictures(window: MainWindow, settle: Callable[[], None]) -> Iterator[tuple[str, QWidget]]:
    """One window after the other, by the picture's name; each is closed when the next comes.

    Args:
        window: Has the project of ``make_model`` open.
        settle: Waits until jobs have ended and all is drawn.
    """
    from desktop_app.gui.inference.batch_wizard import BatchWizard, show_batch
    from desktop_app.gui.measuring.agreement_window import AgreementWindow
    from desktop_app.gui.measuring.measure_window import MeasureWindow
    from desktop_app.gui.training.wizard import TrainingWizard, show_training
    from desktop_app.gui.window_context import WindowContext

    opened = window.session.open_project
    assert opened is not None
    context = WindowContext(window.session, window.runner, window.notifier, window)
    training = TrainingWizard(context)
    yield from _pages(training, ("goal", "data", "method", "settings", "review"), "training", settle)
    ended = show_training(context, next(iter(sorted((opened.folder / "runs").iterdir()))))
    assert ended is not None
    ended.go_to(ended.pages.index(ended.run_page))
    _show(ended, settle)
    yield "training-run", ended
    ended.go_to(ended.pages.index(ended.result_page))
    settle()
    yield "training-result", ended
    ended.close()
    batch = BatchWizard(context, opened.models()[0])
    batch.files_page.add([opened.image_path(item) for item in opened.project.items if item.role == "unused"])
    tried = {"parameters": batch.parameters_page.try_button.click}
    yield from _pages(batch, ("images", "model", "parameters", "results"), "batch", settle, tried)
    done = show_batch(context, next(iter(sorted((opened.folder / "results").iterdir()))))
    assert done is not None
    _show(done, settle)
    yield "batch-run", done
    done.close()
    measuring = MeasureWindow(context)
    measuring.measure()
    _show(measuring, settle)
    yield "measure", measuring
    measuring.close()
    comparing = AgreementWindow(context)
    comparing.choice.kind.setCurrentIndex(comparing.choice.kind.count() - 1)
    results = next(iter(sorted((opened.folder / "results").iterdir())))
    for field, folder in zip(comparing.choice.folders, (results, opened.folder.parent / "truth"), strict=True):
        field.set_path(folder)
    comparing.compare()
    _show(comparing, settle)
    yield "agreement", comparing
    comparing.close()
    yield from _fitting(context, opened.models()[0], settle)
    window.panels_dock.open_panel(window.preview_panel)
    window.session.select_item(next(item.id for item in opened.project.items if item.role == "unused"))
    settle()
    window.preview_panel.try_model(opened.models()[0])
    settle()
    yield "preview", window
    window.actions_table.action("view.jobs").trigger()
    settle()
    yield "jobs", window


def _fitting(context: WindowContext, model: Path, settle: Callable[[], None]) -> Iterator[tuple[str, QWidget]]:
    """A model that was fitted to the labels of the project."""
    from desktop_app.gui.models.tune_dialog import TuneDialog
    from desktop_app.io.models import load_card
    from desktop_app.jobs.models.library import ListedModel

    fitting = TuneDialog(context, ListedModel(model, load_card(model)))
    fitting.show()
    fitting.go.click()
    settle()
    yield "models-fit", fitting
    fitting.close()


def panoptic_pictures(window: MainWindow, settle: Callable[[], None]) -> Iterator[tuple[str, QWidget]]:
    """The same for what only models of electron microscopy show.

    Args:
        window: Has a project open, which gets the model.
        settle: Waits until jobs have ended and all is drawn.
    """
    from desktop_app.gui.inference.batch_wizard import BatchWizard
    from desktop_app.gui.window_context import WindowContext

    opened = window.session.open_project
    assert opened is not None
    sample = electron_sample.make(opened.folder.parent / "electron", opened.folder / "models")
    context = WindowContext(window.session, window.runner, window.notifier, window)
    batch = BatchWizard(context, sample.model)
    batch.files_page.add([sample.image])
    _show(batch, settle)
    batch.go_to(batch.pages.index(batch.parameters_page))
    settle()
    batch.parameters_page.try_button.click()
    settle()
    yield "panoptic-batch", batch
    batch.close()


def _show(window: QWidget, settle: Callable[[], None]) -> None:
    """Show a window at the size that it has on a usual screen; the one in memory is smaller."""
    window.show()
    window.resize(*_SIZE)
    settle()


def _pages(
    wizard: StepWindow,
    names: tuple[str, ...],
    word: str,
    settle: Callable[[], None],
    first: Mapping[str, Callable[[], None]] | None = None,
) -> Iterator[tuple[str, QWidget]]:
    _show(wizard, settle)
    for number, name in enumerate(names):
        wizard.go_to(number)
        settle()
        if first and name in first:
            first[name]()
            settle()
        yield f"{word}-{name}", wizard
    wizard.close()
