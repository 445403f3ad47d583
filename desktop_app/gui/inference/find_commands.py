"""What “Find nuclei now” leads to: a project with the image and what was found, a training, a batch."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop_app.core.config.finding import FindConfig
from desktop_app.gui.inference.find_window import FindWindow
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.formats import label_ending
from desktop_app.io.images.registry import image_stem
from desktop_app.jobs.batch.find import Found, find_nuclei

_IMPROVE = "Improve the model…"
_HOW_TO_IMPROVE = (
    "The model learns from objects that you have corrected. Take what was found over into the labels, correct some of "
    "it, and mark that as done. Then improve the model."
)


class FindCommands(QObject):
    """Opens the window, and goes on from there.

    Args:
        context: Of the main window.

    Signals:
        project_needed: No project is open; whoever hears this asks for one at once.
        result_requested: Image and label file (``Path``) to show in the open project.
        train_requested: A model (``Path``) to begin a training with.
        batch_requested: Model (``Path``) and settings for a folder.
    """

    project_needed = Signal()
    result_requested = Signal(object, object)
    train_requested = Signal(object)
    batch_requested = Signal(object, object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context = context

    def find(self, image: Path | None = None) -> FindWindow:
        """Open the window, with an image if one is named or open; without one it asks for it."""
        window = FindWindow(self._context)
        window.project_wanted.connect(partial(self._into_project, window))
        window.batch_wanted.connect(self.batch_requested)
        window.show()
        volume = self._context.session.volume
        if image is not None:
            window.open_image(image)
        elif volume is not None and volume.path is not None:
            window.open_image(volume.path, volume.reading)
        return window

    def _into_project(self, window: FindWindow, config: FindConfig, model: Path | None) -> None:
        """Label the whole image into the project's results, then show both there, where the work goes on."""
        session = self._context.session
        if session.open_project is None:
            self.project_needed.emit()
        opened = session.open_project
        if opened is None:
            return
        with self._context.notifier.errors_told():
            image = Path(config.image)
            target = opened.new_result_folder("nuclei") / f"{image_stem(image)}{label_ending(image)}"
            work = partial(find_nuclei, config.model_copy(update={"output": str(target)}))
            job = self._context.runner.start(f"Find nuclei in {image.name}", work, lane="gpu")
            job.succeeded.connect(partial(self._on_found, image, model))
            job.succeeded.connect(window.close)

    def _on_found(self, image: Path, model: Path | None, found: Found) -> None:
        self.result_requested.emit(image, found.labels)
        if found.noise_words:
            self._context.notifier.warning(found.noise_words)
        if model is not None:
            self._context.notifier.info(_HOW_TO_IMPROVE, action=(_IMPROVE, partial(self.train_requested.emit, model)))
