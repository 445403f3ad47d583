"""Images of all formats: found, opened, written."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.errors import UnreadableFileError, UnwritableFileError
from desktop_app.core.imaging import AS_STATED, ImageReading, Volume, VoxelSource
from desktop_app.core.shown_name import shown_name
from desktop_app.io.atomic import make_folder
from desktop_app.io.images.file_kinds import require_kind
from desktop_app.io.images.formats import FORMATS, ending_of, format_of, listed
from desktop_app.io.images.image_format import ImageFormat, Series
from desktop_app.io.images.opening import open_as, required_format
from desktop_app.io.images.page_cache import CACHE_BYTES
from desktop_app.io.images.placing import in_place
from desktop_app.io.images.slices import SLICES
from desktop_app.io.natural_order import by_name
from desktop_app.io.plain_files import is_no_file

_MOST_NAMED = 5  # files in one sentence
FIRST_CHANNEL = "_0000"
"""Behind the name of a case of nnU-Net, in the file of its first channel."""
_CHANNEL_FOLDERS = {"imagestr": "labelsTr", "imagests": "labelsTs"}
"""Folders of nnU-Net, and where their labels are: what labels are called by the whole name is a case, not a channel.
Elsewhere such names are those of slices, of time points or of cases.
"""
_CHANNEL = re.compile(r"(?P<case>.+)_\d{4}")


def open_volume(path: Path, cache_bytes: int = CACHE_BYTES, *, reading: ImageReading = AS_STATED) -> Volume:
    """A lazy volume over an image file, at its first time point.

    Args:
        path: The file, the folder of an OME-Zarr image, or a folder of pictures that are slices of one image.
        cache_bytes: Memory for decoded pieces of compressed files.
        reading: What the user said of the file, against or beyond what it says itself.

    Raises:
        UnreadableFileError: If the file is missing, damaged, of no known format, or does not have what ``reading``
            asks for.
    """
    path = Path(path)
    files = channel_files(path)
    if len(files) > 1 and path == files[0]:
        from desktop_app.io.images.channel_files import joined_channels  # asked for seldom, not when the window opens

        return joined_channels(
            image_stem(path), [open_as(_format_at(file), file, cache_bytes, reading) for file in files]
        )
    return open_as(_format_at(path), path, cache_bytes, reading)


def list_series(path: Path) -> tuple[Series, ...]:
    """The images in a file, in its order; nothing where it is one image.

    Raises:
        UnreadableFileError: If the file is missing, damaged, or of no known format.
    """
    form = _format_at(Path(path))
    require_kind(Path(path), form)
    found = () if form.series is None else form.series(Path(path))
    return found if len(found) > 1 else ()


def _format_at(path: Path) -> ImageFormat:
    return SLICES if path.is_dir() and format_of(path) is None else required_format(path)


def is_image_file(path: Path) -> bool:
    """Whether the ending is one of an image format, and it is a file or folder as that format has it."""
    form = format_of(path)
    return form is not None and (path.is_dir() if form.folder else path.is_file())


def _is_image(entry: os.DirEntry[str], path: Path) -> bool:
    """``is_image_file`` of an entry of a folder, which mostly knows by itself what it is."""
    form = format_of(path)
    with suppress(OSError):  # a link that leads nowhere, or in a circle
        return form is not None and (entry.is_dir() if form.folder else entry.is_file())
    return False


def list_images(folder: Path) -> list[Path]:
    """The images in a folder (not below it), in the order a person counts: z2 before z10. Hidden files are left out.

    An image that lies in several files is listed once, by its first file.

    Raises:
        UnreadableFileError: If the folder is missing or may not be read.
    """
    try:
        with os.scandir(folder) as entries:
            shown = ((entry, Path(entry)) for entry in entries if not entry.name.startswith("."))
            paths = [path for entry, path in shown if _is_image(entry, path)]
    except OSError as error:
        raise UnreadableFileError(folder, "the folder is missing or may not be read.", details=repr(error)) from error
    return one_per_image(by_name(paths))


def no_real_files(folder: Path) -> list[Path]:
    """What has the name of an image in a folder, but is no file: pipes, devices, links that lead nowhere.

    Raises:
        UnreadableFileError: If the folder is missing or may not be read.
    """
    try:
        with os.scandir(folder) as entries:
            strange = [Path(entry) for entry in entries if not entry.name.startswith(".") and is_no_file(entry)]
    except OSError as error:
        raise UnreadableFileError(folder, "the folder is missing or may not be read.", details=repr(error)) from error
    named = (path for path in strange if format_of(path) is not None)
    return by_name(named)


def no_real_files_words(folders: Iterable[Path]) -> tuple[str, ...]:
    """A sentence for each of the folders in which something has the name of an image and is no file.

    Raises:
        UnreadableFileError: If a folder is missing or may not be read.
    """
    words = []
    for folder in folders:
        if strange := no_real_files(folder):
            names = ", ".join(shown_name(path) for path in strange[:_MOST_NAMED])
            more = f" and {len(strange) - _MOST_NAMED} more" if len(strange) > _MOST_NAMED else ""
            each = "It is" if len(strange) == 1 else "Each is"
            what = "a pipe, a device or a link that leads nowhere"
            words.append(f"Left out of {shown_name(folder)}: {names}{more}. {each} {what}.")
    return tuple(words)


def channel_files(path: Path) -> tuple[Path, ...]:
    """The files of all channels of a case of nnU-Net, the first channel first; of any other image the file alone."""
    ending = ending_of(path)
    case = _case_of(path, ending)
    if case is None:
        return (path,)
    places = (path.with_name(f"{case}_{number:04d}{ending}") for number in itertools.count())
    files = tuple(itertools.takewhile(lambda place: place.exists(), places))
    return files if path in files else (path,)


def _case_of(path: Path, ending: str) -> str | None:
    """What stands before the number of a channel; None where there is none."""
    labels = _CHANNEL_FOLDERS.get(path.parent.name.casefold())
    named = _CHANNEL.fullmatch(path.name.removesuffix(ending)) if labels is not None else None
    if named is None or labels is None or (path.parent.parent / labels / path.name).exists():
        return None
    return named["case"]


def files_of(path: Path) -> tuple[Path, ...]:
    """The files that make up the image that a file belongs to; nearly always the file alone."""
    if len(channels := channel_files(path)) > 1:
        return channels
    form = format_of(path)
    return (path,) if form is None or form.files is None else form.files(path)


def one_per_image(paths: Iterable[Path]) -> list[Path]:
    """The same files in the same order, but of files that make up one image together the first only."""
    kept: list[Path] = []
    others: set[Path] = set()
    for path in paths:
        if not others or path not in others:
            kept.append(path)
            if len(files := files_of(path)) > 1:
                others.update(file for file in files if file != path)
    return kept


def write_volume(
    path: Path, source: VoxelSource, like: Volume, *, flavour: str = "", pyramid: bool | None = None
) -> None:
    """Write an image slice by slice, with the axes, channel names and voxel size of ``like``; the file appears whole.

    All time points of ``like`` are written; ``like.alone()`` has one.

    A new image begins here, so the folders in front of it are made.

    Args:
        path: Its ending names the format.
        source: Voxels (C, Z, Y, X) of the first time point.
        like: Gives all else.
        flavour: Another way to write the format; "": the usual one.
        pyramid: Whether large images are written in smaller resolutions, too; None: where the format has them.

    Raises:
        UnwritableFileError: If the format is not written here or cannot hold the image, or the disk refuses.
    """
    form = format_of(path)
    if form is None or form.write is None:
        endings = listed([f.endings[0] for f in FORMATS.values() if f.write is not None])
        raise UnwritableFileError(path, f"images are saved as {endings}.", hint="Choose one of these endings.")
    _require_room(path, form, source, like.times)
    write = _way(path, form, flavour, pyramid) or form.write
    make_folder(path.parent)
    with in_place(form, path) as temporary:
        write(temporary, source, like)


def _way(
    path: Path, form: ImageFormat, flavour: str, pyramid: bool | None
) -> Callable[[Path, VoxelSource, Volume], None] | None:
    if flavour and flavour not in form.flavours:
        known = listed(list(form.flavours)) if form.flavours else "nothing else"
        raise UnwritableFileError(path, f"{form.title} is not written as “{flavour}”.", hint=f"Say {known}.")
    if pyramid and not form.single:
        able = listed([one.endings[0] for one in FORMATS.values() if one.single])
        raise UnwritableFileError(
            path, f"{form.title} is written in one resolution only.", hint=f"Smaller ones are kept by {able}."
        )
    return form.single.get(flavour) if pyramid is False else form.flavours.get(flavour)


def losses(path: Path, volume: Volume) -> tuple[str, ...]:
    """Sentences on what of an image the format of ``path`` cannot keep, though the image can be written."""
    form = format_of(path)
    if form is None:
        return ()
    lost = []
    if volume.voxel_size.known and not form.keeps.voxel_size:
        lost.append(f"{form.title} does not keep the voxel size of {volume.voxel_size.describe()}.")
    if volume.affine is not None and not form.keeps.affine:
        lost.append(f"{form.title} does not keep where the image lies in the scanner.")
    if volume.channel_names and not form.keeps.channel_names:
        lost.append(f"{form.title} does not keep the names of channels ({', '.join(volume.channel_names)}).")
    if volume.rgb and not form.keeps.colors:
        lost.append(f"{form.title} does not keep colour pictures; red, green and blue become channels.")
    if volume.movie is not None and volume.movie.step is not None and not form.keeps.time_step:
        lost.append(f"{form.title} does not keep the time step of {volume.movie.step:.4g} s.")
    return tuple(lost)


def refusal_to_write(path: Path, volume: Volume) -> str:
    """Why the format of ``path`` cannot hold an image, as a sentence; "" where it can."""
    form = format_of(path)
    if form is None or form.write is None:
        return "Images are not written in this format."
    try:
        _require_room(path, form, volume.source, volume.times)
    except UnwritableFileError as error:
        return error.reason[:1].upper() + error.reason[1:]
    return ""


@dataclass(frozen=True, slots=True)
class WritableKind:
    """A way to write images, to choose from.

    Attributes:
        title: For a person.
        ending: Of its files.
        flavour: Of the format; "": the usual one.
        resolutions: Whether large images may be written in smaller resolutions, too.
    """

    title: str
    ending: str
    flavour: str = ""
    resolutions: bool = False


def writable_kinds() -> tuple[WritableKind, ...]:
    """All ways to write images, the usual one of each format first."""
    kinds = []
    for form in FORMATS.values():
        if form.write is None:
            continue
        first, *further = form.endings
        endings = (first, *(ending for ending in further if ending.count(".") > 1))  # as .ome.tif and .nii.gz
        several = bool(form.single)
        kinds += [WritableKind(f"{form.title} ({ending})", ending, "", several) for ending in endings]
        others = list(form.flavours)[1:]  # the first is the usual one
        kinds += [WritableKind(f"{form.title} {name} ({first})", first, name, several) for name in others]
    return tuple(kinds)


def image_stem(path: Path) -> str:
    """The name of an image file without its ending, also where the ending has two parts (``.ome.zarr``).

    In a folder of nnU-Net that is the name of the case, without the number of the first channel.
    """
    if not (ending := ending_of(path)):
        return path.stem
    name = path.name[: -len(ending)]
    return name.removesuffix(FIRST_CHANNEL) if name.endswith(FIRST_CHANNEL) and _case_of(path, ending) else name


def image_kinds(last: str = "or") -> str:
    """The formats that are read, as in a sentence: ``TIFF, OME-Zarr, PNG or JPEG``."""
    return listed([form.title for form in FORMATS.values()], last)


def image_filter() -> str:
    """What file dialogs offer where images are opened."""
    return _filter("Images", (ending for form in FORMATS.values() for ending in form.endings))


def label_filter() -> str:
    """What file dialogs offer where label images are opened."""
    return _filter("Label images", (ending for form in FORMATS.values() for ending in form.label_endings))


def label_saving_filter() -> str:
    """What file dialogs offer where label images are saved."""
    return ";;".join(f"{f.title} (*{f.label_ending})" for f in FORMATS.values() if f.label_sink is not None)


def _filter(title: str, endings: Iterable[str]) -> str:
    return f"{title} ({' '.join(f'*{ending}' for ending in endings)});;All files (*)"


def _require_room(path: Path, form: ImageFormat, source: VoxelSource, times: int) -> None:
    """The format can hold the voxels, time points, channels and slices of an image."""
    channels, slices = source.shape[:2]
    lacking = [(times, "T", "time points"), (channels, "C", "channels"), (slices, "Z", "slices")]
    for count, axis, words in lacking:
        if count > 1 and axis not in form.keeps.axes:
            raise UnwritableFileError(path, f"{form.title} cannot hold {count} {words}.", hint="Choose another ending.")
    if source.dtype.name not in form.keeps.dtypes:
        raise UnwritableFileError(
            path, f"{form.title} cannot hold grey values of the type {source.dtype}.", hint="Choose another ending."
        )
