"""Once the window stands: files that were asked for, what the launcher has to say, the welcome, updates."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.core.errors import UserError
from desktop_app.gui.main_window import MainWindow
from desktop_app.io.layers.manifests import downloads_address
from desktop_app.io.layers.running import running_layers
from desktop_app.io.layers.state import confirm_app
from desktop_app.io.projects import project_of

if TYPE_CHECKING:
    from desktop_app.jobs.layers.updates import UpdateLook

log = logging.getLogger(__name__)
MODEL_SUFFIX = ".vwmodel"


def named_files(arguments: Iterable[str]) -> list[Path]:
    """The files and folders among the arguments of a start."""
    return [Path(text) for text in arguments if not text.startswith("-")]


def open_files(window: MainWindow, paths: Sequence[Path]) -> None:
    """Open the first project among the paths, else show the first model, else the first of the files."""
    projects = [found for path in paths if (found := project_of(path)) is not None]
    models = [path for path in paths if path.name.rstrip("/\\").endswith(MODEL_SUFFIX)]
    if projects:
        window.commands.open_folder(projects[0])
    elif models:
        window.windows.models.open_model(models[0])
    elif paths:
        window.commands.open_images(list(paths))


def come_forward(window: MainWindow, paths: Sequence[Path]) -> None:
    """A second start was made: show this window, and open what that was given."""
    if window.isMinimized():
        window.showNormal()
    window.raise_()
    window.activateWindow()
    open_files(window, paths)


def first_steps(window: MainWindow, paths: Sequence[Path]) -> None:
    """Do what waited for the window."""
    try:
        confirm_app()
    except UserError as error:
        log.warning("%s", error)
    layers = running_layers()
    for note in layers.notes if layers is not None else ():
        window.notifier.warning(note)
    open_files(window, paths)
    settings = window.session.settings
    if not settings.welcomed and not paths:
        window.program.welcome(window.commands)
    elif settings.look_for_updates and downloads_address():
        from desktop_app.jobs.layers.updates import look_for_update

        job = window.runner.start("Look for updates", partial(look_for_update, downloads_address()), lane="glance")
        job.succeeded.connect(partial(_tell_update, window))


def get_tools_ready(window: MainWindow) -> None:
    """Read what the first stroke or correction would wait for, unless the window is closed already."""
    if not window.isVisible():
        return
    from desktop_app.jobs.get_ready import get_ready

    window.runner.start("Get the tools ready", get_ready, lane="preview")


def _tell_update(window: MainWindow, look: UpdateLook) -> None:
    if look.offer is not None:
        text = f"Version {look.offer.manifest.version} is there; this is {look.version}."
        window.notifier.info(text, action=("Look at it", window.program.installed.update))
