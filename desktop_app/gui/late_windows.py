"""The windows that open above the main one: read and made when the first of them is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop_app.gui.actions import ActionRegistry
from desktop_app.gui.actions.tool_actions import utility_action
from desktop_app.gui.window_context import WindowContext
from desktop_app.jobs.utilities.registry import UTILITIES

if TYPE_CHECKING:
    from desktop_app.gui.inference.batch_draft import BatchSettings
    from desktop_app.gui.inference.find_commands import FindCommands
    from desktop_app.gui.model_windows import ModelWindows
    from desktop_app.gui.tool_windows import ToolWindows


class LateWindows(QObject):
    """Knows which room opens what, without having read it; the start of the program waits for none of them.

    Args:
        context: Of the main window, which they stay above.

    Signals:
        try_requested: A model (``Path``) to preview on the open image, or on one that is chosen then.
        result_requested: Image and label file (``Path``) to look at.
        place_requested: Voxel (z, y, x) of the open image to look at.
        project_needed: No project is open; whoever hears this asks for one at once.
        mistake_requested: A ``Place`` where a model went wrong, to look at in its image.
    """

    try_requested = Signal(object)
    result_requested = Signal(object, object)
    place_requested = Signal(object)
    project_needed = Signal()
    mistake_requested = Signal(object)

    def __init__(self, context: WindowContext) -> None:
        super().__init__(context.window)
        self._context = context

    @cached_property
    def models(self) -> ModelWindows:
        """Training, batches, the list of models."""
        from desktop_app.gui.model_windows import ModelWindows

        models = ModelWindows(self._context)
        models.try_requested.connect(self.try_requested)
        models.result_requested.connect(self.result_requested)
        models.place_requested.connect(self.mistake_requested)
        return models

    @cached_property
    def tools(self) -> ToolWindows:
        """Measuring, comparing, converting."""
        from desktop_app.gui.tool_windows import ToolWindows

        tools = ToolWindows(self._context)
        tools.place_requested.connect(self.place_requested)
        return tools

    @cached_property
    def finding(self) -> FindCommands:
        """Nuclei at once, without training."""
        from desktop_app.gui.inference.find_commands import FindCommands

        finding = FindCommands(self._context)
        finding.project_needed.connect(self.project_needed)
        finding.result_requested.connect(self.result_requested)
        finding.train_requested.connect(lambda model: self.models.train(model))
        finding.batch_requested.connect(self.run_batch)
        return finding

    def connect_actions(self, registry: ActionRegistry) -> None:
        """Connect what menus and toolbar say."""
        slots: dict[str, Callable[[], object]] = {
            "models.find": lambda: self.finding.find(),
            "models.list": lambda: self.models.list_models(),
            "train.wizard": self.train,
            "batch.run": self.run_batch,
            "tools.measure": lambda: self.tools.measure(),
            "tools.agreement": lambda: self.tools.compare(),
            "tools.prepare": lambda: self.tools.preparing.ask(),
            **{utility_action(name): partial(self._use, name) for name in UTILITIES},
        }
        for action_id, slot in slots.items():
            registry.connect(action_id, slot)

    def train(self) -> None:
        """Open the wizard that trains a model."""
        self.models.train()

    def find(self, image: Path | None = None) -> None:
        """Open “Find nuclei now”, with an image if one is named."""
        self.finding.find(image)

    def run_batch(self, model: Path | None = None, settings: BatchSettings | None = None) -> None:
        """Open the wizard that runs a model on many images."""
        self.models.run_batch(model, settings)

    def open(self, kind: str, request: str, place: Path) -> bool:
        """Do what the tree of the project asks for with a model, run or result; False where this is not its kind."""
        if kind not in ("model", "run", "result"):
            return False
        openers: dict[tuple[str, str], Callable[[Path], object]] = {
            ("model", "open"): self.models.list_models,
            ("run", "open"): self.models.show_run,
            ("run", "model"): self.models.show_model_of_run,
            ("run", "resume"): self.models.resume_training,
            ("run", "continue"): self.models.continue_training,
            ("run", "zip"): self.models.zip_run,
            ("result", "open"): self.models.show_batch,
            ("result", "resume"): self.models.resume_batch,
        }
        if (kind, request) not in openers:
            return False
        openers[kind, request](place)
        return True

    def _use(self, name: str) -> None:
        self.tools.utilities.ask(UTILITIES[name])
