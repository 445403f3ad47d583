"""Learning classes of pixels from a few painted strokes: what is learned from, and how."""

from __future__ import annotations

from pydantic import Field, model_validator

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.imaging import AS_STATED, ImageReading
from desktop_app.core.labelling.scheme import LabelKind


class PixelSettings(Parameters):
    """How pixels are looked at."""

    volume: bool = Field(
        default=False, title="Look through slices (3D)", json_schema_extra=field_extra(volume=True),
        description="Filters in 3D. Better where voxels are about as deep as wide; four times slower.",
    )  # fmt: skip
    largest_px: int = Field(
        default=16, ge=2, le=32, title="Largest structure", json_schema_extra=field_extra("px", step=2),
        description="How far around a pixel is looked. About half as wide as the things; 8 at most is used in 3D.",
    )  # fmt: skip
    most_samples: int = Field(
        default=4000, ge=100, le=100_000, title="Most pixels of a class",
        json_schema_extra=field_extra("px", advanced=True),
        description="Of more, some are drawn at random: 4000 learn in a second, and more hardly help.",
    )  # fmt: skip


class PixelSource(Parameters):
    """An image and what is painted on it.

    Attributes:
        image: Path of the image.
        strokes: Path of its labels; 0 is not labelled.
        reading: What the user said of the image file.
        time: The time point of a movie, counted from 0.
    """

    image: str
    strokes: str
    reading: ImageReading = AS_STATED
    time: int = Field(default=0, ge=0)


class PixelClasses(Parameters):
    """What the labels of strokes mean, and how pixels are looked at.

    Attributes:
        kind: ``objects``: every label but the background is the one class; ``classes``: labels name classes.
        class_values: Label values of the classes, without the background.
        class_names: Their names, in the same order.
        background: Label value of the background; None where nothing is said to be background.
        channels: Channels of the image to look at.
        settings: How pixels are looked at.
    """

    kind: LabelKind = "classes"
    class_values: tuple[int, ...] = (1,)
    class_names: tuple[str, ...] = ("Object",)
    background: int | None = None
    channels: tuple[int, ...] = (0,)
    settings: PixelSettings = PixelSettings()

    @model_validator(mode="after")
    def _one_name_each(self) -> PixelClasses:
        if len(self.class_values) != len(self.class_names) or not self.class_values:
            raise ValueError("each class needs a number and a name")
        return self


class PixelLearning(PixelClasses):
    """What to learn from, and the model to write.

    Attributes:
        sources: Images with strokes.
        out: The model to write, ``NAME.vwmodel``.
    """

    sources: tuple[PixelSource, ...] = Field(min_length=1)
    out: str
