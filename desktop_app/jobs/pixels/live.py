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
from desktop_app.jobs.pixels.learn import looking_at, require_two_classes
from desktop_app.jobs.pixels.samples import Looking, aspect_of, class_numbers, samples_of, widths_of
from desktop_app.objects.pixels.forest import PixelForest, Samples

MOST_PIXELS = 2048 * 2048  # of a slice that is looked at: their filters take 0.3 GB
# Of the widest filter, which is half as wide as the things: a Gaussian over the probabilities that takes specks and
# frays away. From bench_assistants.py: Dice of EM 0.45 to 0.49 in slices without strokes; twice as wide eats thin ends.
_EVENED = 0.3
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
    strokes: LabelReader
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
    """

    region: Region
    labels: NDArray[np.uint32]
    pixels: int


@dataclass(slots=True, eq=False)
class LivePixels:
    """Remembers the filters of the slice and the pixels of other slices, so that a stroke costs one learning.

    One request at a time. What it remembers belongs to one image and one meaning of labels.
    """

    _key: tuple[int, int, PixelClasses, Plane] | None = None
    _looking: Looking | None = None
    _box: Region | None = None
    _numbers: NDArray[np.float16] = field(default_factory=lambda: np.zeros((0, 1, 1), np.float16))
    _elsewhere: dict[int, Samples | None] = field(default_factory=dict)
    _crossed: list[int] | None = None

    def propose(self, request: LiveRequest, ctx: JobContext) -> LiveAnswer:
        """The likeliest class of each pixel.

        Raises:
            UserError: If fewer than two classes have strokes, or too much is looked at.
        """
        if request.region.size > MOST_PIXELS:
            raise UserError("Too much is seen at once for a proposal.", hint="Zoom in.")
        looking = self._look(request, ctx)
        samples = self._samples(request, looking, ctx).thinned(request.classes.settings.most_samples)
        forest = PixelForest(samples, 1 + len(request.classes.class_names))
        ctx.raise_if_cancelled()
        labels = self._classes(forest, request)
        placed = np.expand_dims(labels, request.plane.depth_axis)
        return LiveAnswer(request.region, placed, len(samples.classes))

    def _look(self, request: LiveRequest, ctx: JobContext) -> Looking:
        key = id(request.volume.source), id(request.strokes), request.classes, request.plane
        if self._key != key or self._looking is None:
            flat = request.classes.settings.model_copy(update={"volume": False})
            classes = request.classes.model_copy(update={"settings": flat})
            self._looking = replace(looking_at(request.volume, classes, ctx), plane=request.plane)
            self._key, self._box, self._elsewhere, self._crossed = key, None, {}, None
        if self._box != request.region:
            ctx.raise_if_cancelled()
            depth = request.plane.depth_axis
            kinds = [kind.take(0, depth).astype(np.float16) for kind in self._looking.numbers(request.region)]
            self._numbers, self._box = np.stack(kinds), request.region
        return self._looking

    def _samples(self, request: LiveRequest, looking: Looking, ctx: JobContext) -> Samples:
        """The pixels under all strokes: those of this slice anew, those of others as they were last seen."""
        here, shape = request.region.start[request.plane.depth_axis], request.strokes.shape
        self._elsewhere.pop(here, None)
        for depth in self._others(request, here):
            if depth not in self._elsewhere:
                slab = request.plane.slab(shape, depth)
                self._elsewhere[depth] = samples_of(looking, request.strokes, request.classes, ctx, [slab])
        found = [known for known in self._elsewhere.values() if known is not None]
        found += self._of_slice(request, looking, ctx)
        return require_two_classes(found, request.classes)

    def _others(self, request: LiveRequest, here: int) -> list[int]:
        """Other slices with strokes; of many, some spread over them: strokes of another plane cross hundreds."""
        if self._crossed is None:
            self._crossed = []
            for depth in range(request.strokes.shape[request.plane.depth_axis]):
                slab = request.plane.slab(request.strokes.shape, depth)
                if (class_numbers(request.strokes.read(slab), request.classes) >= 0).any():
                    self._crossed.append(depth)
        if here not in self._crossed:
            self._crossed = sorted([*self._crossed, here])
        others = [depth for depth in self._crossed if depth != here]
        return others[:: max(1, math.ceil(len(others) / _MOST_ELSEWHERE))]

    def _of_slice(self, request: LiveRequest, looking: Looking, ctx: JobContext) -> list[Samples]:
        axis = request.plane.depth_axis
        slab = request.plane.slab(request.strokes.shape, request.region.start[axis])
        whole = class_numbers(request.strokes.read(slab), request.classes)
        z, y, x = slab.start
        inside = whole[request.region.shift((-z, -y, -x)).slices].squeeze(axis)
        known = inside >= 0
        found = [Samples(self._numbers[:, known].T.astype(np.float32), inside[known].astype(np.uint8))]
        if np.count_nonzero(whole >= 0) > np.count_nonzero(known):
            others = _Without(request.strokes, request.region)
            outside = samples_of(looking, others, request.classes, ctx, [slab])
            found += [outside] if outside is not None else []
        return found

    def _classes(self, forest: PixelForest, request: LiveRequest) -> NDArray[np.uint32]:
        """Labels of the region, in the order of its two longer axes."""
        height, width = self._numbers.shape[1:]
        step = max(1, math.ceil(math.sqrt(height * width / _LIVE_PIXELS)))
        numbers = self._numbers[:, ::step, ::step]
        found = forest.probabilities(numbers.reshape(len(numbers), -1).T.astype(np.float32))
        coarse = found.reshape(-1, *numbers.shape[1:])
        even = _evened(coarse, request, step)
        likeliest = np.stack([_stretched(one, step)[:height, :width] for one in even]).argmax(0)
        values = (1,) if request.classes.kind == "objects" else request.classes.class_values
        return np.array([0, *values], np.uint32)[likeliest]


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


def _stretched(values: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    from scipy import ndimage

    if step == 1:
        return values
    padded = np.pad(values, ((0, 1), (0, 1)), mode="edge")
    zoom = [(n - 1) * step + 1 for n in padded.shape]
    rows, columns = (np.arange(n) / step for n in zoom)
    places = np.meshgrid(rows, columns, indexing="ij")
    return np.asarray(ndimage.map_coordinates(padded, places, order=1, mode="nearest"), np.float32)
