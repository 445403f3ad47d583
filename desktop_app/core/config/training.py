"""One training run, wholly described."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.config.dataset import DatasetConfig
from desktop_app.core.config.device import DEVICES, Device
from desktop_app.core.config.learning import AugmentationParameters, OptimisationParameters, ValidationParameters
from desktop_app.core.config.tracking import TrackingParameters
from desktop_app.core.networks.registry import NETWORKS
from desktop_app.core.recipes.registry import DEFAULT_RECIPE, RECIPES

SCHEMA_VERSION: Literal[1] = 1  # of the file; counts up when an older program could not read it
LONGEST_NAME = 120  # characters: names of models become names of folders, of which systems take 255 bytes


class TrainingConfig(Parameters):
    """Everything that a training run depends on; saved beside its result and enough to repeat it."""

    schema_version: Literal[1] = SCHEMA_VERSION
    name: str = Field(
        default="model", min_length=1, max_length=LONGEST_NAME, title="Name", description="Of the model to be made."
    )
    output: str = Field(default="", title="Run folder", description="Where the run is written.")
    dataset: DatasetConfig = DatasetConfig()
    recipe: str = Field(default=DEFAULT_RECIPE, title="Method", description="The family of methods.")
    recipe_parameters: dict[str, Any] = Field(default_factory=dict)
    network: str = Field(default="unet3d", title="Network", description="The architecture.")
    network_arguments: dict[str, Any] = Field(default_factory=dict)
    patch_size: tuple[int, int, int] = Field(
        default=(32, 64, 64),
        title="Patch size",
        json_schema_extra=field_extra("px (z, y, x)"),
        description="Should hold two or three objects side by side. z is 1 for 2D networks. Edges are multiples of a "
        "number that the network needs.",
    )
    whole_images: bool = Field(
        default=False,
        title="Whole images, as they are",
        description="Each image is seen whole, padded only as far as the network needs, and the patch size follows "
        "from the largest one. Takes much memory; suits small images in which places matter. Patches suit all others.",
    )
    start_from: str | None = Field(default=None, title="Start from", description="A model to finetune.")
    augmentation: AugmentationParameters = AugmentationParameters()
    optimisation: OptimisationParameters = OptimisationParameters()
    validation: ValidationParameters = ValidationParameters()
    tracking: TrackingParameters = TrackingParameters()
    seed: int = Field(
        default=1,
        ge=0,
        le=2**31 - 1,
        title="Random seed",
        json_schema_extra=field_extra(advanced=True),
        description="The same seed repeats the run exactly on a CPU.",
    )
    device: Device = Field(
        default="auto",
        title="Compute on",
        examples=list(DEVICES),
        json_schema_extra=field_extra(titles=DEVICES),
        description="auto takes a GPU if there is one that works.",
    )

    images_gb: float = Field(
        default=0.0,
        ge=0,
        le=100_000,
        title="Images in memory, up to",
        json_schema_extra=field_extra("GB", step=1, zero="a quarter of the free memory"),
        description="Images and what is learned of them stay in memory if they take no more than this; larger data "
        "sets are read from the disk patch by patch, which is slower. The review says what they take.",
    )

    @model_validator(mode="after")
    def _parts_fit(self) -> TrainingConfig:
        if self.recipe not in RECIPES:
            raise ValueError(f"unknown recipe “{self.recipe}”; known: {', '.join(RECIPES)}")
        if self.network not in NETWORKS:
            raise ValueError(f"unknown network “{self.network}”; known: {', '.join(NETWORKS)}")
        kinds = RECIPES[self.recipe].label_kinds
        if kinds and self.dataset.kind not in kinds:
            title, wanted = RECIPES[self.recipe].title, " or ".join(kinds)
            raise ValueError(f"the method “{title}” learns from labels of {wanted}, and these hold {self.dataset.kind}")
        info = NETWORKS[self.network]
        if self.recipe not in info.recipes:
            raise ValueError(f"the network “{self.network}” does not go with the method “{self.recipe}”")
        if min(self.patch_size) < 1:
            raise ValueError("the patch size must be 1 or more along each axis")
        if info.dimensions == 2 and self.patch_size[0] != 1:
            raise ValueError("a 2D network needs a patch size of 1 in z")
        RECIPES[self.recipe].training.model_validate(self.recipe_parameters)
        info.arguments.model_validate(self.network_arguments)
        return self
