"""A trained model at work: from a volume of any size to maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.inference import TilingParameters
from desktop_app.core.config.model_card import ModelCard, require_channels, takes_brightness
from desktop_app.core.imaging import Index3, Region, Volume
from desktop_app.core.imaging.grey import as_grey
from desktop_app.core.job import JobContext, Note
from desktop_app.ml.data.greys import GreyScale, broken_note, grey_scale
from desktop_app.ml.inference.devices import mixed_precision
from desktop_app.ml.inference.finite import require_finite
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.inference.shortage import until_it_fits
from desktop_app.ml.inference.sweep import Sweep
from desktop_app.ml.inference.tiling import fitting_tile, smaller_tile

_LARGER_THAN_PATCH = 1.5
"""Edges of a tile over those of the training's patches: a fourth of a tile on each side is seen twice, so that what
counts most is about as large as a patch."""
_SHARE_IN_MEMORY = 0.25
"""Of the budget: maps up to this stay in memory; the rest is for grey values and sums of tiles."""
_MOST_BATCH = {"cpu": 1, "cuda": 4}
"""Volumes at once: a CPU is busy with one, four fill a GPU."""
_SLICES_FOR_A_VOLUME = 8
"""Flat tiles are so many times lighter."""

Outputs: TypeAlias = torch.Tensor | Sequence[torch.Tensor]


@dataclass(frozen=True, slots=True)
class VoxelOutputs:
    """What is kept of the outputs of a network that speaks of each voxel.

    Attributes:
        names: Names of the maps, one per channel.
        maps_of: From the outputs, in whatever form the network gives them, to maps ``(B, M, [Z,] Y, X)``, one tensor
            or several whose channels follow each other.
    """

    names: tuple[str, ...]
    maps_of: Callable[[Any], Outputs]


@dataclass(slots=True)
class Predictor:
    """A network with its card, ready to predict. Not for use by two threads at once.

    Attributes:
        card: What the model is.
        network: With trained weights, on ``device``.
        device: Where it computes.
        layer_bytes: Bytes per pixel of its largest layer, once that was measured.
        devices: All places where copies of it may compute, ``device`` first; empty means there alone.
    """

    card: ModelCard
    network: nn.Module
    device: torch.device
    devices: tuple[torch.device, ...] = ()
    layer_bytes: float | None = None
    _greys: dict[tuple[int, tuple[int, ...]], tuple[Volume, GreyScale]] = field(default_factory=dict)
    _in_grey: dict[int, tuple[Volume, Volume]] = field(default_factory=dict)

    def predict(
        self,
        volume: Volume,
        region: Region | None,
        tiling: TilingParameters,
        ctx: JobContext,
        *,
        outputs: VoxelOutputs,
        channels: tuple[int, ...] | None = None,
        scratch: Path | None = None,
    ) -> VoxelMaps:
        """Maps of a region of a volume (the whole without one), by overlapping tiles with Gaussian weights.

        Memory stays within ``tiling.memory_gb``; the maps are the same whatever the budget. Where memory runs out,
        smaller tiles are used and a note says so.

        Args:
            volume: The image.
            region: A box of it; its surroundings are read too, so that its rim is right.
            tiling: Tile size, overlap and memory budget.
            ctx: Hears about progress, and may cancel between tiles.
            outputs: What is kept of the network's outputs.
            channels: Channels of the image to use; None takes the first ones.
            scratch: Folder for large maps; None takes the system's temporary folder.

        Raises:
            UserError: If the image does not fit the model, or memory does not suffice for the smallest tile.
        """
        used = require_channels(self.card, volume, channels)
        whole = region or Region.whole(volume.shape)
        most = int(tiling.memory_gb * _SHARE_IN_MEMORY * 2**30)
        maps = VoxelMaps.room(outputs.names, whole.shape, most, scratch)
        try:
            until_it_fits(
                lambda tile: self._sweep(volume, whole, used, tile, tiling, outputs, ctx).run(maps, ctx),
                self.tile_for(tiling, whole, volume.shape),
                lambda tile: smaller_tile(tile, self.card.divisor),
                self.device,
                tell=lambda tile: ctx.report(Note("warning", _smaller_tiles(tile))),
                hint="Close other programs, or compute on the CPU.",
            )
        except BaseException:
            maps.close()
            raise
        return maps

    def tile_for(self, tiling: TilingParameters, region: Region, within: Index3) -> Index3:
        """The tile for a region of a volume: as wished, else somewhat larger than the patches of the training.

        Never larger than the region with its surroundings, rounded up to what the network needs.
        """
        z, y, x = tiling.tile or tuple(round(n * _LARGER_THAN_PATCH) for n in self.card.patch_size)
        wanted = (1 if self.card.dimensions == 2 else z, y, x)
        margin = tuple(0 if n == 1 else n // 4 for n in wanted)
        around = region.expand((margin[0], margin[1], margin[2]), within)
        return fitting_tile(wanted, around.shape, self.card.divisor)

    def remember_greys(self, volume: Volume, channels: tuple[int, ...], greys: GreyScale) -> None:
        """Use this grey scale for a volume instead of estimating it."""
        self._greys = {(id(volume.source), channels): (volume, greys)}

    def forward(self, tiles: NDArray[np.float32], maps_of: Callable[[Any], Outputs]) -> NDArray[np.float32]:
        """Maps ``(B, M, Z, Y, X)`` of network input ``(B, C, Z, Y, X)``; 2D models get each slice."""
        values = torch.from_numpy(tiles).to(self.device)
        batch, inputs, depth, height, width = values.shape
        flat = self.card.dimensions == 2
        if flat:
            values = values.transpose(1, 2).reshape(batch * depth, inputs, height, width)
        else:
            values = values.contiguous(memory_format=torch.channels_last_3d)
        with torch.inference_mode(), mixed_precision(self.device):
            found = maps_of(self.network(values))
        maps = found if isinstance(found, torch.Tensor) else torch.cat(tuple(found), dim=1)
        if flat:
            maps = maps.reshape(batch, depth, -1, height, width).transpose(1, 2)
        require_finite(maps)
        result: NDArray[np.float32] = maps.float().cpu().numpy()
        return result

    def _sweep(
        self,
        volume: Volume,
        region: Region,
        channels: tuple[int, ...],
        tile: Index3,
        tiling: TilingParameters,
        outputs: VoxelOutputs,
        ctx: JobContext,
    ) -> Sweep:
        return Sweep(
            volume=volume,
            region=region,
            channels=channels,
            greys=self.greys_of(volume, channels, ctx),
            forward=lambda tiles: self.forward(tiles, outputs.maps_of),
            n_maps=len(outputs.names),
            tile=tile,
            overlap=tiling.overlap,
            memory_bytes=int(tiling.memory_gb * 2**30 * (1 - _SHARE_IN_MEMORY)),
            batch=_MOST_BATCH.get(self.device.type, 1) * (_SLICES_FOR_A_VOLUME if self.card.dimensions == 2 else 1),
        )

    def as_seen(self, volume: Volume, channels: tuple[int, ...] | None) -> Volume:
        """The image, as a grey one where it is a colour picture and the recipe takes its brightness."""
        if not takes_brightness(self.card, volume, channels):
            return volume
        key = id(volume.source)
        if key not in self._in_grey:
            self._in_grey.clear()
            self._in_grey[key] = (volume, as_grey(volume))
        return self._in_grey[key][1]

    def greys_of(self, volume: Volume, channels: tuple[int, ...], ctx: JobContext) -> GreyScale:
        """The grey scale of a volume; estimated once per volume, because previews ask again and again.

        ``ctx`` is told where grey values are not numbers, and may cancel.
        """
        key = (id(volume.source), channels)
        if key not in self._greys:
            self._greys.clear()
            greys = grey_scale(volume, channels, self.card.normalisation, ctx.raise_if_cancelled)
            note = broken_note(greys, volume.name or "The image")
            if note is not None:
                ctx.report(note)
            self._greys[key] = (volume, greys)
        return self._greys[key][1]


def _smaller_tiles(tile: Index3) -> str:
    sizes = " × ".join(str(n) for n in tile)
    return f"Memory ran out; going on with smaller tiles of {sizes} voxels."
