"""Asks for proposals from strokes while they are painted, shows the latest, and writes it into the labels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.core.config.pixels import PixelClasses, PixelSettings
from desktop_app.core.imaging import Region
from desktop_app.core.labelling.layers import BoxLabels, LabelLayer, LabelStyle, LayerKind, LayerLook
from desktop_app.core.labelling.store import Edit
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.viewer import ViewerWidget

if TYPE_CHECKING:
    from desktop_app.jobs.pixels.live import LiveAnswer, LivePixels, LiveRequest

SCRIBBLES = "scribbles"
"""Key of the layer with the proposal from strokes."""
_DEBOUNCE_MS = 150  # after a stroke, or while slices are scrolled through; shorter looks for what nobody sees
_LOOK = LayerLook(opacity=0.4, style=LabelStyle.STRIPED)  # image and strokes shine through, by eye


class ScribbleProposer(QObject):
    """Keeps a proposal for the slice that is seen, in the plane that the user touched last.

    Args:
        session: What is open.
        viewer: Where the user looks.
        runner: For the job.

    Attributes:
        settings: How pixels are looked at.
        answer: The proposal that is shown; None without.

    Signals:
        answered: The ``LiveAnswer`` shown now, or None.
        failed: The exception.
        busy_changed: Whether something is worked out.
    """

    answered = Signal(object)
    failed = Signal(object)
    busy_changed = Signal(bool)

    def __init__(self, session: Session, viewer: ViewerWidget, runner: JobRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._viewer = session, viewer
        self.settings = PixelSettings()
        self.answer: LiveAnswer | None = None
        self._live: LivePixels | None = None
        self._on = self._watched = False
        self._job = LatestJob(runner, "preview", self)
        self._job.failed.connect(self._on_failed)
        self._job.busy_changed.connect(self.busy_changed)
        self._timer = QTimer(self, singleShot=True, interval=_DEBOUNCE_MS)
        self._timer.timeout.connect(self._ask)
        session.labels_edited.connect(self._on_edit)
        session.scheme_changed.connect(lambda _scheme: self.ask_soon())
        session.labels_replaced.connect(self._on_replaced)
        viewer.navigator.slice_changed.connect(lambda *_: self.ask_soon())
        viewer.navigator.view_changed.connect(lambda _: self.ask_soon())

    @property
    def on(self) -> bool:
        """Whether proposals are made."""
        return self._on

    def set_on(self, on: bool) -> None:
        """Begin or end to propose."""
        self._on = on
        if on:
            self._ask()
        else:
            self._rest()

    def set_watched(self, watched: bool) -> None:
        """Whether the user is about to scribble: slices are looked at in advance then, and the first look is quick."""
        self._watched = watched
        if watched:
            self.ask_soon()
        elif not self._on:
            self._forget()

    def set_settings(self, settings: PixelSettings) -> None:
        """Look at pixels in another way."""
        self.settings = settings
        self.ask_soon()

    def ask_soon(self) -> None:
        """Something has changed; ask once it rests."""
        if self._on or self._watched:
            self._timer.start()

    def accept(self) -> bool:
        """Write the proposal where nothing is labelled, as one step; False if nothing would change."""
        labels, answer = self._session.labels, self.answer
        if labels is None or answer is None or self._session.carrying_out:
            return False
        before = labels.labels.read(answer.region)
        new = answer.labels
        if self._session.scheme.kind == "objects":
            new = _numbered(new, int(labels.labels.max_id()) + 1)
        after = np.where((before == 0) & (new > 0), new, before).astype(np.uint32)
        if np.array_equal(before, after):
            return False
        edit = Edit.between(answer.region, before, after, "Accept scribble proposal")
        edit.apply(labels.labels)
        self._session.commit_edit(edit)
        return True

    def classes(self) -> PixelClasses:
        """What the labels of the project mean."""
        scheme = self._session.scheme
        if scheme.kind == "objects":
            learned = [(1, scheme.usual.name)]
        else:
            learned = sorted((c.value, c.name) for c in scheme.classes if c.value != scheme.background)
        learned = learned or [(1, "Object")]
        channels = (self._viewer.channel,)
        return PixelClasses(
            kind=scheme.kind,
            class_values=tuple(value for value, _ in learned),
            class_names=tuple(name for _, name in learned),
            background=scheme.background,
            channels=channels,
            settings=self.settings,
        )

    def _ask(self) -> None:
        from desktop_app.jobs.pixels.live import LivePixels, LiveRequest

        volume, labels = self._session.volume, self._session.labels
        soon = self._watched and self._session.scheme.background is not None  # else there is nothing to propose from
        if not (self._on or soon) or volume is None or labels is None:
            return
        if self._session.stroke_running:
            self._timer.start()
            return
        plane = self._viewer.current_plane()
        region = self._viewer.visible_region(plane)
        if region.empty:
            return
        live = self._live = self._live or LivePixels()
        request = LiveRequest(volume, labels.labels, region, self.classes(), plane)
        if self._on:
            self._job.start("Proposal from strokes", partial(live.propose, request), partial(self._on_first, request))
        else:
            self._job.start("Get ready for strokes", partial(live.get_ready, request), lambda _done: None)

    def _on_first(self, request: LiveRequest, answer: LiveAnswer) -> None:
        """Show the proposal, and look at the slices on both sides while the user looks at it."""
        self._on_answer(answer)
        if self._on and self._live is not None and answer.refinable:
            self._job.start("Refine the proposal", partial(self._live.refine, request), self._on_refined)

    def _on_refined(self, answer: LiveAnswer | None) -> None:
        if answer is not None:
            self._on_answer(answer)

    def _on_answer(self, answer: LiveAnswer) -> None:
        volume = self._session.volume
        if not self._on or volume is None:
            return
        self.answer = answer
        store = BoxLabels(volume.shape, answer.region, answer.labels)
        scheme = self._session.scheme
        self._viewer.layers.put(LabelLayer(SCRIBBLES, "Scribble proposal", store, LayerKind.PROPOSAL, scheme, _LOOK))
        self.answered.emit(answer)

    def _on_failed(self, error: Exception) -> None:
        self._take_away()
        self.failed.emit(error)

    def _on_edit(self, region: Region) -> None:
        if self._live is not None:
            self._live.on_edit(region)
        self.ask_soon()

    def _on_replaced(self) -> None:
        """Other labels are open."""
        self._forget()
        self.ask_soon()

    def _forget(self) -> None:
        self._rest()
        self._live = None

    def _rest(self) -> None:
        self._timer.stop()
        self._job.drop()
        self._take_away()

    def _take_away(self) -> None:
        self.answer = None
        if self._viewer.layers.get(SCRIBBLES) is not None:
            self._viewer.layers.remove(SCRIBBLES)
        self.answered.emit(None)


def _numbered(classes: NDArray[np.uint32], first: int) -> NDArray[np.uint32]:
    """Each piece of a mask (Z, Y, X) as an object of its own."""
    from scipy import ndimage

    pieces, _ = ndimage.label(classes)
    return np.where(pieces > 0, pieces + (first - 1), 0).astype(np.uint32)
