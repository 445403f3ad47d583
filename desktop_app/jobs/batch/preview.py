"""Trying a model on a part of an image: the network once, the decoding as often as a slider moves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.inference import InferenceConfig, TilingParameters
from desktop_app.core.config.model_card import ModelCard, require_channels
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.region import slabs
from desktop_app.core.job import JobContext, RecordingContext
from desktop_app.core.labelling.map_layers import MapLayer
from desktop_app.core.recently_used import recently_used
from desktop_app.jobs.batch.infer import decode_parameters
from desktop_app.objects.confidence import ConfidenceMeter

_USUAL_TILING = TilingParameters()
_MOST_VOXELS = 64_000_000  # of a box: bounds the memory of a preview; more is a batch
_MOST_BYTES_KEPT = 512 * 2**20  # maps of earlier previews, so that going back costs nothing
_MOST_LABELS_KEPT = 64 * 2**20  # labels of earlier positions of the sliders


@dataclass(frozen=True, slots=True)
class PreviewMaps:
    """What the network says of a part of an image.

    Attributes:
        region: The part.
        channels: Names of the maps, for example ``class:Nucleus`` and ``depth``.
        content: As the recipe's ``decode`` takes it; has ``nbytes``.
    """

    region: Region
    channels: tuple[str, ...]
    content: Any


@dataclass(frozen=True, slots=True)
class PreviewLabels:
    """Labels of a part of an image.

    Attributes:
        labels: ``(Z, Y, X) uint32``; not to be changed.
        class_of: Class name of each object, or of each class value.
        confidence: How sure the model is of each object, 0 to 1, where it says so.
    """

    labels: NDArray[np.uint32]
    class_of: dict[int, str]
    confidence: dict[int, float] = field(default_factory=dict)


class PreviewSession:
    """A loaded model that keeps its latest maps.

    Args:
        model: Path of the ``.vwmodel``.
        device: ``auto``, ``all``, ``cpu``, ``cuda`` or ``cuda:N``.
        others: Further models that it is used together with.

    Raises:
        UserError: If the model cannot be used.
    """

    def __init__(self, model: Path | str, device: str = "auto", *others: Path) -> None:
        from desktop_app.ml.inference import load_predictor

        self._predictor: Any = load_predictor(Path(model), device, others)
        self._kept = recently_used(_MOST_BYTES_KEPT, _bytes_of_maps)
        self._decoded = recently_used(_MOST_LABELS_KEPT, _bytes_of_labels)
        self._lock, self._looking = threading.Lock(), threading.Lock()

    @property
    def card(self) -> ModelCard:
        """What the model is."""
        card: ModelCard = self._predictor.card
        return card

    def predict(
        self,
        volume: Volume,
        region: Region,
        mode: str,
        ctx: JobContext,
        prediction: dict[str, Any] | None = None,
        channels: tuple[int, ...] | None = None,
        tiling: TilingParameters = _USUAL_TILING,
    ) -> PreviewMaps:
        """Run the network on a part of an image, unless its maps are still there.

        Args:
            volume: The image.
            region: The part; its surroundings are read too.
            mode: ``auto``, or one of the model's modes.
            ctx: Hears about progress, and may cancel while the network computes.
            prediction: Changes to the model's own parameters of how the network sees the image.
            channels: Channels of the image to use; None takes the first ones.
            tiling: Tiles and the memory budget.

        Raises:
            UserError: If the part is too large or the image does not fit the model.
        """
        from desktop_app.ml.inference.engine import InferencePlan
        from desktop_app.ml.recipes.registry import recipe_named

        region = region.intersect(Region.whole(volume.shape))
        self._check(volume, region, channels)
        config = InferenceConfig.model_validate(
            {
                "model": "", "inputs": (), "output": "", "mode": mode, "prediction": prediction or {},
                "channels": channels, "tiling": tiling,
            }
        )  # fmt: skip
        plan = InferencePlan.of(self.card, config)
        key = (id(volume.source), region, plan.mode, plan.prediction.model_dump_json(), channels, tiling)
        with self._lock:
            if key in self._kept:
                return self._kept[key][1]
            content = recipe_named(self.card.recipe).engine.predict(self._predictor, volume, region, plan, ctx)
            maps = PreviewMaps(region, content.channels, content)
            self._kept[key] = (volume, maps)
            return maps

    def decode(self, maps: PreviewMaps, parameters: dict[str, Any]) -> NDArray[np.uint32]:
        """Labels ``(Z, Y, X) uint32`` of maps, as ``decode_named``."""
        return self.decode_named(maps, parameters).labels

    def decode_named(self, maps: PreviewMaps, parameters: dict[str, Any]) -> PreviewLabels:
        """Labels of maps with their classes; no network involved. The latest are kept and are not to be changed.

        Args:
            maps: From ``predict``.
            parameters: Changes to the model's own parameters of decoding.

        Raises:
            UserError: If a parameter is wrong.
        """
        from desktop_app.ml.inference.engine import Room
        from desktop_app.ml.recipes.registry import recipe_named

        checked = decode_parameters(self.card, parameters)
        key = (id(maps.content), checked.model_dump_json())
        with self._looking:
            if key in self._decoded:
                return self._decoded[key][1]
        engine, unheard = recipe_named(self.card.recipe).engine, RecordingContext()
        stream = engine.decode(maps.content, checked, self.card, Room(), unheard)
        likely = stream.likely if stream.counts else None
        with closing(stream):
            labels = _joined(stream)
            sure = {} if likely is None else _confidence(labels, likely)
        found = PreviewLabels(labels, stream.class_of, sure)
        with self._looking:
            self._decoded[key] = (maps, found)
        return found

    def looked_at(self, maps: PreviewMaps) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """Labels of maps by the model's own parameters, and how likely each voxel belongs to something.

        Returns:
            ``(Z, Y, X) uint32``, and ``(Z, Y, X) float32`` from 0 to 1; 1 within labels where the model does not say.
        """
        from desktop_app.ml.inference.engine import Room
        from desktop_app.ml.recipes.registry import recipe_named

        engine, unheard = recipe_named(self.card.recipe).engine, RecordingContext()
        stream = engine.decode(maps.content, decode_parameters(self.card, {}), self.card, Room(), unheard)
        with closing(stream):
            labels = _joined(stream)
            if stream.likely is None:
                return labels, (labels > 0).astype(np.float32)
            return labels, stream.likely(Region.whole(maps.content.shape))

    def map_layers(self, maps: PreviewMaps) -> tuple[MapLayer, ...]:
        """What the network says, as layers to look at; none where the recipe shows none."""
        from desktop_app.ml.recipes.registry import recipe_named

        return recipe_named(self.card.recipe).map_layers(maps.content)

    def _check(self, volume: Volume, region: Region, channels: tuple[int, ...] | None) -> None:
        if region.empty:
            raise UserError("The preview lies outside the image.", hint="Move the view over the image.")
        if region.size > _MOST_VOXELS:
            raise UserError("This part is too large for a preview.", hint="Zoom in, or choose a thinner box.")
        require_channels(self.card, volume, channels)


def _joined(stream: Any) -> NDArray[np.uint32]:
    """All labels ``(Z, Y, X) uint32`` of a stream."""
    parts = [labels for _, labels in stream.slabs]
    return np.asarray(parts[0] if len(parts) == 1 else np.concatenate(parts))


def _confidence(labels: NDArray[np.uint32], likely: Callable[[Region], NDArray[np.float32]]) -> dict[int, float]:
    """Slab by slab, of maps that are still there."""
    z, y, x = labels.shape
    meter = ConfidenceMeter()
    for slab in slabs((z, y, x)):
        meter.add(labels[slab.slices], likely(slab))
    return meter.means()


def _bytes_of_maps(kept: tuple[Volume, PreviewMaps]) -> int:
    return int(kept[1].content.nbytes)


def _bytes_of_labels(kept: tuple[PreviewMaps, PreviewLabels]) -> int:
    return kept[1].labels.nbytes
