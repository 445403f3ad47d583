"""One stack of slices: read ahead, network, objects of slices in a pool of workers, then numbers."""

from __future__ import annotations

import copy
import hashlib
import threading
from collections import deque
from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.job import JobContext, Metric, Note, Progress
from desktop_app.core.recipes.panoptic.parameters import PanopticDecode
from desktop_app.ml.inference.ordered_workers import Conveyor, Timings
from desktop_app.ml.inference.predictor import Predictor
from desktop_app.ml.recipes.panoptic.decode import shape_rules, slice_rules, stuff_numbers
from desktop_app.ml.recipes.panoptic.inference.network import Interrupted, Seeing, SliceNetwork, interruptible
from desktop_app.ml.recipes.panoptic.inference.numbering import Numbering, Numbers
from desktop_app.ml.recipes.panoptic.inference.planning import THREADS_PER_GPU, Plan
from desktop_app.ml.recipes.panoptic.inference.pool import SlicePool
from desktop_app.ml.recipes.panoptic.inference.reading import SliceReader
from desktop_app.ml.recipes.panoptic.inference.run_store import RunStore
from desktop_app.ml.recipes.panoptic.maps import CELL, SliceMaps
from desktop_app.objects.panoptic.median import SliceMedian
from desktop_app.objects.panoptic.morphology import MorphologyRules
from desktop_app.objects.panoptic.slice_runs import SliceWork


def slice_maps(
    predictor: Predictor,
    reader: SliceReader,
    plan: Plan,
    ctx: JobContext,
    seeing: Seeing,
    timings: Timings | None = None,
) -> Generator[SliceMaps]:
    """Maps of batches of slices, in order; copies of the network share them out.

    A GPU is served by two threads for each copy, so that it computes while maps are fetched.
    """
    stop = threading.Event()
    devices = predictor.devices or (predictor.device,)
    copies = [
        (predictor.network if number == 0 else copy.deepcopy(predictor.network).to(device), device)
        for number, device in enumerate(device for device in devices for _ in range(plan.copies))
    ]
    with ExitStack() as stack:
        workers: list[SliceNetwork] = []
        for network, device in copies:
            stack.enter_context(interruptible(network, stop))
            threads = THREADS_PER_GPU if device.type == "cuda" else 1
            workers += [SliceNetwork(network, device, seeing, plan.load) for _ in range(threads)]
        pieces = reader.batches(plan.batch, plan.slab_bytes, lambda: _end_if(stop))
        conveyor = Conveyor(pieces, workers, plan.ahead, ctx.raise_if_cancelled, stop)
        with closing(iter(conveyor)) as results:
            for maps in results:
                for note in [worker.notes.pop(0) for worker in workers if worker.notes]:
                    ctx.report(note)
                yield maps
        if timings is not None:
            for name in ("reading", "working", "starved", "blocked"):
                setattr(timings, name, getattr(conveyor.timings, name))


