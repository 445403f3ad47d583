"""Looks at files before they come into a project."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.shown_name import shown_name
from desktop_app.io.images.image_format import Series
from desktop_app.io.images.registry import (
    image_kinds,
    is_image_file,
    list_images,
    list_series,
    one_per_image,
    open_volume,
)
from desktop_app.io.images.slices import may_be_slices, slice_files


@dataclass(frozen=True, slots=True)
class CheckedImages:
    """What became of a choice of files and folders.

    Attributes:
        good: Images that can be opened.
        damaged: Why the others cannot, one error each.
        known: Files that the project has already.
        foreign: Files of other kinds, passed over.
        stacks: Folders whose pictures may be the slices of one image; the user is asked.
        remarks: What is to be known of how a good one is read, where there is something.
        unsized: Good ones that do not state their voxel size.
        several: Good files that hold several images, and these; the user is asked where there is one such file.
    """

    good: tuple[Path, ...] = ()
    damaged: tuple[UserError, ...] = ()
    known: tuple[Path, ...] = ()
    foreign: tuple[Path, ...] = ()
    stacks: tuple[Path, ...] = ()
    remarks: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)
    unsized: frozenset[Path] = frozenset()
    several: Mapping[Path, tuple[Series, ...]] = field(default_factory=dict)


def check_images(
    paths: Sequence[Path], known: Mapping[Path, Collection[str]], ctx: JobContext, *, apart: bool = False
) -> CheckedImages:
    """Open every image once, so that a damaged one stays out of the project.

    Args:
        paths: Files, and folders of which every image is taken.
        known: Image files of the project, absolute, with the names of their images that it has; "" is the first.
        ctx: For progress and cancelling.
        apart: Pictures of a folder are images each, whether they could be slices or not.
    """
    stacks = tuple(
        p.absolute() for p in paths if not apart and not is_image_file(p) and p.is_dir() and may_be_slices(p)
    )
    files, foreign = _files([path for path in paths if path.absolute() not in stacks])
    had = tuple(path for path in files if path in known and not _further_series(path, known[path]))
    fresh = [path for path in files if path not in had]
    good: list[Path] = []
    damaged: list[UserError] = []
    remarks: dict[Path, tuple[str, ...]] = {}
    unsized: set[Path] = set()
    several: dict[Path, tuple[Series, ...]] = {}
    for number, path in enumerate(fresh):
        ctx.raise_if_cancelled()
        ctx.report(Progress(number, len(fresh), shown_name(path)))
        try:
            volume, inside = _look_at(path), list_series(path)
        except UserError as error:
            damaged.append(error)
            ctx.report(Note("error", str(error)))
        else:
            good.append(path)
            inside = _further_series(path, known[path]) if path in known else inside
            several |= {path: inside} if inside else {}
            if volume.notes:
                remarks[path] = volume.notes
            if not volume.voxel_size.known:
                unsized.add(path)
            for text in volume.notes:
                ctx.report(Note("warning", f"{shown_name(path)}: {text}"))
    ctx.report(Progress(len(fresh), len(fresh)))
    return CheckedImages(tuple(good), tuple(damaged), had, tuple(foreign), stacks, remarks, frozenset(unsized), several)


def _further_series(path: Path, had: Collection[str]) -> tuple[Series, ...]:
    """The images of a file of the project that the project does not have yet."""
    try:
        inside = list_series(path)
    except UserError:
        return ()
    first = {inside[0].name} if inside and "" in had else set()
    return tuple(one for one in inside if one.name not in {*had, *first})


def series_question(path: Path, inside: Sequence[Series]) -> tuple[str, str, list[str], str]:
    """Title, text, answers and the usual answer of the question which image of a file is meant."""
    names = [series.describe() for series in inside]
    text = f"{shown_name(path)} holds {len(inside)} images. Which one is meant? “Axes and voxel size…” changes it."
    return "Which image of the file?", text, names, names[0]


def all_of_them(inside: Sequence[Series]) -> str:
    """The further answer that takes every image of a file."""
    return f"All {len(inside)}, as images of their own"


def stack_question(folder: Path) -> tuple[str, str, str, str]:
    """Title, text and both answers of the question whether a folder is one image."""
    count = len(slice_files(folder))
    text = (
        f"The folder {shown_name(folder)} holds {count} pictures of one size. Are they the slices of one image, or "
        f"{count} images of their own?"
    )
    return "One image or many?", text, f"One stack of {count} slices", f"{count} images"


def summary(checked: CheckedImages) -> str:
    """What to tell the user about the files that stayed out; empty if all came in."""
    parts = []
    if len(checked.damaged) == 1:
        parts.append(str(checked.damaged[0]))
    elif checked.damaged:
        names = ", ".join(_file_of(error) for error in checked.damaged[:3])
        more = ", …" if len(checked.damaged) > 3 else ""
        parts.append(f"{len(checked.damaged)} files cannot be opened and stay out: {names}{more}")
    if checked.known:
        parts.append(f"{_count(len(checked.known))} already in the project.")
    if checked.foreign and not checked.good:
        parts.append(f"There is no image of a known kind among these files. Choose {image_kinds()} images.")
    return " ".join(parts)


def _file_of(error: UserError) -> str:
    return shown_name(error.path) if isinstance(error, UnreadableFileError) else error.message


def _count(number: int) -> str:
    return "One image is" if number == 1 else f"{number} images are"


def _files(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    files: dict[Path, None] = {}
    foreign: list[Path] = []
    for path in paths:
        if is_image_file(path):
            files[path.absolute()] = None
        elif path.is_dir():
            files.update(dict.fromkeys(found.absolute() for found in list_images(path)))
        else:
            foreign.append(path)
    return one_per_image(files), foreign


def _look_at(path: Path) -> Volume:
    """Read a corner of the last slice, which is missing where a file is cut off."""
    volume = open_volume(path)
    z, y, x = volume.shape
    volume.at_time(volume.times - 1).read(Region((z - 1, 0, 0), (z, min(y, 16), min(x, 16))))
    return volume
