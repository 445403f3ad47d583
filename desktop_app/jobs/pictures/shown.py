"""What pictures of slices show: an image in colours, and labels over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.pictures import PictureSettings
from desktop_app.core.imaging import AS_STATED, ImageReading, Plane, Region, Volume
from desktop_app.core.imaging.contrast import Window, auto_window
from desktop_app.core.imaging.look import PURE_COLORS, Shading, first_look
from desktop_app.core.imaging.scale_bar import scale_bar
from desktop_app.core.imaging.slice_picture import DrawnChannel, DrawnLabels, picture_places, slice_picture
from desktop_app.core.imaging.volume import missing_channel
from desktop_app.io.images.label_reader import open_labels_of
from desktop_app.io.images.registry import open_volume
from desktop_app.io.pictures import with_scale_bar
from desktop_app.jobs.data.time_points import at_same_time

_WINDOW_SLICES = 5  # spread over the depth: enough for black and white, as in the window
_BAR = 0.25  # longest share of the width that a scale bar takes, by eye
_FULL = Window(0.0, 255.0)  # colours of 8 bits as they were recorded


@dataclass(frozen=True, slots=True)
class Shown:
    """What is drawn.

    Attributes:
        volume: The image, at one time point.
        channels: Which channels, and in which colours.
        labels: Labels over it; None without.
    """

    volume: Volume
    channels: tuple[DrawnChannel, ...]
    labels: DrawnLabels | None = None

    def at_time(self, time: int) -> Shown:
        """The same at another time point, counted from 0."""
        volume = self.volume.at_time(time)
        labels = self.labels
        if labels is not None:
            labels = replace(labels, volume=at_same_time(labels.volume, volume))
        return replace(self, volume=volume, labels=labels)

    def picture(self, settings: PictureSettings, depth: int) -> NDArray[np.uint8]:
        """A slice as RGB (height, width, 3)."""
        plane, volume = settings.cut(), self.volume
        labels = None if self.labels is None else replace(self.labels, opacity=settings.opacity)
        picture = slice_picture(volume, plane, depth, self.channels, labels, settings.size)
        if not settings.scale_bar:
            return picture
        columns = picture_places(volume, plane, settings.size)[1]
        across = _along_x(volume, plane)
        scale = len(columns) / plane.shape_of(volume.shape)[1]
        return with_scale_bar(picture, scale_bar(across.voxel_size, scale, _BAR * len(columns)))


def open_shown(
    image: Path, labels: Path | None, channel: int | None, *, reading: ImageReading = AS_STATED, time: int = 0
) -> Shown:
    """An image and its labels in files, as the window shows them at first.

    Args:
        image: The image.
        labels: Labels of the same shape; None without.
        channel: The one that is drawn, counted from 0; None: all, each in its colour.
        reading: What the user said of the image.
        time: The time point whose grey values decide on black and white, counted from 0.

    Raises:
        UserError: If a file cannot be read, or there is no such channel.
    """
    volume = open_volume(image, reading=reading)
    if channel is not None and not 0 <= channel < volume.channels:
        raise missing_channel(image.name, channel + 1, volume.channels, first=1)
    found = None if labels is None else DrawnLabels.usual(open_labels_of(labels, volume), 0.0)
    return Shown(volume, usual_channels(volume.at_time(min(time, volume.times - 1)), channel), found)


def usual_channels(volume: Volume, channel: int | None) -> tuple[DrawnChannel, ...]:
    """One channel in grey, or all of them, each in its colour; colour pictures as they are."""
    alone = channel is not None or volume.channels == 1
    names = ("red", "green", "blue") if volume.rgb else tuple(c.color for c in first_look(volume.channels).channels)
    wanted = range(volume.channels) if channel is None else (channel,)
    found = []
    for number in wanted:
        as_recorded = volume.rgb and volume.dtype == np.uint8
        window = _FULL if as_recorded else usual_window(volume, number)
        name = "grey" if alone else names[number]
        brightest = (0, 0, 255) if name == "blue" and volume.rgb else PURE_COLORS[name]
        rising = np.linspace(0.0, 1.0, 256)[:, None] * np.array(brightest)
        found.append(DrawnChannel(number, Shading(window), np.rint(rising).astype(np.uint8)))
    return tuple(found)


def usual_window(volume: Volume, channel: int) -> Window:
    """Grey values from black to white, from a few slices over the depth."""
    depth, height, width = volume.shape
    chosen = np.unique(np.linspace(0, depth - 1, _WINDOW_SLICES).round().astype(int))
    slices = [volume.read(Region((int(z), 0, 0), (int(z) + 1, height, width)), channel).reshape(-1) for z in chosen]
    return auto_window(np.concatenate(slices))


def _along_x(volume: Volume, plane: Plane) -> Volume:
    """A volume whose x is what the picture shows to the right: scale bars are along x."""
    size = volume.voxel_size
    return volume.with_voxel_size(size.model_copy(update={"x": size.z}) if plane is Plane.YZ else size)