@dataclass(frozen=True, slots=True)
class SliceSettings:
    """All settings that the runs of the slices of a stack depend on; what is not here acts on the stored runs.

    Attributes:
        confidence: How sure the model must be that a pixel belongs to something.
        median: Over how many slices the classes are smoothed, 1 for none.
        work: What is done to each slice.
    """

    confidence: float
    median: int
    work: SliceWork

    @classmethod
    def of(cls, parameters: PanopticDecode, card: ModelCard, downsampling: int, *, by_itself: bool) -> SliceSettings:
        """The settings of a stack.

        Args:
            parameters: How maps become objects.
            card: The model.
            downsampling: Of the image before the network sees it.
            by_itself: Whether each slice stands for itself: no median, and its objects change their shape alone.
        """
        rules = None if parameters.semantic_only else slice_rules(parameters, card)
        shape = shape_rules(parameters) if by_itself else MorphologyRules()
        work = SliceWork(CELL * downsampling, float(downsampling), rules, shape, stuff_numbers(card))
        return cls(parameters.confidence, 1 if by_itself else parameters.median, work)

    @property
    def key(self) -> str:
        """Changes with any of them."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


@dataclass(slots=True)
class StackRun:
    """The objects of one stack, found slice by slice.

    Attributes:
        predictor: The model.
        reader: The slices.
        plan: How much of what at a time.
        settings: How maps become the runs of slices.
        numbering: Gives the final numbers.
        store: Takes the runs; slices that it holds already are not computed again.
    """

    predictor: Predictor
    reader: SliceReader
    plan: Plan
    settings: SliceSettings
    numbering: Numbering
    store: RunStore

    def run(self, ctx: JobContext) -> Numbers:
        """Fill the store; reports progress and, in the end, where the time went."""
        self._recall(ctx)
        if len(self.store) < self.reader.count:
            timings = Timings()
            pool = SlicePool(self.settings.work, self.plan.workers, self.plan.processes, ctx)
            with closing(pool), closing(self._slices(ctx, timings)) as slices:
                for maps in slices:
                    pool.submit(maps)
                    while pool.full or pool.ready:
                        self._take(pool, ctx)
                while len(pool):
                    self._take(pool, ctx)
            self._report(ctx, timings)
        return self.numbering.finish()

    def _recall(self, ctx: JobContext) -> None:
        """Number the slices that the store holds already."""
        known = len(self.store)
        for number in range(known):
            ctx.raise_if_cancelled()
            self.numbering.add(self.store.read(number), self.store.kinds(number))
        if known:
            where = f"after slice {known} of {self.reader.count}" if known < self.reader.count else "with what follows"
            ctx.report(Note("info", f"Found earlier: {known} {self.reader.plane} slices; going on {where}."))

    def _slices(self, ctx: JobContext, timings: Timings) -> Generator[tuple[NDArray[np.uint8], Any, Any]]:
        """Class numbers after the median, with the coarse maps of the same slice, of the slices not yet in the store.

        The network sees those before them again on which their median depends, in the batches of a whole run.
        """
        known = len(self.store)
        first = max(0, known - self.settings.median // 2) // self.plan.batch * self.plan.batch
        every = self._smoothed(self.reader.after(first), ctx, timings)
        with closing(every):
            for number, maps in enumerate(every, start=first):
                if number >= known:
                    yield maps

    def _smoothed(
        self, reader: SliceReader, ctx: JobContext, timings: Timings
    ) -> Generator[tuple[NDArray[np.uint8], Any, Any]]:
        """All slices of a reader."""
        size = self.settings.median
        single = self.predictor.card.output_channels == 1
        median = SliceMedian(size, 1)
        seeing = seeing_of(reader, self.predictor.card, self.settings.confidence, median=size > 1)
        waiting: deque[tuple[Any, Any]] = deque()
        batches = slice_maps(self.predictor, reader, self.plan, ctx, seeing, timings)
        with closing(batches):
            for maps in batches:
                for hard, heatmap, offsets in zip(maps.probabilities, maps.heatmap, maps.offsets, strict=True):
                    waiting.append((heatmap, offsets))
                    for classes in median.push(hard) if single or size > 1 else [hard[0]]:
                        yield classes, *waiting.popleft()
        for classes in median.flush():
            yield classes, *waiting.popleft()

    def _take(self, pool: SlicePool, ctx: JobContext) -> None:
        runs, class_of = pool.take(ctx.raise_if_cancelled)
        self.numbering.add(runs, class_of)
        self.store.append(runs, class_of)
        done, total = len(self.store), self.reader.count
        ctx.report(Progress(done, total, f"{self.reader.plane}, slice {done} of {total}"))

    def _report(self, ctx: JobContext, timings: Timings) -> None:
        for name in ("reading", "working", "starved", "blocked"):
            ctx.report(Metric(f"seconds/{self.reader.plane}/{name}", self.reader.count, getattr(timings, name)))


def _end_if(stop: threading.Event) -> None:
    if stop.is_set():
        raise Interrupted


def seeing_of(reader: SliceReader, card: ModelCard, confidence: float | None = None, *, median: bool = True) -> Seeing:
    """What is asked of the network for the slices of a reader."""
    divisor = card.divisor[1], card.divisor[2]
    return Seeing(divisor, reader.frame, reader.downsampling, confidence, median)
