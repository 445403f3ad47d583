"""How two layers agree, as numbers: of the slices that are seen, and of the whole volume."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.core.imaging import Plane, Region
from desktop_app.core.job import JobContext
from desktop_app.core.labelling.layers import AGREEMENT, AgreementLabels
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.viewer import ViewerWidget

if TYPE_CHECKING:
    from desktop_app.jobs.objects.layers import Comparison

_CALM_MS = 150  # after the last change of slice or labels: no numbers while the user scrolls or paints


class LayerComparison(QObject):
    """Keeps the numbers of the agreement that is shown; in the corner of each view those of its slice.

    Attributes:
        whole: Of the whole volume; None before it is known.
        stale: Whether labels have changed since ``whole`` was counted.

    Signals:
        changed: Numbers have come or gone.
    """

    changed = Signal()

    def __init__(
        self, session: Session, viewer: ViewerWidget, runner: JobRunner, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._viewer = session, viewer
        self._pair: AgreementLabels | None = None
        self.whole: Comparison | None = None
        self.stale = False
        self._slices = {plane: LatestJob(runner, "preview", self) for plane in Plane}
        self._volume = LatestJob(runner, "io", self, tells=False)
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._count_slices)
        for plane, job in self._slices.items():
            job.failed.connect(partial(self._on_failed, plane))
        self._volume.busy_changed.connect(lambda _busy: self.changed.emit())
        session.layers.changed.connect(self._on_layers)
        session.labels_edited.connect(self._on_edited)
        viewer.navigator.slice_changed.connect(lambda _plane, _direction: self._later())
        viewer.navigator.layout_changed.connect(lambda _name: self._later())

    @property
    def busy(self) -> bool:
        """Whether the whole volume is being counted."""
        return self._volume.busy

    @property
    def pair(self) -> AgreementLabels | None:
        """The two layers that are compared; None where none are."""
        return self._pair

    def count_volume(self) -> None:
        """Count the whole volume, beside other work."""
        pair = self._pair
        if pair is not None:
            self.stale = False
            title = f"Compare {pair.first.title} and {pair.second.title}"
            self._volume.start(title, partial(_compared, pair, None, None), self._take_whole)

    def _on_layers(self) -> None:
        found = self._session.layers.get(AGREEMENT)
        pair = found.store if found is not None and isinstance(found.store, AgreementLabels) else None
        if pair is self._pair:
            return
        self._pair, self.whole = pair, None
        self._volume.drop()
        if pair is None:
            for plane, job in self._slices.items():
                job.drop()
                self._viewer.grid.views[plane].set_corner("")
        else:
            self.count_volume()
            self._later()
        self.changed.emit()

    def _on_edited(self, _region: Region) -> None:
        if self._pair is not None and self._pair.follows_labels:
            self.stale = True
            self._later()
            self.changed.emit()

    def _later(self) -> None:
        if self._pair is not None:
            self._calm.start()

    def _count_slices(self) -> None:
        pair = self._pair
        if pair is None:
            return
        masks = (False, False) if self.whole is None else self.whole.masks
        for plane in self._viewer.grid.planes:
            region = plane.slab(pair.shape, self._viewer.current_depth(plane))
            done = partial(self._show_slice, plane)
            self._slices[plane].start("Compare this slice", partial(_compared, pair, region, masks), done)

    def _show_slice(self, plane: Plane, found: Comparison) -> None:
        if self._pair is not None:
            self._viewer.grid.views[plane].set_corner(f"This slice\n{score_words(found)}")

    def _on_failed(self, plane: Plane, _error: Exception) -> None:
        """The viewer tells of slices that cannot be read."""
        self._viewer.grid.views[plane].set_corner("This slice cannot be compared.")

    def _take_whole(self, found: Comparison) -> None:
        self.whole = found
        self.changed.emit()


def _compared(
    pair: AgreementLabels, region: Region | None, masks: tuple[bool, bool] | None, ctx: JobContext
) -> Comparison:
    from desktop_app.jobs.objects.layers import compare_layers

    first, second = pair.first.store, pair.second.store
    return compare_layers(first, second, ctx, region=region, by_class=pair.by_class, masks=masks)


def score_words(found: Comparison) -> str:
    """Both scores; neither layer need be the truth, so that nothing is found rightly or wrongly."""
    return f"Objects that agree (F1): {_share(found.f1)}\nOverlap (Dice): {_share(found.dice)}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
