"""The manual's pictures, made anew from the real windows, so that they stay true.

    .venv/bin/python installer/screenshots.py FOLDER [NAME …]

Draws into memory, in the light colours, on the sample project in a folder of its own; FOLDER is `resources/help/images`
to replace the manual's. Wizards, results and the patches' window are not in the list: their pictures need a training
that has run, and are made by hand.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from desktop_app.gui.main_window import MainWindow

_WINDOW = (1280, 800)  # px; what fits on a page and can still be read
_QUIET_ROUNDS = 10  # of 20 ms without a job: what a job brings is drawn by then
_PATIENCE = 60.0  # s for jobs behind a picture


def pictures(window: MainWindow) -> dict[str, Callable[[], QWidget]]:
    """What can be drawn, by the picture's name; the window has the sample project open."""
    from desktop_app.gui.actions.shortcut_sheet import ShortcutSheet
    from desktop_app.gui.models.models_dialog import ModelsDialog
    from desktop_app.gui.projects.new_project_dialog import NewProjectDialog
    from desktop_app.gui.projects.properties_dialog import PropertiesDialog
    from desktop_app.gui.settings.computer_window import ComputerWindow
    from desktop_app.gui.settings.fetch_dialog import FetchDialog
    from desktop_app.gui.settings.installed_program import GPU_SUPPORT
    from desktop_app.gui.settings.settings_dialog import SettingsDialog
    from desktop_app.gui.settings.welcome_dialog import WelcomeDialog
    from desktop_app.gui.widgets.about_dialog import AboutDialog
    from desktop_app.gui.window_context import WindowContext

    context = WindowContext(window.session, window.runner, window.notifier, window)
    table = window.actions_table

    def layout(name: str) -> QWidget:
        table.action(f"view.layout_{name}").trigger()
        return window

    item, volume = window.session.item, window.session.volume
    assert item is not None
    assert volume is not None
    return {
        "labelling": lambda: layout("xy"),
        "viewer-all-planes": lambda: layout("all"),
        "project-tree": lambda: window.project_panel,
        "layers": lambda: window.layers_panel,
        "new-project": lambda: NewProjectDialog(Path("Documents"), window),
        "properties": lambda: PropertiesDialog(item, volume, "µm", window),
        "settings": lambda: SettingsDialog(context, table),
        "shortcuts": lambda: ShortcutSheet(table, window),
        "about": lambda: AboutDialog(window),
        "models": lambda: ModelsDialog(context),
        "computer": lambda: ComputerWindow(context),
        "welcome": lambda: WelcomeDialog(window),
        "gpu-support": lambda: FetchDialog(GPU_SUPPORT, "", context),
    }


def main(arguments: list[str]) -> int:
    """Draw all pictures, or those that are named; 2 for a wrong call."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder, names = Path(arguments[0]), arguments[1:]
    with tempfile.TemporaryDirectory() as home:
        os.environ["VOXELWRIGHT_HOME"] = home
        return _draw(folder, names, Path(home))


def _draw(folder: Path, names: list[str], home: Path) -> int:
    from desktop_app.core.config.app_settings import AppSettings
    from desktop_app.core.job import RecordingContext
    from desktop_app.gui.app import make_application
    from desktop_app.gui.jobs import JobRunner
    from desktop_app.gui.main_window import MainWindow
    from desktop_app.gui.notifications import Notifier
    from desktop_app.gui.session import Session
    from desktop_app.gui.theme import theme
    from desktop_app.jobs.data.sample_project import sample_project

    make_application()
    theme().apply("light")
    sample = sample_project(home / "Sample", RecordingContext())
    window = MainWindow(Session(AppSettings(theme="light")), JobRunner(), Notifier())
    window.resize(*_WINDOW)
    window.show()
    folder.mkdir(parents=True, exist_ok=True)
    if not names or "start-page" in names:
        _save(window, folder / "start-page.png", window)
    window.commands.open_folder(sample.project)
    _settle(window)
    for name, make in pictures(window).items():
        if not names or name in names:
            _save(make(), folder / f"{name}.png", window)
    window.runner.cancel_all()
    window.close()
    return 0


def _save(widget: QWidget, path: Path, window: MainWindow) -> None:
    widget.show()
    _settle(window)
    widget.grab().save(str(path))
    print(path, flush=True)
    if widget.isWindow() and widget is not window:
        widget.close()


def _settle(window: MainWindow) -> None:
    """Let jobs end and everything be drawn."""
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + _PATIENCE
    quiet = 0
    while quiet < _QUIET_ROUNDS and time.monotonic() < end:
        QApplication.processEvents()
        quiet = 0 if window.runner.jobs() else quiet + 1
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
