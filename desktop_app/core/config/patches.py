"""Parameters of small pictures that are cut from large images to be labelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.imaging.reading import AS_STATED, ImageReading
from desktop_app.core.imaging.times import Times

PlaneChoice = Literal["auto", "xy", "all"]


_Where = Literal["spread", "grid", "marks", "unsure"]
"""From which places patches are taken."""
PatchKind = Literal["flat", "flipbook", "stack"]
"""What a patch shows of the depth of a volume, and what of it is labelled."""
PatchLayout = Literal["volumes", "two folders", "beside"]
"""Layouts of data sets in which patches can lie."""

LAYOUT_TITLES: Mapping[str, str] = {
    "volumes": "A folder for each image",
    "two folders": "Images and labels",
    "beside": "Labels beside images",
}


class PatchSettings(Parameters):
    """How many patches, how large, and from where."""

    number: int = Field(
        default=16,
        ge=1,
        le=3200,
        title="Number of patches",
        description="16 are enough to improve a model, and a good start for a new one.",
    )
    size: int = Field(
        default=256,
        ge=64,
        le=102400,
        multiple_of=16,
        title="Edge of a patch",
        json_schema_extra=field_extra("px", step=16),
        description="A multiple of 16. Several objects should fit into a patch whole; 256 suits most.",
    )
    planes: PlaneChoice = Field(
        default="auto",
        title="Planes",
        description="Auto takes xy, xz and yz alike where the voxels are cubes, and xy alone where slices are thick.",
    )
    where: _Where = Field(
        default="spread",
        title="Places",
        json_schema_extra=field_extra(
            titles={
                "spread": "Spread at random",
                "grid": "Side by side",
                "marks": "Marks",
                "unsure": "Where the model is unsure",
            }
        ),
        description="Spread shows the model most. Side by side covers some slices wholly. Marks: one in each plane "
        "around each place that is marked in the image, whatever the number. Where the model is unsure: of places at "
        "random those that a model hardly decides, which teach it most.",
    )
    layout: PatchLayout = Field(
        default="volumes", title="Folders",
        json_schema_extra=field_extra(advanced=True, titles=LAYOUT_TITLES),
        description="How images and labels lie in the data set. A folder for each image keeps specimens apart.",
    )  # fmt: skip
    kind: PatchKind = Field(
        default="flat",
        title="Each is",
        json_schema_extra=field_extra(
            volume=True,
            titles={
                "flat": "A single slice",
                "flipbook": "A flipbook: label its middle slice",
                "stack": "A stack: label all its slices",
            },
        ),
        description="A flipbook is a short stack to leaf through, so that you see where an object comes from and goes "
        "to; you label one slice of it, and only that is learned from.",
    )
    neighbours: int = Field(
        default=2,
        ge=1,
        le=64,
        title="Slices above and below",
        json_schema_extra=field_extra("slices", volume=True),
        description="Of flipbooks and stacks: 2 makes five slices. Single slices have none.",
    )
    avoid_blank: bool = Field(
        default=True,
        title="Skip blank places",
        description="Passes over places without any structure, such as empty resin or the black rim of an image.",
    )
    seed: int = Field(
        default=1,
        ge=0,
        le=2**31 - 1,
        title="Seed",
        json_schema_extra=field_extra(advanced=True),
        description="The same seed picks the same places again; another one picks others.",
    )

    @model_validator(mode="before")
    @classmethod
    def _stacks_of_older(cls, values: Any) -> Any:
        """Slices above and below alone make stacks, as before there were flipbooks."""
        if isinstance(values, dict) and "kind" not in values and "neighbours" in values:
            return {**values, "kind": "stack"}
        return values

    @property
    def around(self) -> int:
        """Slices on each side of the one that was picked."""
        return 0 if self.kind == "flat" else self.neighbours


class PatchImage(Parameters):
    """An image to take patches from.

    Attributes:
        image: Path of the image.
        name: Of the patches and their folder; empty: the file's.
        labels: Path of labels of the same shape that are cut along; None without.
        reading: What the user said of the image file.
        time: The time points of a movie, counted from 0; None: all.
        marks: Voxels (z, y, x) in the middle of patches, where those are wanted at marks.
    """

    image: str
    name: str = ""
    labels: str | None = None
    reading: ImageReading = AS_STATED
    time: Times = None
    marks: tuple[tuple[int, int, int], ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_older(cls, values: Any) -> Any:
        return ImageReading.from_older(values)


class PatchPlan(Parameters):
    """What to cut from which images.

    Attributes:
        sources: The images; they share the number of patches.
        out: The folder to make; it must be empty or absent, unless patches are added to it.
        settings: How many, how large, from where.
        model: Path of the model that is asked where it is unsure; empty where nobody is asked.
        earlier: Tables of patches that were picked earlier; no patch overlaps with those.
        add: Add to the patches of ``out``, in its layout, which must be there.
    """

    sources: tuple[PatchImage, ...]
    out: str
    settings: PatchSettings = PatchSettings()
    model: str = ""
    earlier: tuple[str, ...] = ()
    add: bool = False
