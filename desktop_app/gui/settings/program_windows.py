"""The windows about the program itself: settings, shortcuts, manual, about."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog

from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.notifications.outside import open_link, open_outside
from desktop_app.gui.theme.resource_files import resource
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.settings import log_folder

if TYPE_CHECKING:
    from desktop_app.gui.settings.installed_program import InstalledProgram


class WelcomeWishes(Protocol):
    """Does what a newcomer may want."""

    def sample(self) -> None:
        """Make and open the sample project."""


class ProgramWindows(QObject):
    """Opens them, each read when it is first opened, and connects their actions.

    Signals:
        device_found: Where models are computed, in words, after a test.
        find_wanted: Find nuclei at once.
    """

    device_found = Signal(str)
    find_wanted = Signal()

    def __init__(self, context: WindowContext, registry: ActionRegistry) -> None:
        super().__init__(context.window)
        self._context, self._registry, self._window = context, registry, context.window
        for action_id, slot in {
            "app.settings": self.open_settings,
            "app.palette": self.open_palette,
            "help.manual": self.open_manual,
            "help.shortcuts": self.open_shortcuts,
            "help.log": self.open_log,
            "help.about": self.open_about,
            "help.device": self.check_computer,
            "help.gpu": lambda: self.installed.get_gpu(),
            "help.update": lambda: self.installed.update(),
        }.items():
            registry.connect(action_id, slot)

    @cached_property
    def installed(self) -> InstalledProgram:
        """The windows about what is installed."""
        from desktop_app.gui.settings.installed_program import InstalledProgram

        installed = InstalledProgram(self._context)
        installed.device_found.connect(self.device_found)
        return installed

    def check_computer(self) -> None:
        """Open “Check this computer”."""
        self.installed.check()

    def open_settings(self) -> None:
        """Change preferences and shortcuts."""
        from desktop_app.gui.settings.settings_dialog import SettingsDialog

        self._run(SettingsDialog(self._context, self._registry))

    def open_about(self) -> None:
        """Version, libraries, licences."""
        from desktop_app.gui.widgets.about_dialog import AboutDialog

        self._run(AboutDialog(self._window))

    def open_manual(self, page: str = "") -> None:
        """Open the manual, at a page if one is named."""
        from desktop_app.gui.widgets.help_viewer import HelpPage, HelpViewer
        from desktop_app.jobs.parameter_pages import parameter_pages

        further = [HelpPage(Path(f"{one.name}.md"), one.title, one.text) for one in parameter_pages()]
        manual = HelpViewer(resource("help"), self._window, further)
        manual.link_chosen.connect(lambda address: open_link(address, self._context.notifier))
        if page:
            manual.show_page(page)
        self._show(manual)

    def open_palette(self) -> None:
        """Find a command by its words and run it."""
        from desktop_app.gui.actions.palette import CommandPalette

        self._show(CommandPalette(self._registry, "app.palette", self._window))

    def open_shortcuts(self) -> None:
        """Show every shortcut."""
        from desktop_app.gui.actions.shortcut_sheet import ShortcutSheet

        self._show(ShortcutSheet(self._registry, self._window))

    def open_log(self) -> None:
        """Show the folder with the log files."""
        open_outside(log_folder(), self._context.notifier)

    def welcome(self, commands: WelcomeWishes) -> None:
        """Greet whoever starts the program for the first time, and never again."""
        from desktop_app.gui.settings.welcome_dialog import WelcomeDialog

        dialog = WelcomeDialog(self._window)
        dialog.sample_wanted.connect(commands.sample)
        dialog.manual_wanted.connect(self.open_manual)
        dialog.find_wanted.connect(self.find_wanted)
        dialog.finished.connect(lambda _: self._on_welcomed(dialog.updates.isChecked()))
        dialog.open()

    def _on_welcomed(self, updates: bool) -> None:
        changed = {"welcomed": True, "look_for_updates": updates}
        with self._context.notifier.errors_told():
            self._context.session.update_settings(self._context.session.settings.model_copy(update=changed))

    @staticmethod
    def _run(dialog: QDialog) -> None:
        dialog.exec()
        dialog.deleteLater()

    @staticmethod
    def _show(dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()
        dialog.activateWindow()  # some window systems leave the keys to the window below
