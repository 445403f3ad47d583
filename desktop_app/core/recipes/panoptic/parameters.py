"""Parameters of the recipe ``panoptic``: objects of single slices, joined through the volume."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.losses.choice import LossChoice
from desktop_app.core.recipes.looks import turned_field, uncertainty_field

PlaneName = Literal["xy", "xz", "yz"]  # as files and the command line write core.imaging.Plane
Finetuned = Literal["none", "stage4", "stage3", "stage2", "stage1", "all"]
_JOINED = ("stack", "ortho")
_ORTHO = ("ortho",)
# Stages of the encoder that stay frozen, of its five (stem and four).
FINETUNED_STAGES: dict[str, int] = {"none": 5, "stage4": 4, "stage3": 3, "stage2": 2, "stage1": 1, "all": 0}


class PanopticTraining(LossChoice):
    """What a panoptic network learns, and which of its parts do."""

    recipe: ClassVar[str] = "panoptic"
    stuff: tuple[str, ...] = Field(
        default=(),
        title="Classes without objects",
        description="Names of classes that are regions, such as membrane or cytoplasm. All others have objects that "
        "are counted one by one.",
    )
    downsampling: Literal[1, 2, 4, 8, 16] = Field(
        default=1,
        title="Scale to learn at",
        description="Shrinks the images this much before the network sees them; outlines come back at full size. "
        "Afterwards objects should be 25 to 100 px across: these are learned best and fastest. 1: full size.",
    )
    finetune_layers: Finetuned = Field(
        default="all",
        title="Layers that learn",
        description="When finetuning start with none; if the result is not good enough take stage4, then all, which "
        "learns few patches by heart: watch the scores on validation images. From scratch: all. The part that finds "
        "objects always learns; with none and Panoptic-BiFPN that is 4 million weights of 27, the least that does.",
    )
    pretrained: bool = Field(
        default=True,
        title="Use CEM pretrained weights",
        description="Starts a ResNet50 from weights that have seen 1.5 million electron microscopy images (CEM1.5M, "
        "Conrad and Narayan 2021, 2023). Always leave it on for electron microscopy. Needs the internet once; without "
        "it the training starts from scratch and says so.",
    )
    pretrained_file: str = Field(
        default="",
        title="Pretrained weights from a file",
        json_schema_extra=field_extra(advanced=True),
        description="Encoder weights (ImageNet, CEM500K, CEM1.5M; .pth or .safetensors) to use instead. Empty: none.",
    )
    statistics: Literal["auto", "learn", "keep"] = Field(
        default="auto",
        title="Batch statistics",
        json_schema_extra=field_extra(advanced=True),
        description="Auto learns them with 8 or more patches per step. With fewer, or fewer than 16 patches in all, it "
        "keeps those of the start model; without one it learns with the statistics of all steps so far.",
    )
    heatmap_width: float = Field(
        default=6.0,
        ge=1,
        le=50,
        title="Width of a centre",
        json_schema_extra=field_extra("px", advanced=True, step=0.5),
        description="How wide the spot at each object's centre is while learning; 6 suits objects of 20 px or more.",
    )


class PanopticPrediction(Parameters):
    """How the network sees the image. Changing these runs it again."""

    plane: PlaneName = Field(
        default="xy",
        title="Slice plane",
        json_schema_extra=field_extra(modes=("stack", "slice")),
        description="The slices that the network sees, one after the other. Take the sharpest plane, or the one whose "
        "previews are clearly best; look at several places. For cubic voxels all three are alike, and the mode “three "
        "directions” uses them all.",
    )
    downsampling: Literal[1, 2, 4, 8, 16, 32, 64] = Field(
        default=1,
        title="Scale of the image",
        description="Shrinks the image before the network sees it; outlines come back at full size. Take the largest "
        "value that still works: objects should be 30 to 150 px across afterwards. Four times faster per doubling.",
    )
    turned: bool = turned_field("8 views of each slice", "8")
    uncertainty: bool = uncertainty_field("Tells the largest of each square of 4 px of what the network sees. ")
    tile_size: int = Field(
        default=0,
        ge=0,
        le=128_000,
        title="Tile size",
        json_schema_extra=field_extra("px", step=256, zero="Automatic"),
        description="Larger slices are computed in tiles with overlap; automatic (0) takes one that fits the memory.",
    )


class PanopticDecode(Parameters):
    """How maps become objects. Moving these never runs the network again."""

    confidence: float = Field(
        default=0.5,
        ge=0.05,
        le=0.95,
        title="Confidence threshold",
        json_schema_extra=field_extra(step=0.05),
        description="How sure the model must be that a pixel belongs to something. Lower lets objects grow and finds "
        "more, higher shrinks them. 0.3 is good with three directions.",
    )
    centre_threshold: float = Field(
        default=0.1,
        ge=0.01,
        le=0.95,
        title="Centre threshold",
        json_schema_extra=field_extra(step=0.05),
        description="How sure a centre must be to start an object. Raise it if single objects are cut in pieces.",
    )
    centre_distance: int = Field(
        default=3,
        ge=1,
        le=63,
        title="Centre distance",
        json_schema_extra=field_extra("cells of 4 px", step=2),
        description="Of two centres nearer than half of this only the stronger counts. 3 to 7; raise it if single "
        "objects are cut in pieces.",
    )
    fine_boundaries: bool = Field(
        default=False,
        title="Fine boundaries",
        description="Tells touching objects apart at full resolution; worth it for small or crowded ones. Making "
        "objects then takes three times as long and two to three times the memory.",
    )
    semantic_only: bool = Field(
        default=False, title="Classes only", description="Gives one region per class and counts no objects."
    )
    fill_holes: bool = Field(
        default=False, title="Fill holes", description="Closes holes inside objects, slice by slice."
    )
    median: Literal[1, 3, 5, 7, 9, 11] = Field(
        default=3,
        title="Median over slices",
        json_schema_extra=field_extra("slices", modes=_JOINED),
        description="Smooths the classes from slice to slice; 3 for slices thicker than 20 nm, 5 between, 7 to 9 for "
        "slices thinner than 10 nm, 1 for none.",
    )
    match_overlap: float = Field(
        default=0.25,
        ge=0.01,
        le=0.95,
        title="Overlap between slices",
        json_schema_extra=field_extra(advanced=True, step=0.05, modes=_JOINED),
        description="Objects of neighbouring slices that overlap this much are one. Lower it for thick slices.",
    )
    min_size: int = Field(
        default=500,
        ge=0,
        le=10**9,
        title="Smallest object",
        json_schema_extra=field_extra("voxels", step=100, modes=_JOINED, box="volume"),
        description="Smaller objects of volumes are removed. About a quarter of the smallest real object works well; "
        "an object fills about half of the box around it.",
    )
    min_area: int = Field(
        default=75,
        ge=0,
        le=10**9,
        title="Smallest area",
        json_schema_extra=field_extra("px", step=25, modes=("slice",), whole=True, box="area"),
        description="Smaller objects of single pictures and of slices that stand for themselves are removed. About a "
        "quarter of the smallest real one works well.",
    )
    min_extent: int = Field(
        default=5,
        ge=0,
        le=1000,
        title="Smallest extent",
        json_schema_extra=field_extra("px", modes=_JOINED, box="extent"),
        description="Objects of volumes that are shorter than this along any axis are removed; 4 to 8, or just under "
        "the shortest edge of the smallest real object. Across thick slices the same length is fewer slices, if the "
        "voxel size is known.",
    )
    erode: int = Field(
        default=0,
        ge=0,
        le=50,
        title="Erode",
        json_schema_extra=field_extra("voxels", advanced=True),
        description="Peels this many layers off each object; parts that come loose become objects of their own.",
    )
    dilate: int = Field(
        default=0,
        ge=0,
        le=50,
        title="Dilate",
        json_schema_extra=field_extra("voxels", advanced=True),
        description="Adds this many layers to each object; it never grows over a neighbour.",
    )
    votes: Literal[1, 2, 3] = Field(
        default=2,
        title="Votes of three directions",
        json_schema_extra=field_extra(modes=_ORTHO),
        description="A voxel needs this many of the three directions; 2 is right for most. 1 fills in more voxels of "
        "objects that two directions found, and hardly adds false objects.",
    )
    permit_single: bool = Field(
        default=False,
        title="Keep objects found in one direction",
        json_schema_extra=field_extra(modes=_ORTHO),
        description="Also keeps objects that only one of the three directions found; more objects, more mistakes.",
    )
    cluster_overlap: float = Field(
        default=0.75,
        ge=0.05,
        le=0.99,
        title="Agreement of directions",
        json_schema_extra=field_extra(advanced=True, step=0.05, modes=_ORTHO),
        description="Objects of two directions that overlap this much are surely one. Leave at 0.75.",
    )
    keep_directions: bool = Field(
        default=False,
        title="Also save xy, xz and yz",
        json_schema_extra=field_extra(modes=_ORTHO, preview=False),
        description="Writes what each direction found, beside what they agree on: one of them may be better than all "
        "together.",
    )
