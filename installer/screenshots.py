"""The manual's pictures, made anew from the real windows, so that they stay true.

    .venv/bin/python installer/screenshots.py FOLDER [NAME …]

Draws into memory, in the light colours, on the sample project in a folder of its own; FOLDER is `resources/help/images`
to replace the manual's. The wizards' pictures come after real trainings; all of them take three minutes of one core.
Pictures get a palette of 256 colours, with which they take a third of the room.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "installer")]

import wizard_pictures  # noqa: E402

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialog, QWidget

    from desktop_app.gui.inference.find_window import FindWindow
    from desktop_app.gui.main_window import MainWindow
    from desktop_app.gui.settings.computer_window import ComputerWindow

_HOME = "microscopy"  # its name is seen on pictures, and says nothing of who drew them
_WINDOW = (1280, 800)  # px; what fits on a page and can still be read
_QUIET_ROUNDS = 10  # of 20 ms without a job: what a job brings is drawn by then
_PATIENCE = 60.0  # s for jobs behind a picture
_STEPS = 240  # of the training behind the wizards' pictures: enough for curves and scores worth a picture


NAMES = (
    "start-page", "labelling", "viewer-all-planes", "objects", "scribbles", "layers", "project-tree", "find-nuclei",
    "new-project", "properties", "axes", "patches", "movie", "utility", "settings", "shortcut-editor", "shortcuts",
    "about", "models", "models-get", "computer", "welcome", "gpu-support",
)  # fmt: skip
"""Pictures that need the sample project alone."""


def pictures(window: MainWindow) -> dict[str, Callable[[], QWidget]]:
    """What can be drawn, by the picture's name; the window has the sample project open."""
    from desktop_app.core.config.patches import PatchSettings
    from desktop_app.core.imaging import AS_STATED, Plane
    from desktop_app.gui.actions.shortcut_sheet import ShortcutSheet
    from desktop_app.gui.inference.find_window import FindWindow
    from desktop_app.gui.models.models_dialog import ModelsDialog
    from desktop_app.gui.projects.new_project_dialog import NewProjectDialog
    from desktop_app.gui.projects.patches_dialog import PatchesDialog
    from desktop_app.gui.projects.properties_dialog import PropertiesDialog
    from desktop_app.gui.projects.reading_dialog import ReadingDialog
    from desktop_app.gui.settings.computer_window import ComputerWindow
    from desktop_app.gui.settings.fetch_dialog import FetchDialog
    from desktop_app.gui.settings.installed_program import GPU_SUPPORT
    from desktop_app.gui.settings.settings_dialog import SettingsDialog
    from desktop_app.gui.settings.welcome_dialog import WelcomeDialog
    from desktop_app.gui.utilities.utility_dialog import UtilityDialog
    from desktop_app.gui.viewer.movie_dialog import MovieDialog
    from desktop_app.gui.widgets.about_dialog import AboutDialog
    from desktop_app.gui.window_context import WindowContext
    from desktop_app.jobs.utilities.registry import UTILITIES

    context = WindowContext(window.session, window.runner, window.notifier, window)
    table = window.actions_table

    def layout(name: str, panel: QWidget = window.labelling_panel, tool: str = "look") -> QWidget:
        window.session.set_tool(tool)
        table.action(f"view.layout_{name}").trigger()
        window.panels_dock.open_panel(panel)
        return window

    item, volume, opened = window.session.item, window.session.volume, window.session.open_project
    assert item is not None
    assert opened is not None
    assert volume is not None
    path = opened.image_path(item)
    return {
        "labelling": lambda: layout("xy", tool="brush"),
        "viewer-all-planes": lambda: layout("all"),
        "objects": lambda: layout("xy", window.objects_panel),
        "scribbles": lambda: layout("xy", window.scribble_panel),
        "layers": lambda: layout("xy", window.layers_panel),
        "project-tree": lambda: window.project_panel,
        "find-nuclei": lambda: _finding(FindWindow(context), path),
        "new-project": lambda: NewProjectDialog(path.parent, window),
        "properties": lambda: PropertiesDialog(item, volume, "µm", window),
        "axes": lambda: ReadingDialog(path, AS_STATED, "µm", 0, None, window),
        "patches": lambda: PatchesDialog(item.name, volume, True, PatchSettings(), window),
        "movie": lambda: MovieDialog(volume, Plane.XY, window),
        "utility": lambda: UtilityDialog(UTILITIES["crop"], path, window),
        "settings": lambda: SettingsDialog(context, table),
        "shortcut-editor": lambda: _second_tab(SettingsDialog(context, table)),
        "shortcuts": lambda: ShortcutSheet(table, window),
        "about": lambda: AboutDialog(window),
        "models": lambda: ModelsDialog(context),
        "models-get": lambda: _second_tab(ModelsDialog(context)),
        "computer": lambda: _checked(ComputerWindow(context), window),
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
    home = Path(tempfile.gettempdir(), _HOME)
    home.mkdir()
    try:
        os.environ["VOXELWRIGHT_HOME"] = str(home)
        return _draw(folder, names, home)
    finally:
        shutil.rmtree(home)


def _draw(folder: Path, names: list[str], home: Path) -> int:
    wizards = not names or bool(set(names) & set(wizard_pictures.NAMES))
    from desktop_app.core.config.app_settings import AppSettings
    from desktop_app.gui.app import make_application
    from desktop_app.gui.jobs import JobRunner
    from desktop_app.gui.main_window import MainWindow
    from desktop_app.gui.notifications import Notifier
    from desktop_app.gui.session import Session
    from desktop_app.gui.theme import theme

    make_application()
    theme().apply("light")
    project = _project(home / "Sample", wizards)
    window = MainWindow(Session(AppSettings(theme="light")), JobRunner(), Notifier())
    window.resize(*_WINDOW)
    window.show()
    folder.mkdir(parents=True, exist_ok=True)
    if not names or "start-page" in names:
        _save(window, folder / "start-page.png", window)
    window.commands.open_folder(project)
    _settle(window)
    made = pictures(window)
    assert {"start-page", *made} == set(NAMES)
    for name, make in made.items():
        if not names or name in names:
            _save(make(), folder / f"{name}.png", window)
    if wizards:
        for name, widget in wizard_pictures.wizard_pictures(window, lambda: _settle(window)):
            if not names or name in names:
                _grab(widget, folder / f"{name}.png")
    if not names or set(names) & set(wizard_pictures.PANOPTIC_NAMES):
        for name, widget in wizard_pictures.panoptic_pictures(window, lambda: _settle(window)):
            _grab(widget, folder / f"{name}.png")
    window.runner.cancel_all()
    window.close()
    return 0


def _finding(window: FindWindow, image: Path) -> QWidget:
    window.open_image(image)
    return window


def _checked(dialog: ComputerWindow, window: MainWindow) -> QWidget:
    """With an example of what is found, rather than what the computer is on which the pictures are drawn."""
    from desktop_app.io.version import own_version
    from desktop_app.jobs.computer import ComputerReport, ComputingPlace, verdict_on

    window.runner.cancel_all()
    places = (ComputingPlace("cuda:0", "NVIDIA RTX A4000", 48.3), ComputingPlace("cpu", "Processor, 8 threads", 2.1))
    facts = (
        ("Version", f"Voxelwright {own_version()}"),
        ("System", "Linux 6.1.0, x86_64"),
        ("Processor", "8 cores, 16 threads"),
        ("Memory", "64 GB, 51 GB free"),
        ("Disk", "812 GB free where the program keeps its files"),
        ("Graphics card 1", "NVIDIA RTX A4000, 16 GB, driver 580.95, compute capability 8.6"),
        ("GPU", "in use: NVIDIA RTX A4000 (gpu-2.13.0-5f0c6b1a9d3e)"),
    )
    dialog.show_report(ComputerReport(facts, places, verdict_on(list(places)), ()))
    return dialog


def _second_tab(dialog: QDialog) -> QDialog:
    from PySide6.QtWidgets import QTabWidget

    tabs = dialog.findChild(QTabWidget)
    assert tabs is not None
    tabs.setCurrentIndex(1)
    return dialog


def _project(folder: Path, trained: bool) -> Path:
    """The sample project, with a model and results if they are shown."""
    from desktop_app.core.job import RecordingContext
    from desktop_app.jobs.data.sample_project import sample_project

    if trained:
        return wizard_pictures.make_model(folder, _STEPS)
    return sample_project(folder, RecordingContext()).project


def _grab(widget: QWidget, path: Path) -> None:
    """Draw a window into a PNG with a palette."""
    from PIL import Image
    from PySide6.QtCore import QBuffer

    buffer = QBuffer()
    widget.grab().save(buffer, "PNG")
    picture = Image.open(io.BytesIO(buffer.data().data())).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path, flush=True)


def _save(widget: QWidget, path: Path, window: MainWindow) -> None:
    widget.show()
    _settle(window)
    _grab(widget, path)
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
