"""A trained model at work: from a volume of any size to maps."""

from __future__ import annotations

import math
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
from desktop_app.io.images.checks import tells_not_finite
from desktop_app.ml.data.greys import GreyScale, broken_note, grey_scale
from desktop_app.ml.inference.devices import mixed_precision
from desktop_app.ml.inference.finite import require_finite
from desktop_app.ml.inference.learned_tiles import larger_than_learned, learned_tile
from desktop_app.ml.inference.maps import VoxelMaps
from desktop_app.ml.inference.shortage import until_it_fits
from desktop_app.ml.inference.sweep import Sweep
from desktop_app.ml.inference.tiling import even_tile, fitting_tile, smaller_tile
from desktop_app.ml.networks.normalisation import sees_places_alike
from desktop_app.objects.resampling import Scales, resized_volume

_LARGER_THAN_PATCH = 1.5
"""Edges of a tile over those of the training's patches: a fourth of a tile on each side is seen twice, so that what
counts most is about as large as a patch."""
_LARGEST_OF_PATCH = 2.0
"""Edges of a tile over those of the patches at most, where it makes no difference what else is in a tile: larger ones
see less twice, but no longer fit a processor's cache (measured: a quarter slower at three times)."""
_VOXELS_AT_ONCE = 2**20
"""On a processor, roughly: some hundred MB for a small network, and enough to keep two cores busy. A small tile alone
takes up to eight times as long as one of a pair: below some 20,000 values of a map, counted without its rows, PyTorch
2.13 takes its own convolutions instead of oneDNN's."""
_SHARE_IN_MEMORY = 0.25
"""Of the budget: maps up to this stay in memory; the rest is for grey values and sums of tiles."""
_MOST_BATCH = {2: 32, 3: 4}
"""Tiles at once by dimensions: so many fill a GPU; flat tiles are lighter."""
_MOST_BATCH_CPU = {2: 8, 3: 2}
"""The same for a processor: more only keep the user waiting who wants to stop. In 3D always as many, so that the maps
are the same to the last bit however tiles are grouped."""

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
        members: Further networks, with which this one is used together; on ``device``.
        layer_bytes: Bytes per pixel of its largest layer, once that was measured.
        devices: All places where copies of it may compute, ``device`` first; empty means there alone.
    """

    card: ModelCard
    network: nn.Module
    device: torch.device
    devices: tuple[torch.device, ...] = ()
    layer_bytes: float | None = None
    members: tuple[nn.Module, ...] = ()
    _greys: dict[tuple[int, tuple[int, ...]], tuple[Volume, GreyScale]] = field(default_factory=dict)
    _in_grey: dict[int, tuple[Volume, Volume]] = field(default_factory=dict)
    _resized: dict[tuple[int, Scales], tuple[Volume, Volume]] = field(default_factory=dict)

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
        smaller tiles are used and a note says so; another says where wished ones are larger than the network knows.

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
        if tiling.tile and (note := larger_than_learned(self.card, self._flattened(tiling.tile))) is not None:
            ctx.report(note)
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

        Never larger than the region with its surroundings, rounded up to what the network needs. On a processor it
        shares the region out evenly, unless the network sees a place differently with what else is in the tile.
        """
        usual = self._usual_tile(tiling)
        around = region.expand(_margin(usual), within).shape
        if tiling.tile or self.device.type != "cpu" or not sees_places_alike(self.network):
            return fitting_tile(usual, around, self.card.divisor)
        shared = (int(usual[0] * tiling.overlap), int(usual[1] * tiling.overlap), int(usual[2] * tiling.overlap))
        return even_tile(self._largest_tile(), around, shared, self.card.divisor)

    def _usual_tile(self, tiling: TilingParameters) -> Index3:
        """As wished, else somewhat larger than the patches of the training."""
        return self._flattened(tiling.tile or self._known(_enlarged(self.card.patch_size, _LARGER_THAN_PATCH)))

    def _largest_tile(self) -> Index3:
        """Of the size that suits a processor; patches that are large themselves give the usual tile."""
        patch = self._flattened(self.card.patch_size)
        room = (_VOXELS_AT_ONCE / math.prod(patch)) ** (1 / self.card.dimensions)
        return self._flattened(self._known(_enlarged(patch, max(_LARGER_THAN_PATCH, min(_LARGEST_OF_PATCH, room)))))

    def _known(self, tile: Index3) -> Index3:
        """A tile in which the network has learned what lies around a place."""
        z, y, x = map(min, tile, learned_tile(self.card))
        return z, y, x

    def _flattened(self, size: Index3) -> Index3:
        """One slice for 2D models."""
        return (1, *size[1:]) if self.card.dimensions == 2 else size

    def remember_greys(self, volume: Volume, channels: tuple[int, ...], greys: GreyScale) -> None:
        """Use this grey scale for a volume instead of estimating it."""
        self._greys = {(id(volume.source), channels): (volume, greys)}

    def forward(self, tiles: NDArray[np.float32], maps_of: Callable[[Any], Outputs]) -> NDArray[np.float32]:
        """Maps ``(B, M, Z, Y, X)`` of network input ``(B, C, Z, Y, X)``; 2D models get each slice."""
        values = torch.from_numpy(tiles).to(self.device)
        batch, inputs, depth, height, width = values.shape
        flat = self.card.dimensions == 2
        if batch == 1 and not flat and self._tiles_at_once((depth, height, width)) > 1:
            values = torch.cat([values, values])  # twice in a pair is quicker than once alone, and as elsewhere
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
        result: NDArray[np.float32] = maps[:batch].float().cpu().numpy()
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
        usual = self._usual_tile(tiling)
        shares = [tiling.overlap * min(1.0, known / edge) for known, edge in zip(usual, tile, strict=True)]
        return Sweep(
            volume=volume,
            region=region,
            channels=channels,
            greys=self.greys_of(volume, channels, ctx),
            forward=lambda tiles: self.forward(tiles, outputs.maps_of),
            n_maps=len(outputs.names),
            tile=tile,
            overlap=(shares[0], shares[1], shares[2]),
            margin=_margin((min(tile[0], usual[0]), min(tile[1], usual[1]), min(tile[2], usual[2]))),
            memory_bytes=int(tiling.memory_gb * 2**30 * (1 - _SHARE_IN_MEMORY)),
            batch=self._tiles_at_once(tile),
        )

    def _tiles_at_once(self, tile: Index3) -> int:
        """Tiles of one call of the network."""
        if self.device.type == "cuda":
            return _MOST_BATCH[self.card.dimensions]
        return max(1, min(_MOST_BATCH_CPU[self.card.dimensions], _VOXELS_AT_ONCE // math.prod(tile)))

    def as_seen(self, volume: Volume, channels: tuple[int, ...] | None) -> Volume:
        """The image, as a grey one where it is a colour picture and the recipe takes its brightness."""
        if not takes_brightness(self.card, volume, channels):
            return volume
        key = id(volume.source)
        if key not in self._in_grey:
            self._in_grey.clear()
            self._in_grey[key] = (volume, as_grey(volume))
        return self._in_grey[key][1]

    def resized(self, volume: Volume, scales: Scales) -> Volume:
        """The image with voxels so many times as long (z, y, x); the same one again for previews, which ask often."""
        key = (id(volume.source), scales)
        if key not in self._resized:
            self._resized.clear()
            self._resized[key] = (volume, resized_volume(volume, scales))
        return self._resized[key][1]

    def greys_of(self, volume: Volume, channels: tuple[int, ...], ctx: JobContext) -> GreyScale:
        """The grey scale of a volume; estimated once per volume, because previews ask again and again.

        ``ctx`` is told where grey values are not numbers, unless the notes of the image say so, and may cancel.
        """
        key = (id(volume.source), channels)
        if key not in self._greys:
            self._greys.clear()
            greys = grey_scale(volume, channels, self.card.normalisation, ctx.raise_if_cancelled)
            note = None if tells_not_finite(volume) else broken_note(greys, volume.name or "The image")
            if note is not None:
                ctx.report(note)
            self._greys[key] = (volume, greys)
        return self._greys[key][1]


def _enlarged(size: Index3, factor: float) -> Index3:
    """Edges so many times as long, rounded."""
    return round(size[0] * factor), round(size[1] * factor), round(size[2] * factor)


def _margin(tile: Index3) -> Index3:
    """How much of its surroundings a region needs: a fourth of a tile on each side; nothing of other slices."""
    z, y, x = (0 if edge == 1 else edge // 4 for edge in tile)  # of an edge
    return z, y, x


def _smaller_tiles(tile: Index3) -> str:
    sizes = " × ".join(str(n) for n in tile)
    return f"Memory ran out; going on with smaller tiles of {sizes} voxels."
