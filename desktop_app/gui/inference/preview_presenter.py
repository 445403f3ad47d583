"""What the preview panel does: asks the engine, shows answers in the viewer, accepts them into the labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.region import Plane, Region
from desktop_app.core.labelling.free_numbers import FreeNumbers
from desktop_app.core.labelling.map_layers import MapLayer
from desktop_app.core.recipes.suggestion import Suggestion
from desktop_app.gui.inference.accept_preview import (
    accepted,
    as_classes,
    class_values,
    confidence_by_number,
    numbers_by_class,
)
from desktop_app.gui.inference.model_modes import (
    box_modes,
    gives_classes,
    in_plane,
    plane_parameter,
    sees_any_plane,
    slice_mode,
)
from desktop_app.gui.inference.preview_engine import PreviewAnswer, PreviewEngine, PreviewRequest
from desktop_app.gui.inference.preview_region import PreviewSpot, is_cut, preview_region
from desktop_app.gui.inference.services import InferenceServices
from desktop_app.gui.jobs.runner import JobRunner
from desktop_app.gui.session.session import Session


class PreviewViewer(Protocol):
    """What previews need of the viewer."""

    def active_plane(self) -> Plane:
        """The plane that the user works in."""

    def is_seen(self, plane: Plane) -> bool:
        """Whether a view shows this plane."""

    def visible_region(self, plane: Plane) -> Region:
        """The visible part of the shown slice."""

    def watch(self, on: bool) -> None:
        """While on, the first click on another view only makes it the active one."""

    def show_preview_labels(self, region: Region, labels: NDArray[np.uint32] | None) -> None:
        """Draw labels that are not saved yet; None takes them away."""

    def show_preview_maps(self, region: Region, maps: tuple[MapLayer, ...]) -> None:
        """Draw what the network says, in place of what it said before."""

    def pick_rectangle(self, done: Callable[[Region | None], None] | None) -> None:
        """Let the user draw a one-slice-thick box, or (None) stop waiting for it."""

    def show_frame(self, plane: Plane | None, region: Region | None) -> None:
        """Outline a box over all slices of a plane; None takes it away."""


class PreviewPresenter(QObject):
    """Holds the choices of the panel.

    Attributes:
        model: The chosen model.
        card: Its card.
        prediction: Parameters of how the network sees the image.
        decode: Parameters from maps to labels.
        place: Where a preview is wanted.
        box_mode: The way through a box, None for the model's usual one.
        drawn: The rectangle that the user drew, and its plane.
        cut: Whether the preview is smaller than wished.
        answer: What is shown now, None for nothing.
        maps: Whether what the network says is wanted, too.
        others: Further models that it is used together with.

    Signals:
        answered: A ``PreviewAnswer``, or None when the preview was taken away.
        failed: The exception.
        drawing_changed: Whether the next drag over the image draws a rectangle.
    """

    answered = Signal(object)
    failed = Signal(object)
    drawing_changed = Signal(bool)

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
        self.prediction: dict[str, Any] = {}
        self.decode: dict[str, Any] = {}
        self.place = PreviewSpot()
        self.box_mode: str | None = None
        self.drawn: tuple[Plane, Region] | None = None
        self.cut = False
        self.answer: PreviewAnswer | None = None
        self.maps = False
        self.others: tuple[Path, ...] = ()
        self._shown: PreviewRequest | None = None
        self._boxed = False
        self.engine.ready.connect(self._on_ready)
        self.engine.failed.connect(self.failed)
        session.volume_changed.connect(self._on_volume)

    @property
    def is_flat(self) -> bool:
        """Whether the open image is a single picture."""
        return self._session.volume is not None and self._session.volume.is_2d

    @property
    def mode(self) -> str:
        """The way through the image that the next preview takes."""
        if self.card is None:
            return "auto"
        if not self.place.box:
            return slice_mode(self.card, flat=self.is_flat)
        ways = [mode.name for mode in box_modes(self.card)]
        return "auto" if not ways else self.box_mode if self.box_mode in ways else ways[0]

    def choose_model(self, path: Path | None) -> None:
        """Use a model from now on; its own settings come with it.

        Raises:
            UserError: If its card cannot be read.
        """
        card = self._services.load_card(path) if path is not None else None
        self.clear()
        self.model, self.card, self.others = path, card, ()
        self.decode = dict(card.decode) if card is not None else {}
        self.prediction = dict(card.prediction) if card is not None else {}

    def is_outdated(self) -> bool:
        """Whether the chosen model has other values of making objects than when it was chosen."""
        with suppress(UserError):
            return self.model is not None and self.card is not None and (
                self._services.load_card(self.model).decode != self.card.decode
            )  # fmt: skip
        return False

    def companions(self, models: Iterable[Path]) -> tuple[Path, ...]:
        """Those of some models that can be used together with the chosen one; what cannot be read is passed over."""
        if self.card is None:
            return ()
        from desktop_app.core.config.together import go_together

        found = []
        for path in models:
            with suppress(UserError):
                if path != self.model and go_together(self.card, self._services.load_card(path)):
                    found.append(path)
        return tuple(found)

    def set_others(self, others: tuple[Path, ...]) -> None:
        """Use these models together with the chosen one: they run on what is shown."""
        self.others = others
        if self._shown is not None:
            self._ask(replace(self._shown, others=others), soon=True)

    def can_run(self) -> bool:
        """Whether there is a model and an image."""
        return self.card is not None and self._session.volume is not None

    def run(self) -> None:
        """Compute a preview of what the user looks at now; without a rectangle that is wished for, draw it first."""
        volume, card, model = self._session.volume, self.card, self.model
        if volume is None or card is None or model is None:
            return
        if self.place.area == "rectangle" and self.drawn is None:
            self.draw(True)
            return
        try:
            plane = self._plane(card)
        except UserError as error:
            self.failed.emit(error)
            return
        visible, drawn = self._viewer.visible_region(plane), self.drawn[1] if self.drawn is not None else None
        region = preview_region(self.place, plane, visible, volume.shape, drawn)
        self.cut = is_cut(region, self.place, plane, visible, volume.shape, drawn)
        prediction, self._boxed = self._prediction(plane), self.place.box
        device = self._session.settings.device
        request = PreviewRequest(
            model, device, volume, region, self.mode, dict(self.decode), prediction, self.maps, self.others
        )
        if not region.empty:
            self._ask(request, soon=False)

    def set_decode(self, decode: dict[str, Any]) -> None:
        """Other decode settings: what is shown is decoded again, without the network."""
        self.decode = decode
        if self._shown is not None:
            self._ask(replace(self._shown, decode=dict(decode)), soon=True)

    def set_prediction(self, prediction: dict[str, Any]) -> None:
        """Other settings of how the network sees the image: it runs again on what is shown."""
        self.prediction = prediction
        if self._shown is not None:
            seen = plane_parameter(self.card) if self.card is not None and not self._boxed else ""
            kept = {k: v for k, v in self._shown.prediction.items() if k == seen}
            self._ask(replace(self._shown, prediction={**prediction, **kept}), soon=True)

    def set_maps(self, wanted: bool) -> None:
        """Whether what the network says is shown in layers of its own; it does not run again for that."""
        self.maps = wanted
        if self._shown is not None:
            self._ask(replace(self._shown, maps=wanted), soon=False)

    def watch(self, on: bool) -> None:
        """Previews are being made, or not any more; an outline in progress is left then."""
        self._viewer.watch(on)
        if not on:
            self.draw(False)

    def draw(self, wanted: bool) -> None:
        """Let the user draw a rectangle and preview it, or stop waiting for it."""
        if wanted and self._session.volume is not None:
            self._viewer.pick_rectangle(self._on_drawn)
            self.drawing_changed.emit(True)
        else:
            self._viewer.pick_rectangle(None)
            self.drawing_changed.emit(False)

    def pick_rectangle(self, done: Callable[[Region | None], None]) -> None:
        """Let the user draw a rectangle that no preview is made of."""
        self._viewer.pick_rectangle(done)

    def show_frame(self) -> None:
        """Outline the drawn rectangle while it is what previews cover."""
        drawn = self.drawn if self.place.area == "rectangle" else None
        self._viewer.show_frame(*(drawn or (None, None)))

    def suggestion(self) -> Suggestion | None:
        """What suits the open image better than the model's own settings."""
        volume = self._session.volume
        return self._services.suggest(self.card, volume) if self.card is not None and volume is not None else None

    def clear(self) -> None:
        """Take the preview away."""
        self.engine.cancel()
        if self.answer is not None:
            self._viewer.show_preview_labels(self.answer.request.region, None)
            self._viewer.show_preview_maps(self.answer.request.region, ())
        self.answer = self._shown = None
        self.answered.emit(None)

    def accept(self, *, keep_existing: bool = True) -> bool:
        """Write the preview into the labels as one undoable edit; False if nothing would change."""
        answer, labels, project = self.answer, self._session.labels, self._session.project
        if answer is None or labels is None or project is None or self.card is None or self._session.carrying_out:
            return False
        classes, found = gives_classes(self.card, self.decode), answer.labels
        values = class_values(self.card, project.scheme)
        if not classes and project.scheme.kind == "classes":
            classes, found = True, as_classes(found, answer.class_of, self.card)
        free = FreeNumbers.of(labels.labels, None if classes else project.scheme.background)
        edit = accepted(
            labels.labels,
            answer.request.region,
            found,
            free=free,
            values=values if classes else None,
            keep_existing=keep_existing,
            locked=self._session.reviewing.guarded,
        )
        if edit is not None:
            edit.apply(labels.labels)
            if not classes:
                for value, numbers in numbers_by_class(found, free, answer.class_of, project.scheme).items():
                    self._session.reviewing.give_class(numbers, value)
                sure = confidence_by_number(found, free, answer.confidence)
                self._session.reviewing.set_confidence(sure)
            self._session.commit_edit(edit)
        self.clear()
        return edit is not None

    def _plane(self, card: ModelCard) -> Plane:
        """The plane to look at.

        Raises:
            UserError: If the rectangle lies in a plane that is not seen, or that the model does not know.
        """
        any_plane = card.dimensions == 3 or sees_any_plane(card)
        plane = self._viewer.active_plane() if any_plane else Plane.XY
        if self.place.area != "rectangle" or self.drawn is None:
            return plane
        drawn = self.drawn[0]
        if not any_plane and drawn is not Plane.XY:
            raise UserError("This model sees xy slices only.", hint="Draw the rectangle in the plane xy.")
        if not self._viewer.is_seen(drawn):
            hint = "Show that plane, or draw another rectangle."
            raise UserError(f"The rectangle was drawn in the plane {drawn}, which is not shown now.", hint=hint)
        return drawn

    def _prediction(self, plane: Plane) -> dict[str, Any]:
        if self.card is None or self.place.box:
            return dict(self.prediction)
        return in_plane(self.card, self.prediction, plane)

    def _ask(self, request: PreviewRequest, *, soon: bool) -> None:
        self._shown = request
        self.engine.request(request, soon=soon)

    def _on_drawn(self, region: Region | None) -> None:
        self.drawing_changed.emit(False)
        if region is not None:
            plane = next(p for p in Plane if region.shape[p.depth_axis] == 1)
            self.drawn = plane, region
            self.show_frame()
            self.run()

    def _on_volume(self) -> None:
        self.draw(False)
        self.drawn = None
        self.show_frame()
        self.clear()

    def _on_ready(self, answer: PreviewAnswer) -> None:
        if self.answer is not None and self.answer.request.region != answer.request.region:
            self._viewer.show_preview_labels(self.answer.request.region, None)
        self.answer = answer
        self._viewer.show_preview_labels(answer.request.region, answer.labels)
        self._viewer.show_preview_maps(answer.request.region, answer.maps)
        self.answered.emit(answer)
