"""Asking where the images of a training are that goes on, if they were moved."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from desktop_app.core.config.training import TrainingConfig
from desktop_app.core.errors import UserError
from desktop_app.gui.notifications.notifier import Notifier
from desktop_app.jobs.train.moved_images import gone, gone_words
from desktop_app.jobs.train.run import find_images

_QUESTION = "Where are the images now?"


def with_images(
    config: TrainingConfig, run_folder: Path, notifier: Notifier, parent: QWidget | None
) -> TrainingConfig | None:
    """The configuration of a run with its images where they are, which the user is asked for if they were moved.

    Images and labels may be in two folders: where only some are found in the first one, a second one is asked for.

    Args:
        config: Of the run so far.
        run_folder: Where the run is; what the user shows is written down there.
        notifier: Asks.
        parent: The window that the file dialog opens above.

    Returns:
        None if the user does not know.
    """
    files, folders = gone(config), list[Path]()
    if not files:
        return config
    text = f"{gone_words(files)} It was here: {files[0]}"
    while notifier.ask(_QUESTION, text, yes="Choose the folder…"):
        chosen = QFileDialog.getExistingDirectory(parent, _QUESTION)
        if not chosen:
            return None
        folders.insert(0, Path(chosen))  # what was chosen last counts first
        try:
            return find_images(run_folder, folders).model_copy(update={"output": config.output})
        except UserError as error:
            text = str(error)
    return None
