"""One inference run over one or many files, wholly described."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.config.device import Devices
from desktop_app.core.config.object_step import ObjectStep
from desktop_app.core.imaging.reading import AS_STATED, ImageReading
from desktop_app.core.imaging.times import Times

SCHEMA_VERSION: Literal[1] = 1  # of the file; counts up when an older program could not read it
RunMode = Literal["auto", "slice", "stack", "ortho", "volume"]


class TilingParameters(Parameters):
    """How a large image is cut so that memory stays bounded."""

    tile: tuple[int, int, int] | None = Field(
        default=None,
        title="Tile size",
        json_schema_extra=field_extra("px (z, y, x)", advanced=True),
        description="None chooses a size that fits the memory. Larger is a little faster.",
    )
    overlap: float = Field(
        default=0.25,
        ge=0.0,
        le=0.75,
        title="Overlap of tiles",
        json_schema_extra=field_extra(advanced=True, step=0.05),
        description="0.25 hides the seams; 0.5 is a little smoother and three times slower in 3D.",
    )
    memory_gb: float = Field(
        default=2.0,
        ge=0.25,
        le=1024,
        title="Memory budget",
        json_schema_extra=field_extra("GB", step=0.5),
        description="Upper bound for working memory besides the program itself; half of the free memory is safe.",
    )


class InferenceConfig(Parameters):
    """Everything that a batch of predictions depends on; saved beside its results."""

    schema_version: Literal[1] = SCHEMA_VERSION
    model: str = Field(title="Model", description="The trained model to use.")
    together: tuple[str, ...] = Field(
        default=(),
        title="Together with",
        description="Further models of the same classes, such as those of a cross-validation: what they say is "
        "averaged. Five models take five times as long.",
    )
    inputs: tuple[str, ...] = Field(title="Images", description="Files, or folders whose images are all taken.")
    output: str = Field(title="Result folder", description="Labels, tables and the summary are written here.")
    reading: ImageReading = Field(
        default=AS_STATED,
        title="Reading",
        description="What the user said of the files: image in the file, axes, size.",
    )
    readings: dict[str, ImageReading] = Field(
        default_factory=dict, title="Readings", description="The same for single files, by path; before that for all."
    )
    further: dict[str, tuple[ImageReading, ...]] = Field(
        default_factory=dict,
        title="Further images",
        description="Of files that hold several images: those beside the first, by path; each has its own results.",
    )
    time: Times = Field(
        default=None,
        title="Time points",
        description="Of movies, counted from 0. None labels every time point; one is enough to try settings.",
    )
    mode: RunMode = Field(
        default="auto",
        title="Mode",
        description="auto uses the model's own way: volumes for 3D models, single slices for 2D models, stacks where "
        "slices are joined.",
    )
    prediction: dict[str, Any] = Field(default_factory=dict)
    decode: dict[str, Any] = Field(default_factory=dict)
    then: tuple[ObjectStep, ...] = Field(
        default=(),
        title="Then",
        description="Operations on the objects found, one after the other, before they are written.",
    )
    tiling: TilingParameters = TilingParameters()
    channels: tuple[int, ...] | None = Field(
        default=None,
        title="Input channels",
        json_schema_extra=field_extra(advanced=True),
        description="Channels of the image to use, from 0. None takes the first ones that the model needs.",
    )
    device: Devices = Field(
        default="auto",
        title="Compute on",
        description="Automatic (auto) takes a GPU if there is one that works; all GPUs at once (all) are used where "
        "the method can. Several pay for images above 1 GB: time falls nearly by their number, until the processor, "
        "which makes the objects, falls behind.",
    )
    replicas: int = Field(
        default=1,
        ge=1,
        le=16,
        title="Copies of the network",
        json_schema_extra=field_extra(advanced=True),
        description="Several copies on one device work on several slices at a time; 1 is right for most.",
    )
    measure: bool = Field(default=True, title="Write object tables", description="One CSV file per image.")
    resume: bool = Field(
        default=True,
        title="Skip finished images",
        description="Images whose results were already written with the same settings are not computed again. "
        "Slices of an interrupted volume are not either, where the model goes slice by slice.",
    )

    def reading_of(self, path: str) -> ImageReading:
        """What the user said of a file."""
        return self.readings.get(path, self.reading)

    def readings_of(self, path: str) -> tuple[ImageReading, ...]:
        """What the user said of each image of a file that the batch runs on; most files have one."""
        return (self.reading_of(path), *self.further.get(path, ()))
