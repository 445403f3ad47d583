"""A movie of a volume that turns once; drawn on the processor, so that a cluster without a screen makes it, too."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Volume
from desktop_app.core.imaging.camera import Camera, Vector, first_camera
from desktop_app.core.imaging.label_colors import color_table
from desktop_app.core.imaging.region import BoxReader
from desktop_app.core.imaging.volume import missing_channel
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.io.atomic import make_place
from desktop_app.io.images.label_reader import open_labels, require_same_shape
from desktop_app.io.images.registry import open_volume
from desktop_app.io.movies import require_movie_ending, write_movie
from desktop_app.jobs.data.time_points import at_same_time, wanted_times
from desktop_app.jobs.pictures.shown import usual_window
from desktop_app.objects.scene import ThinnedScene, stride_for
from desktop_app.objects.scene_drawing import draw_scene

_READING = 0.2  # share of the time that reading takes, about


@dataclass(frozen=True, slots=True)
class TurnConfig:
    """What turns, and how.

    Attributes:
        out: The movie (``.mp4``, ``.gif``, ``.webp``).
        labels: Label image whose objects are drawn, or None.
        image: Image of the same shape, or None.
        size: Width and height in pixels.
        frames: Pictures of one round.
        seconds: How long a round takes.
        memory_mb: Larger volumes are drawn with every second (third, …) voxel.
        channel: Of the image, from 1.
        time: The time point that turns, counted from 0.
        as_cloud: Whether the image is drawn as a cloud, not as its brightest voxels.
    """

    out: Path
    labels: Path | None = None
    image: Path | None = None
    size: int = 512
    frames: int = 72
    seconds: float = 6.0
    memory_mb: int = 512
    channel: int = 1
    time: int = 0
    as_cloud: bool = False


@dataclass(frozen=True, slots=True)
class TurnWritten:
    """What was done.

    Attributes:
        out: The movie.
        frames: Its pictures.
        stride: Every how many voxels one was drawn.
    """

    out: Path
    frames: int
    stride: int


def write_turn_movie(config: TurnConfig, ctx: JobContext) -> TurnWritten:
    """Read labels and image, draw them from all sides, and write the movie.

    Raises:
        UserError: If there is nothing to draw, a file cannot be read or written, or the shapes differ.
        JobCancelled: When asked to stop; nothing is written then.
    """
    require_movie_ending(config.out)
    labels = None if config.labels is None else open_labels(config.labels)
    image = None if config.image is None else open_volume(config.image)
    first = labels or image
    if first is None:
        raise UserError("There is nothing to turn.", hint="Name labels, an image, or both.")
    if labels is not None and image is not None:
        require_same_shape(image, labels)
    if image is not None and not 1 <= config.channel <= image.channels:
        raise missing_channel(image.name, config.channel, image.channels, first=1)
    first = first.at_time(wanted_times(first, config.time)[0])
    labels, image = (None if one is None else at_same_time(one, first) for one in (labels, image))
    for sentence in first.time_used:
        ctx.report(Note("info", sentence))
    known = next((v.voxel_size for v in (labels, image) if v is not None and v.voxel_size.known), first.voxel_size)
    return turn_open(config, Turned(first.shape, known.zyx, None if labels is None else labels.read, image), ctx)


@dataclass(frozen=True, slots=True)
class Turned:
    """What is open and turns.

    Attributes:
        shape: (Z, Y, X).
        voxel: Edges of a voxel (z, y, x).
        labels: Reads labels, or None.
        image: The image, or None.
    """

    shape: Index3
    voxel: Vector
    labels: BoxReader | None
    image: Volume | None


def turn_open(config: TurnConfig, turned: Turned, ctx: JobContext) -> TurnWritten:
    """As ``write_turn_movie``, for what is open already."""
    require_movie_ending(config.out)
    scene = ThinnedScene(turned.shape, turned.voxel, stride_for(turned.shape, config.memory_mb * 2**20))
    _read(scene, turned, config.channel - 1, ctx)
    make_place(config.out)
    write_movie(config.out, drawn_turn(scene, config, ctx), config.seconds, config.frames)
    ctx.report(Progress(1, 1, "The movie is written"))
    return TurnWritten(config.out, config.frames, scene.stride)


def drawn_turn(scene: ThinnedScene, config: TurnConfig, ctx: JobContext) -> Iterator[NDArray[np.uint8]]:
    """The pictures of one round about the axis that goes down."""
    size, colors = (config.size, config.size), color_table()
    camera = first_camera(scene.extent, size)
    for number in range(config.frames):
        ctx.raise_if_cancelled()
        done = _READING + (1 - _READING) * number / config.frames
        ctx.report(Progress(done, 1, f"Picture {number + 1} of {config.frames}"))
        angle = 2 * math.pi * number / config.frames
        yield draw_scene(scene, _about_y(camera, angle), size, colors, as_cloud=config.as_cloud)


def _about_y(camera: Camera, angle: float) -> Camera:
    """Turned about the volume's own y axis, so that it stands still while it goes round."""
    turn = np.array(
        [[math.cos(angle), 0, -math.sin(angle)], [0, 1, 0], [math.sin(angle), 0, math.cos(angle)]]
    )  # of (z, y, x)
    right, down, forward = (tuple(float(v) for v in turn @ row) for row in camera.basis)
    return Camera(right, down, forward, camera.center, camera.scale)  # type: ignore[arg-type]


def _read(scene: ThinnedScene, turned: Turned, channel: int, ctx: JobContext) -> None:
    image = turned.image
    if turned.labels is not None:
        for done in scene.read_labels(turned.labels):
            ctx.raise_if_cancelled()
            ctx.report(Progress(_READING * done / 2, 1, "Reading labels"))
    if image is not None:
        window = usual_window(image, channel)
        for done in scene.read_grey(lambda region: image.read(region, channel), window):
            ctx.raise_if_cancelled()
            ctx.report(Progress(_READING * (1 + done) / 2, 1, "Reading the image"))
