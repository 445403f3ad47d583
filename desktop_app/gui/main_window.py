"""The main window: puts the rooms together and connects them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.job import FoundLabels
from desktop_app.core.labelling.history import steps_in_words
from desktop_app.core.project import Project
from desktop_app.gui.actions import ActionRegistry, labelling_actions, menus, viewer_actions
from desktop_app.gui.actions.layer_actions import LAYER_ACTIONS
from desktop_app.gui.actions.looking_actions import LOOKING_ACTIONS
from desktop_app.gui.actions.main_actions import MAIN_ACTIONS
from desktop_app.gui.actions.object_actions import object_actions
from desktop_app.gui.actions.review_actions import REVIEW_ACTIONS
from desktop_app.gui.actions.tool_actions import TOOL_ACTIONS
from desktop_app.gui.actions.training_actions import TRAINING_ACTIONS
from desktop_app.gui.inference.preview_panel import PreviewPanel
from desktop_app.gui.jobs import JobHandle, JobRunner
from desktop_app.gui.jobs.closing import jobs_may_end
from desktop_app.gui.jobs.panel import JobPanel
from desktop_app.gui.labelling.history_panel import HistoryPanel
from desktop_app.gui.labelling.panel import LabellingPanel
from desktop_app.gui.late_windows import LateWindows
from desktop_app.gui.layers.panel import LayersPanel
from desktop_app.gui.notifications import Notifier
from desktop_app.gui.projects.commands import ProjectCommands
from desktop_app.gui.projects.image_commands import ImageCommands
from desktop_app.gui.projects.no_image_page import NoImagePage
from desktop_app.gui.projects.recent_menu import RecentMenu
from desktop_app.gui.projects.start_page import StartPage
from desktop_app.gui.projects.tree_nodes import Node
from desktop_app.gui.projects.tree_panel import ProjectPanel
from desktop_app.gui.proofreading.objects_panel import ObjectsPanel
from desktop_app.gui.scribbles.panel import ScribblePanel
from desktop_app.gui.session import Session
from desktop_app.gui.settings.device_words import device_words
from desktop_app.gui.settings.program_windows import ProgramWindows
from desktop_app.gui.theme import theme
from desktop_app.gui.viewer.looking_commands import LookingCommands
from desktop_app.gui.viewer.preview_stage import PreviewStage
from desktop_app.gui.viewer.session_link import SessionLink
from desktop_app.gui.viewer.slots import viewer_slots
from desktop_app.gui.viewer.view3d.link import View3DLink
from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.gui.widgets.dropped import local_paths, web_address
from desktop_app.gui.widgets.folding_dock import FoldingDock
from desktop_app.gui.widgets.page_stack import PageStack
from desktop_app.gui.widgets.side_panels import SidePanels
from desktop_app.gui.widgets.status_bar import StatusBar
from desktop_app.gui.widgets.window_memory import remember_window, restore_window
from desktop_app.gui.widgets.window_parts import WindowParts
from desktop_app.gui.widgets.window_place import resize_to_screen
from desktop_app.gui.widgets.words_bar import WordsBar
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.settings import settings_folder

if TYPE_CHECKING:
    from desktop_app.core.advice.record import MistakePlace

_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea
_PROJECT_WIDTH, _PANELS_WIDTH, _JOBS_HEIGHT = 270, 350, 170  # px at first, by eye
_GOOD_SIZE = QSize(1360, 860)
_LEAST_SIZE = QSize(640, 360)  # a laptop of 1366 × 768 pixels at twice the size; panels fold before it is reached
_PLACE_AROUND = 2  # edges of the picture of a place, so that one sees where it is, too; by eye
_WINDOW_FILE = "window.ini"


class MainWindow(QMainWindow):
    """Start page, viewer, panels, menus and status bar.

    Args:
        session: What is open.
        runner: Runs the jobs.
        notifier: Speaks to the user; attached to this window.
    """

    def __init__(self, session: Session, runner: JobRunner, notifier: Notifier) -> None:
        super().__init__()
        self.session, self.runner, self.notifier = session, runner, notifier
        notifier.attach(self)
        self.setAcceptDrops(True)
        self.actions_table = ActionRegistry(self, MAIN_ACTIONS)
        labelling = (*labelling_actions.labelling_actions(), *object_actions())
        looking = (*viewer_actions.VIEWER_ACTIONS, *LOOKING_ACTIONS)
        labels = (*labelling, *LAYER_ACTIONS, *REVIEW_ACTIONS)
        for table in (looking, labels, TRAINING_ACTIONS, TOOL_ACTIONS):
            self.actions_table.add_table(table)
        self.actions_table.apply_shortcuts(session.settings.shortcuts)
        context = WindowContext(session, runner, notifier, self)
        self.commands = ProjectCommands(context)
        self.images = ImageCommands(context, lambda patches: self.windows.models.improve_with(patches))
        self.commands.sizes_missing.connect(self.images.ask_for_sizes)
        self.commands.labels_found.connect(lambda pairs, done: self.images.rooms.many.import_labels(pairs, done=done))
        self.windows, self.program = LateWindows(context), ProgramWindows(context, self.actions_table)
        self._build_center()
        self.viewer.add_bar(self.images.copies.bar)
        self.commands.bar_made.connect(self.viewer.add_bar)
        self._build_docks(context)
        self._build_bars()
        self.looking = LookingCommands(context, self.viewer)
        self.parts = WindowParts(self, self._parts)
        self._connect_actions()
        self._connect_parts()
        self.setMinimumSize(_LEAST_SIZE)
        resize_to_screen(self, _GOOD_SIZE)
        self.side_panels.fold_again(restore_window(self, settings_folder() / _WINDOW_FILE))
        self.jobs_dock.setVisible(self.actions_table.action("view.jobs").isChecked())
        self._on_project(session.project)
        self._on_volume(session.volume)
        self._on_history()
        self._on_settings(session.settings)

    def _build_center(self) -> None:
        self.start_page, self.no_image_page = StartPage(), NoImagePage()
        self.viewer = ViewerWidget(self.session.layers)
        self._center = PageStack()
        for page in (self.start_page, self.no_image_page, self.viewer):
            self._center.addWidget(page)
        self.setCentralWidget(self._center)
        self.link = SessionLink(session=self.session, viewer=self.viewer)
        self.space = View3DLink(self.session, self.viewer, self.runner)

    def _build_docks(self, context: WindowContext) -> None:
        self.project_panel = ProjectPanel(self.session)
        self.labelling_panel = LabellingPanel(self.session, self.viewer, self.runner, self.notifier)
        self.preview_panel = PreviewPanel(self.session, self.runner, PreviewStage(self.viewer), self.notifier)
        self.scribble_panel = ScribblePanel(context, self.viewer)
        locked = self.labelling_panel.controller.choices
        self.layers_panel = LayersPanel(context, self.viewer, lambda: locked.locked)
        operations = self.labelling_panel.operations
        self.objects_panel = ObjectsPanel(context, self.viewer, operations)
        self.job_panel = JobPanel(self.runner)
        self.project_dock = FoldingDock("project", "Project", _PROJECT_WIDTH, self)
        self.project_dock.add_panel(self.project_panel, "Project", "project", scrolled=False)
        self.project_panel.add_button(self.project_dock.fold_button("fold-left"))
        self.panels_dock = FoldingDock("panels", "Panels", _PANELS_WIDTH, self)
        self.panels_dock.add_panel(self.labelling_panel, "Label", "labels")
        self.panels_dock.add_panel(self.objects_panel, "Objects", "objects")
        self.panels_dock.add_panel(self.scribble_panel, "Scribble", "edit")
        self.panels_dock.add_panel(self.layers_panel, "Layers", "layers")
        self.panels_dock.add_panel(self.preview_panel, "Preview", "predict")
        self.panels_dock.add_panel(HistoryPanel(self.session), "History", "history")
        self.panels_dock.tabs.setCornerWidget(self.panels_dock.fold_button("fold-right"))
        self.side_panels = SidePanels(self)
        for dock, area in ((self.project_dock, _LEFT), (self.panels_dock, _RIGHT)):
            self.addDockWidget(area, dock)
            self.side_panels.add(dock)
        self.jobs_dock = QDockWidget("Jobs", self)
        self.jobs_dock.setObjectName("jobs")
        self.jobs_dock.setWidget(self.job_panel)
        self.jobs_dock.setTitleBarWidget(QWidget(self.jobs_dock))
        self.addDockWidget(_BOTTOM, self.jobs_dock)
        self.setCorner(Qt.Corner.BottomLeftCorner, _LEFT)
        self.setCorner(Qt.Corner.BottomRightCorner, _RIGHT)
        widths = [_PROJECT_WIDTH, _PANELS_WIDTH]
        self.resizeDocks([self.project_dock, self.panels_dock], widths, Qt.Orientation.Horizontal)
        self.resizeDocks([self.jobs_dock], [_JOBS_HEIGHT], Qt.Orientation.Vertical)
        self.jobs_dock.hide()

    def _build_bars(self) -> None:
        bar, table = self.menuBar(), self.actions_table
        project_menu = menus.fill_menu(bar, "&Project", table, menus.PROJECT_MENU)
        project_menu.insertMenu(table.action("project.sample"), RecentMenu(self.commands, project_menu))
        menus.fill_menu(bar, "&Edit", table, menus.EDIT_MENU)
        menus.fill_menu(bar, "&Label", table, menus.label_menu())
        menus.fill_menu(bar, "&Objects", table, menus.objects_menu())
        menus.fill_menu(bar, "&View", table, menus.VIEW_MENU)
        menus.fill_menu(bar, "&Model", table, menus.MODEL_MENU)
        menus.fill_menu(bar, "&Tools", table, menus.TOOLS_MENU)
        menus.fill_menu(bar, "&Help", table, menus.HELP_MENU)
        self._toolbar = WordsBar("Main", self)
        self.addToolBar(self._toolbar)
        menus.fill_toolbar(self._toolbar, table, menus.MAIN_TOOLBAR)
        self.status = StatusBar()
        self.setStatusBar(self.status)

    def _connect_actions(self) -> None:
        slots: dict[str, Callable[[], object]] = {
            **viewer_slots(self.viewer),
            **self.looking.slots(),
            "app.quit": self.close,
            "view.next_part": self.parts.step,
            "view.previous_part": partial(self.parts.step, -1),
            "edit.undo": self.session.undo,
            "edit.redo": self.session.redo,
        }
        for action_id, slot in slots.items():
            self.actions_table.connect(action_id, slot)
        panels = (self.labelling_panel, self.layers_panel, self.objects_panel)
        for part in (self.commands, self.images, self.windows, *panels):
            part.connect_actions(self.actions_table)
        for keys in (viewer_actions.OVER_THE_IMAGE, labelling_actions.OVER_THE_IMAGE):
            self.actions_table.keep_over(keys, self.viewer)
        self.actions_table.action("view.fullscreen").toggled.connect(self._on_fullscreen)
        self._connect_panels()

    def _connect_panels(self) -> None:
        """Let the menu show and change which panels are open."""
        for dock in (self.project_dock, self.panels_dock):
            action, name = self.actions_table.action(f"view.{dock.objectName()}"), dock.objectName()
            action.setChecked(not dock.folded)
            action.triggered.connect(lambda checked, name=name: self.side_panels.want(name, checked))
        self.side_panels.folded.connect(
            lambda name, folded: self.actions_table.action(f"view.{name}").setChecked(not folded)
        )
        jobs = self.actions_table.action("view.jobs")
        jobs.setChecked(not self.jobs_dock.isHidden())
        jobs.toggled.connect(self.jobs_dock.setVisible)

    def _connect_parts(self) -> None:
        session, viewer = self.session, self.viewer
        session.project_changed.connect(self._on_project)
        session.volume_changed.connect(self._on_volume)
        session.history_changed.connect(self._on_history)
        session.settings_changed.connect(self._on_settings)
        session.saved.connect(self.status.show_saved)
        session.error_occurred.connect(self.notifier.error)
        session.edits_recovered.connect(self._on_recovered)
        viewer.status_changed.connect(self.status.show_position)
        viewer.problem_found.connect(self.notifier.error)
        viewer.slow_found.connect(self.images.copies.on_slow)
        self.labelling_panel.hint_changed.connect(self.status.show_hint)
        self.preview_panel.train_requested.connect(self.windows.train)
        self.preview_panel.batch_requested.connect(self.windows.run_batch)
        self.scribble_panel.model_made.connect(self.windows.run_batch)
        self.windows.try_requested.connect(self._try_model)
        self.images.takeover_requested.connect(self.layers_panel.takeover.take_all)
        self.windows.result_requested.connect(self.images.open_result)
        self.windows.place_requested.connect(viewer.center_on)
        self.windows.project_needed.connect(self.commands.new)
        self.start_page.find_requested.connect(self.windows.find)
        self.commands.find_wanted.connect(self.windows.find)
        self.no_image_page.find_requested.connect(self.windows.find)
        self.program.find_wanted.connect(self.windows.find)
        self.windows.mistake_requested.connect(self._show_mistake)
        self.runner.job_added.connect(self._on_job)
        self.job_panel.busy_changed.connect(self.status.show_jobs)
        self.program.device_found.connect(self.status.show_device)
        self.status.device.clicked.connect(self.program.check_computer)
        self.status.jobs.clicked.connect(self.actions_table.action("view.jobs").toggle)
        self.project_panel.requested.connect(self._on_request)
        self.project_panel.requested_for_many.connect(self.images.do_many)
        self.commands.attach(self.start_page, self.no_image_page, self.project_panel)

    def _parts(self) -> tuple[QWidget, ...]:
        """Where the focus goes from part to part, along the lines of reading."""
        pages = (self.start_page, self.no_image_page, self.viewer.toolbar, self.viewer.grid)
        return (self._toolbar, self.project_dock, *pages, self.panels_dock, self.jobs_dock, self.status)

    def _try_model(self, model: Path) -> None:
        if self.images.open_one():
            self.panels_dock.open_panel(self.preview_panel)
            self.preview_panel.try_model(model)

    def _show_mistake(self, place: MistakePlace | FoundLabels) -> None:
        if self.images.open_file(Path(place.file), place.image, place.time):
            edge = getattr(place, "edge", 0)  # of its picture; what is found while a model learns has none
            self.viewer.center_on(place.voxel, _PLACE_AROUND * edge)
            if not isinstance(place, FoundLabels):
                self.images.rooms.mistakes.lay(place)

    def _on_request(self, request: str, node: Node) -> None:
        if not self.windows.open(node.kind, request, Path(node.key)):
            self.images.do(request, node)

    def _on_project(self, project: Project | None) -> None:
        is_open = project is not None
        self.setWindowTitle(f"{project.name} – Voxelwright" if project is not None else "Voxelwright")
        self.no_image_page.show_project(project)
        if not is_open:
            self.start_page.show_recent(self.commands.recent())
        for action_id in menus.NEED_PROJECT:
            self.actions_table.action(action_id).setEnabled(is_open)
        self._toolbar.setVisible(is_open)
        for dock in (self.project_dock, self.panels_dock):
            dock.setVisible(is_open)
        self.side_panels.arrange()
        self._choose_page()

    def _on_volume(self, volume: Volume | None) -> None:
        self.status.show_position("")
        self.status.show_hint(self.labelling_panel.controller.hint)
        for action_id in menus.NEED_IMAGE:
            self.actions_table.action(action_id).setEnabled(self.session.item is not None)
        for action_id in menus.NEED_VOLUME:
            self.actions_table.action(action_id).setEnabled(volume is not None)
        self._choose_page()

    def _on_history(self) -> None:
        history = self.session.history
        for action_id, word, title in (
            ("edit.undo", "Undo", history.undo_title if history is not None else ""),
            ("edit.redo", "Redo", history.redo_title if history is not None else ""),
        ):
            action = self.actions_table.action(action_id)
            action.setText(f"{word} {title.lower()}".strip())
            action.setEnabled(bool(title))

    def _on_settings(self, settings: AppSettings) -> None:
        theme().apply(settings.theme)
        self.status.show_device(device_words(settings.device))
        self.start_page.show_recent(self.commands.recent())

    def _on_recovered(self, steps: Sequence[str]) -> None:
        self.notifier.info(
            f"What had not been saved when the program ended is back: {steps_in_words(steps)}. Undo takes it back."
        )

    def _on_job(self, job: JobHandle) -> None:
        if job.lane != "preview":
            job.failed.connect(partial(self._on_job_failed, job))

    def _on_job_failed(self, job: JobHandle, error: BaseException) -> None:
        """Tell what nobody else tells; of an earlier look at a path that is still being typed nobody wants to hear."""
        if not (job.told_by_owner and isinstance(error, UserError)):
            self.notifier.exception_raised.emit(error)

    def _on_fullscreen(self, full: bool) -> None:
        self.showFullScreen() if full else self.showNormal()

    def _choose_page(self) -> None:
        if self.session.volume is not None:
            self._center.setCurrentWidget(self.viewer)
        else:
            self._center.setCurrentWidget(self.start_page if self.session.project is None else self.no_image_page)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_paths(event.mimeData()) or web_address(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.commands.take(event.mimeData())

    def closeEvent(self, event: QCloseEvent) -> None:
        remember_window(self, settings_folder() / _WINDOW_FILE, self.side_panels.unwanted())
        if not jobs_may_end(self.runner, self.notifier.ask) or not self._saved():
            event.ignore()
            return
        self.viewer.stop()
        self.space.stop()
        event.accept()

    def _saved(self) -> bool:
        try:
            self.session.close_project()
        except UserError as error:
            if not self.notifier.ask(
                "Close", f"{error}\n\nThe last changes may be lost.", "Close all the same", "Stay"
            ):
                return False
            self.session.abandon_project()
        return True
