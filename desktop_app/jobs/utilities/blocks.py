"""Cutting an image into blocks, and putting it together again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from desktop_app.core.config.utilities import BlockCutParameters, BlockMergeParameters
from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.imaging import Region, Volume, VoxelSource
from desktop_app.core.imaging.derived import part_of
from desktop_app.core.imaging.region import Index3
from desktop_app.core.job import JobContext, Progress
from desktop_app.io.atomic import make_folder, write_json
from desktop_app.io.images.formats import ending_of, format_of, with_ending
from desktop_app.io.images.registry import image_stem, open_volume, write_volume
from desktop_app.io.json_files import read_json
from desktop_app.jobs.utilities.base import Made, Utility

PLAN = "blocks.json"
"""Beside the blocks: where each lies, so that they can be put together."""


class CutPlan(BaseModel):
    """Where blocks lie.

    Attributes:
        schema_version: Of this file.
        shape: (Z, Y, X) of the whole.
        starts: First voxel (z, y, x) of each block, by the name of its file.
        affine: Where the whole lies in a scanner.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    shape: Index3
    starts: dict[str, Index3] = Field(min_length=1)
    affine: tuple[tuple[float, float, float, float], ...] | None = None


def _cut(volume: Volume, parameters: BlockCutParameters, folder: Path, ctx: JobContext) -> None:
    """Write all blocks in the format of the image, then the plan: without it they are not whole."""
    edges = [parameters.z_size or volume.shape[0], parameters.y_size, parameters.x_size]
    corners = list(product(*(range(0, n, edge) for n, edge in zip(volume.shape, edges, strict=True))))
    form = format_of(volume.path) if volume.path is not None else None
    ending = ending_of(volume.path) if volume.path is not None and form is not None and form.write else ".tif"
    stem, starts = image_stem(volume.path) if volume.path is not None else volume.name or "image", {}
    make_folder(folder)
    for done, (z, y, x) in enumerate(corners):
        start = z, y, x
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(corners), f"Block {done + 1} of {len(corners)}"))
        stop = [min(a + edge, n) for a, edge, n in zip(start, edges, volume.shape, strict=True)]
        part = part_of(volume, Region(start, (stop[0], stop[1], stop[2])))
        name = f"{stem}_z{start[0]:05}_y{start[1]:05}_x{start[2]:05}"
        path = with_ending(folder / name, ending)
        write_volume(path, part.source, part)
        starts[path.name] = start
    plan = CutPlan(shape=volume.shape, starts=starts, affine=volume.affine)
    write_json(folder / PLAN, plan.model_dump(mode="json"))


@dataclass(frozen=True, slots=True, eq=False)
class MergedSource:
    """The voxels of blocks that lie beside each other.

    Attributes:
        parts: Where each block lies, and its voxels.
        whole: (C, Z, Y, X).
    """

    parts: tuple[tuple[Region, VoxelSource], ...]
    whole: tuple[int, int, int, int]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return self.whole

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return self.parts[0][1].dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``."""
        found = np.zeros(region.shape, self.dtype)
        back = -region.start[0], -region.start[1], -region.start[2]
        for box, source in self.parts:
            common = region.intersect(box)
            if not common.empty:
                own = -box.start[0], -box.start[1], -box.start[2]
                found[common.shift(back).slices] = source.read(channel, common.shift(own))
        return found


def merged(folder: Path) -> Volume:
    """The image that was cut into the blocks of a folder.

    Raises:
        UserError: If it is no such folder, or a block is missing or is not as it was.
    """
    plan = _plan(folder)
    volumes = {name: open_volume(folder / name) for name in plan.starts}
    first = next(iter(volumes.values()))
    boxes: dict[str, Region] = {}
    for name, volume in volumes.items():
        start = plan.starts[name]
        boxes[name] = Region.whole(volume.shape).shift(start)
        if (volume.channels, volume.times, volume.dtype) != (first.channels, first.times, first.dtype):
            raise UserError(
                f"{name} has other channels, time points or grey values than {first.name}.",
                hint="Change all blocks in the same way before they are merged.",
            )
    if sum(box.size for box in boxes.values()) != Region.whole(plan.shape).size:
        raise UserError(
            f"The blocks of {folder.name} do not fill the image that they were cut from.",
            hint="Were some of them cropped or resampled? Blocks must keep their size.",
        )

    def source_at(time: int) -> VoxelSource:
        parts = tuple((boxes[name], volume.at_time(time).source) for name, volume in volumes.items())
        return MergedSource(parts, (first.channels, *plan.shape))

    movie = None if first.movie is None else replace(first.movie, source=source_at)
    return replace(first, source=source_at(0), movie=movie, affine=plan.affine, name=folder.name, path=None, notes=())


def _plan(folder: Path) -> CutPlan:
    path = folder / PLAN
    if not path.exists():
        raise UnreadableFileError(
            folder, f"it has no {PLAN}, which “cut” writes beside the blocks.", hint="Choose the folder of the blocks."
        )
    try:
        return CutPlan.model_validate(read_json(path))
    except (OSError, ValueError) as error:  # what pydantic raises is a ValueError, too
        raise UnreadableFileError(path, "it is damaged.", hint="Cut the image again.", details=str(error)) from error


def _merge(volumes: tuple[Volume, ...], parameters: BlockMergeParameters, ctx: JobContext) -> Made:
    del parameters, ctx
    return Made(volumes[0])


CUT = Utility(
    "cut", "Cut into blocks", "cut", "Cuts an image or labels into blocks that fit together again without a seam.",
    "image", BlockCutParameters, write=_cut,
)  # fmt: skip
MERGE = Utility(
    "merge-blocks", "Merge blocks", "merge-blocks", "Puts the blocks of “cut” together again, voxel by voxel.",
    "folder of blocks", BlockMergeParameters, _merge,
)  # fmt: skip
