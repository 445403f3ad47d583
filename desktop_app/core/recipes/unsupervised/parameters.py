"""Parameters of the recipe ``unsupervised``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.recipes.semantic.parameters import SemanticDecode

MOST_KINDS = 6
"""More kinds than that nobody can tell apart in a preview."""


class UnsupervisedTraining(Parameters):
    """What the network learns without labels."""

    kinds: int = Field(
        default=2,
        ge=2,
        le=MOST_KINDS,
        title="Kinds of places",
        description="How many kinds of voxels to tell apart, the background among them. 2 suits nuclei on black; "
        "add one for each further brightness or texture.",
    )
    affinity: Literal["neighbours", "means"] = Field(
        default="neighbours",
        title="Compare each voxel with",
        json_schema_extra=field_extra(
            advanced=True, titles={"neighbours": "its neighbours", "means": "the mean of its kind"}
        ),
        description="Neighbours of like brightness shall be of one kind (the W-Net paper); or voxels near the mean "
        "brightness of their kind shall stay together (CellSeg3D).",
    )
    intensity_sigma: float = Field(
        default=10.0,
        ge=0.1,
        le=100,
        title="Like brightness",
        json_schema_extra=field_extra("% of the image's range", advanced=True, step=1),
        description="Voxels that differ by much more do not belong together. Raise it for noisy images, lower it for "
        "faint structures.",
    )
    spatial_sigma: float = Field(
        default=4.0,
        ge=0.1,
        le=100,
        title="Like place",
        json_schema_extra=field_extra("px", advanced=True, step=0.5),
        description="Voxels that lie much farther apart do not count as neighbours; 4 is usual.",
    )
    radius: int = Field(
        default=2,
        ge=1,
        le=5,
        title="Neighbours within",
        json_schema_extra=field_extra("px", advanced=True),
        description="How far neighbours are looked at. Each more makes steps slower, in volumes above all.",
    )
    cut_weight: float = Field(
        default=0.5,
        ge=0,
        le=100,
        title="Weight of belonging together",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="Raise it if kinds are ragged.",
    )
    evenness_weight: float = Field(
        default=60.0,
        ge=0,
        le=10**4,
        title="Weight of even brightness",
        json_schema_extra=field_extra(advanced=True, step=10),
        description="Each kind shall have one brightness. 0 as in the W-Net paper, where what comes out differs from "
        "one training to the next; lower it for kinds that differ in texture alone.",
    )
    reconstruction: Literal["mse", "bce"] = Field(
        default="mse",
        title="Drawing the image, measured by",
        json_schema_extra=field_extra(
            advanced=True, titles={"mse": "squared difference", "bce": "binary cross-entropy"}
        ),
        description="How far the image drawn from the kinds alone is from the true one.",
    )
    reconstruction_weight: float = Field(
        default=5.0,
        ge=0,
        le=10**5,
        title="Weight of drawing the image",
        json_schema_extra=field_extra(advanced=True, step=0.5),
        description="Keeps everything from becoming one kind. Raise it if a kind stays empty. Grey values run from 0 "
        "to 1 here: a weight of CellSeg3D, for 0 to 100, is 10,000 times smaller.",
    )


class UnsupervisedDecode(SemanticDecode):
    """How kinds of voxels become objects. Moving these never runs the network again."""

    foreground: int = Field(
        default=1,
        ge=1,
        le=MOST_KINDS,
        title="Kind that objects are made of",
        description="1 is the most conspicuous kind. Try 2 if background and objects are swapped.",
    )
