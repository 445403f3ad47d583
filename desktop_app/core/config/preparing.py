"""How a folder of images and labels becomes a data set to train on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from desktop_app.core.config.base import Parameters, field_extra

_Layout = Literal["parts", "nnunet"]
_LAYOUTS = {"parts": "train, val, test", "nnunet": "nnU-Net: imagesTr, labelsTr"}


class PrepareSettings(Parameters):
    """Shares, names, and what is changed on the way."""

    train: float = Field(
        default=0.7, ge=0, le=1, title="To learn from", json_schema_extra=field_extra("of the images", step=0.05),
        description="Shares are relative to their sum; 0.7, 0.15 and 0.15 suit most.",
    )  # fmt: skip
    validation: float = Field(
        default=0.15, ge=0, le=1, title="To watch the learning",
        json_schema_extra=field_extra("of the images", step=0.05),
        description="Images that are checked while it learns; at least one or two.",
    )  # fmt: skip
    test: float = Field(
        default=0.15, ge=0, le=1, title="For the final test", json_schema_extra=field_extra("of the images", step=0.05),
        description="Images never seen before the end; 0.1 or more once you have ten images.",
    )  # fmt: skip
    seed: int = Field(
        default=1, ge=0, le=2**31 - 1, title="Random seed", description="The same seed gives the same split again."
    )
    by: Literal["group", "image"] = Field(
        default="group", title="Keep together",
        json_schema_extra=field_extra(titles={"group": "Images of a group", "image": "Nothing: each for itself"}),
        description="Images of one specimen, plate or movie, as their names tell, all go into one part.",
    )  # fmt: skip
    groups: str = Field(
        default="", title="Group in the name", json_schema_extra=field_extra(advanced=True),
        description=r"A pattern that finds the specimen in a name, as Emb\d+; empty tells it from the names.",
    )  # fmt: skip
    layout: _Layout = Field(
        default="parts", title="Folders", json_schema_extra=field_extra(titles=_LAYOUTS),
        description="Three folders with images and labels each, or those of nnU-Net, whose images end in _0000; what "
        "nnU-Net does not read, as .ome.zarr, is then written as .nii.gz or .tif.",
    )  # fmt: skip
    size: tuple[int, int, int] = Field(
        default=(0, 0, 0), title="Resize to",
        json_schema_extra=field_extra("px (z, y, x)", advanced=True, zero="as it is"),
        description="All images get this size, 0 leaves an edge as it is; images by splines, labels by the nearest "
        "voxel. Better leave it: patches are cut from images of any size.",
    )  # fmt: skip
    spacing: str = Field(
        default="", title="Voxel size", json_schema_extra=field_extra(advanced=True),
        description="As 1,1,1 mm (z, y, x): all images get this voxel size, as nearly as whole voxels do. Of use where "
        "those of a data set differ by more than a tenth.",
    )  # fmt: skip
    classes: str = Field(
        default="", title="Labels to keep",
        description="Numbers of class labels, as 2,5,9: they become 1, 2, 3 in all parts, the others background. "
        "Empty keeps all as they are.",
    )  # fmt: skip
    link: bool = Field(
        default=False, title="Links in place of copies",
        description="Takes no space on the disk; whoever changes a file changes the original. Files that are changed "
        "on the way are written all the same.",
    )  # fmt: skip

    @field_validator("classes")
    @classmethod
    def _numbers(cls, text: str) -> str:
        values = [part.strip() for part in text.split(",") if part.strip()]
        if not all(value.isdecimal() and int(value) > 0 for value in values):
            raise ValueError("numbers above 0 are wanted, as 2,5,9")
        if len(set(values)) < len(values):
            raise ValueError("each number is named once")
        return ",".join(values)

    @field_validator("size")
    @classmethod
    def _edges(cls, size: tuple[int, int, int]) -> tuple[int, int, int]:
        if min(size) < 0:
            raise ValueError("edges are 1 or more, or 0 for as it is")
        return size

    @property
    def class_values(self) -> tuple[int, ...]:
        """The labels to keep, in their new order; none keeps all."""
        return tuple(int(value) for value in self.classes.split(",") if value)
