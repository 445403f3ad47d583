"""Who learns, who is tested: a split by image, or of one image by space; kept with a run.

Labelling more before a run goes on must not move images between those that it learns from and those that check it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import numpy as np

from desktop_app.core.config.class_draw import AS_DRAWN, ClassDraw, SplitPart, draw_for_classes, held_classes
from desktop_app.core.config.dataset import DatasetConfig, DatasetSplitParameters, PairConfig
from desktop_app.core.config.groups import groups_in
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Region
from desktop_app.io.atomic import write_json
from desktop_app.io.disk_state import states_of
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import channel_files
from desktop_app.io.json_files import read_json

_OVERFULL = 1.5  # of what a part lacks: a larger group would make it much larger than wanted
_LEAST_SPECIMENS, _ENOUGH_SPECIMENS = 2, 6
"""Groups that validation has at least, and of how many: one alone may be easier or harder than others."""
_PROBE_SLICES = 32  # looked at to know whether labels are there at all


@dataclass(frozen=True, slots=True)
class ImageSplit:
    """A split by image.

    Attributes:
        parts: Of each pair.
        classes: What of the seed's draw was changed for the classes.
    """

    parts: list[SplitPart]
    classes: ClassDraw = AS_DRAWN


def split_by_image(
    pairs: Sequence[PairConfig],
    split: DatasetSplitParameters,
    holds_labels: Callable[[PairConfig], bool] | None = None,
    classes: Sequence[int] = (),
) -> list[SplitPart]:
    """The part of each pair; see ``draw_images``."""
    return draw_images(pairs, split, holds_labels, classes).parts


def draw_images(
    pairs: Sequence[PairConfig],
    split: DatasetSplitParameters,
    holds_labels: Callable[[PairConfig], bool] | None = None,
    classes: Sequence[int] = (),
) -> ImageSplit:
    """The part of each pair: fixed roles first, then the others by the seed until the shares are met.

    Pairs of a group stay together, also with one of them whose role is fixed, unless the split is by image or there is
    one group only. At least one image always stays for training; with two groups or more, at least one is for
    validation if its share is above 0, and two with six groups or more. Where a class is then in no image that is
    learned from or checked with, and the classes of all images are known, some change places.

    Args:
        pairs: Images with their labels.
        split: Shares and seed, and whether groups stay together.
        holds_labels: Whether anything is labelled in a pair. Where nothing is, an image says little about how well a
            model does, so it is kept aside only if there is no better one. It is asked about as few pairs as possible.
        classes: The label values that are learned as classes; none where labels hold objects, or are not needed.
    """
    parts: list[SplitPart] = ["train" if p.role == "auto" else p.role for p in pairs]
    units = units_of(pairs, split)
    holds = cache(lambda name: holds_labels is None or any(holds_labels(pairs[i]) for i in units[name]))
    free = sorted(name for name in units if all(pairs[i].role == "auto" for i in units[name]))
    free = [free[i] for i in np.random.default_rng(split.seed).permutation(len(free))]
    order = free[::-1]  # units are taken from the end
    _follow_fixed_roles(parts, pairs, units)
    used = sum(part != "unused" for part in parts)
    learning = [name for name in units if any(parts[i] == "train" for i in units[name])]
    several = used >= 2
    wanted: tuple[tuple[SplitPart, float], ...] = (("validation", split.kept_aside), ("test", split.test))
    wished: dict[SplitPart, int] = {}
    for part, share in wanted:
        count = round(share * used)
        if part == "validation" and share > 0 and several:
            count = max(1, count)
        wished[part] = count
        least = _LEAST_SPECIMENS if part == "validation" and count and _ENOUGH_SPECIMENS <= len(units) < used else 0
        while free and len(learning) > 1:
            kept = sum(any(parts[i] == part for i in places) for places in units.values())
            left = count - parts.count(part)
            fitting = [name for name in free if left > 0 and len(units[name]) <= max(1, _OVERFULL * left)]
            if kept >= least and (left <= 0 or (kept and not fitting)):
                break
            usual = median(map(len, units.values())) if kept else 0  # a small one may lack what is hard
            taken = _taken(fitting or [min(free, key=lambda name: abs(len(units[name]) - usual))], learning, holds)
            free.remove(taken)
            learning.remove(taken)
            for i in units[taken]:
                parts[i] = part
    held = held_classes(pairs, units, classes) if split.every_class and classes else None
    return ImageSplit(parts) if held is None else ImageSplit(parts, draw_for_classes(parts, units, held, order, wished))


def units_of(pairs: Sequence[PairConfig], split: DatasetSplitParameters) -> dict[str, list[int]]:
    """The places of the pairs that stay together, by the name that they are sorted by; unused ones are left out."""
    used = [place for place, pair in enumerate(pairs) if pair.role != "unused"]
    groups = groups_in(pairs[place] for place in used)
    if split.by == "image" or len(groups) < 2:
        return {f"{pairs[place].name}\0{place}": [place] for place in used}
    return {name: [used[place] for place in places] for name, places in groups.items()}


def _follow_fixed_roles(parts: list[SplitPart], pairs: Sequence[PairConfig], units: Mapping[str, list[int]]) -> None:
    """Where the user chose a part for some of a group, the rest of it goes there, too: the first that was chosen."""
    for places in units.values():
        chosen = next((parts[i] for i in places if pairs[i].role != "auto"), None)
        for i in places:
            if chosen is not None and pairs[i].role == "auto":
                parts[i] = chosen


def _taken(free: Sequence[str], learning: Sequence[str], holds: Callable[[str], bool]) -> str:
    """The last of ``free`` that holds something, if another one that is learned from does, too."""
    for name in reversed(free):
        if holds(name) and any(holds(other) for other in learning if other != name):
            return name
    return next((name for name in reversed(free) if not holds(name)), free[-1])


@dataclass(frozen=True, slots=True)
class SpaceSplit:
    """Two boxes of one image that never touch."""

    train: Region
    validation: Region


def split_by_space(
    shape: Index3, patch: Index3, share: float, holds_something: Callable[[Region], bool] | None = None
) -> SpaceSplit | None:
    """Cut one image into a training and a validation box with a gap between them.

    The cut lies across the axis that is longest in patches. Where one box would hold nothing, the other end and then
    the other axes are tried.

    Args:
        shape: Size of the image (z, y, x).
        patch: Size of a patch; the gap is a quarter of it.
        share: Share of the image for validation, 0 to 1.
        holds_something: Whether a box holds labels worth having.

    Returns:
        None if the image is too small to cut, or the share is 0.
    """
    if share <= 0:
        return None
    for axis in sorted(range(3), key=lambda a: -shape[a] / patch[a]):
        size = shape[axis]
        gap = max(1, min(patch[axis] // 4, size // 8))  # an eighth of a short image, so that most is left to learn from
        # Half a patch, or a fourth of the image, shows something.
        kept = max(round(size * share), min(size // 4, patch[axis] // 2), 1)
        if size - gap - kept < max(kept, 1):
            continue
        for last in (True, False):
            train, validation = _cut(shape, axis, kept, gap, last)
            if holds_something is None or (holds_something(train) and holds_something(validation)):
                return SpaceSplit(train, validation)
    return None


def _cut(shape: Index3, axis: int, kept: int, gap: int, last: bool) -> tuple[Region, Region]:
    """Training and validation box; the validation box takes ``kept`` voxels at one end of the axis."""
    size = shape[axis]
    train = (0, size - kept - gap) if last else (kept + gap, size)
    validation = (size - kept, size) if last else (0, kept)
    return _box(shape, axis, *train), _box(shape, axis, *validation)


def _box(shape: Index3, axis: int, low: int, high: int) -> Region:
    start, stop = [0, 0, 0], list(shape)
    start[axis], stop[axis] = low, high
    return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))


def holds_labels(pair: PairConfig, dataset: DatasetConfig) -> bool:
    """Whether some slice that counts has labels; at most 32 slices, evenly spread, are looked at.

    Files that cannot be read hold nothing, as do images without labels.
    """
    if pair.labels is None:
        return False
    try:
        labels = open_labels(Path(pair.labels))
        depth, *plane = labels.shape
        counting = np.array([z for z in (range(depth) if pair.slices is None else pair.slices) if z < depth], int)
        some = np.unique(np.linspace(0, counting.size - 1, min(counting.size, _PROBE_SLICES)).round().astype(int))
        for z in counting[some].tolist():
            values = labels.read(Region((z, 0, 0), (z + 1, *plane)))
            if bool(((values > 0) if dataset.unlabelled is None else (values != dataset.unlabelled)).any()):
                return True
    except UserError:
        return False
    return False


@dataclass(frozen=True, slots=True)
class KeptSplit:
    """A split as it was made when the run began.

    Attributes:
        parts: Of each pair.
        states: A code of each pair's files, which changes when one of them does.
        cut: The image that was cut in two, by its place among those to learn from, and how; None if none was.
        shapes: Size (z, y, x) of each image; None of one that is not used. Empty in splits of earlier versions.
    """

    parts: tuple[SplitPart, ...]
    states: tuple[str, ...]
    cut: tuple[int, SpaceSplit] | None = None
    shapes: tuple[Index3 | None, ...] = ()

    def save(self, path: Path) -> None:
        """Write it down.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        cut = None
        if self.cut is not None:
            boxes = {name: (box.start, box.stop) for name, box in _boxes(self.cut[1]).items()}
            cut = {"image": self.cut[0], **boxes}
        write_json(path, {"parts": self.parts, "states": self.states, "cut": cut, "shapes": self.shapes})


