"""A proposal from strokes on the slice that is looked at, again and again while they are painted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.pixels import PixelClasses
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.job import JobContext
from desktop_app.core.labelling.layers import LabelReader
from desktop_app.core.labelling.store import LabelStore
from desktop_app.jobs.pixels.learn import looking_at, require_two_classes
from desktop_app.jobs.pixels.samples import Looking, aspect_of, class_numbers, samples_of, widths_of
from desktop_app.jobs.pixels.slices import KeptSlices
from desktop_app.objects.pixels.filters import enlarged, reach
from desktop_app.objects.pixels.forest import PixelForest, Samples

MOST_PIXELS = 2048 * 2048  # of a slice that is looked at: their filters take 0.3 GB
# Of the widest filter, which is half as wide as the things: a Gaussian over the probabilities that takes specks and
# frays away. From bench_assistants.py: Dice of EM is 0.48 with this and 0.49 with 0.5, which eats corners.
_EVENED = 0.4
_BESIDE = 0.5  # what each of the slices on both sides counts beside the one that is looked at
_MOST_ELSEWHERE = 24  # slices whose strokes are learned from besides the one that is looked at: 0.5 s to begin with
_LIVE_PIXELS = 100_000  # that the forest is asked of: 0.2 s; what lies between them is interpolated


@dataclass(frozen=True, slots=True, eq=False)
class LiveRequest:
    """What to propose for.

    Attributes:
        volume: The image.
        strokes: Its labels.
        region: A box of one slice.
        classes: What labels mean.
        plane: The plane of the slice.
    """

    volume: Volume
    strokes: LabelStore
    region: Region
    classes: PixelClasses
    plane: Plane = Plane.XY


@dataclass(frozen=True, slots=True, eq=False)
class LiveAnswer:
    """A proposal.

    Attributes:
        region: Where it lies.
        labels: (Z, Y, X) uint32: class values, 1 for objects; 0 is background.
        pixels: How many pixels were learned from.
        refinable: Whether the slices on both sides have more to say.
    """

    region: Region
    labels: NDArray[np.uint32]
    pixels: int
    refinable: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Learned:
    """What the latest proposal was made with, to be refined.

    Attributes:
        request: Where.
        forest: What was learned.
        pixels: How many pixels it was learned from.
        coarse: Probabilities (classes, rows, columns) of the grid.
    """

    request: LiveRequest
    forest: PixelForest
    pixels: int
    coarse: NDArray[np.float32]


@dataclass(slots=True, eq=False)
class LivePixels:
    """Remembers what is around the pixels of slices, so that a stroke costs one learning.

    One request at a time. What it remembers belongs to one image and one meaning of labels.
    """

    _key: tuple[int, int, PixelClasses, Plane] | None = None
    _looking: Looking | None = None
    _slices: KeptSlices = field(default_factory=KeptSlices)
    _elsewhere: dict[int, Samples | None] = field(default_factory=dict)
    _crossed: set[int] | None = None
    _learned: _Learned | None = None
    _edits: list[Region] = field(default_factory=list)

    def on_edit(self, region: Region) -> None:
        """Labels have changed in a box; may be called while a request runs."""
        self._edits.append(region)

    def get_ready(self, request: LiveRequest, ctx: JobContext) -> None:
        """Look at the slice and for strokes before the first proposal, and read what learns: it comes at once then.

        Raises:
            JobCancelled: When asked to stop.
        """
        from sklearn import ensemble

        del ensemble
        if request.region.size <= MOST_PIXELS:
            looking = self._look(request, ctx)  # first: it may begin with other slices
            self._slices.numbers(looking, _box(request), ctx)
            self._others(request, ctx)

    def propose(self, request: LiveRequest, ctx: JobContext) -> LiveAnswer:
        """The likeliest class of each pixel, by what is around it in its slice.

        Raises:
            UserError: If fewer than two classes have strokes, or too much is looked at.
        """
        if request.region.size > MOST_PIXELS:
            raise UserError("Too much is seen at once for a proposal.", hint="Zoom in.")
        looking = self._look(request, ctx)
        samples = self._samples(request, looking, ctx).thinned(request.classes.settings.most_samples)
        forest = PixelForest(samples, 1 + len(request.classes.class_names))
        ctx.raise_if_cancelled()
        coarse = self._probabilities(forest, request, looking, ctx)
        self._learned = _Learned(request, forest, len(samples.classes), coarse)
        return _answer(self._learned, coarse, refinable=bool(_beside(request)))

    def refine(self, request: LiveRequest, ctx: JobContext) -> LiveAnswer | None:
        """The latest proposal again, by what is in the slices on both sides, too; None if it was for something else.

        Things go on from slice to slice where slices are thinner than what is looked at, and noise does not: Dice of EM
        from 0.48 to 0.53 (tests/benchmarks/bench_assistants.py).
        """
        learned = self._learned
        if learned is None or learned.request is not request:
            return None
        looking, total, weight = self._look(request, ctx), learned.coarse, 1.0
        for beside in _beside(request):
            total = total + _BESIDE * self._probabilities(learned.forest, beside, looking, ctx)
            weight += _BESIDE
        return _answer(learned, total / np.float32(weight), refinable=False)

    def _look(self, request: LiveRequest, ctx: JobContext) -> Looking:
        key = id(request.volume.source), id(request.strokes), request.classes, request.plane
        if self._key != key or self._looking is None:
            flat = request.classes.settings.model_copy(update={"volume": False})
            classes = request.classes.model_copy(update={"settings": flat})
            self._looking = replace(looking_at(request.volume, classes, ctx), plane=request.plane)
            self._key, self._slices, self._elsewhere, self._crossed = key, KeptSlices(), {}, None
        return self._looking

    def _samples(self, request: LiveRequest, looking: Looking, ctx: JobContext) -> Samples:
        """The pixels under all strokes: those of this slice anew, those of others as they were last seen."""
        shape = request.strokes.shape
        for depth in self._others(request, ctx):
            if depth not in self._elsewhere:
                slab = request.plane.slab(shape, depth)
                self._elsewhere[depth] = samples_of(looking, request.strokes, request.classes, ctx, [slab])
        here = request.region.start[request.plane.depth_axis]
        self._elsewhere.pop(here, None)
        self._crossed = {*(self._crossed or ()), here}
        found = [known for known in self._elsewhere.values() if known is not None]
        found += self._of_slice(request, looking, ctx)
        return require_two_classes(found, request.classes)

    def _others(self, request: LiveRequest, ctx: JobContext) -> list[int]:
        """Other slices with strokes; of many, some spread over them: strokes of another plane cross hundreds."""
        here = request.region.start[request.plane.depth_axis]
        others = sorted(self._with_strokes(request, ctx) - {here})
        return others[:: max(1, math.ceil(len(others) / _MOST_ELSEWHERE))]

    def _with_strokes(self, request: LiveRequest, ctx: JobContext) -> set[int]:
        """Slices that have strokes, as far as is known."""
        axis, edits = request.plane.depth_axis, len(self._edits)
        if self._crossed is None:
            found = set()
            inside = tuple(other for other in range(3) if other != axis)
            for piece in request.strokes.pieces():
                ctx.raise_if_cancelled()
                labels = request.strokes.read(piece)
                if labels.any():
                    known = class_numbers(labels, request.classes) >= 0
                    found.update((np.flatnonzero(known.any(inside)) + piece.start[axis]).tolist())
            self._crossed = found
        for region in self._edits[:edits]:
            touched = range(region.start[axis], region.stop[axis])
            self._crossed.update(touched)
            for depth in touched:
                self._elsewhere.pop(depth, None)
        del self._edits[:edits]
        return self._crossed

    def _of_slice(self, request: LiveRequest, looking: Looking, ctx: JobContext) -> list[Samples]:
        axis, box = request.plane.depth_axis, _box(request)
        slab = request.plane.slab(request.strokes.shape, request.region.start[axis])
        whole = class_numbers(request.strokes.read(slab), request.classes)
        z, y, x = slab.start
        inside = whole[box.shift((-z, -y, -x)).slices].squeeze(axis)
        rows, columns = np.nonzero(inside >= 0)
        numbers = self._slices.numbers(looking, box, ctx).at(rows, columns)
        found = [Samples(numbers, inside[rows, columns].astype(np.uint8))]
        if np.count_nonzero(whole >= 0) > len(rows):
            outside = samples_of(looking, _Without(request.strokes, box), request.classes, ctx, [slab])
            found += [outside] if outside is not None else []
        return found

    def _probabilities(
        self, forest: PixelForest, request: LiveRequest, looking: Looking, ctx: JobContext
    ) -> NDArray[np.float32]:
        """Of each class, on a grid over the region: (classes, rows, columns)."""
        box = _box(request)
        rows, columns = _grid(request, box)
        numbers = self._slices.numbers(looking, box, ctx).grid(rows, columns)
        ctx.raise_if_cancelled()
        found = forest.probabilities(numbers.reshape(len(numbers), -1).T)
        return found.reshape(-1, *numbers.shape[1:])


def _box(request: LiveRequest) -> Region:
    """What is looked at for a region: its whole slice, so that moving and zooming cost nothing; of a large one a part.

    That reaches as far beyond the region as filters do.
    """
    axis = request.plane.depth_axis
    slab = request.plane.slab(request.volume.shape, request.region.start[axis])
    if slab.size <= MOST_PIXELS:
        return slab
    margin = [reach(widths_of(request.classes.settings))] * 3
    margin[axis] = 0
    return request.region.expand((margin[0], margin[1], margin[2]), request.volume.shape)


def _step(region: Region) -> int:
    """From one pixel that the forest is asked of to the next."""
    return max(1, math.ceil(math.sqrt(region.size / _LIVE_PIXELS)))


def _grid(request: LiveRequest, box: Region) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the box that the forest is asked of."""
    rows, columns = (
        np.arange(request.region.start[axis] - box.start[axis], request.region.stop[axis] - box.start[axis])
        for axis in range(3)
        if axis != request.plane.depth_axis
    )
    step = _step(request.region)
    return rows[::step], columns[::step]


