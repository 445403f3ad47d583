"""How an image file is to be read, where it holds several images, or says something wrong or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from desktop_app.core.imaging.voxel_size import VoxelSize

AXIS_NAMES = {
    "T": "time", "C": "channel", "Z": "slice", "Y": "row", "X": "column", "S": "sample (colour)", "O": "left out",
}  # fmt: skip
"""What an axis of a file can mean; of one that is left out the first picture is taken."""


class ImageReading(BaseModel):
    """What the user says of a file, against or beyond what the file says itself.

    Kept in the project for each image, handed to every job, and written into results. The default changes nothing.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    series: str = Field(
        default="",
        title="Image in the file",
        description="Name of one of the images in the file; empty takes the first. Rule of thumb: the largest one is "
        "the recording, small ones are previews.",
    )
    axes: str = Field(
        default="",
        title="Axes",
        description="What each axis of the file means, from the outermost: T time, C channel, Z slice, Y row, "
        "X column, O left out; empty believes the file. Rule of thumb: few and different pictures are channels.",
    )
    time_as_z: bool = Field(
        default=False,
        title="Exchange time and slices",
        description="Time points are slices, and slices time points. Rule of thumb: on, where a stack was saved as a "
        "movie or a movie as a stack.",
    )
    stack: bool = Field(
        default=False,
        title="Folder is one stack",
        description="The pictures of a folder are the slices of one image. Rule of thumb: on, where their names end in "
        "running numbers and each shows the same place a little deeper.",
    )
    voxel_size: VoxelSize | None = Field(
        default=None,
        title="Voxel size",
        description="Used instead of what the file states. Rule of thumb: a pixel of a light microscope is 0.05 to "
        "1 µm wide, one of an electron microscope 1 to 20 nm.",
    )

    @field_validator("axes")
    @classmethod
    def _known_axes(cls, axes: str) -> str:
        axes = axes.strip().upper()
        doubled = sorted({a for a in axes if a != "O" and axes.count(a) > 1})
        if unknown := sorted(set(axes) - set(AXIS_NAMES)):
            raise ValueError(f"“{''.join(unknown)}” is no axis; there are {', '.join(AXIS_NAMES)}.")
        if doubled:
            raise ValueError(f"The axis {', '.join(doubled)} is there twice.")
        if axes and not {"Y", "X"} <= set(axes):
            raise ValueError("An image has rows and columns: Y and X are needed.")
        return axes

    @classmethod
    def from_older(cls, values: Any) -> Any:
        """Values of a record that stated a voxel size only, as one of today's with a whole ``reading``."""
        if not isinstance(values, Mapping) or "voxel_size" not in values:
            return values
        kept = {name: value for name, value in values.items() if name != "voxel_size"}
        reading = kept.get("reading") or {}
        stated = reading.model_dump() if isinstance(reading, ImageReading) else dict(reading)
        return {**kept, "reading": {**stated, "voxel_size": values["voxel_size"]}}

    def describe(self) -> tuple[str, ...]:
        """For a person: one sentence for each thing that is read in another way than the file says."""
        said = []
        if self.series:
            said.append(f"The image “{self.series}” of the file is used.")
        if self.stack:
            said.append("The pictures of the folder are its slices.")
        if self.axes:
            said.append(f"Its axes were set by hand: {self.axes}.")
        if self.time_as_z:
            said.append("Time points and slices are exchanged.")
        if self.voxel_size is not None:
            said.append(f"Its voxel size was set by hand: {self.voxel_size.describe()}.")
        return tuple(said)


AS_STATED = ImageReading()
"""The file is taken as it is."""