def load_split(path: Path, pairs: Sequence[PairConfig]) -> KeptSplit | None:
    """The split of a run; None where none was kept, as by earlier versions, or it belongs to other pairs."""
    try:
        found = read_json(path)
        parts, states, cut = tuple(found["parts"]), tuple(found["states"]), found["cut"]
        if len(parts) != len(pairs) or len(states) != len(pairs):
            return None
        boxes = [Region(tuple(cut[name][0]), tuple(cut[name][1])) for name in ("train", "validation")] if cut else []
        z_y_x = tuple(None if shape is None else (shape[0], shape[1], shape[2]) for shape in found.get("shapes", ()))
        return KeptSplit(parts, states, (int(cut["image"]), SpaceSplit(*boxes)) if cut else None, z_y_x)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def pair_states(pairs: Sequence[PairConfig]) -> tuple[str, ...]:
    """A code of each pair's files; empty where one of them is gone, which opening it will tell if it is used."""
    return tuple(_state(pair) for pair in pairs)


def _state(pair: PairConfig) -> str:
    try:
        named = (Path(text) for text in (pair.image, pair.labels) if text is not None)
        return states_of(file for path in named for file in channel_files(path))
    except OSError:
        return ""


def _boxes(cut: SpaceSplit) -> dict[str, Region]:
    return {"train": cut.train, "validation": cut.validation}
