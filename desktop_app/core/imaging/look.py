"""How an image is shown: colour, contrast and visibility of each channel. Nothing here changes what models read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from desktop_app.core.imaging.contrast import Window, to_uint8

_Mode: TypeAlias = Literal["single", "composite"]
FLATTEST, STEEPEST = 0.1, 10.0
"""Exponents of the grey curve that still show anything: beyond, a picture is nearly white or nearly black."""

PURE_COLORS: dict[str, tuple[int, int, int]] = {
    "grey": (255, 255, 255),
    "green": (0, 255, 0),
    "magenta": (255, 0, 255),
    "cyan": (0, 255, 255),
    "yellow": (255, 255, 0),
    "red": (255, 0, 0),
    "blue": (60, 90, 255),
    "orange": (255, 140, 0),
}
"""Brightest colour of the maps from black to one colour; blue is lightened, as pure blue is hardly seen on black."""

COMPOSITE_ORDER = ("green", "magenta", "cyan", "yellow", "red", "blue", "orange", "grey")
"""Colours of the channels of a composite; the first two are told apart by people of any colour vision."""


@dataclass(frozen=True, slots=True)
class Shading:
    """From grey values to colours.

    Attributes:
        window: Grey values at both ends of the colours.
        color: Name of a colour map.
        gamma: Exponent of the curve between; below 1 brightens what is dark.
        inverted: Whether the colours run backwards.
    """

    window: Window
    color: str = "grey"
    gamma: float = 1.0
    inverted: bool = False

    def places(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Where in the colour map, 0 to 255, grey values of any shape and type fall; NaN is as the lowest."""
        if self.gamma == 1.0:
            rising = to_uint8(values, self.window)
        else:
            with np.errstate(over="ignore", invalid="ignore"):
                share = (values.astype(np.float64) - self.window.low) / self.window.width
            share = np.clip(np.nan_to_num(share, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
            rising = np.rint(255 * share**self.gamma).astype(np.uint8)
        return 255 - rising if self.inverted else rising


class ChannelLook(BaseModel):
    """How one channel is shown.

    Attributes:
        visible: Whether it is part of a composite.
        color: Name of its colour map.
        low: Grey value at the dark end; None where it follows from the grey values.
        high: Grey value at the bright end; None where it follows from the grey values.
        gamma: Exponent of the curve between.
        inverted: Whether the colours run backwards.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, allow_inf_nan=False)

    visible: bool = True
    color: str = "grey"
    low: float | None = None
    high: float | None = None
    gamma: float = Field(default=1.0, ge=FLATTEST, le=STEEPEST)
    inverted: bool = False

    @property
    def window(self) -> Window | None:
        """The chosen contrast; None where it follows from the grey values."""
        return None if self.low is None or self.high is None else Window(self.low, self.high)

    def shading(self, window: Window, *, alone: bool) -> Shading:
        """From grey values to colours; a channel that is seen ``alone`` in one pure colour is shown grey."""
        color = "grey" if alone and self.color in PURE_COLORS else self.color
        return Shading(window, color, self.gamma, self.inverted)


class ImageLook(BaseModel):
    """How an image is shown.

    Attributes:
        mode: One channel alone, or all visible ones added up.
        chosen: The channel that is shown alone, and that contrast is set for.
        channels: One each; empty where nothing was chosen yet.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    mode: _Mode = "single"
    chosen: int = Field(default=0, ge=0)
    channels: tuple[ChannelLook, ...] = ()

    def fitted(self, channels: int) -> ImageLook:
        """The same for an image of so many channels, which may have changed since it was chosen."""
        looks = self.channels[:channels] + first_look(channels).channels[len(self.channels) : channels]
        mode: _Mode = self.mode if channels > 1 else "single"
        return ImageLook(mode=mode, chosen=min(self.chosen, channels - 1), channels=looks)

    @property
    def shown(self) -> tuple[int, ...]:
        """The channels that are drawn."""
        if self.mode == "single":
            return (self.chosen,)
        return tuple(number for number, look in enumerate(self.channels) if look.visible)

    def with_channel(self, number: int, **changes: object) -> ImageLook:
        """With one channel shown differently."""
        looks = list(self.channels)
        looks[number] = ChannelLook.model_validate({**looks[number].model_dump(), **changes})
        return self.model_copy(update={"channels": tuple(looks)})


def first_look(channels: int) -> ImageLook:
    """How an image is shown before anything was chosen: its first channel, grey."""
    colors = ["grey"] if channels == 1 else [COMPOSITE_ORDER[n % len(COMPOSITE_ORDER)] for n in range(channels)]
    return ImageLook(channels=tuple(ChannelLook(color=color) for color in colors))
