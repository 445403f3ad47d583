"""Label what an assistant proposes for clicks, in a file: what the click tool does in the window."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from desktop_app.core.config.assistants import AssistantChoice
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.imaging.region import Mask
from desktop_app.core.imaging.volume import missing_channel
from desktop_app.core.job import JobContext, SubContext
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.assisting import Answer, Asked, Prompt
from desktop_app.core.labelling.tools.base import ToolPoint
from desktop_app.core.labelling.tools.fill import area_2d
from desktop_app.io.atomic import make_place, temporary_folder
from desktop_app.io.images.label_reader import open_labels, require_same_shape
from desktop_app.io.images.registry import open_volume
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.labels.transfer import export_labels, import_labels
from desktop_app.jobs.assistants.opening import open_assistant

_ASKING, _READING = 0.5, 0.2  # shares of the progress, about; the rest is writing


@dataclass(frozen=True, slots=True)
class ProposalConfig:
    """One object of one image.

    Attributes:
        choice: What proposes.
        image: The image.
        out: The label file to write.
        clicks: Voxels (z, y, x) of the object.
        without: Voxels that are not of it.
        plane: In whose slices that is.
        through: Whether the object is followed through the slices.
        channel: Of the image, from 0.
        labels: Labels that there are; the object goes where nothing is labelled. None for none.
        corrects: Correct the object of ``labels`` at the first click, whoever made it, instead of adding one.
        time: Of a movie the time point, counted from 0; labels are written for all of them.
    """

    choice: AssistantChoice
    image: Path
    out: Path
    clicks: tuple[Index3, ...]
    without: tuple[Index3, ...] = ()
    plane: Plane = Plane.XY
    through: bool = False
    channel: int = 0
    labels: Path | None = None
    time: int = 0
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class Proposed:
    """What was written.

    Attributes:
        out: The file.
        number: Of the object; 0 where none was found.
        voxels: How many it has.
    """

    out: Path
    number: int
    voxels: int


def propose_object(config: ProposalConfig, ctx: JobContext) -> Proposed:
    """Ask an assistant and write the object into a label file, with the axes and voxel size of the image.

    Raises:
        UserError: If a file cannot be read or written, or the assistant cannot be used.
        JobCancelled: When asked to stop; nothing is written then.
    """
    movie = open_volume(config.image)
    if not 0 <= config.time < movie.times:
        raise UserError(
            f"There is no time point {config.time + 1}: {config.image.name} has {movie.times}.",
            hint="Time points are counted from 1.",
        )
    volume = movie.at_time(config.time).alone()
    before = None if config.labels is None else open_labels(config.labels)
    if before is not None:
        require_same_shape(movie if before.times > 1 else volume, before)
    asked = _asked(config, volume)
    if config.corrects:
        asked = replace(asked, start=_start(config, before))
    with closing(open_assistant(config.choice, volume, config.channel)) as assistant:
        answer = assistant.answer(asked, SubContext(ctx, 0, _ASKING))
    return _written(config, movie, before, asked, answer, ctx)


def _asked(config: ProposalConfig, volume: Volume) -> Asked:
    """The clicks as an assistant hears them.

    Raises:
        UserError: If there is none, or one lies outside of the image; or there is no such channel.
    """
    if not config.clicks:
        raise UserError("No voxel of the object was named.", hint="Name one: --at z,y,x.")
    if config.channel >= volume.channels:
        raise missing_channel(config.image.name, config.channel, volume.channels)
    whole = Region.whole(volume.shape)
    for voxel in (*config.clicks, *config.without):
        if not whole.contains(voxel):
            raise UserError(f"There is no voxel {voxel}: the image has {volume.shape} voxels (z, y, x).")
    prompts = [Prompt((voxel,), adds) for voxels, adds in ((config.clicks, True), (config.without, False))
               for voxel in voxels]  # fmt: skip
    size = volume.voxel_size
    aspect = (size.z / size.x, size.y / size.x, 1.0) if size.known else (1.0, 1.0, 1.0)
    return Asked(tuple(prompts), config.plane, config.through, aspect)


def _start(config: ProposalConfig, before: Volume | None) -> Answer:
    """The piece of an object that is corrected: what hangs together with the first click in its slice.

    Raises:
        UserError: If nothing is labelled there.
    """
    voxel, plane = config.clicks[0], config.plane
    row, column, depth = plane.from_voxel(voxel)
    labels = None if before is None else before.at_time(config.time if before.times > 1 else 0)
    label = 0 if labels is None else int(labels.read(Region.single(voxel))[0, 0, 0])
    if labels is None or not label:
        raise UserError(
            f"Nothing is labelled at {voxel}, so nothing can be corrected.",
            hint="Let the first --at lie on the object, and name its file with --labels.",
        )
    slab = plane.slab(labels.shape, depth)
    alone = ArrayLabelStore((labels.read(slab) == label).astype(np.uint32))
    region, mask = area_2d(alone, ToolPoint(plane, 0, row + 0.5, column + 0.5), 1)
    return Answer(region.shift(slab.start), mask)


def _written(
    config: ProposalConfig, movie: Volume, before: Volume | None, asked: Asked, answer: Answer, ctx: JobContext
) -> Proposed:
    """The labels with the object, of a movie with those of all time points; its number is new in all of them."""
    make_place(config.out)
    with temporary_folder(config.out) as scratch, ExitStack() as opened:
        stores = {}
        for time in _labelled_times(config, movie, before):
            store = LabelFile.create(scratch / f"{time}.ome.zarr", movie.shape)
            stores[time] = opened.enter_context(closing(store))
            if before is not None and (before.times > 1 or time == config.time):
                own = before.at_time(time) if before.times > 1 else before
                import_labels(own.alone(), stores[time], SubContext(ctx, _ASKING, _READING, "Reading: "))
        labels = stores[config.time]
        number, new = 0, answer.mask & (labels.read(answer.region) == 0)
        if asked.start is not None:
            number, new = _taken_off(labels, asked, answer)
        elif new.any():
            number = max(store.max_id() for store in stores.values()) + 1
        if number:
            labels.write(answer.region, np.where(new, np.uint32(number), labels.read(answer.region)))
        rest = SubContext(ctx, _ASKING + _READING, 1 - _ASKING - _READING, "Writing: ")
        export_labels(stores, config.out, movie, rest)
    return Proposed(config.out, number, int(new.sum()))


def _taken_off(labels: LabelFile, asked: Asked, answer: Answer) -> tuple[int, Mask]:
    """The number of the object that is corrected, without its piece; and where it is to be then, of ``answer``."""
    assert asked.start is not None
    start = asked.start
    number = int(labels.read(Region.single(asked.prompts[0].corners[0]))[0, 0, 0])
    labels.write(start.region, np.where(start.mask, np.uint32(0), labels.read(start.region)))
    return number, answer.mask & (labels.read(answer.region) == 0)


def _labelled_times(config: ProposalConfig, movie: Volume, before: Volume | None) -> list[int]:
    """The time points that have labels then: the one clicked, and of a movie of labels all that the image has."""
    if before is None or before.times == 1:
        return [config.time]
    return sorted({config.time, *range(min(before.times, movie.times))})
