"""The jobs that previews and batches start; tests bring their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.imaging.region import Region
from desktop_app.core.imaging.volume import Volume
from desktop_app.core.job import JobContext
from desktop_app.core.labelling.map_layers import MapLayer
from desktop_app.core.recipes.suggestion import Suggestion
from desktop_app.io.images.registry import open_volume
from desktop_app.io.models import import_model, load_card, read_preview

if TYPE_CHECKING:
    from desktop_app.jobs.batch.infer import BatchResult


class Named(Protocol):
    """Labels and what they are."""

    @property
    def labels(self) -> NDArray[np.uint32]:
        """(Z, Y, X)."""

    @property
    def class_of(self) -> dict[int, str]:
        """Class name of each number in them."""

    @property
    def confidence(self) -> dict[int, float]:
        """How sure the model is of each object, 0 to 1; empty where it does not say."""


class Previewer(Protocol):
    """A loaded model that answers quickly."""

    def predict(
        self,
        volume: Volume,
        region: Region,
        mode: str,
        ctx: JobContext,
        prediction: dict[str, Any] | None = None,
        channels: tuple[int, ...] | None = None,
    ) -> Any:
        """The network's maps over ``region``, seen in the way of ``mode`` and ``prediction``: slow."""

    def decode_named(self, maps: Any, parameters: dict[str, Any]) -> Named:
        """Labels from maps: fast."""

    def map_layers(self, maps: Any) -> tuple[MapLayer, ...]:
        """The maps themselves, as layers to look at."""


@dataclass(frozen=True, slots=True)
class InferenceServices:
    """What previews and batches ask of the jobs.

    Attributes:
        load_card: The card of a model.
        read_preview: The picture (Y, X, 3) uint8 of a model, None where there is none.
        open_model: Loads a model for previews on a device, with further ones that it is used together with.
        open_volume: Opens an image lazily.
        run: Runs a batch.
        import_model: Copies a model into a folder of models and returns its place there.
        suggest: What suits an image better than the model's own settings, None for nothing.
    """

    load_card: Callable[[Path], ModelCard]
    read_preview: Callable[[Path], NDArray[np.uint8] | None]
    open_model: Callable[..., Previewer]
    open_volume: Callable[[Path], Volume]
    run: Callable[[InferenceConfig, JobContext], BatchResult]
    import_model: Callable[[Path, Path], Path]
    suggest: Callable[[ModelCard, Volume], Suggestion | None]


def real_services() -> InferenceServices:
    """The jobs of the program, each read when it is first started."""
    return InferenceServices(load_card, read_preview, _open_model, open_volume, _run, import_model, _suggest)


def _open_model(model: Path, device: str, *others: Path) -> Previewer:
    from desktop_app.jobs.batch.preview import PreviewSession

    return PreviewSession(model, device, *others)


def _run(config: InferenceConfig, ctx: JobContext) -> BatchResult:
    from desktop_app.jobs.batch.infer import run_inference

    return run_inference(config, ctx)


def _suggest(card: ModelCard, volume: Volume) -> Suggestion | None:
    from desktop_app.jobs.batch.suggestions import suggest_prediction

    return suggest_prediction(card, volume)
