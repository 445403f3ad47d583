"""Every page, wizard and dialog of the program, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.patches import PatchSettings
from desktop_app.core.imaging import AS_STATED, Plane
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.layers import OTHER_LABELS, OWN, LabelLayer
from desktop_app.core.labelling.tools import TOOLS
from desktop_app.gui.actions.palette import CommandPalette
from desktop_app.gui.actions.shortcut_sheet import ShortcutSheet
from desktop_app.gui.inference.batch_wizard import BatchWizard
from desktop_app.gui.labelling.operation_dialog import OperationDialog
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.measuring.agreement_window import AgreementWindow
from desktop_app.gui.measuring.measure_window import MeasureWindow
from desktop_app.gui.models.models_dialog import ModelsDialog
from desktop_app.gui.notifications.error_dialog import ErrorDialog
from desktop_app.gui.notifications.error_report import ErrorReport
from desktop_app.gui.projects.convert_dialog import ConvertDialog
from desktop_app.gui.projects.labels_dialog import LabelsDialog
from desktop_app.gui.projects.missing_dialog import MissingDialog
from desktop_app.gui.projects.new_project_dialog import NewProjectDialog
from desktop_app.gui.projects.patches_dialog import PatchesDialog
from desktop_app.gui.projects.properties_dialog import PropertiesDialog
from desktop_app.gui.projects.reading_dialog import ReadingDialog
from desktop_app.gui.settings.fetch_dialog import FetchDialog
from desktop_app.gui.settings.installed_program import UPDATES
from desktop_app.gui.settings.settings_dialog import SettingsDialog
from desktop_app.gui.settings.welcome_dialog import WelcomeDialog
from desktop_app.gui.theme.resource_files import resource
from desktop_app.gui.training.wizard import TrainingWizard
from desktop_app.gui.utilities.utility_dialog import UtilityDialog
from desktop_app.gui.viewer.go_to_dialog import GoToDialog
from desktop_app.gui.viewer.movie_dialog import MovieDialog
from desktop_app.gui.viewer.ruler import RulerWindow
from desktop_app.gui.widgets.about_dialog import AboutDialog
from desktop_app.gui.widgets.help_viewer import HelpViewer
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.registry import writable_kinds
from desktop_app.io.projects import OpenProject, create_project
from desktop_app.jobs.data.convert_many import ImageToConvert, Prospect
from desktop_app.jobs.utilities.registry import UTILITIES
from desktop_app.objects.operations import OPERATIONS
from tests.gui.training.conftest import FakeJobs

PATIENCE = 60  # s: opening four small files takes a moment, and far longer on a machine that does other things
LONG = "A name as long as people give their images, day and stain and well A01 included"
Page = tuple[str, QWidget]


def make_project(folder: Path) -> Path:
    """A project with a volume of long name, a colour volume and a flat picture."""
    opened = create_project(folder / "cells.vwproj", "Cells of a project with a rather long name")
    project = opened.project
    rng = np.random.default_rng(1)
    kinds = (
        (LONG, (12, 60, 80), "ZYX"), ("flat", (64, 64), "YX"), ("two", (6, 2, 40, 40), "ZCYX"),
        ("film", (3, 4, 40, 40), "TZYX"),
    )  # fmt: skip
    for name, shape, axes in kinds:
        path = folder / f"{name}.tif"
        tifffile.imwrite(path, rng.integers(0, 255, shape, np.uint8), imagej=True, metadata={"axes": axes})
        project, _ = project.with_item(opened.relative(path), name)
    opened.save(project)
    opened.close()
    return opened.folder


def settle() -> None:
    """Let layouts and paint events come to rest."""
    for _ in range(6):
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)


def wait_for(done: Callable[[], bool]) -> None:
    """Let what goes on beside the window come to its end.

    Raises:
        TimeoutError: If it does not.
    """
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError
        settle()


def all_pages(window: MainWindow, folder: Path) -> Iterator[Page]:
    """Show one page after the other; each is gone when the next comes."""
    yield from main_pages(window, folder)
    yield from dialogs(window)
    yield from wizards(window, folder)


def main_pages(window: MainWindow, folder: Path) -> Iterator[Page]:
    """The pages of the main window."""
    yield "start", window
    window.commands.open_folder(make_project(folder))
    settle()
    yield "viewer", window
    for layout in ("all", "3d", "xz", "yz", "xy"):
        window.viewer.set_layout(layout)
        settle()
        yield f"layout {layout}", window
    for name in TOOLS:
        window.session.set_tool(name)
        settle()
        yield f"tool {name}", window
    tabs = window.panels_dock.tabs
    for place in range(tabs.count()):
        tabs.setCurrentIndex(place)
        settle()
        yield f"panel {tabs.tabText(place)}", window
    yield from crowded_layers(window)
    tabs.setCurrentIndex(0)
    window.side_panels.want("project", True)
    settle()
    yield "project panel", window
    window.side_panels.want("panels", True)
    window.actions_table.action("view.jobs").trigger()
    settle()
    yield "jobs", window
    window.actions_table.action("view.jobs").trigger()
    for item in window.session.project.items[1:]:
        window.session.select_item(item.id)
        settle()
        yield f"image {item.name}", window
    window.session.close_item()
    settle()
    yield "no image", window
    window.session.select_item(window.session.project.items[0].id)


def crowded_layers(window: MainWindow) -> Iterator[Page]:
    """The layers panel with several label layers, a result over them, and two of them compared."""
    session = window.session
    session.use_labels_of(session.item.with_layer("l2", LONG[:60]).model_copy(update={"edited": "l2"}))
    session.layers.put(LabelLayer("found", LONG, ArrayLabelStore(np.ones(session.volume.shape, np.uint32))))
    panel = window.layers_panel
    window.panels_dock.open_panel(panel)
    for key in ("found", OWN, OTHER_LABELS):
        panel.list.choose(key)
        settle()
        yield f"layers {key}", window
    session.layers.compare("found", OWN)
    settle()
    yield "layers compared", window
    session.layers.stop_comparing()
    session.layers.remove("found")


def dialogs(window: MainWindow) -> Iterator[Page]:
    """The dialogs."""
    session = window.session
    context = WindowContext(session, window.runner, window.notifier, window)
    item, opened, volume = session.item, session.open_project, session.volume
    makers: dict[str, Callable[[], QDialog]] = {
        "new project": lambda: NewProjectDialog(Path.home(), window),
        "properties": lambda: PropertiesDialog(item, volume, "µm", window),
        "patches": lambda: PatchesDialog(item.name, volume, True, PatchSettings(), window),
        "labels by name": lambda: LabelsDialog(opened, opened.project.items, window),
        "missing": lambda: MissingDialog(opened, item, window),
        "welcome": lambda: WelcomeDialog(window),
        "updates": lambda: FetchDialog(UPDATES, "", context),
        "settings": lambda: SettingsDialog(context, window.actions_table),
        "settings shortcuts": lambda: _second_tab(SettingsDialog(context, window.actions_table)),
        "commands": lambda: CommandPalette(window.actions_table, "app.palette", window),
        "shortcuts": lambda: ShortcutSheet(window.actions_table, window),
        "about": lambda: AboutDialog(window),
        "manual": lambda: HelpViewer(resource("help"), window),
        "models": lambda: ModelsDialog(context),
        "error": lambda: ErrorDialog(ErrorReport.of(ValueError("x" * 300)), window),
    }
    movie = opened.open_image(opened.project.items[-1])
    makers["convert"] = lambda: ConvertDialog(_prospects(Path(LONG)), Path.home() / LONG, "", window)
    for utility in UTILITIES.values():
        makers[f"utility {utility.name}"] = lambda utility=utility: UtilityDialog(utility, movie.path, window)
    makers["time points"] = lambda: _some_times(PatchesDialog("film", movie, True, PatchSettings(), window, 1))
    makers["patches of a movie"] = lambda: PatchesDialog("film", movie, True, PatchSettings(), window, 1)
    makers["movie"] = lambda: MovieDialog(volume, Plane.XY, window)
    makers["axes"] = lambda: ReadingDialog(movie.path, AS_STATED, "µm", 3, None, window)
    makers["measure"] = lambda: MeasureWindow(context)
    makers["agreement"] = lambda: AgreementWindow(context)
    makers["go to"] = lambda: GoToDialog(volume.shape, (0, 0, 0), window)
    makers["ruler"] = lambda: RulerWindow(window)
    for name, operation in OPERATIONS.items():
        if operation.parameters.model_fields:
            makers[f"operation {name}"] = lambda operation=operation: OperationDialog(operation, (3, 4), True, window)
    for name, make in makers.items():
        dialog = make()
        dialog.show()
        settle()
        yield name, dialog
        _end(dialog)


def wizards(window: MainWindow, folder: Path) -> Iterator[Page]:
    """The pages of the wizards, empty and filled: the batch with the project's images, a training that has ended."""
    context = WindowContext(window.session, window.runner, window.notifier, window)
    for word, make in (("train", TrainingWizard), ("batch", BatchWizard)):
        wizard: Any = make(context)
        wizard.show()
        if isinstance(wizard, BatchWizard):
            fill(wizard, window.session.open_project)
        yield from pages_of(word, wizard)
        _end(wizard)
    jobs = FakeJobs(folder_pairs=tuple(PairConfig(name=f"{LONG} {n}", image=f"{n}.tif", labels="l.tif") for n in "abc"))
    filled = TrainingWizard(context, services=jobs.services())
    filled.show()
    filled.data_page.source.folder.set_path(folder)
    wait_for(lambda: not filled.data_page.problems())
    yield from pages_of("train, filled:", filled)
    filled.go_to(filled.pages.index(filled.review_page))
    wait_for(lambda: not filled.review_page.problems())
    filled.next()
    wait_for(lambda: filled.run is not None and filled.run.state == "done")
    for page in (filled.run_page, filled.result_page):
        filled.go_to(filled.pages.index(page))
        settle()
        yield f"train, ended: {page.step}", filled
    _end(filled)


def pages_of(word: str, wizard: Any) -> Iterator[Page]:
    """The pages of a wizard."""
    for number, page in enumerate(wizard.pages):
        wizard.go_to(number)
        settle()
        yield f"{word} {page.step}", wizard


def fill(wizard: BatchWizard, opened: OpenProject) -> None:
    """Give the wizard the images of a project."""
    wizard.files_page.add([opened.image_path(item) for item in opened.project.items])
    wait_for(lambda: bool(wizard.draft.images))


def _prospects(path: Path) -> tuple[Prospect, ...]:
    """Images that lose much in every format, and one that cannot be opened."""
    lost = {kind.ending: (f"It does not keep {LONG}.", "It does not keep the voxel size.") for kind in writable_kinds()}
    return Prospect(ImageToConvert(path), "", 10**7, lost), Prospect(ImageToConvert(path), "It is cut off.")


def _some_times(dialog: PatchesDialog) -> PatchesDialog:
    dialog.times.choose((0, 1))
    return dialog


def _second_tab(dialog: SettingsDialog) -> SettingsDialog:
    dialog._tabs.setCurrentIndex(1)
    return dialog


def _end(window: QWidget) -> None:
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    settle()
