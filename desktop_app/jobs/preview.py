"""Trying a model on a part of an image: the network once, the decoding as often as a slider moves."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.inference import TilingParameters
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext
from desktop_app.jobs.infer import decode_parameters

_MOST_VOXELS = 64_000_000
_MOST_BYTES_KEPT = 512 * 2**20


@dataclass(frozen=True, slots=True)
class Maps:
    """What the network says of a part of an image.

    Attributes:
        region: The part.
        channels: Names of the maps, for example ``class:Nucleus`` and ``depth``.
        array: ``(C, Z, Y, X) float16``.
    """

    region: Region
    channels: tuple[str, ...]
    array: NDArray[np.float16]


class PreviewSession:
    """A loaded model that keeps its latest maps.

    Args:
        model: Path of the ``.vwmodel``.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    Raises:
        UserError: If the model cannot be used.
    """

    def __init__(self, model: Path | str, device: str = "auto") -> None:
        from desktop_app.ml.inference import load_predictor

        self._predictor: Any = load_predictor(Path(model), device)
        self._kept: OrderedDict[tuple[int, Region, str], tuple[Volume, Maps]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def card(self) -> ModelCard:
        """What the model is."""
        card: ModelCard = self._predictor.card
        return card

    def predict(self, volume: Volume, region: Region, mode: str, ctx: JobContext) -> Maps:
        """Run the network on a part of an image, unless its maps are still there.

        Args:
            volume: The image.
            region: The part; its surroundings are read too.
            mode: ``auto``, ``slice`` or ``volume``.
            ctx: Hears about progress, and may cancel between tiles.

        Raises:
            UserError: If the part is too large or the image does not fit the model.
        """
        region = region.intersect(Region.whole(volume.shape))
        self._check(volume, region)
        key = (id(volume.source), region, mode)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][1]
            source = self._predictor.predict(volume, region, TilingParameters(), ctx, mode)
            try:
                array = source.read(Region.whole(region.shape)).astype(np.float16)
            finally:
                source.close()
            maps = Maps(region, tuple(source.channels), array)
            self._kept[key] = (volume, maps)
            self._drop_oldest()
            return maps

    def decode(self, maps: Maps, parameters: dict[str, Any]) -> NDArray[np.uint32]:
        """Labels ``(Z, Y, X) uint32`` of maps; no network involved.

        Args:
            maps: From ``predict``.
            parameters: Changes to the model's own parameters of decoding.

        Raises:
            UserError: If a parameter is wrong.
        """
        from desktop_app.ml.recipes import recipe_named

        checked = decode_parameters(self.card, parameters)
        recipe = recipe_named(self.card.recipe)
        labels: NDArray[np.uint32] = recipe.decode(maps.array.astype(np.float32), checked, self.card).labels
        return labels

    def _check(self, volume: Volume, region: Region) -> None:
        if region.empty:
            raise UserError("The preview lies outside the image.", hint="Move the view over the image.")
        if region.size > _MOST_VOXELS:
            raise UserError("This part is too large for a preview.", hint="Zoom in, or choose a thinner box.")
        if volume.rgb and self.card.input_channels == 1:
            raise UserError(
                f"{volume.name or 'The image'} is a colour picture (RGB), but the model expects grey images.",
                hint="Save it as a grey image first.",
            )

    def _drop_oldest(self) -> None:
        while len(self._kept) > 1 and sum(m.array.nbytes for _, m in self._kept.values()) > _MOST_BYTES_KEPT:
            self._kept.popitem(last=False)
