"""``model.json``: everything needed to use trained weights."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field, PositiveInt, ValidationError

from desktop_app.core.config.base import Parameters
from desktop_app.core.config.inference import RunMode
from desktop_app.core.errors import UserError
from desktop_app.core.imaging.volume import Volume, counted_channels, missing_channel
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.labelling.scheme import LabelKind
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import RECIPES, modes_of

SCHEMA_VERSION: Literal[1] = 1  # of the file; counts up when an older program could not read it
MOST_CHANNELS = 4096  # far above any image or set of classes, and a first layer of them still fits into memory


class Normalisation(Parameters):
    """How grey values become network input.

    ``percentile``: (v - p_low) / (p_high - p_low) per image and channel. ``zscore``: (v - mean) / std. ``range``:
    8-bit values over 255, others (v - p_low) / (p_high - p_low) with percentiles of the image, never the range of the
    data type; then (. - mean) / std, with mean and std as shares of that range. ``stretched``: the same with
    percentiles whatever the data type, so that an image gives the same input however it is stored. ``clipped``: v
    itself, cut at the percentiles, as some published networks learned it. The values are estimated over the whole image
    on a regular subsample, so that tiles of one image agree.

    Attributes:
        flat: Whether places where all voxels are equal count, such as the black that fills up a stitched or turned
            image. Where not, they change nothing for the rest, and are no darker than the darkest of it.
        least_span: What becomes 1, or the range, is at least so many times the noise of the image; 0 for no such
            bound. Otherwise the noise of a picture with nothing in it would reach from black to white.
    """

    kind: Literal["percentile", "zscore", "range", "stretched", "clipped"] = "percentile"
    low: float = Field(default=1.0, ge=0, le=50)
    high: float = Field(default=99.8, ge=50, le=100)
    mean: float = Field(default=0.0, allow_inf_nan=False)
    std: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    flat: bool = True
    least_span: float = Field(default=0.0, ge=0, allow_inf_nan=False)


LEAST_SPAN = 12.0
"""For new models, in units of the noise. Of noise alone, percentiles 1 to 99.8 span 6; of 30 public images it was 12 or
more in electron microscopy and 30 or more in fluorescence, so that only emptiness and the noisiest pictures change. In
trials 51 false pixels in an empty picture became 0; 25 was no better there, and worse in noisy pictures."""


def new_scale(**settings: Any) -> Normalisation:
    """The grey scale of a new model: neither black around a picture nor its noise decides."""
    return Normalisation(flat=False, least_span=LEAST_SPAN, **settings)


class ModelCard(Parameters):
    """A trained model without its weights.

    Attributes:
        object_diameter: Of a usual object as the network saw it, in pixels (x); None where that was not measured.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str = Field(min_length=1)
    created: datetime = Field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    description: str = ""
    recipe: str
    recipe_parameters: dict[str, Any] = Field(default_factory=dict)
    network: str
    network_arguments: dict[str, Any] = Field(default_factory=dict)
    dimensions: Literal[2, 3]
    input_channels: int = Field(ge=1, le=MOST_CHANNELS)
    output_channels: int = Field(ge=1, le=MOST_CHANNELS)
    label_kind: LabelKind = "objects"
    class_names: tuple[str, ...] = Field(default=("Object",), min_length=1)
    class_values: tuple[int, ...] = (1,)
    normalisation: Normalisation = Normalisation()
    voxel_size: VoxelSize = VoxelSize.unknown()
    object_diameter: float | None = Field(default=None, gt=0)
    patch_size: tuple[PositiveInt, PositiveInt, PositiveInt]
    divisor: tuple[PositiveInt, PositiveInt, PositiveInt]
    prediction: dict[str, Any] = Field(default_factory=dict)
    decode: dict[str, Any] = Field(default_factory=dict)
    metrics: dict[str, float] = Field(default_factory=dict)
    training: dict[str, Any] = Field(default_factory=dict)
    licence: str = ""
    citation: str = ""
    weights_sha256: str = ""

    @property
    def imported(self) -> bool:
        """Whether another program made it: it was created here when it was imported, not when it was trained."""
        return "imported_from" in self.training


def contradiction(card: ModelCard) -> str:
    """What in a card contradicts its network, as a sentence; empty where nothing does, or the network is not known."""
    info = NETWORKS.get(card.network)
    if info is None:
        return ""
    if card.dimensions != info.dimensions:
        return f"it says {card.dimensions}D, but its network “{info.title}” is for {info.dimensions}D."
    try:
        needed = info.divisor(info.arguments.model_validate(card.network_arguments))
    except ValidationError:
        return ""  # said where the network is built, with what is wrong
    if any(own % need for own, need in zip(card.divisor, needed, strict=True)):
        return f"its network needs tiles of multiples of {needed}, but it says {card.divisor}."
    return ""


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


def chosen_mode(card: ModelCard, mode: RunMode) -> RunMode:
    """The mode itself, or the first that the model has for ``auto``."""
    modes = modes_of(card.recipe, card.dimensions)
    return modes[0].name if mode == "auto" and modes else mode


def require_channels(card: ModelCard, volume: Volume, channels: tuple[int, ...] | None) -> tuple[int, ...]:
    """The channels of an image that a model sees: those that were chosen, else the first ones.

    Raises:
        UserError: If the image has too few, or the choice does not fit.
    """
    name = volume.path.name if volume.path is not None else volume.name or "the image"
    needed = card.input_channels
    if volume.rgb and needed == 1 and channels is None and not takes_brightness(card, volume):
        raise UserError(
            f"{name} is a colour picture (RGB), but the model expects grey images.",
            hint="Save it as a grey image, or choose one channel under “Input channels”.",
        )
    wanted = channels or tuple(range(needed))
    if len(wanted) != needed:
        raise UserError(
            f"The model needs {counted_channels(needed)}, but {len(wanted)} were chosen.",
            hint="Choose as many channels as the model needs.",
        )
    if channels and not 0 <= min(wanted) <= max(wanted) < volume.channels:
        wrong = next(channel for channel in wanted if not 0 <= channel < volume.channels)
        raise missing_channel(name, wrong, volume.channels)
    if max(wanted) >= volume.channels:
        raise UserError(
            f"The model needs {counted_channels(needed)}, but {name} has {volume.channels}.",
            hint="Choose the channels to use, or another model.",
        )
    return wanted


def takes_brightness(card: ModelCard, volume: Volume, channels: tuple[int, ...] | None = None) -> bool:
    """Whether a colour picture goes into the model as a grey one: the model wants one channel, none was chosen, and
    its recipe has it so.
    """
    recipe = RECIPES.get(card.recipe)
    return volume.rgb and channels is None and card.input_channels == 1 and recipe is not None and recipe.color
