"""What the voxel size of an image says about how to run a model on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from desktop_app.core.config.inference import InferenceConfig, RunMode
from desktop_app.core.config.model_card import ModelCard, chosen_mode
from desktop_app.core.imaging import Plane, Volume
from desktop_app.core.recipes.registry import RECIPES, RecipeInfo

_MEDIANS = ((20.0, 3), (10.0, 5), (5.0, 7), (0.0, 9))
_LARGEST_FACTOR = 64
_CUBIC = 1.25
_SQUEEZED = 2.0
_LEAST_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Advice:
    """One setting that would suit an image better than the model's own.

    Attributes:
        group: Where the setting belongs.
        key: Its name; ``mode`` in the group ``mode``.
        value: What is suggested.
        reason: One sentence why.
    """

    group: Literal["mode", "prediction", "decode"]
    key: str
    value: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Settings that suit an image, where they differ from the model's own.

    Attributes:
        advice: One per setting.
    """

    advice: tuple[Advice, ...] = ()

    @property
    def mode(self) -> RunMode | None:
        """The way through the image; None leaves it as it is."""
        return next((advice.value for advice in self.advice if advice.group == "mode"), None)

    @property
    def prediction(self) -> dict[str, Any]:
        """Changes to how the network sees the image."""
        return {advice.key: advice.value for advice in self.advice if advice.group == "prediction"}

    @property
    def decode(self) -> dict[str, Any]:
        """Changes to how objects are made."""
        return {advice.key: advice.value for advice in self.advice if advice.group == "decode"}

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, one sentence each."""
        return tuple(advice.reason for advice in self.advice)


def suggest_prediction(card: ModelCard, volume: Volume, plane: Plane | None = None) -> Suggestion:
    """Settings that suit an image better than the model's own; none for recipes that see an image in one way only.

    Slices thinner than 20 nm are smoothed more, the image is shrunk by the power of two that brings its pixels nearest
    to those of the training, and cubic voxels are looked at from three sides.

    Args:
        card: The model.
        volume: The image.
        plane: The slices that the network sees; None takes those that the model would see by itself.
    """
    info = RECIPES.get(card.recipe)
    if info is None or "downsampling" not in info.prediction.model_fields:
        return Suggestion()
    plane = plane or Plane(card.prediction.get("plane", Plane.XY))
    found = _of_pixels(card, volume, plane)
    if not volume.is_2d and volume.voxel_size.known:
        found += [*_of_thickness(volume, plane), *_of_cubes(volume)]
    return Suggestion(tuple(advice for advice in found if advice.value != _own_value(card, info, advice)))


def hints(card: ModelCard, volume: Volume, config: InferenceConfig) -> list[str]:
    """Sentences on what would suit an image better than what a batch does."""
    mode = chosen_mode(card, config.mode)
    edges = volume.voxel_size.zyx
    squeezed = mode == "ortho" and not volume.is_2d and volume.voxel_size.known and max(edges) > _SQUEEZED * min(edges)
    chosen = {"prediction": {**card.prediction, **config.prediction}, "decode": {**card.decode, **config.decode}}
    times = f"Voxels are {max(edges) / min(edges):.2g} times longer one way than another"
    sentences = [f"{times}: two of three directions see the image squeezed; “Stack” suits it better."] * squeezed
    plane = Plane(chosen["prediction"].get("plane", Plane.XY)) if mode != "ortho" else Plane.XY
    for advice in suggest_prediction(card, volume, plane).advice:
        own = _own_value(card, RECIPES[card.recipe], advice)
        used = mode if advice.group == "mode" else chosen[advice.group].get(advice.key, own)
        if used != advice.value:
            sentences.append(advice.reason)
    return sentences


def _of_pixels(card: ModelCard, volume: Volume, plane: Plane) -> list[Advice]:
    """The factor that brings the pixels of the image nearest to those of the training."""
    if not (volume.voxel_size.known and card.voxel_size.known):
        return []
    edges = volume.voxel_size.converted(card.voxel_size.unit).zyx
    own, learned = (
        math.sqrt(edges[plane.row_axis] * edges[plane.column_axis]),
        math.sqrt(card.voxel_size.y * card.voxel_size.x),
    )
    factor = min(_LARGEST_FACTOR, 2 ** max(0, round(math.log2(learned / own))))
    unit = card.voxel_size.unit
    sizes = f"Pixels are {own:.3g} {unit} wide and the model learned at {learned:.3g} {unit}"
    reason = f"{sizes}: image downsampling {factor}."
    return [Advice("prediction", "downsampling", factor, reason)]


def _of_thickness(volume: Volume, plane: Plane) -> list[Advice]:
    thickness = volume.voxel_size.converted("nm").zyx[plane.depth_axis]
    median = next(size for least, size in _MEDIANS if thickness > least)
    reason = f"Slices are {thickness:.3g} nm thick: median over {median} slices."
    return [Advice("decode", "median", median, reason)]


def _of_cubes(volume: Volume) -> list[Advice]:
    edges = volume.voxel_size.zyx
    if max(edges) > _CUBIC * min(edges) or min(volume.shape) < _LEAST_DEPTH:
        return []
    return [Advice("mode", "mode", "ortho", "Voxels are cubic: three directions find more than one.")]


def _own_value(card: ModelCard, info: RecipeInfo, advice: Advice) -> Any:
    """What the model would do by itself."""
    if advice.group == "mode":
        return info.modes[0].name
    model, values = (info.prediction, card.prediction) if advice.group == "prediction" else (info.decode, card.decode)
    return values.get(advice.key, model.model_fields[advice.key].default)