def _beside(request: LiveRequest) -> list[LiveRequest]:
    """The same place in the slices on both sides, where those are near enough for things to go on."""
    axis, volume = request.plane.depth_axis, request.volume
    if aspect_of(volume)[axis] > max(widths_of(request.classes.settings)):
        return []
    offsets = [[by * (a == axis) for a in range(3)] for by in (-1, 1)]
    regions = [request.region.shift((z, y, x)) for z, y, x in offsets]
    whole = Region.whole(volume.shape)
    return [replace(request, region=region) for region in regions if region.intersect(whole) == region]


def _answer(learned: _Learned, coarse: NDArray[np.float32], *, refinable: bool) -> LiveAnswer:
    """Labels of the region from probabilities of the grid."""
    request, step = learned.request, _step(learned.request.region)
    height, width = (n for axis, n in enumerate(request.region.shape) if axis != request.plane.depth_axis)
    likeliest = np.stack([enlarged(one, step, (height, width)) for one in _evened(coarse, request, step)]).argmax(0)
    values = (1,) if request.classes.kind == "objects" else request.classes.class_values
    labels = np.array([0, *values], np.uint32)[likeliest]
    return LiveAnswer(request.region, np.expand_dims(labels, request.plane.depth_axis), learned.pixels, refinable)


@dataclass(frozen=True, slots=True)
class _Without:
    """Labels, empty within a box."""

    labels: LabelReader
    box: Region

    @property
    def shape(self) -> Index3:
        return self.labels.shape

    def read(self, region: Region) -> NDArray[np.uint32]:
        found = self.labels.read(region)
        common = self.box.intersect(region)
        if not common.empty:
            z, y, x = region.start
            found[common.shift((-z, -y, -x)).slices] = 0
        return found


def _evened(coarse: NDArray[np.float32], request: LiveRequest, step: int) -> NDArray[np.float32]:
    """Probabilities (classes, rows, columns) that agree with their surroundings, fine against the things looked for."""
    from scipy import ndimage

    edges = [edge for axis, edge in enumerate(aspect_of(request.volume)) if axis != request.plane.depth_axis]
    width = max(widths_of(request.classes.settings)) * _EVENED
    return np.asarray(ndimage.gaussian_filter(coarse, (0, *(width / edge / step for edge in edges)), mode="nearest"))
