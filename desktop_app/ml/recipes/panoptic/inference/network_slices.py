"""Slices whose maps a network makes when they are asked for: read ahead, copies of the network sharing them out."""

from __future__ import annotations

import copy
import threading
from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass

from desktop_app.core.job import JobContext, Metric
from desktop_app.ml.inference.ordered_workers import OrderedWorkers
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic.inference.planning import THREADS_PER_GPU, NetworkPlan
from desktop_app.ml.recipes.panoptic.inference.reading import SliceReader
from desktop_app.ml.recipes.panoptic.inference.slice_network import (
    Interrupted,
    SliceNetwork,
    SliceRequest,
    interruptible,
)
from desktop_app.ml.recipes.panoptic.maps import Hardening, SliceMaps


@dataclass(frozen=True, slots=True)
class NetworkSlices:
    """Maps of slices that pass by once.

    Attributes:
        predictor: The model.
        reader: The slices.
        plan: How much of them at a time.
    """

    predictor: Predictor
    reader: SliceReader
    plan: NetworkPlan

    def __len__(self) -> int:
        return self.reader.count

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of a slice."""
        return self.reader.frame.height, self.reader.frame.width

    @property
    def classes(self) -> int:
        """Channels of the probabilities."""
        return max(1, self.predictor.card.output_channels)

    @property
    def nbytes(self) -> int:
        """Nothing is kept."""
        return 0

    @property
    def batch(self) -> int:
        """Slices that come together."""
        return self.plan.batch

    @property
    def on_gpu(self) -> bool:
        """Whether a GPU makes them."""
        return self.predictor.device.type == "cuda"

    def batches(self, hardening: Hardening | None, first: int, ctx: JobContext) -> Generator[SliceMaps]:
        """Maps of batches of slices, in order; reports in the end where the time went.

        A GPU is served by two threads for each copy of the network, so that it computes while maps are fetched.

        Args:
            hardening: From probabilities to classes; None keeps the probabilities.
            first: Slices before this are left out.
            ctx: Hears about shortage of memory, and may cancel.
        """
        stop, reader, plane = threading.Event(), self.reader.after(first), self.reader.plane
        divisor = self.predictor.card.divisor
        request = SliceRequest((divisor[1], divisor[2]), reader.frame, reader.scale, hardening)
        with ExitStack() as stack:
            workers = self._workers(request, stop, stack)
            pieces = reader.batches(self.plan.batch, self.plan.slab_bytes, lambda: _end_if(stop))
            ordered = OrderedWorkers(pieces, workers, self.plan.ahead, ctx.raise_if_cancelled, stop)
            with closing(iter(ordered)) as results:
                for maps in results:
                    for note in [w.notes.pop(0) for w in workers for _ in range(len(w.notes))]:
                        ctx.report(note)
                    yield maps
        for name in ("reading", "working", "starved", "blocked"):
            ctx.report(Metric(f"seconds/{plane}/{name}", self.reader.count, getattr(ordered.timings, name)))

    def _workers(self, request: SliceRequest, stop: threading.Event, stack: ExitStack) -> list[SliceNetwork]:
        """A caller for each thread; those of a device share its copies of the network."""
        predictor = self.predictor
        devices = [device for device in predictor.devices or (predictor.device,) for _ in range(self.plan.copies)]
        networks = [predictor.network, *(copy.deepcopy(predictor.network).to(device) for device in devices[1:])]
        workers: list[SliceNetwork] = []
        for network, device in zip(networks, devices, strict=True):
            stack.enter_context(interruptible(network, stop))
            threads = THREADS_PER_GPU if device.type == "cuda" else 1
            workers += [SliceNetwork(network, device, request, self.plan.load) for _ in range(threads)]
        return workers


def _end_if(stop: threading.Event) -> None:
    if stop.is_set():
        raise Interrupted
