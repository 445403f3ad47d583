"""Which channel of an image shows its nuclei."""

from __future__ import annotations

import re

import numpy as np

from desktop_app.core.config.model_card import ModelCard, takes_brightness
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.volume import missing_channel

_STAINS = re.compile(
    r"dapi|hoechst|draq|nuc|h2[ab]|histone|propidium|sytox|syto[ -]?\d|to-?pro|haematoxylin|hematoxylin", re.IGNORECASE
)
"""Dyes and markers of nuclei, as channels are named after them."""
_COLORS = ("red", "green", "blue")
_RED, _BLUE = 0, 2  # channels of a colour picture
_DARK_GROUND = 0.5  # of the full scale, for the median: stained sections lie on white, fluorescence on black
_HOLDS_SOMETHING = 0.25  # of the widest contrast: a merged picture without nuclei in blue has only noise there
_CONTRAST = (1, 99.8)  # percent: a bright speck or two is no contrast
_LOOKED_AT = 1024  # px, the middle of a picture


def usual_channel(volume: Volume) -> int:
    """The channel that shows nuclei most likely, from 0.

    The first that is named after a stain of nuclei. Of a colour picture on white the red one, in which haematoxylin is
    dark and eosin is not; of one on black the blue one, in which merged pictures show DAPI, unless another colour
    alone holds something. Else the first.
    """
    if volume.rgb:
        return _color(volume)
    named = (number for number, name in enumerate(volume.channel_names) if _STAINS.search(name))
    return next(named, 0)


def _color(picture: Volume) -> int:
    start, stop = [], []
    for size, most in zip(picture.shape, (1, _LOOKED_AT, _LOOKED_AT), strict=True):
        start.append((size - min(size, most)) // 2)
        stop.append(start[-1] + min(size, most))
    region = Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))
    colors = np.stack([picture.read(region, channel) for channel in range(len(_COLORS))]).astype(np.float32)
    full = np.iinfo(picture.dtype).max if picture.dtype.kind in "ui" else max(1.0, float(np.nanmax(colors)))
    if np.median(colors) > _DARK_GROUND * full:
        return _RED
    low, high = np.percentile(np.nan_to_num(colors), _CONTRAST, axis=(1, 2, 3))
    contrast = high - low
    return _BLUE if contrast[_BLUE] >= _HOLDS_SOMETHING * contrast.max() else int(contrast.argmax())


def channels_for(card: ModelCard, volume: Volume, wanted: int | None) -> tuple[int, ...] | None:
    """The channels that a model gets; None where there is nothing to choose.

    Args:
        card: Of the model.
        volume: The image.
        wanted: What the user chose; None leaves it to ``usual_channel``.

    Raises:
        UserError: If the image does not have the channel that was chosen.
    """
    if wanted is not None and wanted >= volume.channels:
        name = volume.path.name if volume.path is not None else volume.name
        raise missing_channel(name, wanted + 1, volume.channels, first=1)
    if wanted is not None:
        return (wanted,)
    if card.input_channels != 1 or volume.channels == 1 or takes_brightness(card, volume):
        return None
    return (usual_channel(volume),)


def channel_titles(volume: Volume) -> tuple[str, ...]:
    """What the user calls the channels of an image: by their names, of a colour picture by their colours."""
    if volume.rgb:
        return tuple(color.capitalize() for color in _COLORS)
    names = volume.channel_names
    return tuple((names[n] if n < len(names) else "") or f"Channel {n + 1}" for n in range(volume.channels))


def channel_words(volume: Volume, channels: tuple[int, ...] | None) -> str:
    """Which channel is looked at, in a sentence; empty where there is one only."""
    if channels is None or volume.channels == 1:
        return ""
    title = channel_titles(volume)[channels[0]]
    if volume.rgb:
        return f"Nuclei are looked for in the colour {title.lower()}."
    return f"Nuclei are looked for in one of {volume.channels} channels: {title}."
