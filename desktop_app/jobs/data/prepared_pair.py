"""One image with its labels, copied, linked or written anew."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import fastremap
import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.config.preparing import PrepareSettings
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED, ImageReading, Index3, Region, Times, Volume, VoxelSize, VoxelSource
from desktop_app.core.imaging.derived import derived
from desktop_app.core.imaging.region import slabs
from desktop_app.io.atomic import atomic_folder, atomic_path, make_place, writing
from desktop_app.io.datasets.nnunet import ENDINGS, written_ending
from desktop_app.io.images.channel_files import stated_names
from desktop_app.io.images.formats import ending_of, format_of, label_ending, with_ending
from desktop_app.io.images.label_reader import open_labels_of, other_voxels
from desktop_app.io.images.registry import FIRST_CHANNEL, files_of, image_stem, open_volume, write_volume
from desktop_app.jobs.data.time_points import wanted_times
from desktop_app.jobs.utilities.geometry import resampled
from desktop_app.objects.resampling import resampled_shape

MOST_CLASSES = 254
"""More numbers than a byte holds beside 0 and 255 are single objects."""
_SMALLEST_TYPES = (np.uint8, np.uint16)
"""That hold the numbers of kept classes; of these the first that does."""


@dataclass(frozen=True, slots=True)
class MappedSource:
    """Labels in which the values to keep are numbered 1, 2, 3, and all others are 0.

    Attributes:
        source: The labels.
        values: To keep, in their new order.
        found: Takes those of them that there are.
    """

    source: VoxelSource
    values: tuple[int, ...]
    found: set[int] = field(default_factory=set)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return np.dtype(next(kind for kind in _SMALLEST_TYPES if len(self.values) <= np.iinfo(kind).max))

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``."""
        labels = self.source.read(channel, region)
        mapped = np.zeros(labels.shape, self.dtype)
        for number, value in enumerate(self.values, start=1):
            chosen = labels == value
            if chosen.any():
                mapped[chosen] = number
                self.found.add(value)
        return mapped


@dataclass(frozen=True, slots=True)
class ChannelSource:
    """One channel of another source.

    Attributes:
        source: All channels.
        channel: Which, counted from 0.
    """

    source: VoxelSource
    channel: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(1, Z, Y, X)."""
        return (1, *self.source.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return self.source.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) in ``region``."""
        return self.source.read(self.channel, region)


