"""How one image of a project was looked at last, and what lay over it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from desktop_app.core.imaging.look import ImageLook
from desktop_app.core.labelling.layers import LayerLook

VIEW_VERSION = 1  # of the file; counts up when an older program would misread it
MOST_LAYERS = 50  # kept for an image: more can't be looked at, and opening each takes a moment


class SavedLayer(BaseModel):
    """A label file that lies over the image.

    Attributes:
        path: With forward slashes, relative to the project folder where possible.
        title: Shown to the user.
        look: How it is drawn.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    path: str
    title: str = Field(min_length=1)
    look: LayerLook = LayerLook()


class ItemView(BaseModel):
    """How an image is looked at; losing it loses no work.

    Attributes:
        image: Its channels.
        layers: From the lowest to the topmost.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    schema_version: int = Field(default=VIEW_VERSION, le=VIEW_VERSION)
    image: ImageLook | None = None
    layers: tuple[SavedLayer, ...] = Field(default=(), max_length=MOST_LAYERS)
