"""What pictures and movies of slices show."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.imaging.region import Plane


class PictureSettings(Parameters):
    """A picture of one slice."""

    plane: Literal["xy", "xz", "yz"] = Field(
        default="xy", title="Plane", description="Which way the volume is cut. xy is the way it was recorded."
    )
    size: int = Field(
        default=1024,
        ge=64,
        le=8192,
        title="Longer edge",
        json_schema_extra=field_extra("px", step=64),
        description="1024 suits slides and web pages; 2048 or more suits print.",
    )
    opacity: float = Field(
        default=0.3,
        ge=0.0,
        le=1.0,
        title="Opacity of labels",
        json_schema_extra=field_extra(step=0.05),
        description="Of what lies inside the outlines: 0 draws outlines alone; 0.3 lets the image be seen.",
    )
    scale_bar: bool = Field(
        default=True, title="Scale bar", description="A round length in the lower left corner; on for publications."
    )

    def cut(self) -> Plane:
        """The plane."""
        return Plane(self.plane)


class MovieSettings(PictureSettings):
    """A movie through the slices, or through the time points."""

    size: int = Field(
        default=512,
        ge=64,
        le=4096,
        title="Longer edge",
        json_schema_extra=field_extra("px", step=64),
        description="512 suits mails and web pages; 1024 or more suits talks.",
    )
    along: Literal["slices", "time"] = Field(
        default="slices",
        title="Goes through",
        description="The slices of one time point, or the time points of one slice; time is usual for movies.",
    )
    first: int = Field(
        default=1, ge=1, title="From", description="Number of the first slice or time point; 1 is usual."
    )
    last: int | None = Field(
        default=None, ge=1, title="To", description="Number of the last one. Automatic: to the end, which is usual."
    )
    rate: float = Field(
        default=10.0,
        ge=0.5,
        le=50.0,
        title="Speed",
        json_schema_extra=field_extra("pictures per second"),
        description="10 lets single slices be seen; 25 flows.",
    )
