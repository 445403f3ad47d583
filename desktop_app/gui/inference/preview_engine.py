"""Computes previews: the network only when it must, the decoding as often as a slider moves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.core.imaging.region import Region
from desktop_app.core.imaging.volume import Volume
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.labelling.map_layers import MapLayer
from desktop_app.gui.inference.services import Previewer
from desktop_app.gui.jobs.latest import LatestJob
from desktop_app.gui.jobs.runner import JobRunner

DEBOUNCE_MS = 120  # a slider at rest; shorter decodes what nobody sees, longer feels late


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """What to show.

    Attributes:
        model: The model.
        device: Where to compute.
        volume: The image.
        region: Part of it.
        mode: ``auto``, or one of the model's modes.
        decode: Parameters from maps to labels.
        prediction: Parameters of how the network sees the image.
        maps: Whether to show what the network says, too.
        others: Further models that it is used together with.
        channels: Channels of the image to use, from 0; None takes the first ones.
    """

    model: Path
    device: str
    volume: Volume
    region: Region
    mode: str
    decode: dict[str, Any]
    prediction: dict[str, Any] = field(default_factory=dict)
    maps: bool = False
    others: tuple[Path, ...] = ()
    channels: tuple[int, ...] | None = None

    def same_maps(self, other: PreviewRequest | None) -> bool:
        """Whether the network need not run again."""
        return (
            other is not None
            and self.volume.source is other.volume.source
            and (self.model, self.others, self.device, self.region, self.mode, self.prediction, self.channels)
            == (other.model, other.others, other.device, other.region, other.mode, other.prediction, other.channels)
        )


@dataclass(frozen=True, slots=True)
class PreviewAnswer:
    """Labels of a region.

    Attributes:
        request: What was asked.
        labels: (Z, Y, X) uint32.
        objects: How many different labels there are.
        network_seconds: Time in the network; 0 where its maps were there already.
        decode_seconds: Time from maps to labels.
        class_of: Class name of each number in the labels.
        confidence: How sure the model is of each object, 0 to 1, where it says so.
        maps: What the network says, as layers.
    """

    request: PreviewRequest
    labels: NDArray[np.uint32]
    objects: int
    network_seconds: float
    decode_seconds: float
    class_of: dict[int, str] = field(default_factory=dict)
    confidence: dict[int, float] = field(default_factory=dict)
    maps: tuple[MapLayer, ...] = ()


@dataclass(slots=True)
class _Kept:
    loaded: tuple[Path, str, tuple[Path, ...]] | None = None
    request: PreviewRequest | None = None
    previewer: Previewer | None = None
    maps: Any = None


class PreviewEngine(QObject):
    """Answers the latest request; earlier ones are dropped.

    Signals:
        ready: A ``PreviewAnswer``.
        failed: The exception.
        busy_changed: Whether something is computed.
        progressed: A ``Progress`` of the network.
    """

    ready = Signal(object)
    failed = Signal(object)
    busy_changed = Signal(bool)
    progressed = Signal(object)

    def __init__(self, runner: JobRunner, open_model: Callable[..., Previewer], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_model = open_model
        self._kept = _Kept()
        self._running: PreviewRequest | None = None
        self._next: PreviewRequest | None = None
        self._job = LatestJob(runner, "preview", self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DEBOUNCE_MS)
        self._timer.timeout.connect(self._go)
        self._job.failed.connect(self._on_failed)
        self._job.busy_changed.connect(self.busy_changed)
        self._job.progressed.connect(self.progressed)

    def request(self, request: PreviewRequest, *, soon: bool = False) -> None:
        """Compute this next; ``soon`` waits a moment for the slider to rest."""
        self._next = request
        if soon:
            self._timer.start()
        else:
            self._timer.stop()
            self._go()

    def cancel(self) -> None:
        """Forget what is computed or asked for."""
        self._timer.stop()
        self._next = self._running = None
        self._job.drop()

    def forget(self) -> None:
        """Also free the model and its maps."""
        self.cancel()
        self._kept = _Kept()

    def _go(self) -> None:
        request = self._next
        if request is None or (self._job.busy and request.same_maps(self._running)):
            return
        self._next, self._running = None, request
        title = f"Preview with {request.model.stem}"
        self._job.start(title, partial(_compute, request, self._kept, self._open_model), self._on_ready)

    def _on_ready(self, answer: PreviewAnswer) -> None:
        self._running = None
        if self._next is not None and not self._timer.isActive():
            self._go()
        else:
            self.ready.emit(answer)

    def _on_failed(self, error: Exception) -> None:
        self._running = self._next = None
        self.failed.emit(error)


def _compute(
    request: PreviewRequest, kept: _Kept, open_model: Callable[..., Previewer], ctx: JobContext
) -> PreviewAnswer:
    wanted = request.model, request.device, request.others
    if kept.previewer is None or kept.loaded != wanted:
        ctx.report(Progress(0, 0, "Loading the model"))
        kept.loaded = kept.previewer = kept.request = kept.maps = None
        kept.previewer = open_model(request.model, request.device, *request.others)
        kept.loaded = wanted
    start, network = time.perf_counter(), 0.0
    if kept.maps is None or not request.same_maps(kept.request):
        kept.maps = None
        kept.maps = kept.previewer.predict(
            request.volume, request.region, request.mode, ctx, request.prediction or None, request.channels
        )
        network = time.perf_counter() - start
    kept.request = request
    ctx.raise_if_cancelled()
    start = time.perf_counter()
    named = kept.previewer.decode_named(kept.maps, request.decode)
    decode = time.perf_counter() - start
    found = int(np.count_nonzero(np.unique(named.labels)))
    maps = kept.previewer.map_layers(kept.maps) if request.maps else ()
    labels, class_of, sure = named.labels, dict(named.class_of), dict(named.confidence)
    return PreviewAnswer(request, labels, found, network, decode, class_of, sure, maps)
