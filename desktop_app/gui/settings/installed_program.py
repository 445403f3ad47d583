"""GPU support and updates of the installed program, as windows."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop_app.core.errors import UserError
from desktop_app.gui.settings.computer_window import ComputerWindow
from desktop_app.gui.settings.fetch_dialog import FetchDialog, Fetching
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.layers.manifests import downloads_address, publisher_key
from desktop_app.io.layers.state import read_state
from desktop_app.jobs.layers.gpu import (
    get_gpu_support,
    gpu_offer_in_words,
    look_for_gpu_support,
    remove_gpu_support,
)
from desktop_app.jobs.layers.updates import UpdateLook, go_back, install_update, look_for_update

_GPU_WORDS = (
    "The program computes on the processor, and on an NVIDIA GPU once PyTorch for GPUs is here. It is some GB large, "
    "is checked and tried before it is used; what works now stays until then."
)
_UPDATE_WORDS = (
    "A newer version takes this one's place at the next start. Your settings are copied before; projects and models "
    "stay as they are. If the newer version does not start, this one comes back by itself."
)


class InstalledProgram(QObject):
    """Opens the windows about the installed program itself.

    Args:
        context: Of the main window.

    Signals:
        device_found: Where models are computed, in words, after it was measured.
    """

    device_found = Signal(str)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context = context

    def check(self) -> None:
        """Open “Check this computer”."""
        window = ComputerWindow(self._context)
        window.device_found.connect(self.device_found)
        window.gpu_support_wanted.connect(self.get_gpu)
        window.gpu_support_unwanted.connect(self.remove_gpu)
        window.show()

    def get_gpu(self) -> None:
        """Ask where GPU support is, and fetch it."""
        self._open(GPU_SUPPORT)

    def remove_gpu(self) -> None:
        """Compute on the processor again, from the next start on."""
        job = self._context.runner.start("Remove GPU support", remove_gpu_support)
        job.succeeded.connect(self._on_gpu_removed)

    def update(self) -> None:
        """Look for a newer version, and install it."""
        dialog = self._open(UPDATES)
        chosen = read_state().app
        if dialog is not None and chosen is not None and chosen.folder:
            dialog.offer("Go back to the version before", self._go_back)

    def _open(self, fetching: Fetching) -> FetchDialog | None:
        with self._context.notifier.errors_told():
            publisher_key()
            dialog = FetchDialog(fetching, downloads_address(), self._context)
            dialog.show()
            return dialog
        return None

    def _go_back(self) -> None:
        self._context.runner.start("Go back", go_back).succeeded.connect(self._on_back)

    def _on_back(self, words: str) -> None:
        self._context.notifier.info(f"The next start uses {words}.")

    def _on_gpu_removed(self, removed: bool) -> None:
        if removed:
            self._context.notifier.info("Models are computed on the processor from the next start on.")


def _gpu_conclusion(result: Any) -> str:
    if result.device:
        return f"{result.device} computes. Start Voxelwright again to use it."
    return f"GPU support does not work here and is not used: {result.reason}"


def _update_words(look: UpdateLook) -> str:
    if look.offer is None:
        return ""
    manifest = look.offer.manifest
    if look.whole:
        raise UserError(f"Version {manifest.version} needs newer libraries.", hint="Download its installer and run it.")
    return f"Version {manifest.version}: {look.offer.in_words()}.\n\n{manifest.changes}".strip()


def _update_conclusion(result: Any) -> str:
    if isinstance(result, UpdateLook):
        return f"This is the newest version ({result.version})."
    return "Installed. Start Voxelwright again to use it."


GPU_SUPPORT = Fetching(
    "Get GPU support",
    _GPU_WORDS,
    "Get it",
    look_for_gpu_support,
    gpu_offer_in_words,
    get_gpu_support,
    _gpu_conclusion,
)
UPDATES = Fetching(
    "Look for updates",
    _UPDATE_WORDS,
    "Install it",
    look_for_update,
    _update_words,
    install_update,
    _update_conclusion,
)
