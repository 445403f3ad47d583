"""Finding nuclei at once, wholly described: one image, a model that comes with the program, the size of objects."""

from __future__ import annotations

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.config.device import Devices
from desktop_app.core.imaging.reading import AS_STATED, ImageReading

SMALLEST, LARGEST = 4.0, 400.0  # px: smaller cannot be told from noise, larger fills a screen


class FindConfig(Parameters):
    """Nuclei of one image, without training."""

    image: str = Field(title="Image", description="The image to look at; it stays as it is.")
    output: str = Field(title="Labels", description="The label file to write.")
    model: str = Field(
        default="",
        title="Model",
        description="A model that comes with Voxelwright, or one of yours. Empty takes the one for pictures or the one "
        "for volumes, as the image is.",
    )
    object_size: float | None = Field(
        default=None,
        ge=SMALLEST,
        le=LARGEST,
        title="Size of objects",
        json_schema_extra=field_extra("px", step=1),
        description="Diameter of a usual object in the image. Left out, it is estimated; half or twice the right size "
        "still works as a rule.",
    )
    channel: int | None = Field(
        default=None,
        ge=0,
        title="Channel",
        description="Where the nuclei are. Left out, the channel that is named after a stain of nuclei, of a colour "
        "picture the colour that shows them, else the first.",
    )
    reading: ImageReading = AS_STATED
    device: Devices = "auto"
