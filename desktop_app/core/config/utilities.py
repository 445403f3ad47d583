"""Parameters of the utilities: small, whole changes of image and label files."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra

_TO_THE_END = "to the end"
_AS_IT_IS = "as it is"


class CropParameters(Parameters):
    """Where the part begins and how large it is."""

    z_start: int = Field(default=0, ge=0, title="First slice", description="The first slice of the image is 0.")
    y_start: int = Field(default=0, ge=0, title="First row", description="The top row is 0.")
    x_start: int = Field(default=0, ge=0, title="First column", description="The leftmost column is 0.")
    z_size: int = Field(
        default=0, ge=0, title="Slices", json_schema_extra=field_extra(zero=_TO_THE_END),
        description="How many slices are kept; 0 keeps all up to the last.",
    )  # fmt: skip
    y_size: int = Field(
        default=0, ge=0, title="Rows", json_schema_extra=field_extra("px", zero=_TO_THE_END),
        description="Height of what is kept; 0 keeps all up to the last.",
    )  # fmt: skip
    x_size: int = Field(
        default=0, ge=0, title="Columns", json_schema_extra=field_extra("px", zero=_TO_THE_END),
        description="Width of what is kept; 0 keeps all up to the last.",
    )  # fmt: skip


class BlockCutParameters(Parameters):
    """How large the blocks are."""

    z_size: int = Field(
        default=0, ge=0, title="Slices of a block", json_schema_extra=field_extra(zero="all"),
        description="0 leaves all slices together, which suits stacks that are not very deep.",
    )  # fmt: skip
    y_size: int = Field(
        default=512, ge=16, title="Rows of a block", json_schema_extra=field_extra("px", step=16),
        description="512 is quick to load and holds several objects in most images.",
    )  # fmt: skip
    x_size: int = Field(
        default=512, ge=16, title="Columns of a block", json_schema_extra=field_extra("px", step=16),
        description="As many as rows, where nothing speaks against it.",
    )  # fmt: skip


class BlockMergeParameters(Parameters):
    """Nothing can be set."""


class ResampleParameters(Parameters):
    """The new voxel size."""

    kind: Literal["image", "labels"] = Field(
        default="image", title="Voxels are",
        description="Images are interpolated. Labels take the nearest voxel, so that no number changes.",
    )  # fmt: skip
    isotropic: bool = Field(
        default=True, title="Make voxels cubes",
        description="Slices come as near together as pixels are, as networks for volumes like it best. "
        "Off: the sizes below count.",
    )  # fmt: skip
    z_edge: float = Field(
        default=0.0, ge=0, title="Slice distance", json_schema_extra=field_extra(zero=_AS_IT_IS),
        description="In the unit of the image; 0 leaves it. Twice as much makes half as many slices.",
    )  # fmt: skip
    y_edge: float = Field(
        default=0.0, ge=0, title="Pixel height", json_schema_extra=field_extra(zero=_AS_IT_IS),
        description="In the unit of the image; 0 leaves it.",
    )  # fmt: skip
    x_edge: float = Field(
        default=0.0, ge=0, title="Pixel width", json_schema_extra=field_extra(zero=_AS_IT_IS),
        description="In the unit of the image; 0 leaves it.",
    )  # fmt: skip
    like: str = Field(
        default="", title="As this image", json_schema_extra=field_extra(advanced=True),
        description="An image file whose size, voxel size and place in the scanner the result gets; the other values "
        "do not count then. It brings labels of a resized image back to the original.",
    )  # fmt: skip


class ThresholdParameters(Parameters):
    """From which grey value a voxel belongs to something."""

    method: Literal["otsu", "value", "local", "truth"] = Field(
        default="otsu", title="Threshold",
        description="Otsu finds the value between dark and bright by itself. Local compares each voxel with its "
        "surroundings, where the background is uneven. Truth takes the value that fits the labels below best.",
    )  # fmt: skip
    truth: str = Field(
        default="", title="Labels to fit",
        description="With “truth”: a label file of the same image. All thresholds are tried, and that with the highest "
        "Dice is taken; the log lists the scores from the lowest value to the highest.",
    )  # fmt: skip
    value: float = Field(
        default=0.0, title="Grey value",
        description="With “value”: voxels brighter than this. With “local”: brighter than their surroundings by this.",
    )  # fmt: skip
    window: int = Field(
        default=51, ge=3, le=501, title="Surroundings", json_schema_extra=field_extra("px"),
        description="With “local”: edge of the square around a voxel; about three times an object is a good start.",
    )  # fmt: skip
    channel: int = Field(default=1, ge=1, title="Channel", description="Which channel of the image, counted from 1.")
    dark: bool = Field(default=False, title="Dark objects", description="Takes what is darker instead of brighter.")
    objects: bool = Field(
        default=False, title="Number the islands", description="Each island gets a number of its own; else all have 1."
    )


class VoronoiOtsuParameters(Parameters):
    """How round objects are told apart."""

    spot_sigma: float = Field(
        default=2.0, ge=0, le=50, title="Smoothing before middles", json_schema_extra=field_extra("px", step=0.5),
        description="Each brightest place that is left becomes an object. Raise it if single objects are cut in "
        "pieces, lower it if touching ones stay together; a third of their radius is usual.",
    )  # fmt: skip
    outline_sigma: float = Field(
        default=1.0, ge=0, le=50, title="Smoothing before outlines", json_schema_extra=field_extra("px", step=0.5),
        description="Before Otsu's threshold. 1 suits most; 2 for noisy images, 0 keeps the finest outlines.",
    )  # fmt: skip
    min_size: int = Field(
        default=20, ge=0, title="Smallest object", json_schema_extra=field_extra("voxels", box="volume"),
        description="Smaller objects are left out. About a quarter of the smallest real object works well.",
    )  # fmt: skip
    channel: int = Field(default=1, ge=1, title="Channel", description="Which channel of the image, counted from 1.")
    dark: bool = Field(default=False, title="Dark objects", description="Takes what is darker instead of brighter.")


class ToObjectsParameters(Parameters):
    """What is one object."""

    min_size: int = Field(
        default=0, ge=0, title="Smallest object", json_schema_extra=field_extra("voxels"),
        description="Smaller islands are left out; a tenth of a usual object removes most specks.",
    )  # fmt: skip


class ToClassesParameters(Parameters):
    """The class."""

    value: int = Field(
        default=1, ge=1, le=65535, title="Class", description="The value that voxels of all objects get; usually 1."
    )


class CombineParameters(Parameters):
    """What happens where label files overlap."""

    overlap: Literal["first", "last"] = Field(
        default="first", title="Where they overlap",
        description="First: the file named first stays on top, others fill what it leaves empty. Last: the reverse.",
    )  # fmt: skip
    apart: bool = Field(
        default=True, title="Keep objects apart",
        description="Numbers of later files are raised, so that no two objects share one. Off for class labels.",
    )  # fmt: skip


class RelabelParameters(Parameters):
    """Which number becomes which."""

    change: str = Field(
        default="", title="Changes", examples=["3=5, 7=0"],
        description="As 3=5, 7=0: label 3 becomes 5, label 7 is removed. Empty: all are numbered 1, 2, 3, … anew.",
    )  # fmt: skip
