"""What the preview panel does: asks the engine, shows answers in the viewer, accepts them into the labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging.region import Plane, Region
from desktop_app.gui.inference.accept_preview import accepted, as_class, class_values
from desktop_app.gui.inference.preview_engine import PreviewAnswer, PreviewEngine, PreviewRequest
from desktop_app.gui.inference.preview_region import box_region, slice_region
from desktop_app.gui.inference.services import InferenceServices
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.session.session import Session

Extent: TypeAlias = Literal["slice", "box"]


class PreviewViewer(Protocol):
    """What the panel needs of the viewer."""

    def current_plane(self) -> Plane:
        """The plane that the user looks at."""

    def visible_region(self, plane: Plane) -> Region:
        """The visible part of the shown slice."""

    def show_preview_labels(self, region: Region, labels: NDArray[np.uint32] | None) -> None:
        """Draw labels that are not saved yet; None takes them away."""


class PreviewPresenter(QObject):
    """Holds the choices of the panel.

    Attributes:
        model: The chosen model.
        card: Its card.
        decode: Parameters from maps to labels.
        extent: The visible slice, or a box around it.
        around: Slices before and after the visible one, for a box.
        answer: What is shown now, None for nothing.

    Signals:
        answered: A ``PreviewAnswer``, or None when the preview was taken away.
        failed: The exception.
    """

    answered = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        viewer: PreviewViewer,
        services: InferenceServices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._viewer, self._services = session, viewer, services
        self.engine = PreviewEngine(runner, services.open_model, self)
        self.model: Path | None = None
        self.card: ModelCard | None = None
        self.decode: dict[str, Any] = {}
        self.extent: Extent = "slice"
        self.around = 8
        self.answer: PreviewAnswer | None = None
        self._shown: Region | None = None
        self.engine.ready.connect(self._on_ready)
        self.engine.failed.connect(self.failed)
        session.volume_changed.connect(self.clear)

    def choose_model(self, path: Path | None) -> None:
        """Use a model from now on; its own decode settings come with it.

        Raises:
            UserError: If its card cannot be read.
        """
        card = self._services.load_card(path) if path is not None else None
        self.clear()
        self.model, self.card = path, card
        self.decode = dict(card.decode) if card is not None else {}

    def can_run(self) -> bool:
        """Whether there is a model and an image."""
        return self.card is not None and self._session.volume is not None

    def run(self) -> None:
        """Compute a preview of what is visible now."""
        region = self._region()
        if region is not None and not region.empty:
            self._ask(region, soon=False)

    def set_decode(self, decode: dict[str, Any]) -> None:
        """Other decode settings: what is shown is decoded again, without the network."""
        self.decode = decode
        if self._shown is not None:
            self._ask(self._shown, soon=True)

    def clear(self) -> None:
        """Take the preview away."""
        self.engine.cancel()
        if self.answer is not None:
            self._viewer.show_preview_labels(self.answer.request.region, None)
        self.answer = self._shown = None
        self.answered.emit(None)

    def accept(self, *, keep_existing: bool = True) -> bool:
        """Write the preview into the labels as one undoable edit; False if nothing would change."""
        answer, labels, project = self.answer, self._session.labels, self._session.project
        if answer is None or labels is None or project is None or self.card is None:
            return False
        gives_classes, found = self._gives_classes(), answer.labels
        values = class_values(self.card, project.scheme)
        if not gives_classes and project.scheme.kind == "classes" and len(values) == 1:
            gives_classes, found = True, as_class(found, *values)
        edit = accepted(
            labels.labels,
            answer.request.region,
            found,
            first_free=int(labels.labels.max_id()) + 1,
            values=values if gives_classes else None,
            keep_existing=keep_existing,
        )
        if edit is not None:
            edit.apply(labels.labels)
            self._session.commit_edit(edit)
        self.clear()
        return edit is not None

    def _gives_classes(self) -> bool:
        return self.decode.get("objects") == "classes"

    def _region(self) -> Region | None:
        volume, card = self._session.volume, self.card
        if volume is None or card is None:
            return None
        plane = Plane.XY if card.dimensions == 2 else self._viewer.current_plane()
        visible = self._viewer.visible_region(plane)
        if self.extent == "slice":
            return slice_region(visible, volume.shape)
        return box_region(visible, volume.shape, self.around)

    def _ask(self, region: Region, *, soon: bool) -> None:
        volume = self._session.volume
        if volume is None or self.model is None:
            return
        self._shown = region
        device = self._session.settings.device
        request = PreviewRequest(self.model, device, volume, region, "auto", dict(self.decode))
        self.engine.request(request, soon=soon)

    def _on_ready(self, answer: PreviewAnswer) -> None:
        if self.answer is not None and self.answer.request.region != answer.request.region:
            self._viewer.show_preview_labels(self.answer.request.region, None)
        self.answer = answer
        self._viewer.show_preview_labels(answer.request.region, answer.labels)
        self.answered.emit(answer)