@dataclass(frozen=True, slots=True)
class PairWriter:
    """Writes pairs as the settings say.

    Attributes:
        settings: What is changed on the way.
        spacing: The voxel size that all get; None leaves it.
        reading: What the user said of the images.
        time: The time points to write alone; None for all.
        for_nnunet: Whether nnU-Net shall read it: each channel of an image is a file of its own, with ``_0000`` behind
            its name, and what is in a format that nnU-Net does not know is written in one that it knows.
        found: Takes the labels to keep that there are in what was written; for nnU-Net all labels that there are.
        tell: Hears what is to be known of a pair.
        copied: Takes what should have become a link, and could not.
        renamed: Takes the endings of images that were written in another format.
    """

    settings: PrepareSettings
    spacing: VoxelSize | None
    reading: ImageReading
    time: Times
    for_nnunet: bool
    found: set[int] = field(default_factory=set)
    tell: Callable[[str], None] = lambda _text: None
    copied: list[Path] = field(default_factory=list)
    renamed: set[str] = field(default_factory=set)

    def write(self, pair: PairConfig, image_target: Path, labels_target: Path) -> dict[str, Any]:
        """Write an image and its labels to paths without ending; the grid of the original, to find back to it.

        Labels that are a folder beside an image that is a file are written in the image's format.

        Raises:
            UserError: If a file cannot be read or written, or the image does not state its voxel size where another is
                wanted.
        """
        image, labels = Path(pair.image), pair.label_path
        picture = open_volume(image, reading=self.reading)
        truth = open_labels_of(labels, picture)
        if remark := other_voxels(picture, truth):
            self.tell(f"{pair.name}: {remark}")
        original = picture
        if self.time is not None and picture.times > 1:
            times = wanted_times(picture, self.time)
            truth = truth.at_times([min(time, truth.times - 1) for time in times])
            picture = picture.at_times(times)
        for target in (image_target, labels_target):
            make_place(target)
        shape = self._shape(picture)
        changed = shape != picture.shape
        anew = picture.reading != AS_STATED or self.time is not None or changed
        seen = resampled(picture, shape, labels=False) if changed else picture
        ending = self._ending(picture, image, labels, anew=anew)
        made = self._write_image(seen, image, image_target, ending, anew=anew)
        try:
            self._write_labels(truth, shape if changed else None, labels, labels_target, beside=image, ending=ending)
        except UserError:
            for half in made:
                _remove(half)
            raise
        return _grid(original, image) | {"ending": ending}

    def _ending(self, volume: Volume, image: Path, labels: Path, *, anew: bool) -> str:
        """The ending with which an image is written, and for nnU-Net its labels; of another one it is told, once."""
        own = ending_of(image)
        if not self.for_nnunet:
            return own
        form = format_of(image)
        copied = not (anew or volume.channels > 1 or self.settings.class_values) and ending_of(labels) == own
        if own in ENDINGS and (copied or (form is not None and form.write is not None)):
            return own
        known = written_ending(flat=volume.is_2d)
        if own not in self.renamed:
            why = "What is changed is not written as" if own in ENDINGS else "nnU-Net does not read"
            self.tell(f"{why} {own or 'such folders'}: {image_stem(image)} and others like it are written as {known}.")
        self.renamed.add(own)
        return known

    def _shape(self, volume: Volume) -> Index3:
        """Size (z, y, x) in which a volume is written."""
        shape = volume.shape
        if self.spacing is not None:
            size = volume.voxel_size
            if not size.known:
                raise UserError(
                    f"{volume.name} does not state its voxel size, so that it cannot be given another one.",
                    hint="Say it in a project under Axes and voxel size, and save the image with it, or with "
                    "--voxel-size; or leave voxel sizes as they are.",
                )
            wanted = self.spacing.converted(size.unit).zyx
            z, y, x = (new / old for new, old in zip(wanted, size.zyx, strict=True))
            shape = resampled_shape(shape, (z, y, x))
        z, y, x = (wish or now for wish, now in zip(self.settings.size, shape, strict=True))
        return z, y, x

    def _write_image(self, volume: Volume, source: Path, target: Path, ending: str, *, anew: bool) -> list[Path]:
        """The files that were written."""
        if self.for_nnunet and volume.channels > 1:
            base = target.with_name(target.name.removesuffix(FIRST_CHANNEL))
            names = (base.with_name(f"{base.name}_{channel:04d}") for channel in range(volume.channels))
            made = [with_ending(name, ending) for name in names]
            for channel, path in enumerate(made):
                one = _channel(volume, channel)
                write_volume(path, one.source, one)
            return made
        self._copy(volume, source, with_ending(target, ending), anew=anew or ending != ending_of(source))
        return [with_ending(target, ending)]

    def _write_labels(
        self, truth: Volume, shape: Index3 | None, source: Path, target: Path, beside: Path, ending: str
    ) -> None:
        anew = truth.reading != AS_STATED or self.time is not None or shape is not None
        if shape is not None:
            truth = resampled(truth, shape, labels=True)
        values = self.settings.class_values
        if self.for_nnunet and not values:
            self._note_values(truth)
        if values:
            truth, anew = derived(truth, lambda voxels: MappedSource(voxels, values, self.found)), True
        if self.for_nnunet:  # which wants labels in the format of the image
            self._copy(truth, source, with_ending(target, ending), anew=anew or ending != ending_of(source))
        elif source.is_dir() and not beside.is_dir():
            write_volume(with_ending(target, label_ending(beside)), truth.source, truth)
        else:
            self._copy(truth, source, with_ending(target, ending_of(source)), anew=anew)

    def _note_values(self, truth: Volume) -> None:
        """The labels that there are, which nnU-Net wants to know; no more than classes can be."""
        for slab in slabs(truth.shape):
            if len(self.found) <= MOST_CLASSES:
                self.found.update(int(value) for value in fastremap.unique(truth.read(slab)) if value)

    def _copy(self, volume: Volume, source: Path, target: Path, *, anew: bool) -> None:
        """Copy or link what is written as it is, else write it ``anew``; several files of an image become one."""
        if anew or len(files_of(source)) > 1:
            write_volume(target, volume.source, volume)
        elif self.settings.link and self._linked(source.resolve(), target):
            return
        elif source.is_dir():
            with writing(target), atomic_folder(target) as temporary:
                shutil.copytree(source, temporary, dirs_exist_ok=True)
        else:
            with atomic_path(target) as temporary:
                shutil.copyfile(source, temporary)

    def _linked(self, source: Path, target: Path) -> bool:
        """Whether a link could be made; if not, it is told, once."""
        if _link(source, target):
            return True
        if not self.copied:
            self.tell(f"Links cannot be made in {target.parent}: files are copied, which takes space.")
        self.copied.append(target)
        return False


def _remove(path: Path) -> None:
    """An image whose labels could not be written: alone it would only be in the way."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _link(source: Path, target: Path) -> bool:
    """A link to a file or folder; a second name of a file where the system allows no links, as on Windows.

    Returns:
        Whether one of them could be made: a folder has no second name, and some disks know neither.
    """
    try:
        target.symlink_to(source, target_is_directory=source.is_dir())
    except OSError:
        try:
            os.link(source, target)
        except OSError:
            return False
    return True


def _channel(volume: Volume, channel: int) -> Volume:
    alone = derived(volume, lambda source: ChannelSource(source, channel))
    names = volume.channel_names
    return replace(alone, channel_names=names[channel : channel + 1]) if names else alone


def _grid(volume: Volume, file: Path) -> dict[str, Any]:
    """Where the voxels of an original lie."""
    size = volume.voxel_size
    return {
        "file": str(file.absolute()),
        "channels": list(volume.channel_names or stated_names(file, volume.channels)) or [""] * volume.channels,
        "ending": ending_of(file),
        "shape": volume.shape,
        "voxel_size": [*size.zyx, size.unit] if size.known else None,
        "affine": volume.affine,
    }
