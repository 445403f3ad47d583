"""Which actions stand in which menu and toolbar."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QMenuBar, QSizePolicy, QToolButton, QWidget

from desktop_app.core.labelling.tools import TOOLS
from desktop_app.gui.actions.labelling_actions import tool_action
from desktop_app.gui.actions.layer_actions import LAYER_MENU
from desktop_app.gui.actions.object_actions import offers_of_the_menu
from desktop_app.gui.actions.registry import ActionRegistry
from desktop_app.gui.actions.review_actions import REVIEW_ACTIONS
from desktop_app.gui.actions.tool_actions import utility_action
from desktop_app.gui.widgets.words_bar import WordsBar
from desktop_app.jobs.utilities.registry import UTILITIES

LINE, GAP = "-", ">"

PROJECT_MENU = (
    "project.new", "project.open", "project.sample", LINE,
    "project.add_images", "project.add_folder", "project.add_web", "project.paste", LINE,
    "project.pick_patches", "project.patches", "project.convert", LINE,
    "project.import_labels", "project.labels_inside", "project.import_many", "project.look_at_labels",
    "project.export_labels", "project.write_back", LINE,
    "project.properties", "project.reading", "project.copy", "project.notes", LINE,
    "project.save", "project.close", LINE, "app.settings", "app.quit",
)  # fmt: skip
EDIT_MENU = ("edit.undo", "edit.redo")
VIEW_MENU = (
    "view.layout_xy", "view.layout_xz", "view.layout_yz", "view.layout_all", "view.layout_3d", "view.maximise", LINE,
    "view.fit", "view.actual_size", "view.zoom_in", "view.zoom_out", LINE,
    "view.next_slice", "view.previous_slice", "view.first_slice", "view.last_slice", "view.go_to_slice",
    "view.next_time", "view.previous_time",
    "view.go_to", "view.mark_place", LINE, "view.ruler", "view.snapshot", "view.copy_picture", "view.movie", LINE,
    "view.auto_contrast", "view.all_channels", "view.next_result", "view.previous_result", LINE,
    "view.label_style", "view.stronger_labels", "view.fainter_labels", LINE,
    "view.project", "view.panels", "view.jobs", "view.fullscreen", LINE,
    "view.next_part", "view.previous_part",
)  # fmt: skip
MODEL_MENU = ("models.find", LINE, "train.wizard", "batch.run", LINE, "models.list")
TOOLS_MENU = ("tools.measure", "tools.agreement", "tools.prepare", LINE, *(utility_action(name) for name in UTILITIES))
HELP_MENU = (
    "app.palette", LINE, "help.manual", "help.shortcuts", LINE, "help.device", "help.gpu", "help.update",
    "help.log", LINE, "help.about",
)  # fmt: skip
MAIN_TOOLBAR = (
    "project.close", "project.add_images", "project.save", LINE, "edit.undo", "edit.redo", LINE,
    "label.slice_done", "label.image_done", GAP, "train.wizard", "batch.run", "models.list",
)  # fmt: skip
NEED_PROJECT = (
    "project.add_images", "project.add_folder", "project.add_web", "project.paste", "project.save", "project.close",
    "project.notes", "project.import_many", "project.patches",
    "train.wizard", "tools.measure",
)  # fmt: skip
NEED_IMAGE = (
    "project.import_labels", "project.labels_inside", "project.look_at_labels", "project.export_labels",
    "project.write_back", "project.pick_patches",
    "project.properties",
    "project.reading", "project.copy",
    "label.slice_done", "label.image_done", *LAYER_MENU, "view.go_to", "view.mark_place", "view.movie",
)  # fmt: skip
"""Actions on an image of a project."""
NEED_VOLUME = ("view.go_to_slice", "view.ruler", "view.snapshot", "view.copy_picture")
"""Actions that also an image without a project is enough for."""


def label_menu() -> tuple[str, ...]:
    """The tools, then what else can be done about labels."""
    return (
        *(tool_action(name) for name in TOOLS), LINE,
        "label.new_object", "label.previous", "label.next", "label.swap", "label.only_empty", LINE,
        "label.smaller", "label.larger", LINE,
        "label.slice_done", "label.image_done", LINE, *LAYER_MENU, LINE,
        utility_action("combine"), utility_action("crop"), utility_action("resample"), LINE, "project.pick_patches",
        "project.patches",
    )  # fmt: skip


def objects_menu() -> tuple[str, ...]:
    """What can be done about objects, then the steps of a review."""
    return (*(offer.id for _, offer in offers_of_the_menu()), LINE, *(info.id for info in REVIEW_ACTIONS))


def fill_menu(bar: QMenuBar, title: str, registry: ActionRegistry, ids: Iterable[str]) -> QMenu:
    """One more menu with these actions; ``LINE`` separates."""
    menu = bar.addMenu(title)
    for action_id in ids:
        if action_id == LINE:
            menu.addSeparator()
        else:
            menu.addAction(registry.action(action_id))
    return menu


def fill_toolbar(toolbar: WordsBar, registry: ActionRegistry, ids: Iterable[str]) -> None:
    """Put these actions on a toolbar; those behind the ``GAP`` stand at the right and show their words."""
    with_words = False
    for action_id in ids:
        if action_id == LINE:
            toolbar.addSeparator()
        elif action_id == GAP:
            spring = QWidget()
            spring.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            toolbar.addWidget(spring)
            with_words = True
        else:
            action = registry.action(action_id)
            toolbar.addAction(action)
            button = toolbar.widgetForAction(action)
            if isinstance(button, QToolButton):
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            if with_words and isinstance(button, QToolButton):
                action.setIconText(action.text().rstrip("…"))
                toolbar.show_words(button)
