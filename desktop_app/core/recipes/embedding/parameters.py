"""Parameters of the recipe ``embedding``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra


class EmbeddingTraining(Parameters):
    """What the network learns, and what it is measured by."""

    centre: Literal["centroid", "approximate-medoid", "medoid"] = Field(
        default="approximate-medoid",
        title="Centre of an object",
        description="What all voxels of an object learn to point at. The centroid may lie outside of bent objects; the "
        "medoid never does, but takes longest; the approximate medoid is nearly as good and quick.",
    )
    patches: Literal["auto", "kept", "anew", "both"] = Field(
        default="auto",
        title="Patches",
        json_schema_extra=field_extra(
            titles={
                "auto": "Automatic",
                "kept": "One around each object, kept (pretrain)",
                "anew": "Cut anew for each step (finetune)",
                "both": "Kept ones first, then anew",
            }
        ),
        description="Kept patches are quicker, patches cut anew show more of the images. Small set: cut anew at once. "
        "Large set: kept ones first, then anew. Automatic does so, and says which.",
    )
    kept_steps: int = Field(
        default=400,
        ge=0,
        le=10**7,
        title="Steps on kept patches",
        json_schema_extra=field_extra(advanced=True),
        description="How long to learn from kept patches before going on with patches cut anew; half of all is usual.",
    )
    foreground_weight: float = Field(
        default=10.0,
        gt=0,
        le=1000,
        title="Weight of voxels of objects",
        description="How many times more a voxel of an object counts than one of the background. Background voxels "
        "over voxels of objects suits; follows from the labels.",
    )
    span: float = Field(
        default=1024.0,
        ge=8,
        le=100_000,
        title="Longest arrow to a centre",
        json_schema_extra=field_extra("px", advanced=True),
        description="No voxel can point further than this. Four times the extent of a usual object suits; follows from "
        "the labels.",
    )
    first_radius: float = Field(
        default=5.7,
        ge=0.1,
        le=10_000,
        title="First radius of objects",
        json_schema_extra=field_extra("px", advanced=True),
        description="How large objects are taken to be before anything was learned: half the extent of a usual one.",
    )
    instance_weight: float = Field(
        default=1.0,
        ge=0,
        le=100,
        title="Weight of the object loss",
        json_schema_extra=field_extra(advanced=True),
        description="How well voxels gather at the centres of their objects. Leave at 1.",
    )
    variance_weight: float = Field(
        default=10.0,
        ge=0,
        le=1000,
        title="Weight of the evenness loss",
        json_schema_extra=field_extra(advanced=True),
        description="How much voxels of one object must agree on its size. Leave at 10.",
    )
    seed_weight: float = Field(
        default=1.0,
        ge=0,
        le=100,
        title="Weight of the seed loss",
        json_schema_extra=field_extra(advanced=True),
        description="How well voxels know how close to the centre they point. Leave at 1.",
    )


class EmbeddingDecode(Parameters):
    """How the maps become objects. Moving these never runs the network again."""

    seed_threshold: float = Field(
        default=0.9,
        ge=0.05,
        le=1,
        title="Seed threshold",
        json_schema_extra=field_extra(step=0.05),
        description="How sure a voxel must be to begin an object. Lower finds more objects, higher fewer; 0.9 suits "
        "models that learned long, 0.5 those that learned shortly.",
    )
    foreground_threshold: float = Field(
        default=0.5,
        ge=0.05,
        le=0.95,
        title="Foreground threshold",
        json_schema_extra=field_extra(step=0.05),
        description="Less sure voxels belong to nothing. Lower makes objects larger; 0.3 to 0.7 is usual.",
    )
    min_size: int = Field(
        default=36,
        ge=0,
        le=10**9,
        title="Smallest object",
        json_schema_extra=field_extra("voxels", box="volume"),
        description="Objects must have more voxels than this. About a quarter of the smallest real object works well.",
    )
    min_free: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Free share of a new object",
        json_schema_extra=field_extra(step=0.05, advanced=True),
        description="What lies more than this within objects that were found before is part of them. Lower it if "
        "touching objects merge.",
    )
    reach: float = Field(
        default=1.0,
        ge=0.5,
        le=2,
        title="Reach of objects",
        json_schema_extra=field_extra(step=0.1, advanced=True),
        description="Voxels belong to an object that point as near to its centre as this many times what the model "
        "says of its size. 1 is the published rule; 1.1 suits models that learned shortly, whose rims would "
        "become objects of their own. Lower it if touching objects merge.",
    )
    min_foreground: int = Field(
        default=0,
        ge=0,
        le=10**9,
        title="Least foreground",
        json_schema_extra=field_extra("voxels", advanced=True),
        description="Images with no more foreground than this are empty; 0 searches all.",
    )
    min_left: int = Field(
        default=0,
        ge=0,
        le=10**9,
        title="Voxels that may be left",
        json_schema_extra=field_extra("voxels", advanced=True),
        description="The search ends when no more foreground voxels than this belong to nothing; 0 searches all.",
    )
    steady: bool = Field(
        default=True,
        title="Steady centres",
        json_schema_extra=field_extra(advanced=True),
        description="Moves each centre to the mean of the arrows around it, so that the error of a single voxel does "
        "not decide. Switch off for the published rule.",
    )
    keep_maps: bool = Field(
        default=False,
        title="Save seeds and arrows as well",
        json_schema_extra=field_extra(advanced=True, preview=False),
        description="Writes how sure voxels are and where they point beside each result, to see why objects were "
        "missed or merged.",
    )
