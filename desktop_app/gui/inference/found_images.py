"""Looks for images in what the user gave; no Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.imaging.region import Index3
from desktop_app.core.imaging.volume import Volume
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.shown_name import shown_name
from desktop_app.io.images.registry import files_of, is_image_file, one_per_image

_NOT_ALIKE = 0.15  # relative: what differs by less is seen as well by a network; a judgement


@dataclass(frozen=True, slots=True)
class FoundImage:
    """An image that can be opened.

    Attributes:
        path: The file, or the folder of an OME-Zarr image.
        shape: (Z, Y, X).
        channels: Number of channels.
        voxel_size: As the file states it.
        times: Number of time points.
    """

    path: Path
    shape: Index3
    channels: int
    voxel_size: VoxelSize
    times: int = 1

    def differs_from(self, expected: VoxelSize, tolerance: float = _NOT_ALIKE) -> bool:
        """Whether both sizes are known and differ by more than ``tolerance``."""
        known = self.voxel_size.known and expected.known
        return known and not self.voxel_size.same_as(expected, tolerance)


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something that cannot be used, with the reason in a few words.

    Attributes:
        path: The file or folder.
        reason: Why.
        image: Whether it should be an image, but cannot be opened: it stays in the batch, which tries again and lists
            it as failed. All else is left out.
    """

    path: Path
    reason: str
    image: bool = False


def find_images(
    inputs: Iterable[Path], open_volume: Callable[[Path], Volume], ctx: JobContext
) -> tuple[tuple[FoundImage, ...], tuple[Ignored, ...]]:
    """Images among files and folders, each once, and what was left out.

    Args:
        inputs: Files and folders; of a folder without an image the folders inside are searched.
        open_volume: Opens an image lazily.
        ctx: Told of each image.
    """
    candidates, ignored = _candidates(inputs, ctx)
    found: list[FoundImage] = []
    for index, path in enumerate(candidates):
        ctx.raise_if_cancelled()
        ctx.report(Progress(index, len(candidates), f"Looking at {shown_name(path)}"))
        try:
            volume = open_volume(path)
        except UserError as error:
            ignored.append(Ignored(path, error.message.removeprefix(f"Cannot open {shown_name(path)}: "), image=True))
            continue
        found.append(FoundImage(path, volume.shape, volume.channels, volume.voxel_size, volume.times))
    return tuple(found), tuple(ignored)


def found_words(images: Sequence[FoundImage], ignored: Sequence[Ignored]) -> str:
    """How many images the batch has, how many of them will fail, and how many files are left out."""
    damaged = sum(other.image for other in ignored)
    total, left = len(images) + damaged, len(ignored) - damaged
    words = "1 image" if total == 1 else f"{total} images"
    if damaged:
        words += f"; {damaged} cannot be opened and will be listed as failed, unless you remove what is damaged"
    return f"{words}; {left} left out." if left else f"{words}."


def _candidates(inputs: Iterable[Path], ctx: JobContext) -> tuple[list[Path], list[Ignored]]:
    from desktop_app.io.datasets.contents import look_into  # layouts of data sets, which the start does not need
    from desktop_app.io.datasets.folders import search_stopped_by

    images: dict[Path, None] = {}
    ignored: dict[Path, str] = {}
    for path in inputs:
        if not path.exists():
            ignored[path] = "does not exist"
        elif is_image_file(path):
            images[path] = None
        elif path.is_dir():
            with search_stopped_by(ctx.raise_if_cancelled):
                inside = list(look_into(path).every)
            images.update(dict.fromkeys(inside))
            ignored.update(_others(path, inside))
            if not inside:
                ignored[path] = "holds no images"
        else:
            ignored[path] = "is no image that can be read"
    single = one_per_image(images)
    ignored.update({path: _part_of(image) for image in single for path in files_of(image) if path in images})
    return single, [Ignored(path, reason) for path, reason in ignored.items() if path not in single]


def _part_of(image: Path) -> str:
    return f"is read with {image.name}, of which it is a part"


def _others(folder: Path, images: list[Path]) -> dict[Path, str]:
    others = {path: _part_of(image) for image in images for path in files_of(image) if path != image}
    for path in sorted(folder.iterdir()):
        if path in images or path in others or path.name.startswith("."):
            continue
        if not path.is_dir():
            others[path] = "holds the labels of an image" if is_image_file(path) else "is no image that can be read"
        elif not any(path in image.parents for image in images):
            others[path] = "is a folder; add it by itself"
    return others
