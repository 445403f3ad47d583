"""Parameters of the recipe ``semantic``."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.imaging.voxel_size import VoxelSize
from desktop_app.core.losses.choice import LossChoice
from desktop_app.core.recipes.resampling import SampledPrediction, resample_field


class SemanticTraining(LossChoice):
    """What the network learns, beyond the classes themselves."""

    recipe: ClassVar[str] = "semantic"
    result: Literal["auto", "objects", "classes"] = Field(
        default="auto",
        title="The model gives",
        description="Objects are counted and measured one by one; classes say what kind of place each voxel is. "
        "Automatic gives what the labels hold. It can be changed whenever the model runs.",
    )
    separate_objects: bool = Field(
        default=True,
        title="Learn to separate touching objects",
        description="Also learns how deep inside an object each voxel lies, so that touching objects come apart. "
        "Needs labels in which each object has its own number; ignored for class labels.",
    )
    depth_weight: float = Field(
        default=1.0,
        ge=0,
        le=10,
        title="Weight of the depth loss",
        json_schema_extra=field_extra(advanced=True),
        description="Raise to 2 if touching objects still merge after training.",
    )
    touching_weight: float = Field(
        default=0.0,
        ge=0,
        le=50,
        title="Weight where objects touch",
        json_schema_extra=field_extra(advanced=True, step=1),
        description="How many times more a voxel between two objects counts, up to the width below away from both. 3 "
        "to 10 where touching objects merge although depth is learned; 0: no more than others.",
    )
    touching_width: int = Field(
        default=2,
        ge=1,
        le=10,
        title="Width of that place",
        json_schema_extra=field_extra("px", advanced=True),
        description="On each side; less than a third of an object's radius.",
    )
    size_balance: float = Field(
        default=0.0,
        ge=0,
        le=1,
        title="Small objects count more",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="0: each voxel counts alike, so that large objects are learned best. 0.5 suits most pictures, 0 "
        "volumes; 1: a small object counts as much as a usual one. At most 4 times.",
    )
    shrink: float = Field(
        default=1.0,
        ge=0.1,
        le=20,
        title="Scale to learn at",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="2 shows the network objects at half their size, 0.5 at twice. To improve a model: size in these "
        "images over the size that it knows. The model that is made sees images so by itself.",
    )
    shrink_z: float = Field(
        default=1.0,
        ge=0.1,
        le=20,
        title="Scale across slices",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="For volumes, so that voxels become as thick as those that the model to improve knows.",
    )

    def scales(self, dimensions: int) -> tuple[float, float, float]:
        """How many voxels (z, y, x) become one before the network learns from them."""
        return (self.shrink_z if dimensions == 3 else 1.0), self.shrink, self.shrink


class SemanticPrediction(SampledPrediction):
    """How large and how often the network sees the image. Moving these runs the network again."""

    shrink: float = Field(
        default=1.0,
        ge=0.1,
        le=20,
        title="Scale of the image",
        json_schema_extra=field_extra(step=0.1),
        description="2 shows the network objects at half their size, 0.5 at twice. Size in this image over size in the "
        "images that the model learned from is right. Sizes and distances below then count shrunk pixels.",
    )
    shrink_z: float = Field(
        default=1.0,
        ge=0.1,
        le=20,
        title="Scale across slices",
        json_schema_extra=field_extra(advanced=True, step=0.1),
        description="For models of volumes, so that voxels become as thick as those the model learned from.",
    )
    resample: bool = resample_field("; a scale of the image comes on top")

    def scales(
        self,
        dimensions: int,
        learned: VoxelSize | None = None,
        size: VoxelSize | None = None,
        *,
        every_plane: bool = False,
    ) -> tuple[float, float, float]:
        """How many voxels (z, y, x) become one: by the scales, and to come to the voxel size of the model."""
        z, y, x = super().scales(dimensions, learned, size, every_plane=every_plane)
        return z * (self.shrink_z if dimensions == 3 else 1.0), y * self.shrink, x * self.shrink


_OBJECTS = "objects", ("watershed", "voronoi", "connected")
"""Ways to make objects: the classes as they are have none."""
_SEEDED = "objects", ("watershed", "voronoi")
"""Those that begin with seeds."""
_WATERSHED = "objects", ("watershed",)


class SemanticDecode(Parameters):
    """How the network's maps become labels. Moving these never runs the network again."""

    objects: Literal["watershed", "voronoi", "connected", "classes"] = Field(
        default="watershed",
        title="Make objects by",
        description="Watershed separates touching objects; Voronoi does so around the peaks of the probability, for "
        "round ones; connected gives one object per island, classes gives no objects but one number per class.",
    )
    threshold: float = Field(
        default=0.5,
        ge=0.05,
        le=0.95,
        title="Confidence threshold",
        json_schema_extra=field_extra(step=0.05),
        description="How sure the model must be that a voxel belongs to something. Lower finds more, higher less.",
    )
    seed_threshold: float = Field(
        default=0.6,
        ge=0.05,
        le=0.95,
        title="Seed threshold",
        json_schema_extra=field_extra(step=0.05, used_with=_SEEDED),
        description="Parts of an object deeper than this are never cut. Raise it if touching objects merge, lower it "
        "if single objects are cut in pieces.",
    )
    seed_distance: float = Field(
        default=2.0,
        ge=0,
        le=100,
        title="Seed spacing",
        json_schema_extra=field_extra("px", step=0.5, used_with=_WATERSHED),
        description="Two seeds nearer than this become one. Raise it if single objects are cut in two.",
    )
    smoothing: float = Field(
        default=2.0,
        ge=0,
        le=10,
        title="Smoothing before seeds",
        json_schema_extra=field_extra("px", step=0.5, used_with=_SEEDED),
        description="Raise it if single objects are cut in pieces, lower it if touching ones merge; a fifth of their "
        "radius is usual.",
    )
    min_dip: float = Field(
        default=0.0,
        ge=0,
        le=0.9,
        title="Least dip between objects",
        json_schema_extra=field_extra(step=0.05, zero="every dip parts", later=True, used_with=_WATERSHED),
        description="Two parts stay one object unless the learned depth between them falls by this share of the "
        "shallower one. Raise it if large objects lose small pieces at their rim, lower it if touching ones merge; "
        "0.05 to 0.15 is usual.",
    )
    min_size: int = Field(
        default=20,
        ge=0,
        le=10**9,
        title="Smallest object",
        json_schema_extra=field_extra("voxels", box="volume", used_with=_OBJECTS),
        description="Smaller objects are removed. About a quarter of the smallest real object works well.",
    )
    max_size: int = Field(
        default=0,
        ge=0,
        le=10**12,
        title="Largest object",
        json_schema_extra=field_extra("voxels", advanced=True, used_with=_OBJECTS),
        description="Larger objects are removed; 0 keeps all.",
    )
    min_confidence: float = Field(
        default=0.0,
        ge=0,
        le=0.99,
        title="Least confidence of an object",
        json_schema_extra=field_extra(step=0.05, zero="all are kept", later=True, used_with=_OBJECTS),
        description="Objects of which the model is less sure are removed: the mean over their voxels counts, as tables "
        "show it. Raise it if much is found that is nothing, lower it if dim objects are missing.",
    )
    fill_holes: bool = Field(
        default=True,
        title="Fill holes",
        json_schema_extra=field_extra(used_with=_OBJECTS),
        description="Closes holes inside objects. Switch off for rings and tubes.",
    )
