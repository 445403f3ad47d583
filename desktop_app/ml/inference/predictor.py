"""A trained model at work: from a volume of any size to maps."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from desktop_app.core.config.inference import TilingParameters
from desktop_app.core.config.model_card import ModelCard, require_mode, takes_brightness
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Region, Volume
from desktop_app.core.imaging.grey import as_grey
from desktop_app.core.job import JobContext, Note
from desktop_app.ml.data.greys import GreyScale, grey_scale
from desktop_app.ml.inference.devices import is_out_of_memory, mixed_precision
from desktop_app.ml.inference.maps import ArrayMaps, FileMaps, new_maps
from desktop_app.ml.inference.sweep import Sweep
from desktop_app.ml.inference.tiling import fitting_tile, smaller_tile
from desktop_app.ml.recipes.registry import recipe_named

Mode: TypeAlias = Literal["auto", "slice", "volume"]
_LARGER_THAN_PATCH = 1.5
_SHARE_IN_MEMORY = 0.25
_MOST_BATCH = {"cpu": 1, "cuda": 4}


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
        mode: Mode = "auto",
        *,
        channels: tuple[int, ...] | None = None,
        scratch: Path | None = None,
    ) -> ArrayMaps | FileMaps:
        """Maps of a region of a volume (the whole without one), by overlapping tiles with Gaussian weights.

        Memory stays within ``tiling.memory_gb``; the maps are the same whatever the budget. Where memory runs out,
        smaller tiles are used and a note says so.

        Args:
            volume: The image.
            region: A box of it; its surroundings are read too, so that its rim is right.
            tiling: Tile size, overlap and memory budget.
            ctx: Hears about progress, and may cancel between tiles.
            mode: ``slice`` is only for 2D models, ``volume`` only for 3D ones; ``auto`` fits both.
            channels: Channels of the image to use; None takes the first ones.
            scratch: Folder for large maps; None takes the system's temporary folder.

        Raises:
            UserError: If the image does not fit the model, or memory does not suffice for the smallest tile.
        """
        require_mode(self.card, mode)
        used = self.used_channels(volume, channels)
        whole = region or Region.whole(volume.shape)
        tile = self.tile_for(tiling, whole, volume.shape)
        maps = new_maps(self.map_names, whole.shape, int(tiling.memory_gb * _SHARE_IN_MEMORY * 2**30), scratch)
        try:
            while True:
                try:
                    self._sweep(volume, whole, used, tile, tiling).run(maps, ctx)
                    return maps
                except (RuntimeError, MemoryError) as error:
                    tile = self._after_shortage(error, tile, ctx)
        except BaseException:
            maps.close()
            raise

    @property
    def map_names(self) -> tuple[str, ...]:
        """Names of the maps' channels."""
        return recipe_named(self.card.recipe).map_names(self.card)

    def used_channels(self, volume: Volume, channels: tuple[int, ...] | None) -> tuple[int, ...]:
        """The image's channels that go into the network.

        Raises:
            UserError: If the image has too few, or the choice does not fit.
        """
        needed = self.card.input_channels
        used = channels if channels is not None else tuple(range(needed))
        if len(used) != needed or max(used) >= volume.channels or min(used) < 0:
            name = volume.name or "the image"
            raise UserError(
                f"The model needs {needed} channel{'s' if needed > 1 else ''}, but {name} has {volume.channels}.",
                hint="Choose the channels to use, or another model.",
            )
        return used

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

    def forward(self, tiles: NDArray[np.float32]) -> NDArray[np.float32]:
        """Maps ``(B, M, Z, Y, X)`` of network input ``(B, C, Z, Y, X)``; 2D models get each slice."""
        recipe = recipe_named(self.card.recipe)
        values = torch.from_numpy(tiles).to(self.device)
        with torch.inference_mode(), mixed_precision(self.device):
            if self.card.dimensions == 2:
                batch, inputs, depth, height, width = values.shape
                flat = values.transpose(1, 2).reshape(batch * depth, inputs, height, width)
                maps = recipe.maps(self.network(flat), self.card)
                maps = maps.reshape(batch, depth, -1, height, width).transpose(1, 2)
            else:
                values = values.contiguous(memory_format=torch.channels_last_3d)
                maps = recipe.maps(self.network(values), self.card)
        result: NDArray[np.float32] = maps.float().cpu().numpy()
        return result

    def _sweep(
        self, volume: Volume, region: Region, channels: tuple[int, ...], tile: Index3, tiling: TilingParameters
    ) -> Sweep:
        return Sweep(
            volume=volume,
            region=region,
            channels=channels,
            greys=self.greys_of(volume, channels),
            forward=self.forward,
            n_maps=len(self.map_names),
            tile=tile,
            overlap=tiling.overlap,
            memory_bytes=int(tiling.memory_gb * 2**30 * (1 - _SHARE_IN_MEMORY)),
            batch=_MOST_BATCH.get(self.device.type, 1) * (8 if self.card.dimensions == 2 else 1),
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

    def greys_of(self, volume: Volume, channels: tuple[int, ...]) -> GreyScale:
        """The grey scale of a volume; estimated once per volume, because previews ask again and again."""
        key = (id(volume.source), channels)
        if key not in self._greys:
            self._greys.clear()
            self._greys[key] = (volume, grey_scale(volume, channels, self.card.normalisation))
        return self._greys[key][1]

    def _after_shortage(self, error: BaseException, tile: Index3, ctx: JobContext) -> Index3:
        if not is_out_of_memory(error):
            raise error
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        smaller = smaller_tile(tile, self.card.divisor)
        if smaller is None:
            raise UserError(
                "There is not enough memory even for the smallest tile.",
                hint="Close other programs, or compute on the CPU.",
                details=str(error),
            ) from error
        sizes = " × ".join(str(n) for n in smaller)
        ctx.report(Note("warning", f"Memory ran out; going on with smaller tiles of {sizes} voxels."))
        return smaller
