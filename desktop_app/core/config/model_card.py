"""``model.json``: everything needed to use trained weights."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from desktop_app.core.config.base import Parameters
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.volume import Volume
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import RECIPES, modes_of

SCHEMA_VERSION: Literal[1] = 1


class Normalisation(Parameters):
    """How grey values become network input.

    ``percentile``: (v - p_low) / (p_high - p_low) per image and channel. ``zscore``: (v - mean) / std. ``range``:
    8-bit values over 255, others (v - p_low) / (p_high - p_low) with percentiles of the image, never the range of the
    data type; then (. - mean) / std, with mean and std as shares of that range. The values are estimated over the
    whole image on a regular subsample, so that tiles of one image agree.
    """

    kind: Literal["percentile", "zscore", "range"] = "percentile"
    low: float = Field(default=1.0, ge=0, le=50)
    high: float = Field(default=99.8, ge=50, le=100)
    mean: float = 0.0
    std: float = Field(default=1.0, gt=0)


class ModelCard(Parameters):
    """A trained model without its weights."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str = Field(min_length=1)
    created: datetime = Field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    description: str = ""
    recipe: str
    recipe_parameters: dict[str, Any] = Field(default_factory=dict)
    network: str
    network_arguments: dict[str, Any] = Field(default_factory=dict)
    dimensions: Literal[2, 3]
    input_channels: int = Field(ge=1)
    output_channels: int = Field(ge=1)
    label_kind: LabelKind = "objects"
    class_names: tuple[str, ...] = ("Object",)
    class_values: tuple[int, ...] = (1,)
    normalisation: Normalisation = Normalisation()
    voxel_size: VoxelSize = VoxelSize.unknown()
    patch_size: tuple[int, int, int]
    divisor: tuple[int, int, int]
    prediction: dict[str, Any] = Field(default_factory=dict)
    decode: dict[str, Any] = Field(default_factory=dict)
    metrics: dict[str, float] = Field(default_factory=dict)
    training: dict[str, Any] = Field(default_factory=dict)
    licence: str = ""
    citation: str = ""
    weights_sha256: str = ""


def require_trainable(card: ModelCard) -> None:
    """Refuse a model that can be used, but from which no training can start.

    Raises:
        UserError: If its network is not one that this version can train.
    """
    if card.network not in NETWORKS:
        raise UserError(
            f"“{card.name}” can be used, but not finetuned.", hint="Start from another model, or from none."
        )


def require_mode(card: ModelCard, mode: str) -> None:
    """Refuse a way through the image that the model was not made for.

    Raises:
        UserError: If the model's recipe has no such mode for its dimensions.
    """
    modes = modes_of(card.recipe, card.dimensions)
    if mode != "auto" and modes and all(mode != m.name for m in modes):
        possible = ", ".join(f"“{m.name}”" for m in modes)
        raise UserError(
            f"“{card.name}” is a {card.dimensions}D model ({card.recipe}) and cannot run in mode “{mode}”.",
            hint=f"Use mode “auto”, or {possible}.",
        )


def takes_brightness(card: ModelCard, volume: Volume, channels: tuple[int, ...] | None = None) -> bool:
    """Whether a colour picture goes into the model as a grey one: the model wants one channel, none was chosen, and
    its recipe has it so.
    """
    recipe = RECIPES.get(card.recipe)
    return volume.rgb and channels is None and card.input_channels == 1 and recipe is not None and recipe.colour
